/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The program: options out of the words, then one file a command in cmd/.
 */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmd/cmd.h"
#include "core/cmd/ui.h"

static int cmd_help (int argc, char **argv);

static const struct {
  const char *name;
  int (*run) (int argc, char **argv);
  const char *what;
} commands[] = {
  { "run", cmd_run, "run a chain now" },
  { "inspect", cmd_inspect, "a step, a recording, a chain, a model, a plugin" },
  { "steps", cmd_steps, "what there is to chain" },
  { "plugins", cmd_plugins, "where it comes from, and what was refused" },
  { "chain", cmd_chain, "a chain in its other spellings" },
  { "train", cmd_train, "fit a chain once and keep it" },
  { "apply", cmd_apply, "a fitted chain on new recordings" },
  { "new", cmd_new, "write a plugin" },
  { "check", cmd_check, "test a plugin" },
  { "help", cmd_help, "this" },
  { "version", cmd_version, "versions of the program, the plugin interface and the libraries" },
};

static const char front_page[] = "Fornix " PACKAGE_VERSION ": chains of plugins on EEG and brain images\n"
                                 "\n"
                                 "  fornix run RECORDING... ! STEP name=value ! STEP ...     run a chain now\n"
                                 "  fornix inspect THING      a step, a recording, a chain, a model, a plugin\n"
                                 "  fornix steps [WORD]       what there is to chain\n"
                                 "  fornix train | apply      fit once, use on new recordings\n"
                                 "  fornix new | check        write a plugin, test a plugin\n"
                                 "\n"
                                 "Try it without any file of yours:\n"
                                 "  fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s \\\n"
                                 "      ! evaluate folds=5 begin tangent ! svm end\n"
                                 "\n"
                                 "Manual: man fornix    All commands: fornix help\n";

static int
cmd_help (int argc, char **argv)
{
  if (argc > 1)
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
      if (!strcmp (argv[1], commands[i].name) && commands[i].run != cmd_help) {
        cmd_opt.help = true;
        return commands[i].run (1, argv + 1);
      }
  printf ("fornix COMMAND ...\n\n");
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    printf ("  %-9s %s\n", commands[i].name, commands[i].what);
  printf ("\noptions of all commands:\n"
          "  --json             results as JSON, one object a line\n"
          "  --threads N        work on N processors (default: all); results do not depend on it\n"
          "  --seed N           of everything random\n"
          "  -q, --quiet        no notes and no progress on stderr\n"
          "  -v, --verbose      more notes\n"
          "  --plugin-path DIR  look for plugins there first\n"
          "  --no-user-plugins  only the installed ones\n"
          "\nfornix help COMMAND   man fornix\n");
  return EXIT_OK;
}

/* ---- options --------------------------------------------------------------------- */

enum { FLAG, NUMBER, TEXT };
static const struct {
  const char *name, *letter;
  int type;
  void *to;
} options[] = {
  { "--json", NULL, FLAG, &cmd_opt.json },
  { "--quiet", "-q", FLAG, &cmd_opt.quiet },
  { "--verbose", "-v", FLAG, &cmd_opt.verbose },
  { "--help", "-h", FLAG, &cmd_opt.help },
  { "--no-user-plugins", NULL, FLAG, &cmd_plugin_options.no_user_plugins },
  { "--plugin-path", NULL, TEXT, &cmd_plugin_options.plugin_path },
  { "--output", "-o", TEXT, &cmd_opt.out },
  { "--threads", NULL, NUMBER, NULL },
  { "--seed", NULL, NUMBER, NULL },
};

static bool
set_number (const char *name, const char *text)
{
  char *end;
  unsigned long long v = strtoull (text, &end, 10);

  if (*end || end == text || *text == '-')
    return false;
  if (!strcmp (name, "--seed")) {
    cmd_opt.seed = v;
    cmd_opt.has_seed = true;
    return true;
  }
  cmd_opt.threads = (unsigned)v;
  return v >= 1 && v <= 1024;
}

/* Take option `k` with its value; advances *i past it.  false: printed why not. */
static bool
take_option (size_t k, int argc, char **argv, int *i)
{
  const char *eq = strchr (argv[*i], '='), *value = eq ? eq + 1 : NULL;

  if (options[k].type == FLAG) {
    *(bool *)options[k].to = true;
    return true;
  }
  if (!value && *i + 1 < argc)
    value = argv[++*i];
  if (!value) {
    fprintf (stderr, "fornix: %s needs a value\n", options[k].name);
    return false;
  }
  if (options[k].type == TEXT) {
    *(const char **)options[k].to = value;
    return true;
  }
  if (set_number (options[k].name, value))
    return true;
  fprintf (stderr, "fornix: %s: \"%s\" is no number that makes sense here\n", options[k].name, value);
  return false;
}

/* Options that only one command knows pass through to it. */
static bool
is_option (const char *word, size_t *k)
{
  size_t n = strcspn (word, "=");

  for (*k = 0; *k < sizeof options / sizeof *options; ++*k)
    if ((strlen (options[*k].name) == n && !strncmp (options[*k].name, word, n))
        || (options[*k].letter && !strcmp (options[*k].letter, word)))
      return true;
  return false;
}

static int
unknown_command (const char *name)
{
  const char *names[sizeof commands / sizeof *commands + 1] = { NULL }, *near;

  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    names[i] = commands[i].name;
  near = nearest (name, names);
  if (near)
    fprintf (stderr, "fornix: no command \"%s\"; did you mean \"%s\"?\n", name, near);
  else
    fprintf (stderr, "fornix: no command \"%s\"\nfornix help  lists them\n", name);
  return EXIT_USAGE;
}

/* A model file is all that -o writes: elsewhere it must not be passed over. */
static bool
misplaced_output (const char *command)
{
  if (!cmd_opt.out || cmd_opt.help || !strcmp (command, "train"))
    return false;
  if (!strcmp (command, "run") || !strcmp (command, "apply"))
    fprintf (stderr, "fornix: -o is for fornix train\nto write results:  ! write %s\n", cmd_opt.out);
  else if (!strcmp (command, "chain"))
    fprintf (stderr, "fornix: -o is for fornix train\nto keep the chain:  fornix chain ... > %s\n", cmd_opt.out);
  else
    fprintf (stderr, "fornix: -o is for fornix train\n");
  return true;
}

int
main (int argc, char **argv)
{
  char **words = calloc ((size_t)argc + 1, sizeof *words);
  int n = 0, code = EXIT_OK;
  size_t k;

  if (!words)
    return EXIT_INTERNAL;
#ifdef PRELOAD
  cmd_plugin_options.built_in = preloaded_modules ();
#endif
  for (int i = 1; i < argc && code == EXIT_OK; i++)
    if (!strcmp (argv[i], "--version") && n == 0)
      words[n++] = (char *)"version";
    else if (is_option (argv[i], &k))
      code = take_option (k, argc, argv, &i) ? EXIT_OK : EXIT_USAGE;
    else
      words[n++] = argv[i];
  if (code != EXIT_OK)
    ;
  else if (n == 0) {
    if (cmd_opt.help)
      cmd_help (0, NULL);
    else
      fputs (front_page, stdout);
  } else {
    for (k = 0; k < sizeof commands / sizeof *commands && strcmp (words[0], commands[k].name); k++)
      ;
    if (k == sizeof commands / sizeof *commands)
      code = unknown_command (words[0]);
    else
      code = misplaced_output (words[0]) ? EXIT_USAGE : commands[k].run (n, words);
  }
  free (words);
  return code;
}
