/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix inspect: whatever it is, a screen that says what it is and what to
 * type next.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/cmd/cmd.h"
#include "core/cmd/ui.h"
#include "core/spec_json.h"
#include "core/train.h"

static const char usage[] = "usage: fornix inspect [--json|--markdown|--params] THING\n"
                            "THING: a step, a recording, a chain (.yaml .json), a model (.fnx) or a plugin (.so)\n";

/* ---- models and chains ----------------------------------------------------------------- */

/* What the first learning step was fitted on: "cov[trial,channel,channel] uV2". */
static void
show_input (const char *json)
{
  fault quiet = FAULT_INIT;
  fnx_spec *s = spec_from_json (json, "the model", &quiet);
  char text[256];

  if (s) {
    printf ("%-10s %s  %s\n", "input", spec_text (s, text, sizeof text), s->unit ? s->unit : "unit unknown");
    for (int i = 0; i < s->ndim; i++)
      if (i == 0 || strcmp (s->axes[i]->name, s->axes[i - 1]->name))
        inspect_names (s->axes[i]);
  }
  free (s);
  fault_clear (&quiet);
}

static void
show_provenance (const char *json)
{
  json_t *all = json ? json_loads (json, 0, NULL) : NULL;
  const json_t *inputs = json_object_get (all, "inputs"), *one;
  const char *program = json_string_value (json_object_get (all, "program"));
  size_t n = json_array_size (inputs), i;

  if (program)
    printf ("%-10s %s, seed %" JSON_INTEGER_FORMAT "\n", "made by", program,
            json_integer_value (json_object_get (all, "seed")));
  if (n)
    printf ("%-10s", "from");
  json_array_foreach (inputs, i, one)
  {
    const char *name = json_string_value (json_object_get (one, "name"));

    if (i < 5)
      printf (" %s", name ? name : "?");
  }
  if (n > 5)
    printf (" ... (%zu in all)", n);
  if (n)
    printf ("\n");
  json_decref (all);
}

/* A model that cannot be loaded is shown without its figures: `apply` says why. */
static void
show_learned (const applied *a, session *ses, size_t i)
{
  const model_step *m = &a->file->steps[i];
  fault quiet = FAULT_INIT;
  char *text = NULL;

  applied_report (a, ses, i, learned_append, &text, &quiet);
  printf ("%-10s step %s  %s, revision %u, %zu bytes\n", i ? "" : "learned", m->path, m->id, m->revision, m->n);
  if (text)
    printf ("%-10s         %s\n", "", text);
  free (text);
  fault_clear (&quiet);
}

static fnx_status
inspect_model (session *ses, const char *path, fault *f)
{
  applied a;
  char *line;
  fnx_status st = applied_open (&a, path, f);

  if (st == FNX_OK) {
    line = chain_to_line (a.chain);
    printf ("%s   a fitted chain\nchain      %s\n", path, line ? line : "");
    for (size_t i = 0; i < a.file->n_steps; i++)
      show_learned (&a, ses, i);
    show_input (a.file->input);
    show_provenance (a.file->provenance);
    printf ("next       fornix apply %s RECORDING...\n", path);
    free (line);
  }
  applied_close (&a);
  return st;
}

static fnx_status
inspect_chain (char *path, fault *f)
{
  chain *c = chain_read (1, &path, f);
  char *text;

  if (!c)
    return f->code;
  text = cmd_opt.json ? chain_to_json (c) : chain_to_yaml (c);
  fputs (text ? text : "", stdout);
  free (text);
  if (chain_resolve (c, f) == FNX_OK && !cmd_opt.json)
    printf ("# every step is installed; run it with  fornix run %s\n", path);
  chain_free (c);
  return f->code;
}

/* ---- what is it? ------------------------------------------------------------------------ */

static bool
ends_in (const char *text, const char *end)
{
  size_t n = strlen (text), k = strlen (end);

  return n > k && !strcmp (text + n - k, end);
}

/* Take the options out of the words, wherever they stand: how it is to be
 * shown, or -1 for one that there is not. */
static int
form_of (int *argc, char **argv)
{
  static const struct {
    const char *name;
    int form;
  } forms[] = { { "--markdown", INSPECT_MARKDOWN }, { "--params", INSPECT_PARAMS } };
  enum { N_FORMS = sizeof forms / sizeof *forms };
  int form = cmd_opt.json ? INSPECT_JSON : INSPECT_TEXT, n = 1;

  for (int i = 1; i < *argc; i++) {
    size_t k = 0;

    if (strncmp (argv[i], "--", 2) != 0) {
      argv[n++] = argv[i];
      continue;
    }
    while (k < N_FORMS && strcmp (argv[i], forms[k].name) != 0)
      k++;
    if (k == N_FORMS) {
      fprintf (stderr, "fornix: inspect has no option %s\n", argv[i]);
      return -1;
    }
    form = forms[k].form;
  }
  *argc = n;
  return form;
}

int
cmd_inspect (int argc, char **argv)
{
  fault f = FAULT_INIT;
  session ses;
  const fnx_step_desc *d;
  int form = form_of (&argc, argv), n, code = EXIT_OK;

  if (form < 0)
    return EXIT_USAGE;
  if (argc < 2 || cmd_opt.help) {
    fputs (usage, cmd_opt.help ? stdout : stderr);
    return cmd_opt.help ? EXIT_OK : EXIT_USAGE;
  }
  if (ui_begin (&ses, &f) != EXIT_OK)
    return ui_end (&ses, &f, NULL);
  d = registry_step (argv[1]);
  if (d)
    code = inspect_step (d, form);
  else if (ends_in (argv[1], ".so"))
    code = inspect_plugin (argv[1], form);
  else if (ends_in (argv[1], ".fnx") || model_file_is (argv[1]))
    inspect_model (&ses, argv[1], &f);
  else if (ends_in (argv[1], ".yaml") || ends_in (argv[1], ".yml") || ends_in (argv[1], ".json"))
    inspect_chain (argv[1], &f);
  else if (!strchr (argv[1], '.') && !strchr (argv[1], '/') && !strchr (argv[1], ':')) {
    const char *near = nearest (argv[1], registry_names ());

    if (near)
      fault_set (&f, EXIT_CHAIN, FNX_E_PARAM, "no step called \"%s\"; did you mean \"%s\"?", argv[1], near);
    else
      fault_set (&f, EXIT_CHAIN, FNX_E_PARAM, "no step called \"%s\", and no such file\nfornix steps  lists all steps",
                 argv[1]);
  } else
    inspect_recording (&ses, argc - 1, argv + 1, &f);
  n = ui_end (&ses, &f, NULL);
  return n ? n : code;
}
