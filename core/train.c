/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * train: fits every estimator of its sub-chain on all items and writes one
 * file that holds the whole chain, from the recording to the answer.
 */
#include <stdlib.h>
#include <string.h>

#include "core/pipeline.h"
#include "core/spec_json.h"
#include "core/train.h"

/* ---- saving ----------------------------------------------------------------------- */

/* The steps before train and those inside it, as one chain; shares everything. */
static chain
flat_chain (const chain *whole, const chain_step *train, chain_step **steps)
{
  size_t before = 0;

  while (before < whole->n_steps && whole->steps[before].sub != train->sub)
    before++;
  *steps = calloc (before + train->sub->n_steps + 1, sizeof **steps);
  if (*steps) {
    if (before)
      memcpy (*steps, whole->steps, before * sizeof **steps);
    memcpy (*steps + before, train->sub->steps, train->sub->n_steps * sizeof **steps);
  }
  return (chain){
    .steps = *steps, .n_steps = before + train->sub->n_steps, .has_seed = whole->has_seed, .seed = whole->seed
  };
}

static fnx_status
put (void *to, const void *bytes, size_t n)
{
  model_step *m = to;
  char *more = realloc (m->bytes, m->n + n + 1);

  if (!more)
    return FNX_E_NOMEM;
  memcpy (more + m->n, bytes, n);
  m->bytes = more;
  m->n += n;
  return FNX_OK;
}

static fnx_status
save_node (const scope *s, const node *n, size_t number, model_step *m, fault *f)
{
  fnx_status st;
  call c;

  *m = (model_step){ .id = strdup (n->desc->id),
                     .revision = n->desc->revision,
                     .state_version = n->estimator->state_version };
  if (!m->id || asprintf (&m->path, "%zu", number) < 0)
    return fault_memory (f);
  st = node_call (s, n, &c, f);
  return st == FNX_OK ? node_fault (n, f, call_end (&c, n->estimator->save (&c.api, n->model, put, m))) : st;
}

static fnx_status
save (scope *s, node *n, const pipeline *p, const fnx_buf *input, const char *path, fault *f)
{
  chain_step *steps = NULL;
  chain flat = flat_chain (s->ses->chain, &n->line, &steps);
  size_t before = flat.n_steps - n->line.sub->n_steps;
  model_file m
      = { .chain = steps ? chain_to_json (&flat) : NULL,
          .input = spec_to_json (buffer_spec (input)),
          .provenance = strdup (buffer_meta (input, "Provenance") ? buffer_meta (input, "Provenance") : "{}") };
  fnx_status st = FNX_OK;

  m.steps = calloc ((size_t)p->sub.n_nodes + 1, sizeof *m.steps);
  if (!m.chain || !m.input || !m.steps || !m.provenance)
    st = fault_memory (f);
  for (int k = 0; k < p->sub.n_nodes && st == FNX_OK; k++)
    if (p->sub.nodes[k].estimator) {
      m.n_steps++;
      st = save_node (&p->sub, &p->sub.nodes[k], before + (size_t)k + 1, &m.steps[m.n_steps - 1], f);
    }
  if (st == FNX_OK && !s->ses->outputs)
    st = fault_set (f, EXIT_INTERNAL, FNX_E_UNSUPPORTED, "nothing is written here");
  if (st == FNX_OK)
    st = model_file_save (&m, s->ses->outputs, path, f);
  for (size_t i = 0; m.steps && i < m.n_steps; i++) {
    free (m.steps[i].id);
    free (m.steps[i].path);
    free (m.steps[i].bytes);
  }
  free (m.steps);
  free (m.chain);
  free (m.input);
  free (m.provenance);
  free (steps);
  return st;
}

/* ---- the step ------------------------------------------------------------------------ */

static void
done (node *n)
{
  pipeline *p = n->own;

  if (p)
    pipeline_close (p);
  free (p);
  n->own = NULL;
}

static fnx_status
negotiate (scope *s, node *n, const fnx_spec *const *in, const fnx_spec **out, fault *f)
{
  pipeline *p;
  scope here = *s;

  (void)in, (void)out;
  done (n);
  if (!n->line.sub || !n->line.sub->n_steps)
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC,
                      "train needs the steps that it fits\nwrite  train to=m.fnx begin tangent ! svm end");
  n->own = p = calloc (1, sizeof *p);
  if (!p)
    return fault_memory (f);
  here.main = n->from[0];
  if (pipeline_open (p, &here, n->line.sub, f) != FNX_OK)
    return f->code;
  if (p->n_candidates > 1)
    return fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                      "try: is searched by evaluate\nevaluate first, then train with the settings it chose");
  return FNX_OK;
}

static fnx_status
run (scope *s, node *n, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  pipeline *p = n->own;
  const fnx_buf **whole = calloc ((size_t)p->n_inputs, sizeof *whole);
  int at = 1;
  fnx_status st = FNX_OK;

  (void)out;
  if (!whole)
    return fault_memory (f);
  whole[0] = in[0];
  for (int i = 0; i < s->n_slots && at < p->n_inputs; i++)
    if (s->slots[i].name)
      whole[at++] = s->slots[i].value;
  for (int i = 0; i < p->n_inputs && st == FNX_OK; i++)
    st = scope_respec (&p->sub, i, buffer_spec (whole[i]), f);
  if (st == FNX_OK)
    st = pipeline_fit (p, whole, f);
  if (st == FNX_OK)
    st = save (s, n, p, in[0], params_api.text (n->params, "to"), f);
  free (whole);
  return st;
}

static const fnx_param_desc p_to = { .struct_size = sizeof p_to,
                                     .type = FNX_T_PATH,
                                     .flags = FNX_P_REQUIRED | FNX_P_MAIN | FNX_P_NEUTRAL,
                                     .name = "to",
                                     .doc = "model file to write, NAME.fnx" };
static const fnx_param_desc *const params[] = { &p_to, NULL };
static const fnx_port_desc in_port
    = { .struct_size = sizeof in_port, .name = "in", .what = "any", .doc = "all items to learn from" };
static const fnx_port_desc *const in_ports[] = { &in_port, NULL };
static const fnx_port_desc *const out_ports[] = { NULL };

const fnx_step_desc train_desc = {
  .struct_size = sizeof train_desc,
  .flags = FNX_S_COHORT | FNX_S_SINK | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.host.train",
  .name = "train",
  .title = "fit the steps between begin and end on everything, and keep them in a file",
  .doc = "The file holds the whole chain, from the recording to the answer, with what was learned;  fornix apply  runs "
         "it on "
         "new recordings. It names every step with its revision and carries a checksum.",
  .example = "fornix run sim:fists ! band range=8..32Hz ! epoch on=left,right from=0s to=3s ! train to=fists.fnx "
             "begin tangent ! svm end",
  .inputs = in_ports,
  .outputs = out_ports,
  .params = params,
};

const builtin_ops train_ops = { &train_desc, negotiate, run, done, false };

/* ---- loading -------------------------------------------------------------------------- */

size_t
first_learning_step (const chain *c)
{
  size_t i = 0;

  while (i < c->n_steps && !(c->steps[i].desc->extension && c->steps[i].desc->extension (NULL, FNX_ESTIMATOR)))
    i++;
  return i;
}

fnx_status
applied_open (applied *a, const char *path, fault *f)
{
  *a = (applied){ .file = model_file_load (path, f) };
  if (!a->file)
    return f->code;
  a->chain = chain_from_json (a->file->chain, strlen (a->file->chain), path, f);
  if (!a->chain)
    return f->code;
  return chain_resolve (a->chain, f);
}

void
applied_close (applied *a)
{
  chain_free (a->chain);
  model_file_free (a->file);
  *a = (applied){ .file = NULL };
}

static bool
same_names (const fnx_axis *a, const fnx_axis *b)
{
  for (int64_t i = 0; a->labels && b->labels && i < a->size && i < b->size; i++)
    if (strcmp (a->labels[i], b->labels[i]))
      return false;
  return true;
}

/* One axis of what there is against what the model was fitted on. */
static fnx_status
same_axis (const fnx_axis *want, const fnx_axis *have, const char *id, fault *f)
{
  if (want->size >= 0 && have->size >= 0 && want->size != have->size)
    return fault_set (f, EXIT_DATA, FNX_E_SPEC, "the model was fitted on %ld %s%s; %s has %ld", (long)want->size,
                      want->name, want->size == 1 || !strcmp (want->name, "time") ? "" : "s", id, (long)have->size);
  if (axis_rate (want) > 0 && axis_rate (have) > 0
      && want->rate_num * have->rate_den != have->rate_num * want->rate_den)
    return fault_set (f, EXIT_DATA, FNX_E_SPEC,
                      "the model was fitted at %.6g Hz; %s has %.6g Hz\n"
                      "fit one for this rate, or bring both to one rate with  ! resample  in the chain",
                      axis_rate (want), id, axis_rate (have));
  if (!same_names (want, have))
    return fault_set (f, EXIT_DATA, FNX_E_SPEC,
                      "the model was fitted on other %ss than %s has, or on the same in another order\n"
                      "bring them into the model's order with  ! pick",
                      want->name, id);
  return FNX_OK;
}

/* What the first learning step gets must be what it was fitted on, but for the
 * number of items. */
static fnx_status
same_input (const applied *a, const fnx_spec *have, const char *id, fault *f)
{
  fnx_spec *want = spec_from_json (a->file->input, "the model", f);
  int items;
  fnx_status st = FNX_OK;

  if (!want)
    return f->code;
  items = sample_axis (want);
  if (strcmp (want->kind, have->kind) || want->ndim != have->ndim)
    st = fault_set (f, EXIT_DATA, FNX_E_SPEC, "the model was fitted on %s; %s gives %s", want->kind, id, have->kind);
  else if (want->unit && have->unit && strcmp (want->unit, have->unit))
    st = fault_set (f, EXIT_DATA, FNX_E_SPEC, "the model was fitted on values in %s; %s has them in %s", want->unit, id,
                    have->unit);
  for (int i = 0; i < want->ndim && st == FNX_OK; i++)
    if (i != items)
      st = same_axis (want->axes[i], have->axes[i], id, f);
  free (want);
  return st;
}

fnx_status
applied_load (const applied *a, scope *s, int first, fault *f)
{
  bool checked = false;

  for (size_t i = 0; i < a->file->n_steps; i++) {
    const model_step *m = &a->file->steps[i];
    long number = strtol (m->path, NULL, 10);
    node *n;
    fnx_status st;
    call c;

    if (number < 1 || number > (long)a->chain->n_steps || first + number - 1 >= s->n_nodes)
      return fault_set (f, EXIT_INPUT, FNX_E_STATE, "the model names step %s, and its chain has %zu", m->path,
                        a->chain->n_steps);
    n = &s->nodes[first + number - 1];
    if (strcmp (n->desc->id, m->id) || !n->estimator || n->model)
      return fault_set (f, EXIT_INPUT, FNX_E_STATE, "step %ld of the model is %s, and its chain says %s", number, m->id,
                        n->desc->id);
    if (n->desc->revision != m->revision)
      return fault_set (
          f, EXIT_PLUGIN, FNX_E_STATE,
          "the model was fitted by revision %u of %s; revision %u, which is installed, gives other numbers\n"
          "train it again",
          m->revision, m->id, n->desc->revision);
    if (!checked && n->from[0] >= 0 && same_input (a, s->slots[n->from[0]].spec, s->recording, f) != FNX_OK)
      return f->code;
    checked = true;
    st = node_call (s, n, &c, f);
    if (st == FNX_OK)
      st = node_fault (
          n, f, call_end (&c, n->estimator->load (&c.api, n->step, m->state_version, m->bytes, m->n, &n->model)));
    if (st != FNX_OK)
      return st;
  }
  return FNX_OK;
}

fnx_status
applied_report (const applied *a, session *ses, size_t i, learned_told told, void *arg, fault *f)
{
  const model_step *m = &a->file->steps[i];
  long number = strtol (m->path, NULL, 10);
  const chain_step *line;
  node n;
  scope s;
  call c;
  fnx_status st;

  if (number < 1 || number > (long)a->chain->n_steps)
    return fault_set (f, EXIT_INPUT, FNX_E_STATE, "the model names step %s, and its chain has %zu", m->path,
                      a->chain->n_steps);
  line = &a->chain->steps[number - 1];
  n = (node){ .line = *line, .desc = line->desc };
  scope_begin (&s, ses, "the model", NULL);
  st = builtin_find (n.desc) ? FNX_E_UNSUPPORTED : node_open (&s, &n, line, f);
  if (st == FNX_OK && n.estimator && n.desc->revision == m->revision && node_call (&s, &n, &c, f) == FNX_OK) {
    st = node_fault (&n, f,
                     call_end (&c, n.estimator->load (&c.api, n.step, m->state_version, m->bytes, m->n, &n.model)));
    if (st == FNX_OK)
      st = learned_ask (&s, &n, n.model, told, arg, f);
  }
  node_close (&n);
  scope_end (&s);
  return f->text ? f->code : FNX_OK;
}
