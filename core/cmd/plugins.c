/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix plugins [-v]: which modules were found, which were refused and why.
 * With -v also their steps, what an earlier module brought already, and the
 * folders that were searched.
 */
#include "core/cmd/cmd.h"

#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/chain.h"
#include "core/cmd/ui.h"
#include "core/load.h"

registry_options cmd_plugin_options;

static const char usage[] = "usage: fornix plugins [-v] [--rescan] [--json]\n"
                            "Lists the modules that were found, and why others were refused.";

static size_t
count (const fnx_step_desc *const *steps)
{
  size_t n = 0;

  while (steps[n])
    n++;
  return n;
}

/* Print the lines of `text`, indented. */
static void
print_lines (const char *text)
{
  while (text && *text) {
    size_t n = strcspn (text, "\n");
    printf ("    %.*s\n", (int)n, text);
    text += n + (text[n] == '\n');
  }
}

static void
print_module (const module_info *m, bool verbose)
{
  size_t n = count (m->steps);

  if (!m->module) {
    printf ("refused           %s\n    %s\n", m->path, m->refused);
    return;
  }
  printf ("%-10s %-8s %3zu step%s  %s\n", m->module->name, m->module->version, n, n == 1 ? " " : "s", m->path);
  for (size_t i = 0; i < n && verbose; i++)
    printf ("    %-14s %s\n", m->steps[i]->name, m->steps[i]->id);
  if (verbose)
    print_lines (m->notes);
}

static void
print_folders (void)
{
  puts ("looked in, in this order:");
  for (const char *const *f = registry_folders (); *f; f++)
    printf ("    %s%s\n", *f, access (*f, R_OK | X_OK) ? "   (not there)" : "");
}

static void
print_json (const module_info *m)
{
  json_t *ids = json_array (), *j;

  for (size_t i = 0; m->steps[i]; i++)
    json_array_append_new (ids, json_string (m->steps[i]->id));
  j = m->module
          ? json_pack ("{s:s, s:s, s:s, s:s?, s:s?, s:[i,i], s:o, s:s?}", "path", m->path, "name", m->module->name,
                       "version", m->module->version, "licence", m->module->licence, "url", m->module->url, "abi",
                       (int)m->module->abi_major, (int)m->module->abi_minor, "steps", ids, "notes", m->notes)
          : json_pack ("{s:s, s:s, s:o}", "path", m->path, "refused", m->refused, "steps", ids);
  json_dumpf (j, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
  putchar ('\n');
  json_decref (j);
}

int
cmd_plugins (int argc, char **argv)
{
  static const struct option options[] = { { "rescan", no_argument, NULL, 'r' }, { NULL, 0, NULL, 0 } };
  fault f = FAULT_INIT;
  int o;

  optind = 0;
  while ((o = getopt_long (argc, argv, "", options, NULL)) != -1) {
    if (o == '?')
      return EXIT_USAGE;
    probe_forget ();
  }
  if (cmd_opt.help) {
    puts (usage);
    return EXIT_OK;
  }
  if (registry_open (&cmd_plugin_options, &f)) {
    fault_print (stderr, &f, NULL, NULL);
    o = f.exit;
    fault_clear (&f);
    return o;
  }
  for (size_t i = 0; i < registry_n_modules (); i++)
    if (cmd_opt.json)
      print_json (registry_module (i));
    else if (registry_module (i)->refused || registry_module (i)->steps[0])
      print_module (registry_module (i), cmd_opt.verbose);
  if (cmd_opt.verbose && !cmd_opt.json)
    print_folders ();
  registry_close ();
  return EXIT_OK;
}
