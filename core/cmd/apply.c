/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix apply: a fitted chain on new recordings.
 */
#include <stdlib.h>
#include <string.h>

#include "core/cmd/cmd.h"
#include "core/cmd/ui.h"
#include "core/train.h"

static const char usage[] = "usage: fornix apply MODEL.fnx RECORDING... [! STEP ...]\n"
                            "prints what the chain answers for every item; steps behind ! get its scores\n";

/* Whose items they are (subject, session) is known to what was trained on a
 * cohort; in apply each recording comes alone and is told before the first step
 * that learned. */
static fnx_status
run_labelled (scope *s, const recording *r, fault *f)
{
  int k = 0;
  fnx_status st;

  while (k < s->n_nodes && !s->nodes[k].estimator)
    k++;
  st = scope_run (s, 0, k, f);
  if (st == FNX_OK && k < s->n_nodes && s->nodes[k].from[0] >= 0)
    st = recording_label (r, s, s->nodes[k].from[0], f);
  return st == FNX_OK ? scope_run (s, k, s->n_nodes - k, f) : st;
}

/* Steps behind a classifier see its predictions as a table. */
static fnx_status
apply_one (session *ses, const applied *a, const recording *r, const chain *more, fault *f)
{
  scope s, after;
  const fnx_buf *result = NULL;
  fnx_buf *table = NULL;
  fnx_status st;
  int first;

  scope_begin (&after, ses, r->id, NULL);
  st = recording_open (ses, r, NULL, 0, &s, f);
  first = s.n_nodes;
  s.fits_allowed = true;
  if (st == FNX_OK)
    st = scope_add_all (&s, a->chain->steps, a->chain->n_steps, f);
  if (st == FNX_OK)
    st = applied_load (a, &s, first, f);
  if (st == FNX_OK)
    st = run_labelled (&s, r, f);
  if (st == FNX_OK) {
    result = s.slots[s.main].value;
    if (!strcmp (buffer_spec (result)->kind, "scores") || !strcmp (buffer_spec (result)->kind, "predictions")) {
      table = predictions_of (result, r->id, f);
      result = table;
      st = table ? FNX_OK : f->code;
    }
  }
  if (st == FNX_OK && more->n_steps) {
    int k = scope_slot (&after, NULL, r->id, buffer_spec (result), f);

    after.main = k;
    scope_give (&after, k, buffer_ref (result));
    st = scope_add_all (&after, more->steps, more->n_steps, f);
    if (st == FNX_OK)
      st = scope_run (&after, 0, after.n_nodes, f);
  } else if (st == FNX_OK)
    st = ui_print (result, r->id, f);
  scope_end (&after);
  scope_end (&s);
  buffer_unref (table);
  return st;
}

static fnx_status
apply_all (session *ses, const char *model, chain *words, fault *f)
{
  applied a;
  size_t n = 0;
  recording *r = NULL;
  fnx_status st = applied_open (&a, model, f);

  if (st == FNX_OK)
    st = chain_resolve (words, f);
  if (st == FNX_OK && !(r = recordings_of (ses, words, &n, f)))
    st = f->code;
  if (st == FNX_OK && a.chain->has_seed && !cmd_opt.has_seed)
    ses->seed = a.chain->seed;
  for (size_t i = 0; i < n && st == FNX_OK; i++)
    st = apply_one (ses, &a, &r[i], words, f);
  recordings_free (r, n);
  applied_close (&a);
  return st;
}

int
cmd_apply (int argc, char **argv)
{
  fault f = FAULT_INIT;
  session ses;
  chain *ch = NULL;
  int code;

  if (argc < 3 || cmd_opt.help) {
    fputs (usage, cmd_opt.help ? stdout : stderr);
    return cmd_opt.help ? EXIT_OK : EXIT_USAGE;
  }
  if (ui_begin (&ses, &f) == EXIT_OK) {
    ch = chain_from_words (argc - 2, argv + 2, &f);
    if (ch)
      apply_all (&ses, argv[1], ch, &f);
  }
  code = ui_end (&ses, &f, ch ? &ch->text : NULL);
  chain_free (ch);
  return code;
}
