/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains as YAML files: lists, maps and scalars, no anchors, no tags, one
 * document.  Scalars keep the text that stands in the file, whatever YAML
 * thinks of it (no, on, 1e3): the step's own descriptor types them later.
 */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/chain_make.h"
#include "core/chain_tree.h"
#include "core/param.h"
#include "core/text.h"

static where
mark (yaml_mark_t m)
{
  return (where){ .line = (int)m.line + 1, .column = (int)m.column + 1 };
}

/* The next event; false and a fault on a syntax error. */
static bool
next (yaml_parser_t *p, yaml_event_t *e, fault *f)
{
  if (yaml_parser_parse (p, e))
    return true;
  if (p->error == YAML_MEMORY_ERROR)
    fault_memory (f);
  else
    chain_fault (f, mark (p->problem_mark), "not YAML: %s%s%s", p->problem ? p->problem : "unreadable",
                 p->context ? ", " : "", p->context ? p->context : "");
  return false;
}

static fnx_status
refuse (const yaml_event_t *e, fault *f)
{
  bool tag = false, anchor = e->type == YAML_ALIAS_EVENT;
  if (e->type == YAML_SCALAR_EVENT) {
    tag = e->data.scalar.tag;
    anchor = e->data.scalar.anchor;
  } else if (e->type == YAML_SEQUENCE_START_EVENT) {
    tag = e->data.sequence_start.tag;
    anchor = e->data.sequence_start.anchor;
  } else if (e->type == YAML_MAPPING_START_EVENT) {
    tag = e->data.mapping_start.tag;
    anchor = e->data.mapping_start.anchor;
  }
  if (anchor)
    return chain_fault (f, mark (e->start_mark),
                        "anchors and aliases (& and *) mean nothing here\nwrite it out, or put it between quotes");
  if (tag)
    return chain_fault (f, mark (e->start_mark),
                        "tags (! and !!) mean nothing here\nleave it out, or put it between quotes");
  return FNX_OK;
}

static fnx_status
scalar (const yaml_event_t *e, node *x, fault *f)
{
  const char *s = (const char *)e->data.scalar.value;
  x->kind = NODE_TEXT;
  if (strlen (s) != e->data.scalar.length)
    return chain_fault (f, x->at, "a text with a NUL byte inside");
  /* ~ and null are how YAML spells nothing, unless quoted */
  if (e->data.scalar.plain_implicit && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp (s, "~") == 0)
    s = "";
  x->text = strdup (s);
  return x->text ? FNX_OK : fault_memory (f);
}

/* Read the node that begins with `e`, which is deleted here. */
static fnx_status
read_node (yaml_parser_t *p, yaml_event_t *e, node *x, int depth, fault *f)
{
  char said[72];
  yaml_event_t inner;
  yaml_event_type_t end = e->type == YAML_MAPPING_START_EVENT ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
  fnx_status s = refuse (e, f);
  x->at = mark (e->start_mark);
  x->kind = end == YAML_MAPPING_END_EVENT ? NODE_MAP : NODE_LIST;
  if (!s && e->type == YAML_SCALAR_EVENT) {
    s = scalar (e, x, f);
    yaml_event_delete (e);
    return s;
  }
  yaml_event_delete (e);
  if (!s && depth > NODE_DEPTH)
    s = chain_fault (f, x->at, "nested deeper than any chain");
  while (!s) {
    if (!next (p, &inner, f))
      return FNX_E_PARAM;
    if (inner.type == end) {
      yaml_event_delete (&inner);
      break;
    }
    node *to = node_add (x);
    if (!to) {
      yaml_event_delete (&inner);
      return fault_memory (f);
    }
    if (x->kind == NODE_MAP) {
      node *key = &x->key[x->n - 1];
      if (inner.type != YAML_SCALAR_EVENT) {
        s = chain_fault (f, mark (inner.start_mark), "a key must be a text");
        yaml_event_delete (&inner);
        return s;
      }
      if ((s = read_node (p, &inner, key, depth + 1, f)) || !next (p, &inner, f))
        return s ? s : FNX_E_PARAM;
      if (strcmp (key->text, "<<") == 0)
        s = chain_fault (f, key->at, "the merge key << means nothing here\nwrite %s out", shown (key->text, said));
    }
    if (s) {
      yaml_event_delete (&inner);
      return s;
    }
    s = read_node (p, &inner, to, depth + 1, f);
  }
  return s;
}

/* The one document of the stream. */
static fnx_status
document (yaml_parser_t *p, node *root, fault *f)
{
  bool seen = false;
  fnx_status s = FNX_OK;
  *root = (node){ 0 };
  root->at = (where){ .line = 1, .column = 1 };
  if (!(root->text = strdup ("")))
    return fault_memory (f);
  for (;;) {
    yaml_event_t e;
    if (!next (p, &e, f))
      return FNX_E_PARAM;
    switch (e.type) {
    case YAML_STREAM_END_EVENT:
      yaml_event_delete (&e);
      return s;
    case YAML_SCALAR_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
    case YAML_ALIAS_EVENT:
      node_clear (root);
      if ((s = read_node (p, &e, root, 0, f)))
        return s;
      break;
    case YAML_DOCUMENT_START_EVENT:
      if (seen)
        s = chain_fault (f, mark (e.start_mark), "a second document\none file holds one chain");
      seen = true;
      /* fall through */
    default:
      yaml_event_delete (&e);
      if (s)
        return s;
    }
  }
}

chain *
chain_from_yaml (const char *bytes, size_t n, const char *file_name, fault *f)
{
  yaml_parser_t p;
  node root = { 0 };
  chain *c = NULL;
  if (!yaml_parser_initialize (&p)) {
    fault_memory (f);
    return NULL;
  }
  yaml_parser_set_input_string (&p, (const unsigned char *)bytes, n);
  if (document (&p, &root, f) == FNX_OK)
    c = chain_from_tree (&root, file_name, f);
  node_clear (&root);
  yaml_parser_delete (&p);
  return c;
}

/* ---- writing ------------------------------------------------------------- */
/* May it stand without quotes, also inside [ ] and { }?  Rather too few than
 * too many: what any YAML reader takes for a plain text or number. */
static bool
plain (const char *s)
{
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-=%:";
  static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
  size_t n = strlen (s);
  if (n == 0 || s[n - 1] == ':' || (unsigned char)*s >= 0x80 || !strchr (first, *s))
    return false;
  if (*s == '-' && (n == 1 || strchr ("-: ", s[1])))
    return false;
  for (size_t i = 0, k; i < n; i += k) {
    k = utf8_span (s + i);
    if (k == 0 || (k == 1 && !strchr (safe, s[i])))
      return false;
    /* the micro signs and accented letters; what may be a blank is quoted */
    if (k > 2 || (k == 2 && (unsigned char)s[i] == 0xc2 && (unsigned char)s[i + 1] < 0xa1))
      return false;
  }
  return true;
}

/* 'single' quotes where they can; "double" for what needs an escape. */
static void
write_scalar (text_buf *t, const char *s)
{
  bool odd = false;
  if (plain (s)) {
    text_add (t, s);
    return;
  }
  for (const char *c = s; *c; c++)
    odd |= (unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f || *c == '\'';
  if (odd)
    text_json (t, s); /* JSON texts are YAML's double-quoted ones */
  else
    text_addf (t, "'%s'", s);
}

/* a,b,c as [a, b, c] where each part may stand so; else one scalar. */
static void
write_list (text_buf *t, const char *value)
{
  size_t n;
  char **items = strchr (value, ',') ? texts_split (value, &n) : NULL;
  bool list = items != NULL;
  for (size_t i = 0; list && i < n; i++)
    list = plain (items[i]);
  if (!list)
    write_scalar (t, value);
  for (size_t i = 0; list && i < n; i++) {
    text_add (t, i > 0 ? ", " : "[");
    text_add (t, items[i]);
  }
  if (list)
    text_add (t, "]");
  if (items)
    texts_free (items, n);
}

static void
write_value (text_buf *t, const chain_arg *a)
{
  bool list = strchr (a->value, ',') != NULL;
  if (!a->tried) {
    write_list (t, a->value);
    return;
  }
  if (list && strchr (a->value, '/')) { /* of lists: delays=try:3,7/2,9 */
    text_add (t, "{try: ");
    text_json (t, a->value);
    text_add (t, "}");
  } else if (list || !plain (a->value) || strncmp (a->value, "try:", 4) == 0) {
    text_add (t, "{try: ");
    write_list (t, a->value);
    text_add (t, "}");
  } else
    text_addf (t, "try:%s", a->value);
}

/* {range: 8..32Hz, method: iir}; `path` for inputs only. */
static void
write_flow (text_buf *t, const chain_step *s, const char *path)
{
  text_add (t, "{");
  if (path) {
    text_add (t, "path: ");
    write_scalar (t, path);
  }
  for (size_t i = 0; i < s->n_args; i++) {
    text_addf (t, "%s%s: ", i > 0 || path ? ", " : "", s->args[i].name ? s->args[i].name : KEY_WORD);
    write_value (t, &s->args[i]);
  }
  if (s->as)
    text_addf (t, "%sas: %s", s->n_args > 0 || path ? ", " : "", s->as);
  text_add (t, "}");
}

static void
write_block (text_buf *t, const chain_step *s, int indent)
{
  for (size_t i = 0; i < s->n_args; i++) {
    text_addf (t, "\n%*s%s: ", indent, "", s->args[i].name ? s->args[i].name : KEY_WORD);
    write_value (t, &s->args[i]);
  }
  if (s->as)
    text_addf (t, "\n%*sas: %s", indent, "", s->as);
}

static void write_steps (text_buf *t, const chain *c, int indent);

/* chain: of one begin ... end, pipelines: of several or a named one; as a map
 * where all have names. */
static void
write_subs (text_buf *t, const chain_step *s, int indent)
{
  bool named = true;
  for (const chain *sub = s->sub; sub; sub = sub->next)
    named &= sub->label != NULL;
  if (!s->sub->next && !named) {
    text_addf (t, "\n%*schain:", indent, "");
    write_steps (t, s->sub, indent + 2);
    return;
  }
  text_addf (t, "\n%*spipelines:", indent, "");
  for (const chain *sub = s->sub; sub; sub = sub->next) {
    if (named) {
      text_addf (t, "\n%*s", indent + 2, "");
      write_scalar (t, sub->label);
      text_add (t, ":");
    } else {
      text_addf (t, "\n%*s- ", indent + 2, "");
      if (sub->label) {
        text_add (t, "name: ");
        write_scalar (t, sub->label);
        text_addf (t, "\n%*s", indent + 4, "");
      }
      text_add (t, "chain:");
    }
    write_steps (t, sub, indent + (named ? 4 : 6));
  }
}

static void
write_steps (text_buf *t, const chain *c, int indent)
{
  for (size_t i = 0; i < c->n_steps; i++) {
    const chain_step *s = &c->steps[i];
    text_addf (t, "\n%*s- ", indent, "");
    write_scalar (t, s->name);
    if (s->sub) {
      text_add (t, ":");
      write_block (t, s, indent + 4);
      write_subs (t, s, indent + 4);
    } else if (s->n_args == 1 && !s->args[0].name && !s->as && !s->args[0].tried && s->args[0].value[0]) {
      text_add (t, ": ");
      write_value (t, &s->args[0]);
    } else if (s->n_args > 0 || s->as) {
      size_t before = t->n;
      text_add (t, ": ");
      write_flow (t, s, NULL);
      if (!t->failed && indent + 2 + (int)strlen (s->name) + (int)(t->n - before) > 100) {
        t->n = before; /* too long for one line */
        text_add (t, ":");
        write_block (t, s, indent + 4);
      }
    }
  }
}

char *
chain_to_yaml (const chain *c)
{
  text_buf t = { 0 };
  text_add (&t, "fornix: 1");
  if (c->has_seed)
    text_addf (&t, "\nseed: %llu", (unsigned long long)c->seed);
  if (c->n_inputs > 0)
    text_add (&t, "\ninput:");
  for (size_t i = 0; i < c->n_inputs; i++) {
    text_add (&t, "\n  - ");
    if (c->inputs[i].n_args > 0)
      write_flow (&t, &c->inputs[i], c->inputs[i].name);
    else
      write_scalar (&t, c->inputs[i].name);
  }
  if (c->n_steps > 0)
    text_add (&t, "\nchain:");
  write_steps (&t, c, 2);
  text_add (&t, "\n");
  return text_take (&t);
}
