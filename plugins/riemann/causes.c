/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is wrong with a matrix that is not positive definite: the commonest
 * failure of this family, so it gets its cause (flat channel, average reference,
 * duplicate, too few samples ..) and what to type, by the channels' names.
 */
#include "plugins/common/linalg.h"
#include "plugins/riemann/riemann.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct look {
  fnx_call *c;
  const matrices *m;
  const double *x; /* the matrix */
  size_t n;
  const char *const *labels; /* of n_label channels, through which the rows go again and again; NULL: none */
  size_t n_label;
  bool pick;         /* the labels are channels that  pick  can drop */
  const char *where; /* to be typed behind that */
  double *unit;      /* the matrix with the units of its channels taken out; then n x n to spoil */
  size_t rank;
  const char *cure; /* what makes such matrices definite; "" for nothing */
  char *text;       /* the cause and the remedy */
  size_t room;
} look;

/* ---- words ------------------------------------------------------------------ */

/* C3 of C3+8, a delayed copy of it. */
static size_t
base_length (const look *l, const char *label)
{
  size_t n = strlen (label), k = n;
  while (k > 1 && isdigit ((unsigned char)label[k - 1]))
    k--;
  if (k == n || k < 2 || (label[k - 1] != '+' && label[k - 1] != '-'))
    return n;
  for (size_t i = 0; i < l->n_label; i++)
    if (strlen (l->labels[i]) == k - 1 && strncmp (l->labels[i], label, k - 1) == 0)
      return k - 1;
  return n;
}

static const char *
row_name (const look *l, size_t i)
{
  const char *label = l->labels ? l->labels[i % l->n_label] : NULL;
  size_t n = label ? base_length (l, label) : 24;
  char *text = l->c->scratch (l->c, n + 1);
  if (text && label)
    memcpy (text, label, n);
  else if (text)
    snprintf (text, n, "%zu", l->n_label ? i % l->n_label + 1 : i + 1);
  return text ? text : "";
}

/* "drop WHICH with  ! pick drop=NAMES", or "" where names mean nothing to it. */
static const char *
dropping (const look *l, const char *which, const char *names)
{
  size_t room = strlen (names) + 80;
  char *text = l->pick ? l->c->scratch (l->c, room) : NULL;
  const char *quote = strpbrk (names, " '\"$&;|<>()*?!`\\") ? "'" : "";
  if (text)
    snprintf (text, room, "drop %s with  ! pick %sdrop=%s%s%s", which, quote, names, quote, l->where);
  return text ? text : "";
}

/* CAUSE: one remedy, or another.  FALSE means that no estimator would help. */
static void say (look *l, bool estimator, const char *drop, const char *format, ...) FNX_PRINTF (4, 5);

static void
say (look *l, bool estimator, const char *drop, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  int at = vsnprintf (l->text, l->room, format, ap);
  va_end (ap);
  bool use = *l->cure && (estimator || !*drop);
  if (at >= 0 && (size_t)at < l->room)
    snprintf (l->text + at, l->room - (size_t)at, "%s%s%s%s%s", use || *drop ? ": " : "", use ? "use " : "",
              use ? l->cure : "", use && *drop ? ", or " : "", drop);
}

/* ---- causes: each says it and returns true, or it is another ------------------- */

static bool
cause_negative (look *l)
{
  for (size_t i = 0; i < l->n; i++)
    if (l->x[i * l->n + i] < 0) {
      snprintf (l->text, l->room,
                "the variance of channel %s is negative, so this is no covariance: make it with  ! cov",
                row_name (l, i));
      return true;
    }
  return false;
}

static bool
cause_flat (look *l)
{
  for (size_t i = 0; i < l->n; i++)
    if (!(l->x[i * l->n + i] > 0)) {
      const char *name = row_name (l, i);
      say (l, false, dropping (l, "it", name), "channel %s is flat", name);
      return true;
    }
  return false;
}

static bool
cause_few (look *l)
{
  if (l->m->samples == 0 || (size_t)l->m->samples > l->n)
    return false;
  const char *rows = l->n == l->n_label || !l->n_label ? "channels" : "rows (channels x copies)";
  say (l, true, "longer epochs", "%d samples a trial are too few for %zu %s", l->m->samples, l->n,
       l->m->labels ? "rows" : rows);
  return true;
}

static bool
cause_reference (look *l)
{
  double most = 0, all = 0;
  for (size_t i = 0; i < l->n; i++) {
    double sum = 0;
    for (size_t j = 0; j < l->n; j++) {
      sum += l->x[i * l->n + j];
      all = fmax (all, fabs (l->x[i * l->n + j]));
    }
    most = fmax (most, fabs (sum));
  }
  if (!(most <= 1e-9 * (double)l->n * all))
    return false;
  say (l, true, dropping (l, "one channel", row_name (l, l->n - 1)), "all channels sum to zero (average reference)");
  return true;
}

static bool
cause_duplicate (look *l)
{
  for (size_t i = 0; i < l->n; i++)
    for (size_t j = i + 1; j < l->n; j++) {
      if (!(fabs (l->unit[i * l->n + j]) > 1 - 1e-12))
        continue;
      const char *one = row_name (l, i), *two = row_name (l, j);
      if (strcmp (one, two) == 0)
        say (l, true, "another lag", "channel %s repeats itself after the lag", one);
      else
        say (l, true, dropping (l, "one", two), "channels %s and %s are the same", one, two);
      return true;
    }
  return false;
}

/* Which rows add nothing to those before them: Cholesky, passing over them. */
static size_t
dependent (const look *l, size_t *at)
{
  size_t n = l->n, found = 0;
  double *low = l->unit + n * n;
  for (size_t j = 0; j < n; j++) {
    double pivot = l->unit[j * n + j] - la_dot (low + j * n, low + j * n, j);
    bool adds = pivot > cov_pivot_floor ((int)n);
    if (!adds)
      at[found++] = j;
    for (size_t i = j; i < n; i++)
      low[i * n + j] = adds ? (l->unit[i * n + j] - la_dot (low + i * n, low + j * n, j)) / sqrt (pivot) : 0;
  }
  return found;
}

enum { NAMED = 8 }; /* channels that are listed */

/* Names of rows at[n], each channel once, between commas; NULL: too many. */
static const char *
listed (const look *l, const size_t *at, size_t n, size_t *count)
{
  const char *name[NAMED];
  size_t room = 1;
  *count = 0;
  for (size_t k = 0; k < n; k++) {
    const char *own = row_name (l, at[k]);
    bool new = true;
    for (size_t i = 0; i < *count; i++)
      new = new &&strcmp (name[i], own) != 0;
    if (new &&*count == NAMED)
      return NULL;
    if (new) {
      room += strlen (own) + 1;
      name[(*count)++] = own;
    }
  }
  char *text = l->c->scratch (l->c, room);
  for (size_t i = 0, end = 0; text && i < *count; i++)
    end += (size_t)sprintf (text + end, "%s%s", i ? "," : "", name[i]);
  return text;
}

static bool
cause_other (look *l)
{
  size_t count, *at = l->c->scratch (l->c, l->n * sizeof *at), found = at ? dependent (l, at) : 0;
  if (found && l->m->why && (l->m->labels || at[0] >= l->n_label)) { /* the channels come first */
    say (l, true, l->m->instead, "%s", l->m->why);
    return true;
  }
  const char *names = found ? listed (l, at, found, &count) : NULL;
  const char *how
      = l->m->samples ? "interpolated, or components removed" : "interpolated, components removed, or too few samples";
  if (!names)
    say (l, true, "", "some channels are combinations of others (%s)", how);
  else
    say (l, true, dropping (l, count == 1 ? "it" : "them", names), "%s %s %s of others (%s)",
         count == 1 ? "channel" : "channels", names, count == 1 ? "is a combination" : "are combinations", how);
  return true;
}

static bool (*const causes[]) (look *)
    = { cause_negative, cause_flat, cause_few, cause_reference, cause_duplicate, cause_other, NULL };

/* ---- the look ------------------------------------------------------------------ */

static bool
is_epochs (const fnx_spec *s)
{
  return s && s->ndim == 3 && strcmp (s->axes[2]->name, "time") == 0;
}

/* Rows may be channels of one band, or what was made of channels. */
static bool
are_channels (const look *l, const fnx_spec *s)
{
  const fnx_axis *a = is_epochs (s) ? s->axes[1] : NULL;
  for (size_t i = 0; i < l->n; i++) {
    int64_t k = 0;
    while (a && a->labels && k < a->size && strcmp (a->labels[k], l->labels[i]) != 0)
      k++;
    if (!a || !a->labels || k == a->size)
      return false;
  }
  return true;
}

static void
channels_of (look *l, const fnx_spec *s)
{
  l->where = !s || is_epochs (s) ? "" : strcmp (s->kind, "cov") == 0 ? "  before  ! cov" : "  before  ! crossspec";
  if (l->m->labels) {
    l->labels = l->m->labels;
    l->n_label = l->n;
    l->pick = are_channels (l, s);
    return;
  }
  for (int k = 1; !l->n_label && s && k < s->ndim; k++)
    if (strcmp (s->axes[k]->name, "channel") == 0 && s->axes[k]->size > 0 && l->n % (size_t)s->axes[k]->size == 0) {
      l->n_label = (size_t)s->axes[k]->size;
      l->labels = s->axes[k]->labels;
      /* target:1 is what xdawn made: pick behind it cannot know such names before they are learned */
      l->pick = l->labels && !strchr (l->labels[0], ':');
    }
}

/* x_ij / sqrt (x_ii x_jj), with 0 for rows without variance; and its rank. */
static int
units_out (look *l, double *w, double *work)
{
  size_t n = l->n;
  double *copy = l->unit + n * n;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double root = sqrt (l->x[i * n + i]) * sqrt (l->x[j * n + j]); /* their product might overflow */
      l->unit[i * n + j] = root > 0 ? l->x[i * n + j] / root : 0;
    }
  memcpy (copy, l->unit, n * n * sizeof *copy);
  if (la_eigvals (copy, (int)n, w, work))
    return -1;
  for (size_t i = 0; i < n; i++)
    l->rank += w[i] > cov_pivot_floor ((int)n);
  return 0;
}

static fnx_status
not_finite (const look *l, const char *what)
{
  size_t i = 0;
  while (i + 1 < l->n * l->n && isfinite (l->x[i]))
    i++;
  return l->c->fail (l->c, FNX_E_DATA,
                     "%s holds values that are not numbers: that of channels %s and %s is %s\n"
                     "leave the trial out, or make the matrices anew with  ! cov",
                     what, row_name (l, i / l->n), row_name (l, i % l->n), isnan (l->x[i]) ? "NaN" : "infinite");
}

/* Of full rank, yet its eigenvalues lie further apart than doubles reach, or
 * where their squares do. */
static fnx_status
ill_conditioned (look *l, const char *what, double least, double most)
{
  size_t low = 0, n = l->n;
  double top = 0;
  for (size_t i = 0; i < n; i++) {
    low = l->x[i * n + i] < l->x[low * n + low] ? i : low;
    top = fmax (top, l->x[i * n + i]);
  }
  const char *name = row_name (l, low);
  if (least > 1e-9 * most)
    return l->c->fail (l->c, FNX_E_NUMERIC,
                       "%s has eigenvalues from %.2g to %.2g, which squared leave the range of numbers\n"
                       "bring the channels to a usual unit: EEG has some 10 uV",
                       what, least, most);
  if (fabs (least) <= DBL_EPSILON * (double)n * most)
    least = 0; /* rounding */
  if (l->x[low * n + low] < 1e-12 * top)
    say (l, true, dropping (l, "it", name), "the variance of channel %s is %.2g of the largest one", name,
         l->x[low * n + low] / top);
  else
    say (l, true, "", "some channels are almost combinations of others");
  return l->c->fail (l->c, FNX_E_NUMERIC, "%s is too ill-conditioned: its eigenvalues go from %.2g to %.2g\n%s", what,
                     least, most, l->text);
}

/* Unit of the entries, "" for none. */
static const char *
unit_of (fnx_call *c, const fnx_spec *s)
{
  if (!s || !s->unit || strcmp (s->unit, "1") == 0)
    return "";
  return is_epochs (s) ? cov_unit (c, s->unit, COV_SCM) : s->unit;
}

fnx_status
matrices_refuse (fnx_call *c, const matrices *m, const double *x, const char *what)
{
  size_t n = (size_t)m->n;
  const fnx_spec *s = m->of ? c->buf->spec (m->of) : NULL;
  look l = { .c = c, .m = m, .x = x, .n = n, .cure = m->cure ? m->cure : "estimator=oas", .room = 1024 };
  channels_of (&l, s);
  l.unit = c->scratch (c, (2 * n * n + n + la_eig_work (m->n)) * sizeof *l.unit);
  l.text = c->scratch (c, l.room);
  if (!l.unit || !l.text)
    return FNX_E_NOMEM;
  double *copy = l.unit + n * n, *w = copy + n * n, *work = w + n;
  double gap = la_asymmetry (x, m->n);
  if (isnan (gap))
    return not_finite (&l, what);
  int bad = units_out (&l, w, work);
  memcpy (copy, x, n * n * sizeof *copy);
  if (bad || la_eigvals (copy, m->n, w, work) || !isfinite (w[n - 1]))
    return c->fail (c, FNX_E_NUMERIC, "%s holds values too large to work with\nbring the channels to another unit",
                    what);
  if (gap > 1e-8 * fmax (fabs (w[0]), fabs (w[n - 1])))
    return c->fail (c, FNX_E_DATA, "%s is not symmetric: mirrored entries differ by %g\nmake it with  ! cov", what,
                    gap);
  if (l.rank == n)
    return ill_conditioned (&l, what, w[0], w[n - 1]);
  for (size_t k = 0; causes[k]; k++)
    if (causes[k](&l))
      break;
  const char *unit = unit_of (c, s);
  if (fabs (w[0]) <= DBL_EPSILON * (double)n * w[n - 1])
    w[0] = 0; /* what is printed must not change with the rounding of a machine */
  return c->fail (c, FNX_E_NUMERIC, "%s is not positive definite: rank %zu of %zu, smallest eigenvalue %.2g%s%s\n%s",
                  what, l.rank, n, w[0], *unit ? " " : "", unit, l.text);
}
