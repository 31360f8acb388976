/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix steps [WORD]: what there is to chain.
 */
#include "core/cmd/cmd.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cmd/ui.h"
#include "core/describe.h"
#include "core/chain.h"
#include "core/param.h"

static const char usage[] = "usage: fornix steps [WORD] [--names] [--json]\n"
                            "Lists the steps there are to chain, or those that WORD is about.";

enum { AS_LIST, AS_TABLE, AS_NAMES, AS_JSON };

static bool
is_about (const fnx_step_desc *d, const char *word)
{
  return !word || strcasestr (d->name, word) || strcasestr (d->id, word) || strcasestr (d->title, word)
         || (d->doc && strcasestr (d->doc, word));
}

static void
print_json (const fnx_step_desc *d)
{
  json_t *j = describe_json (d, registry_module_of (d));

  json_dumpf (j, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
  putchar ('\n');
  json_decref (j);
}

static void
print_step (const fnx_step_desc *d, int form, int wide)
{
  switch (form) {
  case AS_NAMES:
    puts (d->name);
    break;
  case AS_TABLE:
    printf ("%s\t%s\t%s\n", d->name, d->id, d->title);
    break;
  case AS_JSON:
    print_json (d);
    break;
  default:
    printf ("  %-*s  %s\n", wide, d->name, d->title);
  }
}

static int
none_about (const char *word)
{
  const char *near = word ? nearest (word, registry_names ()) : NULL;

  if (near)
    fprintf (stderr, "fornix: no step is about \"%s\"; did you mean \"%s\"?\n", word, near);
  else if (word)
    fprintf (stderr, "fornix: no step is about \"%s\"\nall of them: fornix steps\n", word);
  else
    fprintf (stderr, "fornix: no steps are installed\nwhere they are looked for: fornix plugins -v\n");
  return EXIT_USAGE;
}

int
cmd_steps (int argc, char **argv)
{
  static const struct option options[] = { { "names", no_argument, NULL, 'n' }, { NULL, 0, NULL, 0 } };
  int form = cmd_opt.json ? AS_JSON : isatty (STDOUT_FILENO) ? AS_LIST : AS_TABLE, o, wide = 0;
  const char *word;
  size_t shown = 0;
  fault f = FAULT_INIT;

  optind = 0;
  while ((o = getopt_long (argc, argv, "", options, NULL)) != -1) {
    if (o == '?')
      return EXIT_USAGE;
    form = AS_NAMES;
  }
  if (cmd_opt.help) {
    puts (usage);
    return EXIT_OK;
  }
  word = optind < argc ? argv[optind] : NULL;
  if (registry_open (&cmd_plugin_options, &f)) {
    fault_print (stderr, &f, NULL, NULL);
    o = f.exit;
    fault_clear (&f);
    return o;
  }
  for (const fnx_step_desc *const *d = registry_steps (); *d; d++)
    if (is_about (*d, word) && (int)strlen ((*d)->name) > wide)
      wide = (int)strlen ((*d)->name);
  for (const fnx_step_desc *const *d = registry_steps (); *d; d++)
    if (is_about (*d, word)) {
      if (!shown++ && form == AS_TABLE)
        puts ("name\tid\ttitle");
      print_step (*d, form, wide);
    }
  if (shown && form == AS_LIST)
    printf ("\none of them in full: fornix inspect %s\n", registry_names ()[0]);
  o = shown ? EXIT_OK : none_about (word);
  registry_close ();
  return o;
}
