/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains as words of a command line.  The words come from the shell and are
 * never cut again, so there is no quoting of ours:
 *
 *   line  = { path | scheme:rest  { name=value } }  { "!" step }
 *   step  = name { word | name=value | "@"name | "begin" [ name":" ] step { "!" step } "end" }
 *   value = text | "try:" candidates
 */
#include <stdlib.h>
#include <string.h>

#include "core/chain_make.h"
#include "core/text.h"

typedef struct line {
  char *const *words;
  int n, i;
  fault *f;
} line;

static where
at (int i)
{
  return (where){ .word = i + 1 };
}

static bool
is (const line *l, const char *word)
{
  return l->i < l->n && strcmp (l->words[l->i], word) == 0;
}

/* Words that cannot stand anywhere. */
static fnx_status
check_word (const line *l)
{
  const char *w = l->words[l->i];
  char said[72];
  if (*w == '\0')
    return chain_fault (l->f, at (l->i), "an empty word\nleave it out, or put something between the quotes");
  if (*w == '!' && w[1] != '\0')
    return chain_fault (l->f, at (l->i), "\"%s\" is no word of a chain\nput a space after !", shown (w, said));
  return FNX_OK;
}

/* name=value, or a word without a name, for `s`. */
static fnx_status
argument (line *l, chain_step *s)
{
  const char *w = l->words[l->i], *equals = strchr (w, '='), *value = w;
  char *name = NULL;
  if (equals && is_name (w, (size_t)(equals - w))) {
    name = strndup (w, (size_t)(equals - w));
    if (!name)
      return fault_memory (l->f);
    value = equals + 1;
  }
  bool tried = strncmp (value, "try:", 4) == 0;
  fnx_status status = step_add_arg (s, name, tried ? value + 4 : value, tried, at (l->i), l->f);
  fault_at (l->f, at (l->i), s->name);
  free (name);
  l->i++;
  return status;
}

static fnx_status steps (line *l, chain *c, int depth);

/* begin name: step ! step end; l->i is at "begin". */
static fnx_status
sub_chain (line *l, chain_step *s, int depth)
{
  int begin = l->i++;
  char *label = NULL;
  if (depth >= CHAIN_DEPTH)
    return chain_fault (l->f, at (begin), "more than %d begin inside each other", CHAIN_DEPTH);
  if (l->i < l->n && *l->words[l->i] && l->words[l->i][strlen (l->words[l->i]) - 1] == ':') {
    label = strndup (l->words[l->i], strlen (l->words[l->i]) - 1);
    if (!label)
      return fault_memory (l->f);
    l->i++;
  }
  chain *sub = step_add_sub (s, label, at (l->i - 1), l->f);
  free (label);
  if (!sub)
    return l->f->code;
  fnx_status status = steps (l, sub, depth + 1);
  if (status)
    return status;
  if (!is (l, "end"))
    return chain_fault (l->f, at (begin), "begin has no end\nwrite end after the last step that belongs to %s",
                        s->name);
  l->i++;
  return FNX_OK;
}

/* One step with everything that belongs to it; stops at "!", "end" or behind
 * the last word. */
static fnx_status
step (line *l, chain *c, int depth)
{
  char said[72];
  fnx_status status = check_word (l);
  const char *w = l->words[l->i];
  const char *equals = strchr (w, '=');
  if (status)
    return status;
  if (strcmp (w, "begin") == 0 || *w == '@' || (equals && is_name (w, (size_t)(equals - w))))
    return chain_fault (l->f, at (l->i), "a step begins with its name, not with \"%s\"\nwrite  ! STEP %s",
                        shown (w, said), shown (w, said));
  if (!is_step_name (w))
    return chain_fault (l->f, at (l->i), "\"%s\" is no name of a step\nwrite  ! STEP name=value", shown (w, said));
  chain_step *s = chain_add_step (c, w, at (l->i), l->f);
  if (!s)
    return FNX_E_NOMEM;
  for (l->i++; l->i < l->n && !is (l, "!") && !is (l, "end");) {
    w = l->words[l->i];
    if ((status = check_word (l)))
      return status;
    if (strcmp (w, "begin") == 0)
      status = sub_chain (l, s, depth);
    else if (*w == '@') {
      status = step_set_as (s, w + 1, at (l->i), l->f);
      l->i++;
    } else
      status = argument (l, s);
    if (status)
      return status;
  }
  return FNX_OK;
}

/* step { "!" step }, at least one. */
static fnx_status
steps (line *l, chain *c, int depth)
{
  for (;;) {
    int before = l->i - 1; /* the "!" or "begin" that wants a step */
    const char *after = l->words[before];
    if (l->i == l->n || is (l, "end"))
      return chain_fault (l->f, at (before), "no step follows %s\nwrite a step, or leave out the %s", after, after);
    if (is (l, "!") && *after == '!')
      return chain_fault (l->f, at (l->i), "two ! with no step between them\nleave out one !");
    if (is (l, "!"))
      return chain_fault (l->f, at (l->i), "no step between %s and !\nleave out this !", after);
    fnx_status status = step (l, c, depth);
    if (status)
      return status;
    if (is (l, "end") && depth == 0)
      return chain_fault (l->f, at (l->i), "end without a begin");
    if (!is (l, "!"))
      return FNX_OK;
    l->i++;
  }
}

/* Recordings, each with the arguments of its reader. */
static fnx_status
inputs (line *l, chain *c)
{
  char said[72];
  chain_step *last = NULL;
  while (l->i < l->n && !is (l, "!")) {
    const char *w = l->words[l->i], *equals = strchr (w, '=');
    fnx_status status = check_word (l);
    if (status)
      return status;
    if (is (l, "begin") || is (l, "end") || *w == '@')
      return chain_fault (
          l->f, at (l->i),
          "\"%s\" stands before the first !\nwrite  RECORDING... ! STEP ...; a file of that name is ./%s",
          shown (w, said), said);
    if (equals && is_name (w, (size_t)(equals - w))) {
      if (!last)
        return chain_fault (l->f, at (l->i), "%s stands before any recording\na file of that name is ./%s",
                            shown (w, said), said);
      if (strncmp (w, "path=", 5) == 0)
        return chain_fault (l->f, at (l->i), "%s: the recording is named already\nleave out path=", shown (w, said));
      if ((status = argument (l, last)))
        return status;
      continue;
    }
    if (!(last = chain_add_input (c, w, at (l->i), l->f)))
      return FNX_E_NOMEM;
    l->i++;
  }
  return FNX_OK;
}

chain *
chain_from_words (int n, char *const *words, fault *f)
{
  line l = { words, n, 0, f };
  chain *c = chain_new (f);
  if (!c)
    return NULL;
  fnx_status status = chain_keep_words (c, n, words, f);
  if (!status)
    status = inputs (&l, c);
  if (!status && l.i < l.n) {
    l.i++;
    status = steps (&l, c, 0);
  }
  if (status) {
    chain_free (c);
    return NULL;
  }
  return c;
}

/* ---- and back ------------------------------------------------------------ */
static void
write_word (text_buf *t, const char *before, const char *word)
{
  text_buf joined = { 0 };
  text_add (&joined, before);
  text_add (&joined, word);
  char *s = text_take (&joined);
  if (s)
    text_shell (t, s);
  else
    t->failed = true;
  free (s);
}

/* A word that would be taken for something else, where a path or a value
 * without a name is meant, is kept apart by ./ */
static bool
ambiguous (const char *w)
{
  const char *equals = strchr (w, '=');
  return strcmp (w, "begin") == 0 || strcmp (w, "end") == 0 || *w == '@' || *w == '!'
         || (equals && is_name (w, (size_t)(equals - w)));
}

static void
write_args (text_buf *t, const chain_step *s)
{
  for (size_t i = 0; i < s->n_args; i++) {
    const chain_arg *a = &s->args[i];
    text_buf w = { 0 };
    if (a->name)
      text_addf (&w, "%s=", a->name);
    text_add (&w, a->tried ? "try:" : !a->name && ambiguous (a->value) ? "./" : "");
    char *before = text_take (&w);
    text_add (t, " ");
    if (before)
      write_word (t, before, a->value);
    else
      t->failed = true;
    free (before);
  }
}

static void
write_steps (text_buf *t, const chain *c)
{
  for (size_t i = 0; i < c->n_steps; i++) {
    const chain_step *s = &c->steps[i];
    if (i > 0)
      text_add (t, " ! ");
    text_shell (t, s->name);
    write_args (t, s);
    for (const chain *sub = s->sub; sub; sub = sub->next) {
      text_add (t, " begin ");
      if (sub->label)
        text_addf (t, "%s: ", sub->label);
      write_steps (t, sub);
      text_add (t, " end");
    }
    if (s->as) {
      text_add (t, " ");
      write_word (t, "@", s->as);
    }
  }
}

char *
chain_to_line (const chain *c)
{
  text_buf t = { 0 };
  for (size_t i = 0; i < c->n_inputs; i++) {
    write_word (&t, ambiguous (c->inputs[i].name) ? "./" : "", c->inputs[i].name);
    write_args (&t, &c->inputs[i]);
    if (i + 1 < c->n_inputs || c->n_steps > 0)
      text_add (&t, " ");
  }
  if (c->n_steps > 0)
    text_add (&t, "! ");
  write_steps (&t, c);
  return text_take (&t);
}
