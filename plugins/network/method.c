/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ways to make connectivity of series; `connectivity` offers all of them.
 */
#include <string.h>

#include "plugins/network/network.h"

/* ---- Pearson's correlation ---------------------------------------------------- */
typedef struct plain {
  double *out;
  int64_t n;
} plain;

/* A tile into its place and, transposed, into that of its mirror. */
static fnx_status
keep (void *arg, const net_tile *k)
{
  const plain *p = arg;
  for (int64_t i = 0; i < k->ni; i++)
    for (int64_t j = k->bi == k->bj ? i : 0; j < k->nj; j++) {
      double r = k->r8[i * k->ld + j];
      r = r > 1 ? 1 : r < -1 ? -1 : r; /* rounding must not leave [-1, 1] */
      p->out[(k->i0 + i) * p->n + k->j0 + j] = r;
      p->out[(k->j0 + j) * p->n + k->i0 + i] = r;
    }
  return FNX_OK;
}

static fnx_status
correlation (fnx_call *c, const double *x, int64_t n, int64_t t, double *out, uint8_t *state)
{
  double *z = c->scratch (c, (size_t)n * (size_t)t * sizeof *z);
  if (!z)
    return FNX_E_NOMEM;
  fnx_status e = net_unit_rows (c, x, false, n, t, z, state);
  if (e || (e = net_tiles (c, z, NULL, n, t, 1, keep, &(plain){ out, n })))
    return e;
  for (int64_t i = 0; i < n; i++)
    out[i * n + i] = state[i] == ROW_GOOD;
  return FNX_OK;
}

const net_method net_methods[] = {
  { "correlation", "Pearson's correlation", correlation },
};
const char *const net_method_names[] = { "correlation", NULL };
