/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "core/memo.h"

typedef struct shared {
  char *key; /* the steps up to this one, as canonical JSON */
  size_t times;
  const fnx_buf *out[MAX_PORTS];
} shared;

struct memo {
  shared *x;
  size_t n;
};

/* Do steps 0 .. k run once for all items, whatever the fold? */
static bool
is_common (const pipeline *p, int k)
{
  for (int i = 0; i <= k; i++)
    if (p->sub.nodes[i].estimator || !(p->sub.nodes[i].desc->flags & FNX_S_ITEMWISE) || p->tried[i].n_tried)
      return false;
  return true;
}

static char *
key_of (const pipeline *p, int k)
{
  const chain head = { .steps = p->steps->steps, .n_steps = (size_t)k + 1 };

  return chain_to_json (&head);
}

static shared *
find (memo *m, const char *key)
{
  for (size_t i = 0; key && i < m->n; i++)
    if (!strcmp (m->x[i].key, key))
      return &m->x[i];
  return NULL;
}

/* Count the step; consumes the key. */
static bool
count (memo *m, char *key)
{
  shared *x = find (m, key), *more;

  if (x || !key) {
    if (x)
      x->times++;
    free (key);
    return x != NULL;
  }
  more = realloc (m->x, (m->n + 1) * sizeof *more);
  if (!more) {
    free (key);
    return false;
  }
  m->x = more;
  more[m->n++] = (shared){ .key = key, .times = 1 };
  return true;
}

memo *
memo_new (const pipeline *p, size_t n)
{
  memo *m = n > 1 ? calloc (1, sizeof *m) : NULL;
  bool ok = m != NULL, any = false;

  for (size_t i = 0; ok && i < n; i++)
    for (int k = 0; ok && k < p[i].sub.n_nodes && is_common (&p[i], k); k++)
      ok = count (m, key_of (&p[i], k));
  for (size_t i = 0; ok && i < m->n; i++)
    any = any || m->x[i].times > 1;
  if (ok && any)
    return m;
  memo_free (m);
  return NULL;
}

void
memo_free (memo *m)
{
  for (size_t i = 0; m && i < m->n; i++) {
    for (int o = 0; o < MAX_PORTS; o++)
      buffer_unref (m->x[i].out[o]);
    free (m->x[i].key);
  }
  if (m)
    free (m->x);
  free (m);
}

const fnx_buf **
memo_place (memo *m, const pipeline *p, int k)
{
  char *key = m && is_common (p, k) ? key_of (p, k) : NULL;
  shared *x = key ? find (m, key) : NULL;

  free (key);
  return x && x->times > 1 ? x->out : NULL;
}
