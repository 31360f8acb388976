/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The source `npy`.  An array alone does not say what its axes are, and they
 * are not guessed: the .json beside it, or axes= or kind=, must.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/npy/npy.h"
#include "io/rate.h"
#include "plugins/common/give.h"

struct fnx_step {
  char *path, *kind, *axes; /* kind and axes NULL if not given */
  int64_t rate_num, rate_den;
  bool f4;
  json_t *side; /* the sidecar; specs that go to the host point into it */
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  const fnx_param_api *a = c->param;
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  *out = s;
  const char *kind = a->text (p, "kind"), *axes = a->text (p, "axes");
  s->path = strdup (a->text (p, "path"));
  s->kind = kind ? strdup (kind) : NULL;
  s->axes = axes ? strdup (axes) : NULL;
  s->f4 = a->integer (p, "dtype") == 1;
  if (!s->path || (kind && !s->kind) || (axes && !s->axes))
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  if (a->given (p, "rate") && !rate_of (a->real (p, "rate"), 1e-12, &s->rate_num, &s->rate_den))
    return c->fail (c, FNX_E_PARAM, "rate= is out of range");
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  if (!s)
    return;
  json_decref (s->side);
  free (s->path);
  free (s->kind);
  free (s->axes);
  free (s);
}

/* ---- what the axes are -------------------------------------------------------------- */
static const struct {
  const char *kind, *axes;
} kinds[] = {
  { "signal", "channel,time" },        { "epochs", "trial,channel,time" },
  { "spectrum", "channel,freq" },      { "spectrum", "trial,channel,freq" },
  { "cov", "trial,channel,channel" },  { "features", "trial,feature" },
  { "connectivity", "region,region" }, { "image", "x,y,z" },
  { "image", "x,y,z,time" },           { "series", "region,time" },
  { "voxels", "voxel,time" },          { "scores", "trial,class" },
};

static int
count (const char *axes)
{
  int n = 1;
  for (; *axes; axes++)
    n += *axes == ',';
  return n;
}

/* kind= and axes= complete each other from the table above. */
static fnx_status
complete (fnx_call *c, const fnx_step *s, int ndim, const char **kind, const char **axes)
{
  *kind = s->kind, *axes = s->axes;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (!*kind && *axes && !strcmp (*axes, kinds[i].axes))
      *kind = kinds[i].kind;
    if (*kind && !*axes && !strcmp (*kind, kinds[i].kind) && count (kinds[i].axes) == ndim)
      *axes = kinds[i].axes;
  }
  if (!*kind && !*axes)
    return c->fail (c, FNX_E_IO, "%s: an array of %d axes that have no names\nname them:  axes=trial,channel,time",
                    s->path, ndim);
  if (!*axes)
    return c->fail (c, FNX_E_IO, "%s: an array of %d axes is no %s\nname the axes:  axes=...", s->path, ndim, *kind);
  if (!*kind)
    *kind = "array";
  if (count (*axes) != ndim)
    return c->fail (c, FNX_E_IO, "%s: the array has %d axes, axes=%s names %d", s->path, ndim, *axes, count (*axes));
  return FNX_OK;
}

static fnx_status
named_spec (fnx_call *c, const fnx_step *s, const npy_header *h, fnx_spec **out)
{
  const char *kind, *axes;
  fnx_status e = complete (c, s, h->ndim, &kind, &axes);
  if (e)
    return e;
  fnx_spec *spec = c->scratch (c, sizeof *spec);
  fnx_axis *a = c->scratch (c, FNX_MAX_DIM * sizeof *a);
  const fnx_axis **list = c->scratch (c, FNX_MAX_DIM * sizeof *list);
  char *names = c->scratch (c, strlen (axes) + 1);
  if (!spec || !a || !list || !names)
    return FNX_E_NOMEM;
  strcpy (names, axes);
  for (int k = 0; k < h->ndim; k++) {
    char *end = names + strcspn (names, ",");
    a[k] = (fnx_axis){ .struct_size = sizeof *a, .name = names, .size = h->n[k] };
    if (end == names)
      return c->fail (c, FNX_E_PARAM, "axes=%s has an empty name", axes);
    names = *end ? end + 1 : end;
    *end = 0;
    if (!strcmp (a[k].name, "time")) {
      a[k].flags = FNX_AXIS_REGULAR;
      a[k].rate_num = a[k].rate_den = 1;
    }
    list[k] = &a[k];
  }
  *spec = (fnx_spec){ .struct_size = sizeof *spec, .ndim = h->ndim, .kind = kind, .dtype = FNX_F8, .axes = list };
  *out = spec;
  return FNX_OK;
}

/* rate= gives the time axis its unit, whatever the sidecar says. */
static void
set_rate (const fnx_step *s, const fnx_spec *spec)
{
  for (int k = 0; k < spec->ndim && s->rate_num; k++)
    if (!strcmp (spec->axes[k]->name, "time")) {
      fnx_axis *a = (fnx_axis *)(uintptr_t)spec->axes[k]; /* ours, in scratch memory */
      a->flags = FNX_AXIS_REGULAR;
      a->rate_num = s->rate_num, a->rate_den = s->rate_den;
      a->unit = "s";
    }
}

/* One opened array: file, header, spec. */
typedef struct array {
  FILE *f;
  npy_header h;
  const char *side_name;
  const fnx_spec *spec;
} array;

static void
array_close (array *a)
{
  if (a->f)
    fclose (a->f);
}

static fnx_status
array_open (fnx_call *c, fnx_step *s, array *a)
{
  memset (a, 0, sizeof *a);
  if (!(a->f = fopen (s->path, "rb")))
    return c->fail (c, FNX_E_IO, "%s: %s", s->path, strerror (errno));
  fnx_status e = npy_header_read (c, a->f, s->path, &a->h);
  if (e)
    return e;
  if (!(a->side_name = npy_sidecar_name (c, s->path)))
    return FNX_E_NOMEM;
  json_error_t why;
  FILE *f = s->kind || s->axes ? NULL : fopen (a->side_name, "rb");
  json_decref (s->side);
  s->side = NULL;
  if (f) {
    s->side = json_loadf (f, JSON_REJECT_DUPLICATES, &why);
    fclose (f);
    if (!s->side)
      return c->fail (c, FNX_E_IO, "%s: line %d: %s\nmend it or move it away", a->side_name, why.line, why.text);
  }
  fnx_spec *spec = NULL;
  if (s->side && json_object_get (s->side, "axes")) {
    if (!(spec = (fnx_spec *)(uintptr_t)npy_spec_read (c, s->side, a->side_name, &a->h)))
      return FNX_E_IO;
  } else if ((e = named_spec (c, s, &a->h, &spec)))
    return e;
  set_rate (s, spec);
  if (s->f4)
    spec->dtype = (fnx_dtype)FNX_F4;
  a->spec = spec;
  return FNX_OK;
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)in;
  array a;
  fnx_status e = array_open (c, s, &a);
  if (!e)
    out[0] = a.spec;
  array_close (&a);
  return e;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)in;
  array a;
  fnx_buf *b = NULL;
  fnx_status e = array_open (c, s, &a);
  if (e)
    goto done;
  b = c->buf->like (c, NULL, a.spec);
  void *v = b ? c->buf->write (c, b) : NULL;
  e = v ? npy_values (c, a.f, s->path, &a.h, s->f4, v) : FNX_E_NOMEM;
  if (!e && s->side)
    e = npy_events_read (c, s->side, a.side_name, b);
  const char *key;
  json_t *value;
  json_object_foreach (json_object_get (s->side, "meta"), key, value)
  {
    char *text = e ? NULL : json_dumps (value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (text)
      e = c->buf->set_meta (c, b, key, text);
    free (text);
  }
done:
  array_close (&a);
  return give (c, e, b, out);
}

/* ---- descriptor ---------------------------------------------------------------------- */
static int32_t
probe (const char *path, const void *head, size_t n)
{
  size_t k = strlen (path);
  if (n >= 6 && !memcmp (head, "\223NUMPY", 6))
    return 100;
  return k > 4 && !strcmp (path + k - 4, ".npy") ? 60 : 0;
}

static const char *const suffixes[] = { ".npy", NULL };
static const fnx_ext_reader ext_reader = { sizeof ext_reader, 0, suffixes, NULL, probe };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  return !strcmp (id, FNX_READER) ? &ext_reader : NULL;
}

static const char *const dtypes[] = { "f8", "f4", NULL };
#define PARAM(NAME, ...) static const fnx_param_desc NAME = { .struct_size = sizeof NAME, __VA_ARGS__ }
PARAM (p_path, .type = FNX_T_PATH, .flags = FNX_P_REQUIRED | FNX_P_MAIN, .name = "path", .doc = "the file");
PARAM (p_axes, .type = FNX_T_TEXT, .name = "axes", .doc = "names of the axes, such as trial,channel,time");
PARAM (p_kind, .type = FNX_T_TEXT, .name = "kind",
       .doc = "what it is, such as epochs; follows from usual axes, and they from it");
PARAM (p_rate, .type = FNX_T_REAL, .name = "rate", .unit = "Hz", .min = 1e-9, .max = 1e9,
       .doc = "samples in a second of the time axis");
PARAM (p_dtype, .type = FNX_T_ENUM, .name = "dtype", .fallback = "f8", .choices = dtypes,
       .doc = "values as doubles, or as floats in half the memory");
static const fnx_param_desc *const params[] = { &p_path, &p_axes, &p_kind, &p_rate, &p_dtype, NULL };
static const fnx_port_desc o_any = { .struct_size = sizeof o_any, .name = "out", .what = "any", .doc = "the array" };
static const fnx_port_desc *const none[] = { NULL }, *const outputs[] = { &o_any, NULL };

const fnx_step_desc npy_reader = {
  .struct_size = sizeof npy_reader,
  .flags = FNX_S_SOURCE | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.io.npy",
  .name = "npy",
  .title = "read arrays from NumPy's .npy files",
  .doc
  = "Reads format 1 to 3, C and Fortran order, both byte orders: floats of 4 and 8 bytes, integers of 1 to 8 bytes, "
    "booleans. Objects are refused, as reading them can run code; so are bytes behind the array.\n\n"
    "The axes come from the .npy.json beside it that write.npy makes, or from axes= and kind=; they are never "
    "guessed.",
  .cite = "NumPy Enhancement Proposal 1, numpy.lib.format",
  .example = "fornix run sim:fists ! epoch on=left,right from=0s to=3s ! write trials.npy\n"
             "fornix run trials.npy axes=trial,channel,time rate=160Hz ! cov ! write cov.npy",
  .inputs = none,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
