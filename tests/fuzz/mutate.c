/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fuzz target without libFuzzer: seeds are mutated by counter-based dice, so
 * that a failure comes again with its number.
 *
 *   TARGET [RUNS [FIRST]]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "tests/fuzz/mutate.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n);

typedef struct dice {
  uint64_t item, i;
} dice;

static size_t
roll (dice *d, size_t n)
{
  uint32_t x;
  rng_api.bits (4, d->item, d->i++, &x, 1);
  return n ? x % n : 0;
}

/* One change: flip, insert, delete, copy a piece, cut the end, or put in a
 * piece of another seed. */
static size_t
change (dice *d, uint8_t *s, size_t n, size_t room, const mutate_seed *other)
{
  static const char *const odd[]
      = { "\xff", "\n", "{", "[", "\"", "-1", "99999999999999999999", "\x80", "try:", "  ", "!" };
  size_t at = roll (d, n + 1), k = 1 + roll (d, 16), from;
  switch (roll (d, 7)) {
  case 0:
    if (at < n)
      s[at] = (uint8_t)(s[at] ^ 1u << roll (d, 8));
    return n;
  case 1:
    if (at < n)
      s[at] = (uint8_t)roll (d, 256);
    return n;
  case 2:
    k = at + k > n ? n - at : k;
    memmove (s + at, s + at + k, n - at - k);
    return n - k;
  case 3:
    return roll (d, 8) ? n : at;
  case 4: {
    const char *o = odd[roll (d, sizeof odd / sizeof *odd)];
    k = strlen (o);
    if (n + k > room)
      return n;
    memmove (s + at + k, s + at, n - at);
    memcpy (s + at, o, k);
    return n + k;
  }
  case 5:
    from = roll (d, n);
    k = from + k > n ? n - from : k;
    k = at + k > n ? n - at : k;
    memmove (s + at, s + from, k);
    return n;
  default:
    from = roll (d, other->n);
    k = from + k > other->n ? other->n - from : k;
    if (n + k > room)
      return n;
    memmove (s + at + k, s + at, n - at);
    memcpy (s + at, (const uint8_t *)other->bytes + from, k);
    return n + k;
  }
}

int
mutate_main (int argc, char **argv, const mutate_seed *seeds, size_t n_seeds)
{
  size_t most = 0, runs = argc > 1 ? strtoull (argv[1], NULL, 10) : 20000,
         first = argc > 2 ? strtoull (argv[2], NULL, 10) : 0;
  for (size_t i = 0; i < n_seeds; i++)
    most = seeds[i].n > most ? seeds[i].n : most;
  size_t room = 2 * most + 256;
  for (size_t i = 0; i < n_seeds; i++)
    LLVMFuzzerTestOneInput (seeds[i].bytes, seeds[i].n);
  for (size_t run = first; run < first + runs; run++) {
    dice d = { run, 0 };
    const mutate_seed *seed = &seeds[roll (&d, n_seeds)];
    uint8_t *s = malloc (room), *exact;
    if (!s)
      return 1;
    size_t n = seed->n;
    memcpy (s, seed->bytes, n);
    for (size_t k = 1 + roll (&d, 6); k > 0; k--)
      n = change (&d, s, n, room, &seeds[roll (&d, n_seeds)]);
    /* an allocation of just that size, so that reading beyond it is seen */
    exact = malloc (n ? n : 1);
    if (!exact)
      return 1;
    memcpy (exact, s, n);
    free (s);
    LLVMFuzzerTestOneInput (exact, n);
    free (exact);
  }
  printf ("ok 1 - %zu mutated inputs\n1..1\n", runs);
  return 0;
}
