/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Example 3: an estimator.  Learns the mean of each class and gives a trial to
 * the nearest (the nearest-centroid classifier).
 *
 * fit() makes a model and leaves the step as it is: `evaluate` fits in many
 * folds at once, on the training trials of each.  Nothing here can see the
 * trials that it is tested on.
 */
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

struct fnx_model {
  int32_t n_class;
  int64_t n_feature;
  double *mean;     /* [n_class][n_feature] */
  char (*name)[48]; /* [n_class] */
};

enum { MAGIC = 0x4e454152, VERSION = 1, MAX_CLASS = 1000, MAX_FEATURE = 10000000 };

static void
model_free (fnx_model *m)
{
  free (m->mean);
  free (m->name);
  free (m);
}

/* NULL without memory; sizes were checked. */
static fnx_model *
model_new (int32_t n_class, int64_t n_feature)
{
  fnx_model *m = calloc (1, sizeof *m);

  if (!m)
    return NULL;
  m->n_class = n_class;
  m->n_feature = n_feature;
  m->mean = calloc ((size_t)n_class * (size_t)n_feature + 1, sizeof *m->mean);
  m->name = calloc ((size_t)n_class + 1, sizeof *m->name);
  if (m->mean && m->name)
    return m;
  model_free (m);
  return NULL;
}

static fnx_status
fit (fnx_call *c, const fnx_step *s, const fnx_buf *const *in, const fnx_model *from, fnx_model **out)
{
  const fnx_tensor *x = c->buf->read (in[0]); /* [trial][feature] */
  const char *const *names;
  const int32_t *code;
  int32_t n_class, k;
  int64_t i, j, n = x->shape[1], *count;
  fnx_model *m;

  (void)s, (void)from; /* nothing iterates here, so there is nothing to start from */
  if (!(code = c->buf->classes (c, in[0], "trial", "target", &n_class, &names)))
    return FNX_E_DATA;
  if (n_class < 2 || n_class > MAX_CLASS)
    return c->fail (c, FNX_E_DATA, "%d classes among %lld trials; at least 2 are needed, at most %d", (int)n_class,
                    (long long)x->shape[0], MAX_CLASS);
  count = c->scratch (c, (size_t)n_class * sizeof *count);
  m = model_new (n_class, n);
  if (!count || !m) {
    if (m)
      model_free (m);
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  }
  for (i = 0; i < x->shape[0]; i++)
    if (code[i] >= 0) { /* -1: this trial has no target */
      count[code[i]]++;
      for (j = 0; j < n; j++)
        m->mean[code[i] * n + j] += ((const double *)x->data)[i * n + j];
    }
  for (k = 0; k < n_class; k++) {
    for (j = 0; j < n; j++)
      m->mean[k * n + j] /= (double)count[k];
    strncpy (m->name[k], names[k], sizeof m->name[k] - 1);
  }
  *out = m;
  return FNX_OK;
}

/* scores[trial,class]: minus the squared distance, so that the largest wins. */
static fnx_buf *
scores_like (fnx_call *c, const fnx_buf *in, const char *const *names, int64_t n_class)
{
  const fnx_spec *x = c->buf->spec (in);
  fnx_axis class_axis, trials = *x->axes[0];
  const fnx_axis *axes[2];
  fnx_spec y = *x;

  memset (&class_axis, 0, sizeof class_axis);
  class_axis.struct_size = sizeof class_axis;
  class_axis.name = "class";
  class_axis.size = n_class;
  class_axis.labels = names;
  axes[0] = &trials;
  axes[1] = &class_axis;
  y.kind = "scores";
  y.unit = "1";
  y.axes = axes;
  return c->buf->like (c, in, &y);
}

static fnx_status
apply (fnx_call *c, const fnx_step *s, const fnx_model *m, const fnx_buf *const *in, const fnx_buf **out)
{
  const fnx_tensor *x = c->buf->read (in[0]);
  int64_t n = x->shape[1], i, j;
  const char **names = c->scratch (c, (size_t)m->n_class * sizeof *names);
  double *to;
  fnx_buf *y;
  int32_t k;

  (void)s;
  if (!names)
    return FNX_E_NOMEM;
  if (n != m->n_feature)
    return c->fail (c, FNX_E_SPEC, "%lld features; the model was fitted on %lld", (long long)n,
                    (long long)m->n_feature);
  for (k = 0; k < m->n_class; k++)
    names[k] = m->name[k];
  out[0] = y = scores_like (c, in[0], names, m->n_class);
  if (!y || !(to = c->buf->write (c, y)))
    return FNX_E_NOMEM;
  for (i = 0; i < x->shape[0]; i++)
    for (k = 0; k < m->n_class; k++)
      for (j = 0; j < n; j++) {
        double d = ((const double *)x->data)[i * n + j] - m->mean[k * n + j];
        to[i * m->n_class + k] -= d * d;
      }
  return FNX_OK;
}

/* ---- the model as bytes: head, names, means; little-endian as all machines
 * that this example was tried on ---- */
typedef struct head {
  uint32_t magic, n_class;
  int64_t n_feature;
} head;

static fnx_status
save (fnx_call *c, const fnx_model *m, fnx_status (*put) (void *, const void *, size_t), void *to)
{
  head h = { MAGIC, (uint32_t)m->n_class, m->n_feature };
  size_t n_name = (size_t)m->n_class * sizeof *m->name;
  size_t n_mean = (size_t)m->n_class * (size_t)m->n_feature * sizeof (double);

  (void)c;
  if (put (to, &h, sizeof h) || put (to, m->name, n_name) || put (to, m->mean, n_mean))
    return FNX_E_IO;
  return FNX_OK;
}

/* The bytes may be anything: nothing in them is believed before it is checked. */
static fnx_status
load (fnx_call *c, const fnx_step *s, uint32_t version, const void *bytes, size_t n, fnx_model **out)
{
  const char *at = bytes;
  fnx_model *m;
  size_t n_name, n_mean;
  int32_t k;
  head h;

  (void)s;
  if (version != VERSION)
    return c->fail (c, FNX_E_STATE, "a model of version %u; this step reads version %d", (unsigned)version, VERSION);
  if (n < sizeof h)
    return c->fail (c, FNX_E_STATE, "%zu bytes are too few for a model", n);
  memcpy (&h, at, sizeof h);
  if (h.magic != MAGIC || h.n_class < 2 || h.n_class > MAX_CLASS || h.n_feature < 0 || h.n_feature > MAX_FEATURE)
    return c->fail (c, FNX_E_STATE, "these bytes are no model of lab-nearest");
  n_name = h.n_class * sizeof *m->name;
  n_mean = h.n_class * (size_t)h.n_feature * sizeof (double);
  if (n != sizeof h + n_name + n_mean)
    return c->fail (c, FNX_E_STATE, "%zu bytes; a model of %u classes and %lld features has %zu", n, h.n_class,
                    (long long)h.n_feature, sizeof h + n_name + n_mean);
  if (!(m = model_new ((int32_t)h.n_class, h.n_feature)))
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  memcpy (m->name, at + sizeof h, n_name);
  for (k = 0; k < m->n_class; k++)
    m->name[k][sizeof m->name[k] - 1] = 0;
  if (n_mean)
    memcpy (m->mean, at + sizeof h + n_name, n_mean);
  *out = m;
  return FNX_OK;
}

/* How many classes there are only the data will tell. */
static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  fnx_axis *class_axis = c->scratch (c, sizeof *class_axis);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  fnx_spec *y = c->scratch (c, sizeof *y);

  (void)s;
  if (!class_axis || !axes || !y)
    return FNX_E_NOMEM;
  class_axis->struct_size = sizeof *class_axis;
  class_axis->name = "class";
  class_axis->size = FNX_UNKNOWN;
  axes[0] = in[0]->axes[0];
  axes[1] = class_axis;
  *y = *in[0];
  y->kind = "scores";
  y->unit = "1";
  y->axes = axes;
  out[0] = y; /* the host copies it before the scratch memory goes */
  return FNX_OK;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_estimator estimator = {
    sizeof estimator, FNX_EST_SUPERVISED, fit, apply, model_free, VERSION, 0, save, load, "class means", NULL,
  };
  (void)s;
  return strcmp (id, FNX_ESTIMATOR) ? NULL : &estimator;
}

static const fnx_port_desc x
    = { sizeof x, 0, "x", "features[trial,feature] with target", "one row of numbers a trial" };
static const fnx_port_desc y = { sizeof y, 0, "y", "scores[trial,class]", "minus the squared distance to each class" };
static const fnx_port_desc *const inputs[] = { &x, NULL };
static const fnx_port_desc *const outputs[] = { &y, NULL };

static const fnx_step_desc nearest = {
  sizeof nearest,
  FNX_S_DETERMINISTIC,
  FNX_THREADS_PARALLEL,
  1,
  "lab.example.nearest",
  "lab-nearest",
  "give each trial to the nearest class mean",
  "Learns the mean of each class. A trial belongs to the class whose mean is nearest.",
  NULL,
  NULL,
  "fornix run sim:fists ! epoch on=left,right from=0s to=3s ! evaluate folds=5 begin cov ! tangent ! lab-nearest end",
  inputs,
  outputs,
  NULL, /* no settings, hence neither create nor destroy */
  NULL,
  NULL,
  negotiate,
  NULL,
  extension,
};

static const fnx_step_desc *const steps[] = { &nearest, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "example3", "0.1.0", "BSD-2-Clause", NULL, steps, NULL };
