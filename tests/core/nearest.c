/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * "did you mean": what is near, and what is not.
 */
#include "core/param.h"
#include "tests/harness.h"

int
main (void)
{
  static const char *const names[] = { "band", "epoch", "evaluate", "augcov",   "tangent", "svm", "cov",
                                       "csp",  "write", "x",        "logistic", "freq",    NULL };
  static const struct {
    const char *word, *near;
  } rows[] = { { "bnad", "band" },
               { "band", "band" },
               { "Band", "band" },
               { "epochs", "epoch" },
               { "evalute", "evaluate" },
               { "tangant", "tangent" },
               { "frequency", "freq" },
               { "eval", "evaluate" },
               { "svn", "svm" },
               { "logisitc", "logistic" },
               { "zzzz", NULL },
               { "y", NULL },
               { "", NULL },
               { "write.tsv.gz.bak", "write" },
               { "bandpass", "band" } };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *near = nearest (rows[i].word, names);
    t_ok (near == rows[i].near || (near && rows[i].near && strcmp (near, rows[i].near) == 0), "\"%s\": %s (%s)",
          rows[i].word, rows[i].near ? rows[i].near : "nothing", near ? near : "nothing");
  }
  t_ok (!nearest ("band", NULL), "no names at all");
  char long_word[300];
  memset (long_word, 'a', sizeof long_word - 1);
  long_word[sizeof long_word - 1] = '\0';
  t_ok (!nearest (long_word, names), "a word of 299 letters");
  return t_end ();
}
