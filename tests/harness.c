/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A test's beginning, its end, and what it says in TAP.
 */
#include <stdarg.h>
#include <unistd.h>

#include "core/pool.h"
#include "tests/harness_made.h"

static int n_run, n_bad;
session t_session;

static void
on_log (void *arg, uint32_t level, const char *step, const char *line)
{
  (void)arg;
  if (level == FNX_LOG_NOTE || getenv ("FORNIX_TEST_VERBOSE"))
    printf ("# %s: %s\n", step ? step : "host", line);
}

void
t_die (const char *format, ...)
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

void
t_die_of (const char *what, fault *f)
{
  t_die ("%s: %s", what, f->text ? f->text : "failed without a reason");
}

void
t_begin (void)
{
  const char *n = getenv ("FORNIX_TEST_THREADS");
  fault f = FAULT_INIT;
  registry_options o = { 0 };

  setvbuf (stdout, NULL, _IOLBF, 0);
  pool_start (n ? (unsigned)atoi (n) : 2);
  t_session = (session){ .threads = pool_size (), .seed = 1, .on_log = on_log };
  if (registry_open (&o, &f) != FNX_OK)
    t_die_of ("registry", &f);
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
