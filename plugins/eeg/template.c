/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * template: any montage as the 45 electrodes from F7 to P8 that MIRepNet is
 * given (Liu et al. 2025): those that were recorded as they are, the others
 * interpolated.  One matrix for all samples, so blocks need no memory.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/electrodes.h"
#include "plugins/eeg/eeg.h"
#include "plugins/eeg/steps.h"

static const char *const wanted[]
    = { "F7",  "F5",  "F3",  "F1",  "Fz",  "F2",  "F4", "F6", "F8", "FT7", "FC5", "FC3", "FC1", "FCz", "FC2",
        "FC4", "FC6", "FT8", "T7",  "C5",  "C3",  "C1", "Cz", "C2", "C4",  "C6",  "T8",  "TP7", "CP5", "CP3",
        "CP1", "CPz", "CP2", "CP4", "CP6", "TP8", "P7", "P5", "P3", "P1",  "Pz",  "P2",  "P4",  "P6",  "P8" };
enum { N = sizeof wanted / sizeof *wanted, COLUMNS = 5 };

/* The layout that distances are taken in: rows from the nose (1) back, columns
 * 1/2, 3/4 .. 9/10 away from the midline; 0: no such place. */
static const struct {
  const char *row;
  double y, mid, x[COLUMNS]; /* mid: y of the electrode on the midline; 0: none */
} layout[] = {
  { "Fp", 0.9, 1, { 0.3 } },
  { "AF", 0.8, 0.8, { 0, 0.2, 0, 0.3 } },
  { "F", 0.7, 0.7, { 0.15, 0.3, 0.4, 0.5, 0.6 } },
  { "FC", 0.6, 0.6, { 0.2, 0.4, 0.5 } },
  { "FT", 0.6, 0, { 0, 0, 0, 0.6, 0.7 } },
  { "C", 0.5, 0.5, { 0.2, 0.4, 0.7 } },
  { "T", 0.5, 0, { 0, 0, 0, 1 } },
  { "CP", 0.4, 0.4, { 0.2, 0.4, 0.5 } },
  { "TP", 0.4, 0, { 0, 0, 0, 0.6, 0.8 } },
  { "P", 0.3, 0.3, { 0.15, 0.3, 0.4, 0.5, 0.6 } },
  { "PO", 0.2, 0.2, { 0, 0.2, 0.3, 0.4, 0.5 } },
  { "O", 0.1, 0.1, { 0.2 } },
};

static bool
place (const char *name, double at[2])
{
  size_t letters = strcspn (name, "z0123456789");
  for (size_t k = 0; k < sizeof layout / sizeof *layout; k++) {
    if (strlen (layout[k].row) != letters || strncmp (layout[k].row, name, letters) != 0)
      continue;
    if (strcmp (name + letters, "z") == 0) {
      at[0] = 0;
      at[1] = layout[k].mid;
      return layout[k].mid > 0;
    }
    char *end;
    long number = strtol (name + letters, &end, 10);
    if (*end || number < 1 || number > 2 * COLUMNS)
      return false; /* halves of the 10-05 system, too */
    double x = layout[k].x[(number - 1) / 2];
    at[0] = number % 2 ? -x : x;
    at[1] = layout[k].y;
    return x > 0;
  }
  return false;
}

/* w[N, a->size]: each electrode out of the channels of a; scratch memory. */
static fnx_status
weigh (fnx_call *c, const fnx_axis *a, double **out, size_t *made)
{
  size_t n = a->size > 0 ? (size_t)a->size : 0, placed = 0;
  double *w = c->scratch (c, (N * n + 1) * sizeof *w), *at = c->scratch (c, (2 * n + 1) * sizeof *at);
  electrode *e = c->scratch (c, (n + 1) * sizeof *e);
  bool *has = c->scratch (c, n + 1);
  if (!w || !at || !e || !has)
    return FNX_E_NOMEM;
  for (size_t i = 0; i < n; i++)
    placed += has[i] = a->labels && electrode_read (a->labels[i], &e[i]) && e[i].kind == ELECTRODE_SCALP
                       && place (e[i].name, at + 2 * i);
  if (!placed)
    return c->fail (c, FNX_E_SPEC,
                    "no channel of %s bears the name of an electrode, such as C3\nname them in the recording",
                    c->recording);
  *made = 0;
  for (size_t k = 0; k < N; k++) {
    double to[2], sum = 0, *row = w + k * n;
    size_t same = 0;
    place (wanted[k], to);
    while (same < n && !(has[same] && strcmp (e[same].name, wanted[k]) == 0))
      same++;
    if (same < n) {
      row[same] = 1;
      continue;
    }
    ++*made;
    for (size_t i = 0; i < n; i++)
      sum += row[i] = has[i] ? 1 / (hypot (at[2 * i] - to[0], at[2 * i + 1] - to[1]) + 1e-6) : 0;
    for (size_t i = 0; i < n; i++)
      row[i] /= sum;
  }
  *out = w;
  return FNX_OK;
}

static fnx_status
prepare (fnx_call *c, const fnx_spec *in, shape *to, double **w, size_t *made)
{
  int k = shape_axis (in, "channel");
  if (in->axes[k]->size == FNX_UNKNOWN)
    return c->fail (c, FNX_E_SPEC, "the channels of %s are not known yet", c->recording);
  fnx_status st = weigh (c, in->axes[k], w, made);
  shape_of (to, in);
  to->axis[k].size = N;
  to->axis[k].labels = wanted;
  to->axis[k].values = NULL;
  to->axis[k].columns = NULL; /* of the channels that were recorded */
  return st;
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  (void)p;
  *out = malloc (1); /* no settings */
  return *out ? FNX_OK : c->fail (c, FNX_E_NOMEM, "no memory for a step");
}

static void
destroy (fnx_step *s)
{
  free (s);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  shape *to = c->scratch (c, sizeof *to);
  double *w;
  size_t made;
  (void)s;
  fnx_status st = to ? prepare (c, in[0], to, &w, &made) : FNX_E_NOMEM;
  if (st)
    return st;
  if (made)
    c->log (c, FNX_LOG_NOTE, "%zu of %d electrodes are interpolated: the rank of the channels stays below %d", made, N,
            N);
  out[0] = &to->spec;
  return FNX_OK;
}

typedef struct work {
  const double *w, *x;
  double *y;
  size_t n_in, n; /* channels in, samples */
} work;

/* One electrode of one trial. */
static fnx_status
job (void *arg, size_t i, uint32_t worker)
{
  const work *j = arg;
  const double *w = j->w + i % N * j->n_in, *x = j->x + i / N * j->n_in * j->n;
  double *y = j->y + i * j->n;
  (void)worker;
  for (size_t k = 0; k < j->n_in; k++, x += j->n)
    for (size_t t = 0; w[k] != 0 && t < j->n; t++)
      y[t] += w[k] * x[t];
  return FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_spec *spec = c->buf->spec (in[0]);
  shape to;
  double *w = NULL;
  size_t made;
  (void)s;
  fnx_status st = prepare (c, spec, &to, &w, &made);
  fnx_buf *b = st == FNX_OK ? c->buf->like (c, in[0], &to.spec) : NULL;
  const fnx_tensor *t = b ? c->buf->read (in[0]) : NULL;
  double *y = t ? c->buf->write (c, b) : NULL;
  if (!y) {
    c->buf->unref (b);
    return st ? st : FNX_E_NOMEM;
  }
  int k = shape_axis (spec, "channel");
  work j = { w, t->data, y, (size_t)spec->axes[k]->size, (size_t)shape_samples (spec) };
  st = c->parallel (c, (k > 0 ? (size_t)spec->axes[0]->size : 1) * N, job, &j);
  return give (c, st, b, out);
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)s, (void)max_block;
  return FNX_OK;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream = { .struct_size = sizeof stream, .start = start, .push = run };
  (void)s;
  return strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

const fnx_step_desc template_step = {
  .struct_size = sizeof template_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.template",
  .name = "template",
  .title = "any montage as the same 45 electrodes",
  .doc
  = "So that recordings of different caps can be joined: F7 to F8, FT7 to FT8, T7 to T8, TP7 to TP8 and P7 to P8, nine "
    "a"
    " row. An electrode that was recorded is copied; any other is the mean of all recorded ones with weights"
    " 1 / (d + 1e-6), d being the distance on a coarse flat layout whose rows are 0.1 apart.\n\n"
    "Channels that have no place in that layout (EOG, half steps of the 10-05 system) have no part in it. What is"
    " interpolated adds no rank: a covariance behind this step needs estimator=oas. MIRepNet's layout has FT10 in the"
    " row of F10; here it mirrors FT9, and FTT and TPP electrodes are left out.",
  .cite = "Liu et al., MIRepNet, arXiv 2507.20254, 2025",
  .example = "fornix run sim:fists ! template ! band range=8..32Hz ! epoch on=left,right from=0s to=3s"
             " ! evaluate folds=5 begin cov estimator=oas ! tangent ! svm end",
  .inputs = signal_or_epochs,
  .outputs = the_same,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
