/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix chain LINE...: the same chain as a file, or as a line again.  Only
 * the grammar is checked: no plugin is loaded and no recording is opened.
 */
#include "core/cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/chain.h"

static int
usage (FILE *to, int code)
{
  fputs ("usage: fornix chain [--yaml | --json | --line] [--seed N] RECORDING... ! STEP name=value ! STEP ...\n"
         "       fornix chain [--yaml | --json | --line] FILE.yaml\n"
         "  --yaml   as a file to keep and to change (the default)\n"
         "  --json   in one canonical form: equal chains have equal bytes\n"
         "  --line   as words of a command line\n",
         to);
  return code;
}

static bool
seed_of_text (const char *text, uint64_t *seed)
{
  char *end;
  errno = 0;
  if (*text == '\0' || text[strspn (text, "0123456789")] != '\0')
    return false;
  *seed = strtoull (text, &end, 10);
  return errno == 0;
}

int
cmd_chain (int argc, char **argv)
{
  static const struct option options[] = { { "yaml", no_argument, NULL, 'y' }, { "json", no_argument, NULL, 'j' },
                                           { "line", no_argument, NULL, 'l' }, { "seed", required_argument, NULL, 's' },
                                           { "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
  int form = 'y', o;
  bool has_seed = false;
  uint64_t seed = 0;
  fault f = FAULT_INIT;

  optind = 0;
  while ((o = getopt_long (argc, argv, "+", options, NULL)) != -1) {
    if (o == 'h')
      return usage (stdout, EXIT_OK);
    if (o == '?')
      return usage (stderr, EXIT_USAGE);
    if (o != 's')
      form = o;
    else if (!(has_seed = seed_of_text (optarg, &seed))) {
      fprintf (stderr, "fornix: --seed %s is no whole number from 0 to 18446744073709551615\n", optarg);
      return EXIT_USAGE;
    }
  }
  if (optind == argc)
    return usage (stderr, EXIT_USAGE);

  const chain_text words = { .words = argv + optind, .n_words = argc - optind };
  chain *c = chain_read (words.n_words, words.words, &f);
  if (!c) {
    fault_print (stderr, &f, &words, NULL);
    o = f.exit;
    fault_clear (&f);
    return o;
  }
  if (has_seed) {
    c->has_seed = true;
    c->seed = seed;
  }
  char *out = form == 'y' ? chain_to_yaml (c) : form == 'j' ? chain_to_json (c) : chain_to_line (c);
  o = EXIT_OK;
  if (!out) {
    fputs ("fornix: out of memory\n", stderr);
    o = EXIT_AGAIN;
  } else if (form == 'l' && c->has_seed)
    printf ("--seed %llu %s\n", (unsigned long long)c->seed, out);
  else
    printf ("%s%s", out, form == 'l' ? "\n" : "");
  free (out);
  chain_free (c);
  return o;
}
