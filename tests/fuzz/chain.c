/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzz target of the chain parsers.  The first byte chooses the spelling:
 * words parted by NUL bytes, YAML or JSON.  A chain that is accepted must
 * come back the same through every other spelling; a refusal must have a
 * sentence and an exit code.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/chain.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n);

static void
demand (int ok, const char *what)
{
  if (ok)
    return;
  fprintf (stderr, "%s\n", what);
  abort ();
}

static chain *
words_of (const uint8_t *data, size_t n, fault *f)
{
  char *copy = malloc (n + 1), **words = calloc (n + 1, sizeof *words);
  int n_words = 0;
  demand (copy && words, "out of memory");
  memcpy (copy, data, n);
  copy[n] = '\0';
  for (size_t i = 0; i < n; i += strlen (copy + i) + 1)
    words[n_words++] = copy + i;
  chain *c = chain_from_words (n_words, words, f);
  chain_text text = { .words = words, .n_words = n_words };
  if (!c) {
    FILE *null = fopen ("/dev/null", "w");
    if (null) {
      fault_print (null, f, &text, NULL);
      fclose (null);
    }
  }
  free (words);
  free (copy);
  return c;
}

static chain *
parse (unsigned spelling, const uint8_t *data, size_t n, fault *f)
{
  if (spelling == 0)
    return words_of (data, n, f);
  return (spelling == 1 ? chain_from_yaml : chain_from_json) ((const char *)data, n, NULL, f);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  fault f = FAULT_INIT;
  if (n == 0)
    return 0;
  chain *c = parse (data[0] % 3, data + 1, n - 1, &f);
  if (!c) {
    demand (f.text && f.exit != 0 && f.code != 0, "refused without a reason");
    fault_clear (&f);
    return 0;
  }
  char *json = chain_to_json (c), *yaml = chain_to_yaml (c), *line = chain_to_line (c);
  demand (json && yaml && line, "not written");
  const char *texts[] = { yaml, json };
  for (unsigned i = 0; i < 2; i++) {
    chain *again = parse (i + 1, (const uint8_t *)texts[i], strlen (texts[i]), &f);
    if (!again)
      fprintf (stderr, "%s\n%s\n", texts[i], f.text);
    demand (again != NULL, "what was written is refused");
    char *same = chain_to_json (again);
    if (!same || strcmp (same, json) != 0)
      fprintf (stderr, "%s%s%s", texts[i], json, same ? same : "");
    demand (same && strcmp (same, json) == 0, "what was written reads back otherwise");
    free (same);
    chain_free (again);
  }
  free (json);
  free (yaml);
  free (line);
  chain_free (c);
  return 0;
}
