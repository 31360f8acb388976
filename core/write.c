/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * write: hands the buffer to the sink that writes files of that name, and
 * passes it on.
 */
#include <stdlib.h>
#include <string.h>

#include "core/exec.h"
#include "core/text.h"

typedef struct writer {
  char *path;
  const fnx_step_desc *desc;
  fnx_params *params;
  fnx_step *step;
  fnx_dtype want;
} writer;

static void
done (node *n)
{
  writer *w = n->own;

  if (!w)
    return;
  if (w->step && w->desc->destroy)
    w->desc->destroy (w->step);
  params_free (w->params);
  free (w->path);
  free (w);
  n->own = NULL;
}

/* Each {id} in the path is the recording, without the suffix of its file. */
static char *
expand (const char *path, const char *id)
{
  text_buf t = { 0 };
  size_t n = strlen (id) - registry_suffix (id);

  for (const char *at; (at = strstr (path, "{id}")); path = at + 4) {
    text_addn (&t, path, (size_t)(at - path));
    text_addn (&t, id, n);
  }
  text_add (&t, path);
  return text_take (&t);
}

/* "-" and devices take one recording after the other. */
static bool
is_stream (const char *path)
{
  return !strcmp (path, "-") || !strncmp (path, "/dev/", 5) || !strncmp (path, "/proc/", 6);
}

typedef struct target {
  char *path;
  const char *id;
} target;

static int
by_path (const void *a, const void *b)
{
  const target *x = a, *y = b;
  int k = strcmp (x->path, y->path);

  return k ? k : strcmp (x->id, y->id);
}

static fnx_status
same_target (const char *path, const target *a, size_t n, fault *f)
{
  const char *slash = strrchr (path, '/'), *dot = strchr (slash ? slash : path, '.');

  if (strstr (path, "{id}"))
    return fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                      "two recordings, %s and %s, would both be written to %s\n"
                      "give them ids of their own in a recordings table",
                      a[0].id, a[1].id, a->path);
  return fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                    "%zu recordings would all be written to %s\nwrite %.*s{id}%s, which names them apart", n, path,
                    slash ? (int)(slash + 1 - path) : 0, path, dot ? dot : "");
}

fnx_status
write_check (const chain_step *step, const recording *r, size_t n, fault *f)
{
  const chain_arg *a = chain_arg_find (step, "path");
  target *all = calloc (n + 1, sizeof *all);
  fnx_status s = all ? FNX_OK : fault_memory (f);

  for (size_t i = 0; !a && i < step->n_args; i++)
    if (!step->args[i].name)
      a = &step->args[i];
  for (size_t i = 0; s == FNX_OK && a && !is_stream (a->value) && i < n; i++) {
    all[i] = (target){ expand (a->value, r[i].id), r[i].id };
    if (!all[i].path)
      s = fault_memory (f);
    else if (strchr (r[i].id, '/') && strstr (a->value, "{id}")) {
      s = fault_set (f, EXIT_CHAIN, FNX_E_PARAM,
                     "{id} cannot stand for %s: a name with / in it would be a folder\n"
                     "give it an id of its own in a recordings table",
                     r[i].id);
      fault_at (f, a->at, step->desc->name);
    }
  }
  if (s == FNX_OK && all[0].path) {
    qsort (all, n, sizeof *all, by_path);
    for (size_t i = 0; i + 1 < n && s == FNX_OK; i++)
      if (!strcmp (all[i].path, all[i + 1].path)) {
        s = same_target (a->value, &all[i], n, f);
        fault_at (f, a->at, step->desc->name);
      }
  }
  for (size_t i = 0; all && i < n; i++)
    free (all[i].path);
  free (all);
  return s;
}

static fnx_status
open_writer (scope *s, writer *w, fault *f)
{
  chain_arg arg = { .value = w->path };
  chain_step line = { .name = (char *)(uintptr_t)w->desc->name, .args = &arg, .n_args = 1 };
  fnx_status st;
  call c;

  w->params = params_parse (w->desc, &line, f);
  if (!w->params || !w->desc->create)
    return w->params ? FNX_OK : f->code;
  st = call_begin (&c, s->ses, "write", s->recording, 0, f);
  return st == FNX_OK ? call_end (&c, w->desc->create (&c.api, w->params, &w->step)) : st;
}

static void
list_suffixes (char *text, size_t n)
{
  size_t at = 0;

  text[0] = 0;
  for (const fnx_step_desc *const *d = registry_steps (); d && *d; d++) {
    const fnx_ext_writer *x = (*d)->extension ? (*d)->extension (NULL, FNX_WRITER) : NULL;

    for (const char *const *sfx = x ? x->suffixes : NULL; sfx && *sfx && at < n; sfx++)
      at += (size_t)snprintf (text + at, n - at, "%s%s", at ? " " : "", *sfx);
  }
}

static fnx_status
negotiate (scope *s, node *n, const fnx_spec *const *in, const fnx_spec **out, fault *f)
{
  writer *w;
  const char *column;
  char text[512];
  fnx_spec typed = *in[0];
  const fnx_spec *specs[] = { &typed };
  fnx_status st;
  call c;

  done (n);
  n->own = w = calloc (1, sizeof *w);
  if (!w || !(w->path = expand (params_api.text (n->params, "path"), s->recording)))
    return fault_memory (f);
  w->desc = registry_writer (w->path);
  if (!w->desc) {
    list_suffixes (text, sizeof text);
    return fault_set (f, EXIT_CHAIN, FNX_E_PARAM, "path=%s: nothing here writes such files\nuse one of %s", w->path,
                      text);
  }
  st = open_writer (s, w, f);
  if (st != FNX_OK)
    return st;
  if (!what_accepts (w->desc->inputs[0]->what, in[0], &column))
    return fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "path=%s: such files hold %s, not %s\nwrite .npy or .tsv instead",
                      w->path, w->desc->inputs[0]->what, spec_text (in[0], text, sizeof text));
  w->want = typed.dtype = what_dtype (w->desc->inputs[0]->what, in[0]->dtype);
  if (w->desc->negotiate) {
    st = call_begin (&c, s->ses, "write", s->recording, 0, f);
    if (st == FNX_OK)
      st = call_end (&c, w->desc->negotiate (&c.api, w->step, specs, NULL));
  }
  out[0] = in[0];
  return st;
}

static fnx_status
run (scope *s, node *n, const fnx_buf *const *in, const fnx_buf **out, fault *f)
{
  writer *w = n->own;
  const fnx_buf *typed = buffer_convert (in[0], w->want, f);
  fnx_status st;
  call c;

  if (!typed)
    return f->code;
  st = call_begin (&c, s->ses, "write", s->recording, 0, f);
  if (st == FNX_OK)
    st = call_end (&c, w->desc->run (&c.api, w->step, &typed, NULL));
  buffer_unref (typed);
  if (st == FNX_OK)
    out[0] = buffer_ref (in[0]);
  return st;
}

static const fnx_param_desc p_path
    = { .struct_size = sizeof p_path,
        .type = FNX_T_PATH,
        .flags = FNX_P_REQUIRED | FNX_P_MAIN | FNX_P_NEUTRAL,
        .name = "path",
        .doc = "file to write; its suffix says how; {id} becomes the name of the recording" };
static const fnx_param_desc *const params[] = { &p_path, NULL };
static const fnx_port_desc in_port
    = { .struct_size = sizeof in_port, .name = "in", .what = "any", .doc = "what is written" };
static const fnx_port_desc out_port
    = { .struct_size = sizeof out_port, .name = "out", .what = "the same", .doc = "what was written" };
static const fnx_port_desc *const in_ports[] = { &in_port, NULL };
static const fnx_port_desc *const out_ports[] = { &out_port, NULL };

const fnx_step_desc write_desc = {
  .struct_size = sizeof write_desc,
  .flags = FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.host.write",
  .name = "write",
  .title = "write a file",
  .doc
  = "The suffix of the file chooses the writer, and  fornix steps write  lists them. The file appears under its name "
    "only when the whole chain has succeeded; an existing file is replaced at that moment and not before.",
  .example = "fornix run sim:fists ! psd ! write psd.tsv",
  .inputs = in_ports,
  .outputs = out_ports,
  .params = params,
};

const builtin_ops write_ops = { &write_desc, negotiate, run, done, false };
