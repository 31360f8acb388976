/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The validator finds every planted fault by the test that is named for it,
 * and finds nothing in plugins that keep the contract.
 */
#include <stdlib.h>

#include "core/load.h"
#include "core/pool.h"
#include "core/validate.h"
#include "tests/harness.h"

/* Which test must find what, and a word of what it must say. */
static const struct {
  const char *module, *fault, *test, *says;
} planted[] = {
  { "bad_step", "outside", "outside", "behind the end of an output" },
  { "bad_step", "before", "outside", "before the start of an output" },
  { "bad_step", "input", "outside", "writes to its input" },
  { "bad_step", "leak", "leaks", "bytes behind" },
  { "bad_step", "keep", "leaks", "never released" },
  { "bad_step", "empty", "random", "crashes" },
  { "bad_step", "exit", "random", "ends the process" },
  { "bad_step", "hang", "random", "hangs" },
  { "bad_step", "silent", "random", "without saying why" },
  { "bad_step", "print", "twice", "prints to standard output" },
  { "bad_step", "random", "twice", "value 1 of" },
  { "bad_step", "threads", "threads", "1 and 4 threads" },
  { "bad_step", "blocks", "blocks", "blocks of 1 and whole" },
  { "bad_step", "cancel", "cancel", "asked to stop at call 1" },
  { "bad_step", "types", "types", "negotiates series" },
  { "bad_step", "meta", "meta", "metadata is lost" },
  { "bad_model", "fit", "model", "two fits" },
  { "bad_model", "save", "model", "differ" },
  { "bad_model", "state", "model", "accepts" },
  { "bad_model", "trust", "model", "truncated" },
  { "bad_model", "future", "model", "future" },
  { "bad_model", "model-leak", "leaks", "bytes behind" },
};

static module_info *
built (const char *module)
{
  char path[4096];
  const char *top = getenv ("abs_top_builddir");
  fault f = FAULT_INIT;
  module_info *m;

  snprintf (path, sizeof path, "%s/tests/sdk/.libs/%s.so", top ? top : ".", module);
  m = module_load (path, &f);
  if (!m)
    t_ok (false, "%s", f.text);
  fault_clear (&f);
  return m;
}

static void
must_find (size_t i)
{
  check_options opt = { .seed = 1, .only = planted[i].test };
  module_info *m = built (planted[i].module);
  check_result *r = NULL;
  size_t n = 0;

  setenv ("FORNIX_TEST_FAULT", planted[i].fault, 1);
  if (m)
    r = check_module (m, &opt, &n);
  unsetenv ("FORNIX_TEST_FAULT");
  /* a sanitizer may end the child before the validator can put it into words */
  t_ok (n == 1 && r[0].state == CHECK_FAILED && r[0].text
            && (strstr (r[0].text, planted[i].says) || !check_sees_heap ()),
        "%s is found by %s: %s", planted[i].fault, planted[i].test, n && r[0].text ? r[0].text : "no");
  check_free (r, n);
  module_free (m);
}

static void
must_pass (const char *module)
{
  check_options opt = { .seed = 7 };
  module_info *m = built (module);
  check_result *r = NULL;
  size_t n = 0;

  if (m)
    r = check_module (m, &opt, &n);
  for (size_t i = 0; i < n; i++)
    t_ok (r[i].state == CHECK_PASSED || r[i].state == CHECK_NO_MATTER, "%s: %s: %s", module, r[i].title,
          r[i].text ? r[i].text : "ok");
  check_free (r, n);
  module_free (m);
}

int
main (void)
{
  setenv ("FORNIX_CHECK_SECONDS", "3", 1);
  pool_start (1);
  for (size_t i = 0; i < sizeof planted / sizeof *planted; i++)
    if (check_sees_heap () || strcmp (planted[i].says, "bytes behind") != 0)
      must_find (i);
  setenv ("FORNIX_CHECK_SECONDS", "60", 1);
  must_pass ("good");
  must_pass ("bad_step");
  must_pass ("bad_model");
  return t_end ();
}
