/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <unistd.h>

#include "core/output.h"
#include "core/param.h"
#include "core/pool.h"
#include "core/rng.h"
#include "tests/harness.h"

static int n_run, n_bad;
static session ses;

static void on_log (void *arg, uint32_t level, const char *step, const char *line);

static void
on_log (void *arg, uint32_t level, const char *step, const char *line)
{
  (void)arg;
  if (level == FNX_LOG_NOTE || getenv ("FORNIX_TEST_VERBOSE"))
    printf ("# %s: %s\n", step ? step : "host", line);
}

static void die (const char *format, ...) FNX_PRINTF (1, 2) __attribute__ ((noreturn));

static void
die (const char *format, ...)
{
  va_list ap;

  va_start (ap, format);
  printf ("Bail out! ");
  vprintf (format, ap);
  printf ("\n");
  va_end (ap);
  fflush (stdout);
  exit (99);
}

static void
die_of (const char *what, fault *f)
{
  die ("%s: %s", what, f->text ? f->text : "failed without a reason");
}

void
t_begin (void)
{
  const char *n = getenv ("FORNIX_TEST_THREADS");
  fault f = FAULT_INIT;
  registry_options o = { 0 };

  setvbuf (stdout, NULL, _IOLBF, 0);
  pool_start (n ? (unsigned)atoi (n) : 2);
  ses = (session){ .threads = pool_size (), .seed = 1, .on_log = on_log };
  if (registry_open (&o, &f) != FNX_OK)
    die_of ("registry", &f);
}

int
t_end (void)
{
  registry_close ();
  pool_stop ();
  printf ("1..%d\n", n_run);
  return n_bad ? 1 : 0;
}

void
t_skip (const char *why)
{
  printf ("1..0 # SKIP %s\n", why);
  exit (77);
}

bool
t_ok (bool ok, const char *format, ...)
{
  va_list ap;

  n_run++;
  n_bad += !ok;
  printf ("%sok %d - ", ok ? "" : "not ", n_run);
  va_start (ap, format);
  vprintf (format, ap);
  va_end (ap);
  printf ("\n");
  return ok;
}

bool
t_near (const double *a, const double *b, size_t n, double tol, const char *what)
{
  size_t worst = 0;
  double most = -1;

  for (size_t i = 0; i < n; i++) {
    double scale = fabs (b[i]) > 1 ? fabs (b[i]) : 1, d = fabs (a[i] - b[i]) / scale;

    if (isnan (a[i]) && isnan (b[i]))
      d = 0;
    if (!(d <= most)) {
      most = d;
      worst = i;
    }
  }
  if (n == 0)
    return t_ok (true, "%s: nothing to compare", what);
  return t_ok (most <= tol, "%s: largest difference %.3g at %zu (%.17g, expected %.17g; tolerance %.1g)", what, most,
               worst, a[worst], b[worst], tol);
}

/* ---- buffers ---------------------------------------------------------------- */

fnx_buf *
t_buf (const char *what, const double *values, ...)
{
  char copy[256], *axes, *name, *save = NULL;
  fnx_axis a[FNX_MAX_DIM] = { { 0 } };
  const fnx_axis *list[FNX_MAX_DIM];
  fnx_spec s = { .struct_size = sizeof s, .unit = "1", .dtype = FNX_F8, .axes = list };
  fault f = FAULT_INIT;
  fnx_buf *b;
  va_list ap;

  snprintf (copy, sizeof copy, "%s", what);
  axes = strchr (copy, '[');
  if (!axes)
    die ("t_buf: \"%s\" has no axes", what);
  *axes++ = 0;
  axes[strcspn (axes, "]")] = 0;
  s.kind = copy;
  va_start (ap, values);
  for (name = strtok_r (axes, ",", &save); name; name = strtok_r (NULL, ",", &save)) {
    a[s.ndim] = (fnx_axis){ .struct_size = sizeof *a, .name = name, .size = va_arg (ap, long) };
    list[s.ndim] = &a[s.ndim];
    s.ndim++;
  }
  va_end (ap);
  b = buffer_new (&s, &f);
  if (!b)
    die_of ("t_buf", &f);
  if (values)
    memcpy (buffer_write (b, NULL), values, spec_count (&s) * sizeof *values);
  return b;
}

/* The spec cannot be changed in place: make the same buffer with another. */
static void
respec (fnx_buf **b, const fnx_spec *s)
{
  fault f = FAULT_INIT;
  fnx_buf *n = buffer_like (*b, s, &f);

  if (!n)
    die_of ("harness", &f);
  memcpy (buffer_write (n, NULL), buffer_read (*b)->data, spec_count (s) * dtype_size (s->dtype));
  buffer_unref (*b);
  *b = n;
}

static void
change_axis (fnx_buf **b, const char *axis, const fnx_axis *to)
{
  fnx_spec s = *buffer_spec (*b);
  const fnx_axis *list[FNX_MAX_DIM];

  for (int i = 0; i < s.ndim; i++)
    list[i] = strcmp (s.axes[i]->name, axis) ? s.axes[i] : to;
  s.axes = list;
  respec (b, &s);
}

void
t_rate (fnx_buf **b, long num, long den)
{
  fnx_axis a = *spec_axis (buffer_spec (*b), "time");

  a.flags |= FNX_AXIS_REGULAR;
  a.unit = "s";
  a.rate_num = num;
  a.rate_den = den;
  change_axis (b, "time", &a);
}

void
t_unit (fnx_buf **b, const char *unit)
{
  fnx_spec s = *buffer_spec (*b);

  s.unit = unit;
  respec (b, &s);
}

void
t_labels (fnx_buf **b, const char *axis, const char *list)
{
  fnx_axis a = *spec_axis (buffer_spec (*b), axis);
  char *copy = strdup (list), *save = NULL;
  const char **labels = calloc ((size_t)a.size + 1, sizeof *labels);
  int64_t n = 0;

  for (char *p = strtok_r (copy, ",", &save); p && n < a.size; p = strtok_r (NULL, ",", &save))
    labels[n++] = p;
  if (n != a.size)
    die ("t_labels: %ld names for %ld indices", (long)n, (long)a.size);
  a.labels = labels;
  change_axis (b, axis, &a);
  free (labels);
  free (copy);
}

static void
set_column (fnx_buf **b, const char *axis, const fnx_column *c)
{
  fault f = FAULT_INIT;

  if (buffer_set_column (*b, axis, c, &f) != FNX_OK)
    die_of ("t_column", &f);
}

void
t_texts (fnx_buf **b, const char *axis, const char *column, const char *const *texts)
{
  set_column (
      b, axis,
      &(fnx_column){ .struct_size = sizeof (fnx_column), .type = FNX_COL_TEXT, .name = column, .texts = texts });
}

void
t_reals (fnx_buf **b, const char *axis, const char *column, const double *reals)
{
  set_column (
      b, axis,
      &(fnx_column){ .struct_size = sizeof (fnx_column), .type = FNX_COL_REAL, .name = column, .reals = reals });
}

const double *
t_values (const fnx_buf *b)
{
  return buffer_read (b)->data;
}

void
t_random (double *out, size_t n, uint64_t seed)
{
  rng_api.normal (seed, 0, 0, out, n);
}

const char *
t_shared (const char *path)
{
  static char full[4096];
  const char *top = getenv ("FORNIX_SHARED"), *src = getenv ("top_srcdir");

  if (top)
    snprintf (full, sizeof full, "%s/%s", top, path);
  else
    snprintf (full, sizeof full, "%s/../shared/%s", src ? src : ".", path);
  return access (full, R_OK) == 0 ? full : NULL;
}

/* ---- one step ------------------------------------------------------------------ */

typedef struct made {
  chain *line;
  const fnx_step_desc *desc;
  fnx_params *params;
  fnx_step *step;
} made;

struct t_model {
  made m;
  fnx_model *model;
};

static void
unmake (made *m)
{
  if (m->step && m->desc->destroy)
    m->desc->destroy (m->step);
  params_free (m->params);
  chain_free (m->line);
}

static fnx_status
make (made *m, const char *line, fault *f)
{
  char *copy = strdup (line), *save = NULL;
  char *words[64] = { (char *)"-", (char *)"!" };
  int n = 2;
  call c;
  fnx_status s;

  *m = (made){ 0 };
  for (char *p = strtok_r (copy, " ", &save); p && n < 64; p = strtok_r (NULL, " ", &save))
    words[n++] = p;
  m->line = chain_from_words (n, words, f);
  free (copy);
  if (!m->line)
    return f->code;
  m->desc = registry_step (m->line->steps[0].name);
  if (!m->desc)
    die ("no step \"%s\"; is its module on FORNIX_PLUGIN_PATH?", m->line->steps[0].name);
  m->params = params_parse (m->desc, &m->line->steps[0], f);
  if (!m->params)
    return f->code;
  if (call_begin (&c, &ses, m->desc->name, "test", ses.seed, f) != FNX_OK)
    return f->code;
  s = m->desc->create ? m->desc->create (&c.api, m->params, &m->step) : FNX_OK;
  return call_end (&c, s);
}

enum { MAX_PORTS = 16 };

static int
n_ports (const fnx_port_desc *const *p)
{
  int n = 0;

  while (p && p[n])
    n++;
  return n;
}

/* Check the ports and negotiate. */
static fnx_status
negotiate (made *m, const fnx_buf *const *in, fault *f)
{
  const fnx_spec *specs[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
  const char *column;
  char text[256];
  fnx_status s;
  call c;

  for (int i = 0; i < n_ports (m->desc->inputs); i++) {
    specs[i] = in[i] ? buffer_spec (in[i]) : NULL;
    if (specs[i] && !what_accepts (m->desc->inputs[i]->what, specs[i], &column))
      return fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s wants %s, not %s%s%s", m->desc->name, m->desc->inputs[i]->what,
                        spec_text (specs[i], text, sizeof text), column ? "; no column " : "", column ? column : "");
  }
  if (!m->desc->negotiate)
    return FNX_OK;
  if (call_begin (&c, &ses, m->desc->name, "test", ses.seed, f) != FNX_OK)
    return f->code;
  s = m->desc->negotiate (&c.api, m->step, specs, out);
  return call_end (&c, s);
}

static const void *
extension (const made *m, const char *id)
{
  return m->desc->extension ? m->desc->extension (m->step, id) : NULL;
}

/* Blocks of a streamed output, joined along its time axis. */
typedef struct blocks {
  const fnx_buf *part[4096];
  size_t n;
} blocks;

static const fnx_buf *
blocks_join (blocks *b, fault *f)
{
  const fnx_buf *all = NULL;

  if (b->n == 1)
    all = buffer_ref (b->part[0]);
  else if (b->n) {
    int k = spec_axis_index (buffer_spec (b->part[0]), "time");

    for (size_t i = 1; i < b->n && k >= 0; i++) {
      const fnx_axis *x = buffer_spec (b->part[i - 1])->axes[k], *y = buffer_spec (b->part[i])->axes[k];

      if (y->start != x->start + x->size)
        die ("block %zu starts at %ld, the one before ends at %ld", i, (long)y->start, (long)(x->start + x->size));
    }
    all = buffer_join (b->part, b->n, k < 0 ? 0 : k, NULL, f);
  }
  for (size_t i = 0; i < b->n; i++)
    buffer_unref (b->part[i]);
  return all;
}

static fnx_status
push (made *m, const fnx_ext_stream *x, const fnx_buf *const *in, bool drain, blocks *b, int port, fault *f)
{
  const fnx_buf *out[MAX_PORTS] = { NULL };
  fnx_status s;
  call c;

  if (drain && !x->drain)
    return FNX_OK;
  if (call_begin (&c, &ses, m->desc->name, "test", ses.seed, f) != FNX_OK)
    return f->code;
  s = drain ? x->drain (&c.api, m->step, out) : x->push (&c.api, m->step, in, out);
  for (int i = 0; i < MAX_PORTS; i++)
    if (out[i] && i == port && s == FNX_OK && b->n < 4096)
      b->part[b->n++] = out[i];
    else
      buffer_unref (out[i]);
  return call_end (&c, s);
}

/* All of in[0] in blocks whose sizes come from seed; seed 0: in one. */
static fnx_status
stream (made *m, const fnx_ext_stream *x, const fnx_buf *const *in, uint64_t seed, const fnx_buf **out, fault *f)
{
  static const int64_t longest[] = { 1, 7, 64, 1000, 4096, 100000 };
  int k = spec_axis_index (buffer_spec (in[0]), "time");
  int64_t total = k < 0 ? 0 : buffer_spec (in[0])->axes[k]->size, at = 0, most;
  blocks b = { .n = 0 };
  fnx_status s;
  double u[2];
  call c;

  rng_api.uniform (seed, 0, 0, u, 2);
  most = seed ? longest[(size_t)(u[0] * 6)] : total;
  if (most * 1000 < total)
    most = total / 1000 + 1;
  if (call_begin (&c, &ses, m->desc->name, "test", ses.seed, f) != FNX_OK)
    return f->code;
  s = call_end (&c, x->start ? x->start (&c.api, m->step, most) : FNX_OK);
  for (uint64_t i = 1; s == FNX_OK && (at < total || (i == 1 && k < 0)); i++) {
    const fnx_buf *part[MAX_PORTS];
    int64_t n = total - at;

    rng_api.uniform (seed, i, 0, u, 1);
    if (seed && n > 1 + (int64_t)(u[0] * (double)most))
      n = 1 + (int64_t)(u[0] * (double)most);
    memcpy (part, in, sizeof part);
    part[0] = k < 0 ? buffer_ref (in[0]) : buffer_slice (in[0], k, at, n, f);
    s = part[0] ? push (m, x, part, false, &b, 0, f) : f->code;
    buffer_unref (part[0]);
    at += n;
    if (k < 0)
      break;
  }
  if (s == FNX_OK)
    s = push (m, x, NULL, true, &b, 0, f);
  *out = blocks_join (&b, s == FNX_OK ? f : NULL);
  return s;
}

static fnx_status
run_made (made *m, const fnx_buf *const *in, uint64_t blocks_seed, const fnx_buf **out, fault *f)
{
  const fnx_ext_estimator *est = extension (m, FNX_ESTIMATOR);
  const fnx_ext_stream *x = extension (m, FNX_STREAM);
  const fnx_buf *all[MAX_PORTS] = { NULL };
  fnx_status s = negotiate (m, in, f);
  fnx_model *model = NULL;
  call c;

  if (s != FNX_OK)
    return s;
  if (blocks_seed && !x)
    die ("%s does not stream", m->desc->name);
  if (!est && x && (blocks_seed || !m->desc->run))
    return stream (m, x, in, blocks_seed, out, f);
  if (call_begin (&c, &ses, m->desc->name, "test", ses.seed, f) != FNX_OK)
    return f->code;
  if (est) {
    s = est->fit (&c.api, m->step, in, NULL, &model);
    if (s == FNX_OK) {
      const fnx_buf *no_targets[MAX_PORTS];

      memcpy (no_targets, in, sizeof no_targets);
      for (int i = 0; i < n_ports (m->desc->inputs); i++)
        if (m->desc->inputs[i]->flags & FNX_PORT_TARGET)
          no_targets[i] = NULL;
      s = est->apply (&c.api, m->step, model, no_targets, all);
    }
    if (model)
      est->model_free (model);
  } else
    s = m->desc->run (&c.api, m->step, in, all);
  *out = all[0];
  for (int i = 1; i < MAX_PORTS; i++)
    buffer_unref (all[i]);
  return call_end (&c, s);
}

static const fnx_buf *
run_line (const char *line, const fnx_buf *in, const fnx_buf *second, uint64_t seed)
{
  const fnx_buf *ports[MAX_PORTS] = { in, second }, *out = NULL;
  fault f = FAULT_INIT;
  made m;

  ses.outputs = output_new (); /* what a sink writes appears when it has succeeded */
  if (make (&m, line, &f) != FNX_OK || run_made (&m, ports, seed, &out, &f) != FNX_OK
      || output_commit (ses.outputs, &f) != FNX_OK)
    die_of (line, &f);
  output_free (ses.outputs);
  ses.outputs = NULL;
  unmake (&m);
  fault_clear (&f);
  return out;
}

const fnx_buf *
t_run (const char *line, const fnx_buf *in)
{
  return run_line (line, in, NULL, 0);
}

const fnx_buf *
t_run2 (const char *line, const fnx_buf *in, const fnx_buf *second)
{
  return run_line (line, in, second, 0);
}

const fnx_buf *
t_run_blocks (const char *line, const fnx_buf *in, uint64_t seed)
{
  return run_line (line, in, NULL, seed ? seed : 1);
}

const char *
t_fail2 (const char *line, const fnx_buf *in, const fnx_buf *second, fnx_status *code)
{
  static char text[2048];
  const fnx_buf *ports[MAX_PORTS] = { in, second }, *out = NULL;
  fault f = FAULT_INIT;
  made m;
  fnx_status s = make (&m, line, &f);

  if (s == FNX_OK && in)
    s = run_made (&m, ports, 0, &out, &f);
  else if (s == FNX_OK) { /* a source: negotiation opens the file, push reads it */
    const fnx_ext_stream *x = extension (&m, FNX_STREAM);

    s = negotiate (&m, ports, &f);
    if (s == FNX_OK && m.desc->run) {
      const fnx_buf *all[MAX_PORTS] = { NULL };
      call c;

      call_begin (&c, &ses, m.desc->name, "test", ses.seed, &f);
      s = call_end (&c, m.desc->run (&c.api, m.step, ports, all));
      for (int i = 0; i < MAX_PORTS; i++)
        buffer_unref (all[i]);
    } else if (s == FNX_OK && x) {
      call c;

      call_begin (&c, &ses, m.desc->name, "test", ses.seed, &f);
      s = call_end (&c, x->start ? x->start (&c.api, m.step, 4096) : FNX_OK);
      for (blocks b = { .n = 0 }; s == FNX_OK;) {
        size_t before = b.n;

        s = push (&m, x, NULL, false, &b, 0, &f);
        if (b.n == before)
          break;
        buffer_unref (b.part[--b.n]);
      }
    }
  }
  if (s == FNX_OK)
    t_ok (false, "%s should fail", line);
  snprintf (text, sizeof text, "%s", f.text ? f.text : "");
  if (code)
    *code = s;
  buffer_unref (out);
  unmake (&m);
  fault_clear (&f);
  return text;
}

static const fnx_buf *
read_source (const char *line, int port, int64_t max, bool may_fail)
{
  const fnx_buf *none[MAX_PORTS] = { NULL }, *all[MAX_PORTS] = { NULL }, *out = NULL;
  const fnx_ext_stream *x;
  fault f = FAULT_INIT;
  fnx_status s;
  made m;
  call c;

  if (make (&m, line, &f) != FNX_OK || negotiate (&m, none, &f) != FNX_OK)
    goto out;
  x = extension (&m, FNX_STREAM);
  if (max && !x)
    die ("%s does not stream", m.desc->name);
  if (x && (max || !m.desc->run)) {
    blocks b = { .n = 0 };

    call_begin (&c, &ses, m.desc->name, "test", ses.seed, &f);
    s = call_end (&c, x->start ? x->start (&c.api, m.step, max ? max : 1 << 20) : FNX_OK);
    for (size_t before = 1; s == FNX_OK && before != 0;) {
      before = b.n;
      s = push (&m, x, NULL, false, &b, port, &f);
      before = b.n != before;
    }
    out = blocks_join (&b, &f);
  } else {
    call_begin (&c, &ses, m.desc->name, "test", ses.seed, &f);
    s = call_end (&c, m.desc->run (&c.api, m.step, none, all));
    for (int i = 0; i < MAX_PORTS; i++)
      if (i == port)
        out = all[i];
      else
        buffer_unref (all[i]);
  }
  if (s != FNX_OK && out) {
    buffer_unref (out);
    out = NULL;
  }
out:
  if (!out && !may_fail)
    die_of (line, &f);
  unmake (&m);
  fault_clear (&f);
  return out;
}

const char *
t_fail (const char *line, const fnx_buf *in, fnx_status *code)
{
  return t_fail2 (line, in, NULL, code);
}

const fnx_buf *
t_read (const char *line, int port)
{
  return read_source (line, port, 0, false);
}

const fnx_buf *
t_read_blocks (const char *line, int port, int64_t max)
{
  return read_source (line, port, max, false);
}

const fnx_buf *
t_read_try (const char *line, int port)
{
  return read_source (line, port, 0, true);
}

/* ---- estimators --------------------------------------------------------------------- */

static const fnx_ext_estimator *
estimator (const t_model *t)
{
  const fnx_ext_estimator *e = extension (&t->m, FNX_ESTIMATOR);

  if (!e)
    die ("%s is no estimator", t->m.desc->name);
  return e;
}

t_model *
t_fit (const char *line, const fnx_buf *in, const fnx_buf *second, const t_model *start)
{
  t_model *t = calloc (1, sizeof *t);
  const fnx_buf *ports[MAX_PORTS] = { in, second };
  fault f = FAULT_INIT;
  fnx_status s;
  call c;

  if (make (&t->m, line, &f) != FNX_OK || negotiate (&t->m, ports, &f) != FNX_OK)
    die_of (line, &f);
  call_begin (&c, &ses, t->m.desc->name, "test", ses.seed, &f);
  s = estimator (t)->fit (&c.api, t->m.step, ports, start ? start->model : NULL, &t->model);
  if (call_end (&c, s) != FNX_OK)
    die_of (line, &f);
  return t;
}

const fnx_buf *
t_apply (const t_model *t, const fnx_buf *in)
{
  const fnx_buf *ports[MAX_PORTS] = { in }, *out[MAX_PORTS] = { NULL };
  fault f = FAULT_INIT;
  fnx_status s;
  call c;

  call_begin (&c, &ses, t->m.desc->name, "test", ses.seed, &f);
  s = estimator (t)->apply (&c.api, t->m.step, t->model, ports, out);
  if (call_end (&c, s) != FNX_OK)
    die_of (t->m.desc->name, &f);
  for (int i = 1; i < MAX_PORTS; i++)
    buffer_unref (out[i]);
  return out[0];
}

typedef struct bytes {
  char *p;
  size_t n;
} bytes;

static fnx_status
put (void *to, const void *p, size_t n)
{
  bytes *b = to;
  char *more = realloc (b->p, b->n + n + 1);

  if (!more)
    return FNX_E_NOMEM;
  b->p = more;
  memcpy (b->p + b->n, p, n);
  b->n += n;
  return FNX_OK;
}

t_model *
t_save_load (const t_model *t)
{
  t_model *n = calloc (1, sizeof *n);
  const fnx_ext_estimator *e = estimator (t);
  bytes one = { NULL, 0 }, two = { NULL, 0 };
  fault f = FAULT_INIT;
  fnx_model *never = NULL;
  char *line = chain_to_line (t->m.line);
  fnx_status s;
  call c;

  if (make (&n->m, strchr (line, '!') ? strchr (line, '!') + 2 : line, &f) != FNX_OK)
    die_of (line, &f);
  call_begin (&c, &ses, t->m.desc->name, "test", ses.seed, &f);
  s = e->save (&c.api, t->model, put, &one);
  if (s == FNX_OK)
    s = e->load (&c.api, n->m.step, e->state_version, one.p, one.n, &n->model);
  if (s == FNX_OK)
    s = e->save (&c.api, n->model, put, &two);
  if (call_end (&c, s) != FNX_OK)
    die_of (line, &f);
  t_ok (one.n == two.n && !memcmp (one.p, two.p, one.n), "%s: saved, loaded and saved again, the bytes are the same",
        t->m.desc->name);
  for (size_t cut = 0; cut < one.n; cut += one.n / 7 + 1) {
    call_begin (&c, &ses, t->m.desc->name, "test", ses.seed, &f);
    s = e->load (&c.api, n->m.step, e->state_version, one.p, cut, &never);
    call_end (&c, s);
    t_ok (s == FNX_E_STATE, "%s: a model cut to %zu of %zu bytes is refused", t->m.desc->name, cut, one.n);
    fault_clear (&f);
  }
  free (one.p);
  free (two.p);
  free (line);
  return n;
}

void
t_model_free (t_model *t)
{
  if (!t)
    return;
  if (t->model)
    estimator (t)->model_free (t->model);
  unmake (&t->m);
  free (t);
}
