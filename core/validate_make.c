/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inputs for the validator: buffers that fit what a port says it takes.
 * Sound ones look like a recording; wild ones are all that the contract allows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/validate_impl.h"

/* ---- kinds and axes ------------------------------------------------------------------ */

static const struct {
  const char *kind, *axes, *unit;
} kinds[] = {
  { "signal", "channel,time", "uV" },
  { "epochs", "trial,channel,time", "uV" },
  { "spectrum", "channel,freq", "uV2/Hz" },
  { "cov", "trial,channel,channel", "uV2" },
  { "features", "trial,feature", "1" },
  { "connectivity", "region,region", "1" },
  { "image", "x,y,z,time", "1" },
  { "series", "region,time", "1" },
  { "voxels", "voxel,time", "1" },
  { "scores", "trial,class", "1" },
  { "table", "row", "1" },
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* Sizes of sound inputs: usual, and worth several threads. */
static const struct {
  const char *axis;
  int64_t usual, large;
} sizes[] = {
  { "time", 800, 2000 }, { "trial", 24, 40 },   { "channel", 5, 12 },  { "freq", 33, 65 },
  { "region", 6, 20 },   { "voxel", 60, 400 },  { "x", 5, 9 },         { "y", 4, 8 },
  { "z", 3, 7 },         { "feature", 12, 15 }, { "class", 2, 2 },     { "target", 3, 40 },
  { "lag", 3, 6 },       { "component", 3, 6 }, { "subject", 12, 20 }, { "row", 10, 40 },
};

typedef struct maker {
  dice *x;
  int how;
  bool large;
  bool triangles; /* features stand beside matrices: they are the triangles of such */
  int64_t n_time;
  /* sizes chosen so far: ports that share an axis agree on it */
  char names[24][32];
  int64_t chosen[24];
  size_t n_chosen;
  /* of one port */
  char kind[40], axes[FNX_MAX_DIM][32], with[200];
  char first[40]; /* the kind of the first port, once it is made */
  int ndim;
  fnx_dtype dtype;
  /* memory of axes, freed when the port is made */
  void *parts[256];
  size_t n_parts;
} maker;

static void *
part (maker *m, size_t bytes)
{
  void *p = m->n_parts < sizeof m->parts / sizeof *m->parts ? calloc (1, bytes ? bytes : 1) : NULL;

  if (p)
    m->parts[m->n_parts++] = p;
  return p;
}

static int64_t size_of (maker *m, const char *axis);

static int64_t
new_size (maker *m, const char *axis)
{
  static const int64_t wild[] = { 0, 1, 2, 3, 5, 8, 13, 31, 64, 257 };

  if (m->how == MAKE_WILD)
    return wild[dice_below (m->x, !strcmp (axis, "time") ? 10 : 7)];
  if (!strcmp (axis, "time") && m->n_time)
    return m->n_time;
  if (!strcmp (axis, "feature") && m->triangles)
    return size_of (m, "channel") * (size_of (m, "channel") + 1) / 2;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (!strcmp (sizes[i].axis, axis))
      return m->large ? sizes[i].large : sizes[i].usual;
  return m->large ? 12 : 4;
}

static int64_t
size_of (maker *m, const char *axis)
{
  for (size_t i = 0; i < m->n_chosen; i++)
    if (!strcmp (m->names[i], axis))
      return m->chosen[i];
  if (m->n_chosen >= 23)
    return 2;
  int64_t n = new_size (m, axis);
  snprintf (m->names[m->n_chosen], 32, "%s", axis);
  return m->chosen[m->n_chosen++] = n;
}

/* ---- the port's grammar ------------------------------------------------------------------ */

/* Axes of a text "trial,channel,..."; "..." becomes up to two more. */
static void
take_axes (maker *m, const char *s, size_t n)
{
  static const char *const extra[] = { "channel", "time", "feature" };

  m->ndim = 0;
  for (const char *end = s + n; s < end && m->ndim < FNX_MAX_DIM;) {
    size_t k = 0;
    while (s + k < end && s[k] != ',')
      k++;
    while (k && *s == ' ')
      s++, k--;
    if (k == 3 && !strncmp (s, "...", 3))
      for (uint64_t more = 1 + dice_below (m->x, 2); more && m->ndim < FNX_MAX_DIM; more--)
        snprintf (m->axes[m->ndim++], 32, "%s", extra[more]);
    else
      snprintf (m->axes[m->ndim++], 32, "%.*s", (int)(k < 31 ? k : 31), s);
    s += k + 1;
  }
}

/* Which of n alternatives: any.  Of what stands beside a sound input, that of
 * its kind, or else the first. */
static size_t
pick_one (maker *m, char *const *pick, size_t n)
{
  size_t kind = strlen (m->first);

  if (m->how != MAKE_SOUND || !kind)
    return dice_below (m->x, n);
  for (size_t i = 0; i < n; i++)
    if (!strncmp (pick[i], m->first, kind) && strchr ("[ ", pick[i][kind]))
      return i;
  return 0;
}

/* One of the alternatives of `what`; see what.c for the grammar. */
static void
take_what (maker *m, const char *what)
{
  char text[400], *with, *alt, *pick[16], *save;
  size_t n = 0;
  const char *bracket;

  snprintf (text, sizeof text, "%s", what);
  m->dtype = what_dtype (what, (fnx_dtype)FNX_F8);
  text[strcspn (text, ";")] = 0;
  if ((with = strstr (text, " with ")))
    *with = 0;
  snprintf (m->with, sizeof m->with, "%s", with ? with + 6 : "");
  for (alt = text; alt && n < 16; alt = save) {
    save = strstr (alt, " or ");
    if (save) {
      *save = 0;
      save += 4;
    }
    pick[n++] = alt + strspn (alt, " ");
  }
  alt = pick[pick_one (m, pick, n)];
  bracket = strchr (alt, '[');
  n = strcspn (alt, "[ ");
  snprintf (m->kind, sizeof m->kind, "%.*s", (int)(n < 39 ? n : 39), alt);
  if (bracket)
    take_axes (m, bracket + 1, strcspn (bracket + 1, "]"));
  else
    for (size_t i = 0, k = strcmp (m->kind, "any") ? N_KINDS : dice_below (m->x, N_KINDS); i < N_KINDS; i++)
      if (i == k || !strcmp (m->kind, kinds[i].kind)) {
        snprintf (m->kind, sizeof m->kind, "%s", kinds[i].kind);
        take_axes (m, kinds[i].axes, strlen (kinds[i].axes));
        break;
      }
  if (!strcmp (m->kind, "any")) /* any[trial,...]: a kind that has such an axis */
    snprintf (m->kind, sizeof m->kind, "%s",
              strcmp (m->axes[0], "trial") ? "signal"
              : m->ndim == 2               ? "features"
                                           : "epochs");
}

/* ---- axes ------------------------------------------------------------------------------ */

/* In wild inputs a part that may be missing is missing in a third of them. */
static bool
there (maker *m)
{
  return m->how == MAKE_SOUND || dice_below (m->x, 3) > 0;
}

static const char *const *
labels (maker *m, const char *axis, int64_t n)
{
  static const char *const heads[] = { "Fz", "Cz", "Pz", "C3",  "C4",  "F3", "F4", "P3", "P4", "O1",
                                       "O2", "T7", "T8", "Fp1", "Fp2", "F7", "F8", "P7", "P8", "Oz" };
  static const char *const classes[] = { "left", "right", "feet", "tongue" };
  const char **list = part (m, ((size_t)n + 1) * sizeof *list);
  char *own = part (m, (size_t)n * 40);

  for (int64_t i = 0; i < n && list && own; i++, own += 40) {
    if (!strcmp (axis, "channel") && i < 20)
      snprintf (own, 40, "%s", heads[i]);
    else if (!strcmp (axis, "class") && i < 4)
      snprintf (own, 40, "%s", classes[i]);
    else
      snprintf (own, 40, "%s%lld", axis, (long long)i + 1);
    list[i] = own;
  }
  return own ? list : NULL;
}

static fnx_column *
column (maker *m, const char *name, int64_t n, bool text)
{
  static const char *const answers[] = { "left", "right" };
  fnx_column *c = part (m, sizeof *c);
  void *values = part (m, ((size_t)n + 1) * sizeof (double));
  bool one_class = m->how == MAKE_WILD && dice_below (m->x, 6) == 0;

  if (!c || !values)
    return NULL;
  *c = (fnx_column){ .struct_size = sizeof *c, .type = text ? FNX_COL_TEXT : FNX_COL_REAL, .name = name };
  for (int64_t i = 0; i < n; i++) {
    bool missing = m->how == MAKE_WILD && dice_below (m->x, 20) == 0;
    if (text)
      ((const char **)values)[i] = missing ? NULL : answers[one_class ? 0 : i % 2];
    else
      ((double *)values)[i] = missing                         ? NAN
                              : !strcmp (name, "weight")      ? 1
                              : !strcmp (name, "calibration") ? i / 4 % 3 == 0
                                                              : (double)(i / 4 % 3);
  }
  c->texts = text ? values : NULL;
  c->reals = text ? NULL : values;
  return c;
}

/* "target" and friends on the first axis, and all that the port asks for. */
static const fnx_column *const *
columns (maker *m, int64_t n)
{
  const fnx_column **list = part (m, 16 * sizeof *list);
  size_t k = 0;
  char *save = NULL, *names = part (m, sizeof m->with);
  bool target = false;

  if (!list || !names)
    return NULL;
  strcpy (names, m->with);
  for (char *w = strtok_r (names, ", ", &save); w && k < 8; w = strtok_r (NULL, ", ", &save)) {
    list[k++] = column (m, w, n, !strcmp (w, "target"));
    target = target || !strcmp (w, "target");
  }
  if (!target && there (m))
    list[k++] = column (m, "target", n, true);
  if (!strstr (m->with, "group") && there (m))
    list[k++] = column (m, "group", n, false);
  for (size_t i = 0; i < 2 && there (m); i++) /* the first subject is the one to adapt to */
    list[k++] = column (m, i ? "calibration" : "subject", n, false);
  for (size_t i = 0; i < k; i++)
    if (!list[i])
      return NULL;
  return k ? list : NULL;
}

/* What a filter bank says of its channels: the first half in one band, the others in the next. */
static const fnx_column *const *
bands (maker *m, int64_t n)
{
  const fnx_column **list = part (m, 2 * sizeof *list);
  fnx_column *c = part (m, sizeof *c);
  const char **texts = part (m, ((size_t)n + 1) * sizeof *texts);

  if (!list || !c || !texts)
    return NULL;
  for (int64_t i = 0; i < n; i++)
    texts[i] = m->how == MAKE_WILD && dice_below (m->x, 20) == 0 ? NULL : 2 * i < n ? "8-12Hz" : "12-16Hz";
  *c = (fnx_column){ .struct_size = sizeof *c, .type = FNX_COL_TEXT, .name = "band", .texts = texts };
  list[0] = c;
  return list;
}

static bool
make_axis (maker *m, fnx_axis *a, const char *name, bool first)
{
  bool time = !strcmp (name, "time"), freq = !strcmp (name, "freq"), spatial = strchr ("xyz", name[0]) && !name[1];
  bool counted = !strcmp (name, "trial") || !strcmp (name, "row") || !strcmp (name, "subject");

  *a = (fnx_axis){ .struct_size = sizeof *a, .name = name, .size = size_of (m, name) };
  if ((time || freq) && there (m)) {
    a->flags = FNX_AXIS_REGULAR;
    a->unit = time ? "s" : "Hz";
    a->rate_num = time ? 160 : 2;
    a->rate_den = 1;
    if (m->how == MAKE_WILD && dice_below (m->x, 2)) {
      a->rate_num = (int64_t)(1 + dice_below (m->x, 2000));
      a->rate_den = (int64_t)(1 + dice_below (m->x, 3));
      a->origin = dice_normal (m->x);
      a->start = (int64_t)dice_below (m->x, 1000);
    }
  } else if (!time && !freq && !spatial && !counted && strcmp (name, "voxel") && there (m)) {
    a->labels = labels (m, name, a->size);
    if (!a->labels)
      return false;
  }
  if (first && !time && !spatial)
    a->columns = columns (m, a->size);
  else if (!strcmp (name, "channel") && there (m))
    a->columns = bands (m, a->size);
  return true;
}

/* ---- buffers ---------------------------------------------------------------------------- */

/* Events at every 40th sample, and one word of metadata to look for afterwards. */
static void
decorate (maker *m, fnx_buf *b)
{
  const fnx_axis *t = spec_axis (buffer_spec (b), "time");
  double onset[8], duration[8];
  const char *label[8];
  static const char *const names[] = { "left", "right", "T1", "T2" };
  fnx_events e = { .struct_size = sizeof e, .onset = onset, .duration = duration, .label = label };

  if (there (m))
    buffer_set_meta (b, "TaskName", "\"made up\"");
  if (!t || !there (m))
    return;
  for (; e.n < 8 && (int64_t)e.n * 40 < t->size; e.n++) {
    onset[e.n] = axis_position (t, (int64_t)e.n * 40);
    duration[e.n] = m->how == MAKE_WILD && dice_below (m->x, 4) == 0 ? NAN : 0.2;
    label[e.n] = names[e.n % 4];
  }
  buffer_set_events (b, &e);
}

static fnx_buf *
make_buffer (maker *m, const char *what, fault *f)
{
  fnx_axis axes[FNX_MAX_DIM];
  const fnx_axis *list[FNX_MAX_DIM];
  static const double mm2[16] = { 2, 0, 0, -90, 0, 2, 0, -126, 0, 0, 2, -72, 0, 0, 0, 1 };
  fnx_spec s = { .struct_size = sizeof s, .axes = list };
  fnx_buf *b = NULL;
  bool ok = true;

  take_what (m, what);
  s.kind = m->kind;
  s.ndim = m->ndim;
  s.dtype = m->dtype;
  for (size_t i = 0; i < N_KINDS; i++)
    if (!strcmp (kinds[i].kind, m->kind))
      s.unit = there (m) ? kinds[i].unit : NULL;
  if (!strcmp (m->kind, "image") && there (m)) {
    s.affine = mm2;
    s.space = "scanner";
  }
  for (int i = 0; i < m->ndim && ok; i++) {
    ok = make_axis (m, &axes[i], m->axes[i], i == 0);
    list[i] = &axes[i];
  }
  if (ok)
    b = buffer_new (&s, f);
  if (b) {
    values_make (b, m->x, m->how, m->triangles);
    decorate (m, b);
  }
  for (size_t i = 0; i < m->n_parts; i++)
    free (m->parts[i]);
  m->n_parts = 0;
  return b;
}

/* Has the step one input that ends in `a`, and after it one in `b`? */
static bool
beside (const fnx_step_desc *d, const char *a, const char *b)
{
  return d->inputs[0] && d->inputs[1] && strstr (d->inputs[0]->what, a) && strstr (d->inputs[1]->what, b);
}

bool
inputs_make (inputs *to, const fnx_step_desc *d, dice *x, int how, bool large, int64_t n_time, fault *f)
{
  maker m = { .x = x, .how = how, .large = large, .n_time = n_time };

  memset (to, 0, sizeof *to);
  m.triangles = how == MAKE_SOUND && beside (d, "feature]", "channel,channel]");
  for (size_t i = 0; i < MAX_PORTS && d->inputs[i]; i++) {
    if (how == MAKE_WILD && (d->inputs[i]->flags & FNX_PORT_OPTIONAL) && dice_below (x, 2))
      continue;
    if (!(to->in[i] = make_buffer (&m, d->inputs[i]->what, f))) {
      inputs_free (to);
      fault_memory (f);
      return false;
    }
    if (i == 0)
      snprintf (m.first, sizeof m.first, "%s", m.kind);
  }
  return true;
}

void
inputs_free (inputs *of)
{
  for (size_t i = 0; i < MAX_PORTS; i++)
    buffer_unref (of->in[i]);
  memset (of, 0, sizeof *of);
}
