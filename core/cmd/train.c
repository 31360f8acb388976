/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix train: fit a chain once and keep it.  Everything from the first step
 * that learns goes into a train step; the rest is what `run` does.
 */
#include <stdlib.h>
#include <string.h>

#include "core/cmd/cmd.h"
#include "core/cmd/ui.h"
#include "core/train.h"

static const char usage[] = "usage: fornix train RECORDING... ! STEP ... ! STEP ... -o MODEL.fnx\n"
                            "       fornix train CHAIN.yaml [RECORDING...] -o MODEL.fnx\n"
                            "then:  fornix apply MODEL.fnx RECORDING...\n";

/* Steps from `first` on become  train to=PATH begin ... end. */
static fnx_status
wrap (chain *c, size_t first, const char *path, fault *f)
{
  chain *sub = calloc (1, sizeof *sub);
  chain_arg *arg = calloc (1, sizeof *arg);
  chain_step *inner = calloc (c->n_steps - first + 1, sizeof *inner);

  if (!sub || !arg || !inner) {
    free (sub);
    free (arg);
    free (inner);
    return fault_memory (f);
  }
  memcpy (inner, c->steps + first, (c->n_steps - first) * sizeof *inner);
  sub->steps = inner;
  sub->n_steps = c->n_steps - first;
  arg->name = strdup ("to");
  arg->value = strdup (path);
  c->steps[first] = (chain_step){ .name = strdup ("train"), .args = arg, .n_args = 1, .sub = sub, .at = inner[0].at };
  c->n_steps = first + 1;
  return FNX_OK;
}

static fnx_status
prepare (chain *c, fault *f)
{
  size_t first;

  if (chain_resolve (c, f) != FNX_OK)
    return f->code;
  first = first_learning_step (c);
  if (first == c->n_steps)
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "no step of this chain learns anything\nadd one, as in  ! cov ! tangent ! svm");
  for (size_t i = 0; i < c->n_steps; i++)
    if (c->steps[i].desc->flags & FNX_S_COHORT) {
      fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%s has no place in a chain that is trained\nfornix run  evaluates it",
                 c->steps[i].name);
      fault_at (f, c->steps[i].at, NULL);
      return FNX_E_SPEC;
    }
  return wrap (c, first, cmd_opt.out, f);
}

int
cmd_train (int argc, char **argv)
{
  fault f = FAULT_INIT;
  session ses;
  chain *ch = NULL;
  int code;

  if (argc < 2 || cmd_opt.help || !cmd_opt.out) {
    fputs (usage, cmd_opt.help ? stdout : stderr);
    return cmd_opt.help ? EXIT_OK : EXIT_USAGE;
  }
  if (ui_begin (&ses, &f) == EXIT_OK) {
    ch = chain_read (argc - 1, argv + 1, &f);
    if (ch && prepare (ch, &f) == FNX_OK)
      run_chain (ch, &ses, &f);
  }
  code = ui_end (&ses, &f, ch ? &ch->text : &(chain_text){ .words = argv + 1, .n_words = argc - 1 });
  chain_free (ch);
  return code;
}
