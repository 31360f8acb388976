/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains as JSON: read with jansson, written in one canonical form (sorted
 * keys, no white space, all settings texts), whose bytes can be hashed.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/chain_make.h"
#include "core/chain_tree.h"
#include "core/param.h"
#include "core/text.h"

/* A scalar as the text that YAML would have shown. */
static char *
scalar (const json_t *j)
{
  char number[32];
  switch (json_typeof (j)) {
  case JSON_STRING:
    return strdup (json_string_value (j));
  case JSON_INTEGER:
    snprintf (number, sizeof number, "%lld", (long long)json_integer_value (j));
    return strdup (number);
  case JSON_REAL:
    return strdup (number_text (json_real_value (j), number));
  case JSON_TRUE:
    return strdup ("true");
  case JSON_FALSE:
    return strdup ("false");
  default:
    return strdup ("");
  }
}

static fnx_status
tree (json_t *j, node *x, int depth, fault *f)
{
  const char *key;
  json_t *item;
  size_t i;
  fnx_status s = FNX_OK;
  if (depth > NODE_DEPTH)
    return chain_fault (f, (where){ 0 }, "nested deeper than any chain");
  if (json_is_array (j)) {
    x->kind = NODE_LIST;
    json_array_foreach (j, i, item)
    {
      node *to = node_add (x);
      if (!to)
        return fault_memory (f);
      if ((s = tree (item, to, depth + 1, f)))
        return s;
    }
  } else if (json_is_object (j)) {
    x->kind = NODE_MAP;
    json_object_foreach (j, key, item)
    {
      node *to = node_add (x);
      if (!to || !(x->key[x->n - 1].text = strdup (key)))
        return fault_memory (f);
      if ((s = tree (item, to, depth + 1, f)))
        return s;
    }
  } else {
    x->kind = NODE_TEXT;
    if (!(x->text = scalar (j)))
      return fault_memory (f);
  }
  return s;
}

chain *
chain_from_json (const char *bytes, size_t n, const char *file_name, fault *f)
{
  json_error_t error;
  node root = { 0 };
  chain *c = NULL;
  json_t *j = json_loadb (bytes, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
  if (!j)
    chain_fault (f, (where){ .line = error.line, .column = error.column > 0 ? error.column : 1 }, "not JSON: %s",
                 error.text);
  else if (tree (j, &root, 0, f) == FNX_OK)
    c = chain_from_tree (&root, file_name, f);
  node_clear (&root);
  json_decref (j);
  return c;
}

/* ---- writing ------------------------------------------------------------- */
/* One key of a map that is being written sorted. */
typedef struct pair {
  const char *key;
  const chain_arg *arg; /* or NULL: */
  const char *text;     /* or NULL: */
  const chain *sub;
  bool several; /* sub and those after it, with their names */
} pair;

static int
by_key (const void *a, const void *b)
{
  const pair *x = a, *y = b;
  return strcmp (x->key, y->key);
}

static void write_steps (text_buf *t, const chain *c);

static void
write_value (text_buf *t, const pair *p)
{
  if (p->sub && p->several) {
    for (const chain *sub = p->sub; sub; sub = sub->next) {
      text_add (t, sub == p->sub ? "[{\"chain\":" : ",{\"chain\":");
      write_steps (t, sub);
      if (sub->label) {
        text_add (t, ",\"name\":");
        text_json (t, sub->label);
      }
      text_add (t, "}");
    }
    text_add (t, "]");
  } else if (p->sub) {
    write_steps (t, p->sub);
  } else if (p->arg && p->arg->tried) {
    text_buf joined = { 0 };
    text_add (&joined, "try:");
    text_add (&joined, p->arg->value);
    char *s = text_take (&joined);
    if (s)
      text_json (t, s);
    else
      t->failed = true;
    free (s);
  } else
    text_json (t, p->arg ? p->arg->value : p->text);
}

/* All settings of a step or input as a map; `path` for inputs only. */
static void
write_map (text_buf *t, const chain_step *s, const char *path)
{
  size_t n = 0;
  pair *pairs = calloc (s->n_args + 3, sizeof *pairs);
  if (!pairs) {
    t->failed = true;
    return;
  }
  for (size_t i = 0; i < s->n_args; i++)
    pairs[n++] = (pair){ s->args[i].name ? s->args[i].name : KEY_WORD, &s->args[i], NULL, NULL, false };
  if (path)
    pairs[n++] = (pair){ "path", NULL, path, NULL, false };
  if (s->as)
    pairs[n++] = (pair){ "as", NULL, s->as, NULL, false };
  if (s->sub && (s->sub->next || s->sub->label))
    pairs[n++] = (pair){ "pipelines", NULL, NULL, s->sub, true };
  else if (s->sub)
    pairs[n++] = (pair){ "chain", NULL, NULL, s->sub, false };
  qsort (pairs, n, sizeof *pairs, by_key);
  text_add (t, "{");
  for (size_t i = 0; i < n; i++) {
    text_add (t, i > 0 ? "," : "");
    text_json (t, pairs[i].key);
    text_add (t, ":");
    write_value (t, &pairs[i]);
  }
  text_add (t, "}");
  free (pairs);
}

static void
write_steps (text_buf *t, const chain *c)
{
  text_add (t, "[");
  for (size_t i = 0; i < c->n_steps; i++) {
    text_add (t, i > 0 ? ",{" : "{");
    text_json (t, c->steps[i].name);
    text_add (t, ":");
    write_map (t, &c->steps[i], NULL);
    text_add (t, "}");
  }
  text_add (t, "]");
}

char *
chain_to_json (const chain *c)
{
  text_buf t = { 0 };
  text_add (&t, "{\"chain\":");
  write_steps (&t, c);
  text_add (&t, ",\"fornix\":1,\"input\":[");
  for (size_t i = 0; i < c->n_inputs; i++) {
    text_add (&t, i > 0 ? "," : "");
    write_map (&t, &c->inputs[i], c->inputs[i].name);
  }
  text_add (&t, "]");
  /* beyond 2^53 other readers of JSON would round a number */
  if (c->has_seed)
    text_addf (&t, c->seed <= 1ull << 53 ? ",\"seed\":%llu" : ",\"seed\":\"%llu\"", (unsigned long long)c->seed);
  text_add (&t, "}\n");
  return text_take (&t);
}
