/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From lists and maps to a chain: see chain_tree.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/chain_make.h"
#include "core/chain_tree.h"
#include "core/param.h"
#include "core/text.h"

node *
node_add (node *to)
{
  if ((to->n & (to->n - 1)) == 0) {
    size_t room = to->n ? 2 * to->n : 1;
    node *item = realloc (to->item, room * sizeof *item);
    if (!item)
      return NULL;
    to->item = item;
    if (to->kind == NODE_MAP) {
      node *key = realloc (to->key, room * sizeof *key);
      if (!key)
        return NULL;
      to->key = key;
    }
  }
  to->item[to->n] = (node){ 0 };
  if (to->kind == NODE_MAP)
    to->key[to->n] = (node){ 0 };
  return &to->item[to->n++];
}

void
node_clear (node *x)
{
  for (size_t i = 0; i < x->n; i++) {
    node_clear (&x->item[i]);
    if (x->kind == NODE_MAP)
      node_clear (&x->key[i]);
  }
  free (x->item);
  free (x->key);
  free (x->text);
  *x = (node){ 0 };
}

static const char *
kind_name (const node *x)
{
  static const char *const names[] = { "a text", "a list", "a map" };
  return names[x->kind];
}

static const node *
map_find (const node *map, const char *key)
{
  for (size_t i = 0; i < map->n; i++)
    if (strcmp (map->key[i].text, key) == 0)
      return &map->item[i];
  return NULL;
}

static bool
known (const char *key, const char *const *keys)
{
  for (; *keys; keys++)
    if (strcmp (*keys, key) == 0)
      return true;
  return false;
}

/* Every key once, whatever the map is for. */
static fnx_status
check_keys (const node *x, fault *f)
{
  char said[72];
  if (x->kind == NODE_MAP && x->n > CHAIN_ARGS)
    return chain_fault (f, x->at, "a map with more than %d keys", CHAIN_ARGS);
  for (size_t i = 0; i < x->n; i++) {
    fnx_status s = check_keys (&x->item[i], f);
    if (s)
      return s;
    for (size_t k = 0; x->kind == NODE_MAP && k < i; k++)
      if (strcmp (x->key[i].text, x->key[k].text) == 0)
        return chain_fault (f, x->key[i].at, "the key \"%s\" stands twice in one map", shown (x->key[i].text, said));
  }
  return FNX_OK;
}

/* A list of texts with commas between them. */
static char *
join (const node *list, fault *f)
{
  text_buf t = { 0 };
  for (size_t i = 0; i < list->n; i++) {
    if (list->item[i].kind != NODE_TEXT) {
      chain_fault (f, list->item[i].at, "%s inside a list of values\nwrite texts or numbers there",
                   kind_name (&list->item[i]));
      t.failed = true;
      break;
    }
    text_add (&t, i > 0 ? "," : "");
    text_add (&t, list->item[i].text);
  }
  char *s = text_take (&t);
  if (!s)
    fault_memory (f); /* keeps the fault above */
  return s;
}

/* key: text | list | {try: text | list} */
static fnx_status
setting (chain_step *s, const char *name, const node *x, fault *f)
{
  bool tried = false;
  const node *from = x;
  char *joined = NULL;
  if (x->kind == NODE_MAP) {
    if (x->n != 1 || strcmp (x->key[0].text, "try") != 0)
      return chain_fault (f, x->at, "a map is no value\nthe only map there can be is {try: [A, B, C]}");
    tried = true;
    from = &x->item[0];
    if (from->kind == NODE_MAP)
      return chain_fault (f, from->at, "try: wants a list or a text");
  }
  if (from->kind == NODE_LIST && !(joined = join (from, f)))
    return FNX_E_PARAM;
  const char *value = joined ? joined : from->text;
  if (!tried && strncmp (value, "try:", 4) == 0) {
    tried = true;
    value += 4;
  }
  fnx_status status = step_add_arg (s, name, value, tried, from->at, f);
  free (joined);
  return status;
}

static fnx_status steps (const node *list, chain *c, int depth, fault *f);

/* One begin ... end, of the key `key`. */
static fnx_status
sub_chain (chain_step *s, const char *label, const node *list, where key, int depth, fault *f)
{
  fnx_status status;
  chain *sub;
  if (depth >= CHAIN_DEPTH)
    return chain_fault (f, key, "more than %d chains inside each other", CHAIN_DEPTH);
  if (!(sub = step_add_sub (s, label, key, f)))
    return f->code;
  status = steps (list, sub, depth + 1, f);
  if (!status && sub->n_steps == 0)
    status = chain_fault (f, key, "the chain of %s has no step", label ? label : s->name);
  return status;
}

/* {name: mdm, chain: [...]}, or [...] alone. */
static fnx_status
listed_pipeline (chain_step *s, const node *x, int depth, fault *f)
{
  const node *list = x->kind == NODE_MAP ? map_find (x, "chain") : x,
             *name = x->kind == NODE_MAP ? map_find (x, "name") : NULL;
  if (!list || (x->kind == NODE_MAP && x->n != (name ? 2 : 1)) || (name && name->kind != NODE_TEXT))
    return chain_fault (f, x->at, "a pipeline is a list of steps, or  {name: NAME, chain: [STEP, ...]}");
  return sub_chain (s, name ? name->text : NULL, list, x->at, depth, f);
}

/* pipelines: {NAME: [STEP, ...], ...} */
static fnx_status
pipelines (chain_step *s, const node *x, int depth, fault *f)
{
  fnx_status status = FNX_OK;
  if (x->kind == NODE_TEXT || x->n == 0)
    return chain_fault (f, x->at, "pipelines: wants a map\nwrite  {NAME: [STEP, ...], NAME: [STEP, ...]}");
  for (size_t i = 0; i < x->n && !status; i++)
    status = x->kind == NODE_MAP ? sub_chain (s, x->key[i].text, &x->item[i], x->key[i].at, depth, f)
                                 : listed_pipeline (s, &x->item[i], depth, f);
  return status;
}

static fnx_status
step_settings (chain_step *s, const node *map, int depth, fault *f)
{
  char said[72];
  for (size_t i = 0; i < map->n; i++) {
    const node *key = &map->key[i], *x = &map->item[i];
    fnx_status status;
    if (strcmp (key->text, "chain") == 0) {
      status = sub_chain (s, NULL, x, key->at, depth, f);
    } else if (strcmp (key->text, "pipelines") == 0) {
      status = pipelines (s, x, depth, f);
    } else if (strcmp (key->text, "as") == 0) {
      if (x->kind != NODE_TEXT)
        return chain_fault (f, x->at, "as: wants a name, not %s", kind_name (x));
      status = step_set_as (s, x->text + (x->text[0] == '@'), x->at, f);
    } else if (strcmp (key->text, KEY_WORD) == 0)
      status = setting (s, NULL, x, f);
    else if (!is_name (key->text, strlen (key->text)))
      status = chain_fault (f, key->at, "\"%s\" is no name of a parameter", shown (key->text, said));
    else
      status = setting (s, key->text, x, f);
    if (status) {
      fault_at (f, x->at, s->name);
      return status;
    }
  }
  return FNX_OK;
}

static fnx_status
steps (const node *list, chain *c, int depth, fault *f)
{
  if (list->kind != NODE_LIST)
    return list->kind == NODE_TEXT && list->text[0] == '\0' && depth == 0
               ? FNX_OK
               : chain_fault (f, list->at, "chain: wants a list of steps, not %s\nput  -  before each step",
                              kind_name (list));
  for (size_t i = 0; i < list->n; i++) {
    const node *x = &list->item[i], *name = x;
    if (x->kind == NODE_MAP && x->n == 1)
      name = &x->key[0];
    else if (x->kind != NODE_TEXT)
      return chain_fault (f, x->kind == NODE_MAP && x->n > 1 ? x->key[1].at : x->at,
                          "one step an item, as  - STEP: {NAME: VALUE}%s",
                          x->kind == NODE_MAP && x->n > 1 ? "\nindent the settings deeper than their step" : "");
    char said[72];
    fnx_status status = FNX_OK;
    if (!is_step_name (name->text))
      return chain_fault (f, name->at, "\"%s\" is no name of a step\nwrite  - STEP  or  - STEP: {NAME: VALUE}",
                          shown (name->text, said));
    chain_step *s = chain_add_step (c, name->text, name->at, f);
    if (!s)
      return FNX_E_NOMEM;
    if (name == x)
      continue;
    if (x->item[0].kind == NODE_MAP)
      status = step_settings (s, &x->item[0], depth, f);
    else if (x->item[0].kind == NODE_LIST || x->item[0].text[0] != '\0')
      status = setting (s, NULL, &x->item[0], f);
    if (status) {
      fault_at (f, x->item[0].at, s->name);
      return status;
    }
  }
  return FNX_OK;
}

static fnx_status
input (const node *x, chain *c, fault *f)
{
  const node *path = x;
  if (x->kind == NODE_MAP && !(path = map_find (x, "path")))
    return chain_fault (f, x->at, "an input without a path\nwrite  {path: FILE, NAME: VALUE}");
  if (path->kind != NODE_TEXT || path->text[0] == '\0')
    return chain_fault (f, path->at, "an input is a path, not %s",
                        path->kind == NODE_TEXT ? "an empty text" : kind_name (path));
  chain_step *s = chain_add_input (c, path->text, path->at, f);
  if (!s)
    return FNX_E_NOMEM;
  for (size_t i = 0; x->kind == NODE_MAP && i < x->n; i++) {
    if (&x->item[i] == path)
      continue;
    fnx_status status = is_name (x->key[i].text, strlen (x->key[i].text))
                            ? setting (s, x->key[i].text, &x->item[i], f)
                            : chain_fault (f, x->key[i].at, "no name of a parameter");
    if (status) {
      fault_at (f, x->item[i].at, s->name);
      return status;
    }
  }
  return FNX_OK;
}

static fnx_status
inputs (const node *x, chain *c, fault *f)
{
  if (x->kind != NODE_LIST)
    return x->kind == NODE_TEXT && x->text[0] == '\0' ? FNX_OK : input (x, c, f);
  for (size_t i = 0; i < x->n; i++) {
    fnx_status status = input (&x->item[i], c, f);
    if (status)
      return status;
  }
  return FNX_OK;
}

static fnx_status
seed (const node *x, chain *c, fault *f)
{
  char *end = NULL;
  errno = 0;
  if (x->kind == NODE_TEXT && x->text[0] != '\0' && x->text[strspn (x->text, "0123456789")] == '\0')
    c->seed = strtoull (x->text, &end, 10);
  if (!end || errno)
    return chain_fault (f, x->at, "the seed is a whole number from 0 to 18446744073709551615");
  c->has_seed = true;
  return FNX_OK;
}

static fnx_status
top (const node *x, chain *c, fault *f)
{
  static const char *const keys[] = { "chain", "fornix", "input", "seed", NULL };
  char said[72];
  const node *version;
  if (x->kind != NODE_MAP || !(version = map_find (x, "fornix")))
    return chain_fault (f, x->at, "this is no chain: it does not say  fornix: 1\na chain file begins with that line");
  if (version->kind != NODE_TEXT || strcmp (version->text, "1") != 0)
    return chain_fault (f, version->at, "chains of format %s are unknown to this version, which reads format 1",
                        version->kind == NODE_TEXT ? shown (version->text, said) : kind_name (version));
  for (size_t i = 0; i < x->n; i++) {
    const node *key = &x->key[i], *item = &x->item[i];
    fnx_status s = FNX_OK;
    if (!known (key->text, keys)) {
      const char *near = nearest (key->text, keys);
      shown (key->text, said);
      return near ? chain_fault (f, key->at, "there is no key \"%s\"; did you mean \"%s\"?", said, near)
                  : chain_fault (f, key->at, "there is no key \"%s\"\nkeys: fornix, seed, input, chain", said);
    }
    if (strcmp (key->text, "seed") == 0)
      s = seed (item, c, f);
    else if (strcmp (key->text, "input") == 0)
      s = inputs (item, c, f);
    else if (strcmp (key->text, "chain") == 0)
      s = steps (item, c, 0, f);
    if (s)
      return s;
  }
  return FNX_OK;
}

chain *
chain_from_tree (const node *x, const char *file_name, fault *f)
{
  chain *c = chain_new (f);
  if (!c)
    return NULL;
  if (file_name && !(c->text.file = strdup (file_name)))
    fault_memory (f);
  else if (check_keys (x, f) == FNX_OK && top (x, c, f) == FNX_OK)
    return c;
  chain_free (c);
  return NULL;
}
