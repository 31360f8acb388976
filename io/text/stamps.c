/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time stamps of rows to samples at a regular rate.
 *
 * Headsets send bursts of samples and programs stamp them as they come: stamps
 * jump, go back a little, and are rounded to milliseconds.  Each row is a
 * sample nevertheless, so a stamp by itself moves nothing.  The rate is the
 * slope of all stamps over their samples; only where the stamps of many rows
 * lie later than those of many rows before is something missing in between.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/rate.h"
#include "io/text/tracks.h"

enum { LAG = 256, NEAR = 64 }; /* rows: of a first rate; on each side of a jump */
#define PLAIN 1e-3             /* a clock may be off by this from the rate that its maker names */
#define STRAY_MOST 5.0         /* s */

static const struct {
  const char *name;
  double per_second;
} units[] = { { "s", 1 },    { "sec", 1 },  { "seconds", 1 },     { "ms", 1e3 },
              { "us", 1e6 }, { "ns", 1e9 }, { "\302\265s", 1e6 }, { "\316\274s", 1e6 } };
static const int guesses[] = { 0, 3, 4, 5 }; /* of them */

static int
by_value (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Sorts v. */
static double
quantile (double *v, int64_t n, double q)
{
  qsort (v, (size_t)n, sizeof *v, by_value);
  return v[(int64_t)(q * (double)(n - 1))];
}

/* ---- reading ------------------------------------------------------------------------ */
/* Median time of a row, from pairs LAG rows apart: gaps and jitter touch few. */
static double
first_period (const double *t, int64_t n, double *work)
{
  int64_t lag = n / 4 < 1 ? 1 : n / 4 < LAG ? n / 4 : LAG;
  for (int64_t i = 0; i + lag < n; i++)
    work[i] = (t[i + lag] - t[i]) / (double)lag;
  return quantile (work, n - lag, 0.5);
}

/* Stamps in a second: what the name says, else what makes the rate that was
 * given, else the first unit in which it is no slower than 2 Hz. */
static double
per_second (const table *t, int64_t col, double period, stamps *s)
{
  char plain[64], unit[64];
  double given = s->rated ? (double)t->rate_num / (double)t->rate_den : 0;
  if (bracketed (t->s.name ? t->s.name[col] : "", plain, unit, sizeof unit))
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
      if (!strcasecmp (unit, units[k].name))
        return units[k].per_second;
  for (size_t k = 0; k < sizeof guesses / sizeof *guesses; k++) {
    double hz = units[guesses[k]].per_second / period;
    if (s->rated ? fabs (hz - given) <= 0.01 * given : hz >= 2) {
      s->guess = k ? units[guesses[k]].name : NULL;
      return units[guesses[k]].per_second;
    }
  }
  return 1;
}

/* The stamps in seconds from the first, and the median time of a row. */
static fnx_status
read_all (fnx_call *c, const table *t, int64_t col, stamps *s, double *at, double *work, double *period)
{
  int64_t n = t->s.rows;
  for (int64_t r = 0; r < n; r++) {
    if (!cell_number (t->s.cell[r * t->s.cols + col], &at[r]))
      return table_bad_cell (c, t, r, col);
    if (!(fabs (at[r]) < 1e19))
      return c->fail (c, FNX_E_IO, "%s: line %lld has no time stamp\nto go without:  time=none rate=256Hz", t->path,
                      (long long)t->s.line[r]);
  }
  for (int64_t r = n - 1; r >= 0; r--)
    at[r] -= at[0];
  *period = n > 1 ? first_period (at, n, work) : 0;
  if (!(*period > 0))
    return c->fail (c, FNX_E_DATA, "%s: its time stamps do not grow\nto go without:  time=none rate=256Hz", t->path);
  double k = per_second (t, col, *period, s);
  for (int64_t r = 0; r < n; r++)
    at[r] /= k;
  *period /= k;
  return FNX_OK;
}

/* ---- jumps --------------------------------------------------------------------------- */
typedef struct walk {
  const double *t; /* stamps, s */
  int64_t n;
  double period, limit; /* s: a jump is more than this */
} walk;

/* Median time, from row `base` on, by which rows [from, to) lie behind their samples. */
static double
level (const walk *w, int64_t base, int64_t from, int64_t to)
{
  double v[NEAR] = { 0 };
  int64_t m = to - from < NEAR ? to - from : NEAR;
  for (int64_t i = 0; i < m; i++)
    v[i] = w->t[from + i] - w->t[base] - (double)(from + i - base) * w->period;
  return quantile (v, m, 0.5);
}

/* Later rows make up for it: they were held up, and nothing is missing.  The
 * row from which on they are on time again; 0 if they never are. */
static int64_t
caught_up (const walk *w, int64_t i, double before, double jump)
{
  double rows = jump / w->period;
  int64_t last = rows < 1e6 ? i + NEAR + 2 * (int64_t)rows : i, on_time = 0;
  for (int64_t k = i; k < w->n && k < last; k++) {
    on_time += w->t[k] - w->t[i] - (double)(k - i) * w->period <= before + w->limit / 2;
    if (on_time == NEAR / 8)
      return k;
  }
  return 0;
}

/* By how much the rows from i on are later than those from `base` to i; if
 * they only were held up, 0, and *again says until when. */
static double
jump_at (const walk *w, int64_t base, int64_t i, int64_t *again)
{
  double before = level (w, i, i - base < NEAR ? base : i - NEAR, i);
  double jump = level (w, i, i, i + NEAR < w->n ? i + NEAR : w->n) - before;
  *again = jump > w->limit ? caught_up (w, i, before, jump) : 0;
  return *again ? 0 : jump;
}

/* Jitter moves the place where a jump is first seen: it is at the longest step near. */
static int64_t
place_of (const walk *w, int64_t i, double sign)
{
  int64_t best = i, to = i + NEAR / 2 < w->n ? i + NEAR / 2 : w->n;
  for (int64_t k = i + 1; k < to; k++)
    if (sign * (w->t[k] - w->t[k - 1]) > sign * (w->t[best] - w->t[best - 1]))
      best = k;
  return best;
}

/* Lay the rows out: s->at; y gets the stamps without their jumps back. */
static void
lay (const walk *w, stamps *s, double *y)
{
  int64_t base = 0, due = 0, again = 0, skip = 0; /* rows: of the last jump, of the next */
  double back = 0, jump = 0;
  s->n_gaps = s->n_back = s->at[0] = 0;
  y[0] = w->t[0];
  for (int64_t i = 1; i < w->n; i++) {
    if (due < i && i > again && fabs (w->t[i] - w->t[i - 1] - w->period) > w->limit / 2) {
      jump = jump_at (w, base, i, &again);
      base = again ? again : base;
      if (fabs (jump) > w->limit)
        due = place_of (w, i, jump);
    }
    if (due == i) {
      base = i;
      if (jump < 0) {
        back -= jump;
        s->first_back = s->n_back++ ? s->first_back : i;
      } else if (skip < INT64_C (1000000000000)) {
        skip += llrint (fmin (jump / w->period, 1e12));
        s->first_gap = s->n_gaps++ ? s->first_gap : i;
      }
    }
    s->at[i] = i + skip;
    y[i] = w->t[i] + back;
  }
  s->n_missing = skip;
  s->n = w->n + skip;
}

/* The line through y over the samples: s->measured and s->stray. */
static bool
fit_line (stamps *s, const double *y, int64_t n)
{
  double mx = 0, my = 0, xx = 0, xy = 0;
  for (int64_t i = 0; i < n; i++) {
    mx += (double)s->at[i] / (double)n;
    my += y[i] / (double)n;
  }
  for (int64_t i = 0; i < n; i++) {
    double x = (double)s->at[i] - mx;
    xx += x * x;
    xy += x * (y[i] - my);
  }
  if (!(xy > 0) || !isfinite (xy / xx))
    return false;
  s->measured = xx / xy;
  s->stray = 0;
  for (int64_t i = 0; i < n; i++)
    s->stray = fmax (s->stray, fabs (y[i] - my - ((double)s->at[i] - mx) / s->measured));
  return true;
}

/* One step in a hundred is further than this from a regular one, s. */
static double
jitter_of (const double *t, int64_t n, double period, double *work)
{
  for (int64_t i = 1; i < n; i++)
    work[i - 1] = fabs (t[i] - t[i - 1] - period);
  return quantile (work, n - 1, 0.99);
}

/* The rate: what was given; a whole number that a clock may mean; as measured. */
static fnx_status
settle_rate (fnx_call *c, const table *t, double jitter, double span, stamps *s)
{
  double hz = s->measured, whole = rint (hz), given = (double)t->rate_num / (double)t->rate_den;
  double sure = 2 * jitter / span;
  if (s->rated) {
    if (fabs (hz - given) > fmax (0.01, sure) * given)
      return c->fail (c, FNX_E_PARAM, "rate=%gHz: the time stamps of %s give %.6g Hz\nto go without them:  time=none",
                      given, t->path, hz);
    s->rate_num = t->rate_num, s->rate_den = t->rate_den;
    return FNX_OK;
  }
  bool plain = whole >= 1 && fabs (hz - whole) <= fmax (PLAIN, sure) * hz;
  if (!rate_of (plain ? whole : hz, plain ? 1e-12 : fmax (1e-6, sure / 2), &s->rate_num, &s->rate_den))
    return c->fail (c, FNX_E_DATA, "%s: its time stamps give no rate\nto go without:  time=none rate=256Hz", t->path);
  return FNX_OK;
}

/* ---- the whole ------------------------------------------------------------------------- */
static fnx_status
check_gaps (fnx_call *c, const table *t, int64_t gaps, stamps *s)
{
  double hz = (double)s->rate_num / (double)s->rate_den, seconds = (double)s->n_missing / hz;
  if (s->stray > STRAY_MOST)
    return c->fail (c, FNX_E_DATA,
                    "%s: its time stamps follow no steady rate: they stray up to %.3g s from %.6g Hz\n"
                    "to take its rows as they come:  time=none rate=256Hz",
                    t->path, s->stray, s->measured);
  if (gaps == GAPS_ERROR && s->n_gaps)
    return c->fail (c, FNX_E_DATA,
                    "gaps=error: %s has %lld gap%s, %.4g s in all, the first before line %lld\n"
                    "gaps=nan keeps the time, with missing samples; gaps=join sets the pieces side by side",
                    t->path, (long long)s->n_gaps, s->n_gaps == 1 ? "" : "s", seconds,
                    (long long)t->s.line[s->first_gap]);
  if (gaps == GAPS_NAN && (double)s->n_missing > 100.0 * (double)t->s.rows)
    return c->fail (c, FNX_E_DATA,
                    "%s: its gaps last %.4g s, over 100 times its %.4g s of samples, the first before line %lld\n"
                    "gaps=join sets the pieces side by side",
                    t->path, seconds, (double)t->s.rows / hz, (long long)t->s.line[s->first_gap]);
  for (int64_t i = 0; gaps == GAPS_JOIN && i < t->s.rows; i++)
    s->at[i] = i;
  if (gaps == GAPS_JOIN)
    s->n = t->s.rows;
  return FNX_OK;
}

fnx_status
stamps_read (fnx_call *c, const table *t, int64_t col, int64_t gaps, stamps *s)
{
  size_t n = (size_t)t->s.rows;
  *s = (stamps){ .n = t->s.rows, .rated = t->rate_num > 0, .rate_num = t->rate_num, .rate_den = t->rate_den };
  if (!(s->at = c->scratch (c, (n + 1) * sizeof *s->at)))
    return FNX_E_NOMEM;
  for (int64_t i = 0; i < t->s.rows; i++)
    s->at[i] = i;
  if (col < 0)
    return s->rated
               ? FNX_OK
               : c->fail (c, FNX_E_PARAM, "%s: without time stamps its rate is not known\nadd  rate=256Hz", t->path);
  double *y = c->scratch (c, 3 * (n + 1) * sizeof *y), period = 0;
  if (!y)
    return FNX_E_NOMEM;
  double *at = y + n + 1, *work = at + n + 1;
  fnx_status e = read_all (c, t, col, s, at, work, &period);
  if (e)
    return e;
  double jitter = jitter_of (at, t->s.rows, period, work);
  for (int pass = 0; pass < 2; pass++) { /* the second with the rate that the first gave */
    walk w = { .t = at, .n = t->s.rows, .period = period, .limit = fmax (0.75 * period, 2 * jitter) };
    lay (&w, s, y);
    if (!fit_line (s, y, t->s.rows))
      return c->fail (c, FNX_E_DATA, "%s: its time stamps do not grow\nto go without:  time=none rate=256Hz", t->path);
    period = 1 / s->measured;
  }
  e = settle_rate (c, t, jitter, (double)t->s.rows * period, s);
  return e ? e : check_gaps (c, t, gaps, s);
}
