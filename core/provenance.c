/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/provenance.h"
#include "core/sha256.h"
#include "core/text.h"

bool
chain_keeps (const chain *c)
{
  for (size_t i = 0; c && i < c->n_steps; i++) {
    const fnx_step_desc *d = c->steps[i].desc;

    if (d && (d->flags & FNX_S_SINK || !strcmp (d->id, "org.fornix.host.write")))
      return true;
  }
  return false;
}

/* The digest of a file; false if it cannot be read (a generator, a pipe). */
static bool
digest_file (const char *path, char hex[65], uint64_t *bytes)
{
  static const size_t room = 1 << 20;
  unsigned char *part = malloc (room), digest[32];
  struct stat st;
  FILE *in = !stat (path, &st) && S_ISREG (st.st_mode) ? fopen (path, "rb") : NULL;
  bool ok = part && in;
  sha256 s;

  sha256_begin (&s);
  *bytes = 0;
  for (size_t n; ok && (n = fread (part, 1, room, in)) > 0; *bytes += n)
    sha256_add (&s, part, n);
  ok = ok && !ferror (in);
  if (in)
    fclose (in);
  free (part);
  sha256_end (&s, digest);
  sha256_hex (digest, hex);
  return ok;
}

static void
put_inputs (text_buf *t, const recording *r, size_t n)
{
  bool first = true;

  text_add (t, "\"inputs\":[");
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < r[i].n_sources; k++) {
      const char *path = r[i].sources[k].name, *base = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;
      char hex[65];
      uint64_t bytes;

      text_add (t, first ? "{\"name\":" : ",{\"name\":");
      text_json (t, base);
      if (digest_file (path, hex, &bytes))
        text_addf (t, ",\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"", bytes, hex);
      text_add (t, "}");
      first = false;
    }
  text_add (t, "]");
}

static void
put_steps (text_buf *t, const chain *c, bool *first)
{
  for (size_t i = 0; i < c->n_steps; i++) {
    const fnx_step_desc *d = c->steps[i].desc;

    if (d) {
      text_add (t, *first ? "{\"id\":" : ",{\"id\":");
      text_json (t, d->id);
      text_addf (t, ",\"revision\":%u}", (unsigned)d->revision);
      *first = false;
    }
    for (const chain *sub = c->steps[i].sub; sub; sub = sub->next)
      put_steps (t, sub, first);
  }
}

char *
provenance_of (const chain *c, uint64_t seed, const recording *r, size_t n)
{
  text_buf t = { NULL, 0, 0, false };
  bool first = true;

  text_add (&t, "{");
  if (c) {
    /* The chain without the paths of its inputs: equal analyses have equal
     * digests wherever the files lie. */
    chain bare = *c;
    char *json, hex[65];

    bare.inputs = NULL;
    bare.n_inputs = 0;
    json = chain_to_json (&bare);
    if (!json)
      return NULL;
    json[strcspn (json, "\n")] = 0;
    text_addf (&t, "\"chain\":%s,\"chain_sha256\":\"%s\",", json, sha256_of (json, strlen (json), hex));
    free (json);
  }
  put_inputs (&t, r, n);
  text_addf (&t, ",\"program\":\"fornix %s\",\"seed\":%" PRIu64, PACKAGE_VERSION, seed);
  if (c) {
    text_add (&t, ",\"steps\":[");
    put_steps (&t, c, &first);
    text_add (&t, "]");
  }
  text_add (&t, "}");
  return text_take (&t);
}

fnx_status
provenance_put (fnx_buf *b, const char *json, fault *f)
{
  if (!json || buffer_set_meta (b, "Provenance", json) == FNX_OK)
    return FNX_OK;
  return fault_memory (f);
}
