/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix chain LINE...: the same chain as a file, or as a line again.  Only
 * the grammar is checked: no plugin is loaded and no recording is opened.
 */
#include "core/cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "core/cmd/ui.h"

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

int
cmd_chain (int argc, char **argv)
{
  bool line = false;
  int at = 1, code = EXIT_OK;
  fault f = FAULT_INIT;

  for (; at < argc && !strncmp (argv[at], "--", 2); at++)
    if (!strcmp (argv[at], "--line") || !strcmp (argv[at], "--yaml"))
      line = argv[at][2] == 'l';
    else
      break;
  if (at >= argc || cmd_opt.help || argv[at][0] == '-')
    return usage (cmd_opt.help ? stdout : stderr, cmd_opt.help ? EXIT_OK : EXIT_USAGE);

  const chain_text words = { .words = argv + at, .n_words = argc - at };
  chain *c = chain_read (words.n_words, words.words, &f);
  if (!c) {
    fault_print (stderr, &f, &words, NULL);
    code = f.exit;
    fault_clear (&f);
    return code;
  }
  if (cmd_opt.has_seed) {
    c->has_seed = true;
    c->seed = cmd_opt.seed;
  }
  char *out = cmd_opt.json ? chain_to_json (c) : line ? chain_to_line (c) : chain_to_yaml (c);
  if (!out) {
    fputs ("fornix: out of memory\n", stderr);
    code = EXIT_AGAIN;
  } else if (line && !cmd_opt.json && c->has_seed)
    printf ("--seed %llu %s\n", (unsigned long long)c->seed, out);
  else
    printf ("%s%s", out, line && !cmd_opt.json ? "\n" : "");
  free (out);
  chain_free (c);
  return code;
}
