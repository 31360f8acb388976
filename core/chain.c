/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains as values: built by the parsers, walked by everybody, freed here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/chain_make.h"
#include "core/text.h"

const char *const step_keys[] = { "as", "chain", "pipelines", KEY_WORD, NULL };

/* A chain file larger than this is no chain file. */
#define FILE_MOST ((size_t)16 << 20)

fnx_status
chain_fault (fault *f, where at, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  fault_vset (f, EXIT_CHAIN, FNX_E_PARAM, format, ap);
  va_end (ap);
  fault_at (f, at, NULL);
  return FNX_E_PARAM;
}

bool
is_name (const char *s, size_t n)
{
  if (n == 0 || !((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || *s == '_'))
    return false;
  return strspn (s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") >= n;
}

bool
is_step_name (const char *s)
{
  return is_name (s, strlen (s)) && strcmp (s, "begin") != 0 && strcmp (s, "end") != 0;
}

bool
is_label (const char *s, size_t n)
{
  size_t first = strcspn (s, "+");
  if (first >= n)
    return is_name (s, n);
  return is_name (s, first) && strspn (s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-+") >= n;
}

chain *
chain_new (fault *f)
{
  chain *c = calloc (1, sizeof *c);
  if (!c)
    fault_memory (f);
  return c;
}

/* Room for one more in an array that doubles at powers of two. */
static void *
grow (void *items, size_t n, size_t size)
{
  if ((n & (n - 1)) != 0)
    return items;
  size_t room = n ? 2 * n : 1;
  return room > SIZE_MAX / size ? NULL : realloc (items, room * size);
}

static chain_step *
add_step (chain_step **steps, size_t *n, const char *name, where at, fault *f)
{
  chain_step *grown = grow (*steps, *n, sizeof *grown);
  char *copy = strdup (name);
  if (grown)
    *steps = grown;
  if (!grown || !copy) {
    free (copy);
    fault_memory (f);
    return NULL;
  }
  grown[*n] = (chain_step){ .name = copy, .at = at };
  return &grown[(*n)++];
}

chain_step *
chain_add_input (chain *c, const char *name, where at, fault *f)
{
  return add_step (&c->inputs, &c->n_inputs, name, at, f);
}

chain_step *
chain_add_step (chain *c, const char *name, where at, fault *f)
{
  return add_step (&c->steps, &c->n_steps, name, at, f);
}

static bool
reserved (const char *name)
{
  for (size_t i = 0; step_keys[i]; i++)
    if (strcmp (name, step_keys[i]) == 0)
      return true;
  return false;
}

fnx_status
step_add_arg (chain_step *s, const char *name, const char *value, bool tried, where at, fault *f)
{
  char said[72], first[72];
  const chain_arg *other = NULL;
  if (s->n_args >= CHAIN_ARGS)
    return chain_fault (f, at, "more than %d settings for %s", CHAIN_ARGS, s->name);
  for (size_t i = 0; i < s->n_args && !other; i++)
    if (name ? s->args[i].name && strcmp (s->args[i].name, name) == 0 : !s->args[i].name)
      other = &s->args[i];
  shown (name ? name : value, said);
  if (other && name)
    return chain_fault (f, at, "%s is given twice", said);
  if (other)
    return chain_fault (f, at,
                        "\"%s\" is a second word without a name, after \"%s\"\n"
                        "write NAME=%s, or %s,%s as one word, or  ! %s  if it is a step",
                        said, shown (other->value, first), said, first, said, said);
  if (name && reserved (name))
    return chain_fault (f, at, "\"%s\" cannot be set%s", said,
                        strcmp (name, "as") == 0 ? "\nto name the output of a step write @NAME after it" : "");
  if (tried && *value == '\0')
    return chain_fault (f, at, "try: lists no candidates\nwrite try:A,B,C, or try:1..10");

  chain_arg *grown = grow (s->args, s->n_args, sizeof *grown);
  if (!grown)
    return fault_memory (f);
  s->args = grown;
  chain_arg a = { name ? strdup (name) : NULL, strdup (value), tried, at, false };
  if (!a.value || (name && !a.name)) {
    free (a.name);
    free (a.value);
    return fault_memory (f);
  }
  grown[s->n_args++] = a;
  return FNX_OK;
}

fnx_status
step_set_as (chain_step *s, const char *as, where at, fault *f)
{
  char said[72];
  if (s->as)
    return chain_fault (f, at, "a second name for the output of %s, which is @%s already", s->name, s->as);
  if (!is_name (as, strlen (as)))
    return chain_fault (f, at, "\"@%s\" is no name\nwrite @ and a word of letters and digits", shown (as, said));
  s->as = strdup (as);
  return s->as ? FNX_OK : fault_memory (f);
}

chain *
step_add_sub (chain_step *s, const char *label, where at, fault *f)
{
  char said[72];
  chain **end = &s->sub, *sub;
  if (label && !is_label (label, strlen (label))) {
    chain_fault (f, at, "\"%s\" is no name of a begin ... end\nwrite letters, digits, and + - _ . between them",
                 shown (label, said));
    return NULL;
  }
  for (; *end; end = &(*end)->next)
    if (label && (*end)->label && strcmp (label, (*end)->label) == 0) {
      chain_fault (f, at, "%s has two begin ... end called \"%s\"", s->name, shown (label, said));
      return NULL;
    }
  if (!(sub = chain_new (f)))
    return NULL;
  if (label && !(sub->label = strdup (label))) {
    free (sub);
    fault_memory (f);
    return NULL;
  }
  return *end = sub;
}

static void
free_steps (chain_step *steps, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < steps[i].n_args; k++) {
      free (steps[i].args[k].name);
      free (steps[i].args[k].value);
    }
    free (steps[i].args);
    free (steps[i].name);
    free (steps[i].as);
    for (chain *sub = steps[i].sub, *next; sub; sub = next) {
      next = sub->next;
      chain_free (sub);
    }
  }
  free (steps);
}

void
chain_free (chain *c)
{
  if (!c)
    return;
  free_steps (c->inputs, c->n_inputs);
  free_steps (c->steps, c->n_steps);
  for (int i = 0; i < c->text.n_words; i++)
    free (c->text.words[i]);
  free (c->text.words);
  free (c->text.file);
  free (c->label);
  free (c);
}

const chain_arg *
chain_arg_find (const chain_step *s, const char *name)
{
  for (size_t i = 0; i < s->n_args; i++)
    if (s->args[i].name && strcmp (s->args[i].name, name) == 0)
      return &s->args[i];
  return NULL;
}

/* ---- what `fornix run` takes --------------------------------------------- */
static bool
ends_in (const char *s, const char *end)
{
  size_t n = strlen (s), k = strlen (end);
  return n > k && strcmp (s + n - k, end) == 0;
}

static char *
read_whole (const char *path, size_t *n, fault *f)
{
  char *bytes = NULL;
  FILE *from = fopen (path, "rb");
  if (!from) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    return NULL;
  }
  for (size_t room = 4096, got = *n = 0;; *n += got) {
    char *grown = *n == room || !bytes ? realloc (bytes, (room *= 2) + 1) : bytes;
    if (!grown) {
      fault_memory (f);
      goto fail;
    }
    bytes = grown;
    got = fread (bytes + *n, 1, room - *n, from);
    if (got == 0)
      break;
    if (*n + got > FILE_MOST) {
      fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: larger than any chain (%zu MB)", path, FILE_MOST >> 20);
      goto fail;
    }
  }
  if (ferror (from)) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    goto fail;
  }
  fclose (from);
  bytes[*n] = '\0';
  return bytes;
fail:
  free (bytes);
  fclose (from);
  return NULL;
}

/* Words behind a chain file are recordings; they replace those of the file. */
static fnx_status
replace_inputs (chain *c, int n, char *const *words, fault *f)
{
  chain *given;
  for (int i = 1; i < n; i++)
    if (words[i][0] == '!')
      return chain_fault (f, (where){ .word = i + 1 },
                          "%s holds the steps already; after it come only recordings\n"
                          "to go on from there, save the line as a file:  fornix chain LINE... > FILE.yaml",
                          words[0]);
  if (n < 2)
    return FNX_OK;
  given = chain_from_words (n - 1, words + 1, f);
  if (!given) {
    if (f && f->at.word)
      f->at.word++;
    return f ? f->code : FNX_E_PARAM;
  }
  for (size_t i = 0; i < given->n_inputs; i++) {
    given->inputs[i].at.word++;
    for (size_t k = 0; k < given->inputs[i].n_args; k++)
      given->inputs[i].args[k].at.word++;
  }
  chain_step *steps = c->inputs;
  size_t n_steps = c->n_inputs;
  c->inputs = given->inputs;
  c->n_inputs = given->n_inputs;
  given->inputs = steps;
  given->n_inputs = n_steps;
  chain_free (given);
  return chain_keep_words (c, n, words, f);
}

fnx_status
chain_keep_words (chain *c, int n, char *const *words, fault *f)
{
  c->text.words = calloc ((size_t)n + 1, sizeof *c->text.words);
  if (!c->text.words)
    return fault_memory (f);
  for (int i = 0; i < n; i++) {
    if (!(c->text.words[i] = strdup (words[i])))
      return fault_memory (f);
    c->text.n_words = i + 1;
  }
  return FNX_OK;
}

chain *
chain_read (int n, char *const *words, fault *f)
{
  bool json = n > 0 && ends_in (words[0], ".json");
  size_t size;
  if (!json && (n == 0 || !(ends_in (words[0], ".yaml") || ends_in (words[0], ".yml"))))
    return chain_from_words (n, words, f);
  char *bytes = read_whole (words[0], &size, f);
  if (!bytes) {
    fault_at (f, (where){ .word = 1 }, NULL);
    return NULL;
  }
  chain *c = (json ? chain_from_json : chain_from_yaml) (bytes, size, words[0], f);
  free (bytes);
  if (c && replace_inputs (c, n, words, f)) {
    chain_free (c);
    return NULL;
  }
  return c;
}
