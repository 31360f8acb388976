/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix run: recordings through a chain, results on stdout.
 */
#include <stdlib.h>
#include <string.h>

#include "core/cmd/cmd.h"
#include "core/cmd/ui.h"
#include "core/evaluate.h"

static const char usage[] = "usage: fornix run RECORDING... ! STEP name=value ... ! STEP ...\n"
                            "       fornix run CHAIN.yaml [RECORDING...]\n"
                            "options: --json --threads N --seed N --quiet --verbose --plugin-path DIR\n"
                            "see:     fornix steps    fornix inspect STEP    man fornix-run\n";

/* Is what the last step gave worth printing?  What was written is not. */
static bool
ends_in_sink (const chain *c)
{
  const fnx_step_desc *d = c->n_steps ? c->steps[c->n_steps - 1].desc : NULL;

  return d && (d->flags & FNX_S_SINK || !strcmp (d->id, "org.fornix.host.write"));
}

typedef struct printing {
  const chain *c;
} printing;

static fnx_status
print_result (void *arg, const recording *r, const fnx_buf *b, fault *f)
{
  const printing *p = arg;

  return ends_in_sink (p->c) ? FNX_OK : ui_print (b, r->id, f);
}

/* Every evaluation of the cohort, and the last value if it is something else. */
static fnx_status
print_cohort (const cohort *c, fault *f)
{
  fnx_status s = FNX_OK;
  bool last_printed = false;

  for (int i = 0; i < c->all.n_nodes && s == FNX_OK; i++) {
    const evaluation *e = evaluation_of (&c->all.nodes[i]);

    last_printed = e != NULL;
    if (e)
      s = ui_print_scores (e, f);
  }
  if (s == FNX_OK && c->all.n_nodes && !last_printed && !ends_in_sink (c->chain) && c->all.slots[c->all.main].value)
    s = ui_print (c->all.slots[c->all.main].value, "result", f);
  return s;
}

int
run_chain (chain *ch, session *ses, fault *f)
{
  printing p = { ch };
  cohort c = { .on_result = print_result, .on_arg = &p };
  fnx_status s;

  if (ch->has_seed && !cmd_opt.has_seed)
    ses->seed = ch->seed;
  ses->chain = ch;
  s = cohort_open (&c, ses, ch, f);
  if (s == FNX_OK)
    s = cohort_run (&c, f);
  if (s == FNX_OK)
    print_cohort (&c, f);
  cohort_close (&c);
  return f->exit;
}

int
cmd_run (int argc, char **argv)
{
  fault f = FAULT_INIT;
  session ses;
  chain *ch = NULL;
  int code;

  if (argc < 2 || cmd_opt.help) {
    fputs (usage, cmd_opt.help ? stdout : stderr);
    return cmd_opt.help ? EXIT_OK : EXIT_USAGE;
  }
  if (ui_begin (&ses, &f) == EXIT_OK) {
    ch = chain_read (argc - 1, argv + 1, &f);
    if (ch)
      run_chain (ch, &ses, &f);
  }
  code = ui_end (&ses, &f, ch ? &ch->text : &(chain_text){ .words = argv + 1, .n_words = argc - 1 });
  chain_free (ch);
  return code;
}
