/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "core/prepared.h"
#include "core/text.h"

typedef struct entry {
  char *key; /* the steps up to this one, as they are set */
  const fnx_buf *rows;
} entry;

struct prepared {
  entry *x;
  size_t n;
};

prepared *
prepared_new (fault *f)
{
  prepared *p = calloc (1, sizeof *p);

  if (!p)
    fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  return p;
}

void
prepared_free (prepared *p)
{
  for (size_t i = 0; p && i < p->n; i++) {
    buffer_unref (p->x[i].rows);
    free (p->x[i].key);
  }
  if (p)
    free (p->x);
  free (p);
}

/* Ids, settings and wiring of steps 0 .. k. */
static char *
key_of (const pipeline *p, int k)
{
  text_buf t = { NULL, 0, 0, false };

  for (int i = 0; i <= k; i++) {
    const node *n = &p->sub.nodes[i];
    char *set = n->params ? params_json (n->params) : NULL;

    text_addf (&t, "%s %s", n->desc->id, set ? set : "");
    for (int port = 0; port < n->n_in; port++)
      text_addf (&t, " %d", n->from[port]);
    text_add (&t, "\n");
    if (n->params && !set)
      t.failed = true;
    free (set);
  }
  return text_take (&t);
}

static const fnx_buf *
find (const prepared *p, const char *key)
{
  for (size_t i = 0; i < p->n; i++)
    if (!strcmp (p->x[i].key, key))
      return p->x[i].rows;
  return NULL;
}

fnx_status
prepared_rows (prepared *p, const pipeline *pipe, int k, const fnx_buf *const *in, const fnx_buf **rows, fault *f)
{
  const node *n = &pipe->sub.nodes[k];
  char *key = p ? key_of (pipe, k) : NULL;
  entry *more = key ? realloc (p->x, (p->n + 1) * sizeof *more) : NULL;
  fnx_status st = FNX_OK;

  *rows = NULL;
  if (!p)
    return node_prepare (&pipe->sub, n, in, rows, f);
  if (more)
    p->x = more;
  else
    st = fault_set (f, EXIT_DATA, FNX_E_NOMEM, "not enough memory");
  if (st == FNX_OK && (*rows = find (p, key)))
    buffer_ref (*rows);
  else if (st == FNX_OK && (st = node_prepare (&pipe->sub, n, in, rows, f)) == FNX_OK) {
    more[p->n++] = (entry){ key, buffer_ref (*rows) };
    key = NULL;
  }
  free (key);
  return st;
}
