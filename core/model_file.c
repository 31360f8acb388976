/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fitted chains as files: see model_file.h for the layout.  The checksum finds
 * accidents; whoever wrote the bytes can forge it, so nothing is believed for
 * its sake: every length is held against what is there.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/model_file.h"
#include "core/sha256.h"
#include "core/text.h"

#define FORMAT 1u
#define HEAD 24u    /* bytes before the first section */
#define SECTION 16u /* bytes before a section's content */
#define DIGEST 32u
#define MOST_STEPS 4096u

static const unsigned char magic[8] = { 0x89, 'F', 'N', 'X', '\r', '\n', 0x1a, '\n' };

/* ---- writing ------------------------------------------------------------------- */

static void
add_int (text_buf *t, uint64_t value, int bytes)
{
  unsigned char b[8];
  for (int i = 0; i < bytes; i++)
    b[i] = (unsigned char)(value >> 8 * i);
  text_addn (t, (const char *)b, (size_t)bytes);
}

static void
add_section (text_buf *t, const char tag[4], const void *bytes, size_t n)
{
  text_addn (t, tag, 4);
  add_int (t, 0, 4);
  add_int (t, n, 8);
  if (n > 0)
    text_addn (t, bytes, n);
}

static void
add_step (text_buf *t, const model_step *s)
{
  text_buf head = { 0 };
  text_add (&head, "{\"id\":");
  text_json (&head, s->id);
  text_add (&head, ",\"path\":");
  text_json (&head, s->path);
  text_addf (&head, ",\"revision\":%u,\"state\":%u}", s->revision, s->state_version);
  char *json = text_take (&head);
  if (!json) {
    t->failed = true;
    return;
  }
  add_section (t, "STP ", json, strlen (json));
  add_section (t, "MDL ", s->bytes, s->n);
  free (json);
}

fnx_status
model_file_bytes (const model_file *m, void **bytes, size_t *n, fault *f)
{
  text_buf t = { 0 };
  unsigned char digest[DIGEST];
  sha256 sha;
  size_t total = HEAD + 3 * SECTION + DIGEST;
  const char *provenance = m->provenance ? m->provenance : "{}";
  *bytes = NULL;
  text_addn (&t, (const char *)magic, sizeof magic);
  add_int (&t, FORMAT, 4);
  add_int (&t, m->n_steps, 4);
  add_int (&t, 0, 8); /* of the whole: known below */
  add_section (&t, "CHN ", m->chain, strlen (m->chain));
  add_section (&t, "INP ", m->input, strlen (m->input));
  add_section (&t, "PRV ", provenance, strlen (provenance));
  for (size_t i = 0; i < m->n_steps; i++)
    add_step (&t, &m->steps[i]);
  if (t.failed || m->n_steps > MOST_STEPS) {
    free (t.s);
    return m->n_steps > MOST_STEPS ? fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "%zu fitted steps; a model takes up to %u",
                                                m->n_steps, MOST_STEPS)
                                   : fault_memory (f);
  }
  total = t.n + DIGEST;
  for (int i = 0; i < 8; i++)
    t.s[16 + i] = (char)(unsigned char)(total >> 8 * i);
  sha256_begin (&sha);
  sha256_add (&sha, t.s, t.n);
  sha256_end (&sha, digest);
  text_addn (&t, (const char *)digest, DIGEST);
  if (t.failed) {
    free (t.s);
    return fault_memory (f);
  }
  *bytes = t.s;
  *n = t.n;
  return FNX_OK;
}

fnx_status
model_file_save (const model_file *m, output_set *outputs, const char *path, fault *f)
{
  void *bytes = NULL;
  size_t n = 0;
  fnx_status status = model_file_bytes (m, &bytes, &n, f);
  if (status != FNX_OK)
    return status;
  const char *temp = output_open (outputs, path, f);
  FILE *to = temp ? fopen (temp, "wb") : NULL;
  bool bad = !to || fwrite (bytes, 1, n, to) != n;
  int error = errno;
  if (to && fclose (to) && !bad) {
    bad = true;
    error = errno;
  }
  if (bad)
    status = temp ? output_fault (path, error, NULL, f) : FNX_E_IO;
  free (bytes);
  return status;
}

/* ---- reading ------------------------------------------------------------------- */

typedef struct reader {
  const unsigned char *bytes;
  size_t n, at; /* n: up to the digest */
  const char *name;
  fault *f;
} reader;

static uint64_t
int_at (const unsigned char *b, int bytes)
{
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; i--)
    value = value << 8 | b[i];
  return value;
}

static fnx_status
malformed (const reader *r, const char *what)
{
  return fault_set (r->f, EXIT_INPUT, FNX_E_STATE,
                    "%s: a malformed model: %s, at byte %zu\nfit it again with  fornix train", r->name, what, r->at);
}

/* The next section; its content stays in the file's bytes. */
static fnx_status
section (reader *r, const char tag[4], const unsigned char **content, size_t *n)
{
  if (r->n - r->at < SECTION)
    return malformed (r, "a section is missing");
  if (memcmp (r->bytes + r->at, tag, 4) != 0 || int_at (r->bytes + r->at + 4, 4) != 0)
    return malformed (r, "another section was expected");
  uint64_t length = int_at (r->bytes + r->at + 8, 8);
  if (length > r->n - r->at - SECTION)
    return malformed (r, "a section is longer than the file");
  *content = r->bytes + r->at + SECTION;
  *n = (size_t)length;
  r->at += SECTION + *n;
  return FNX_OK;
}

/* A section that must be a JSON object, as a text of its own. */
static fnx_status
json_section (reader *r, const char tag[4], char **text, json_t **object)
{
  const unsigned char *content;
  size_t n, at = r->at;
  json_error_t error;
  fnx_status status = section (r, tag, &content, &n);
  if (status != FNX_OK)
    return status;
  json_t *o = memchr (content, 0, n) ? NULL : json_loadb ((const char *)content, n, JSON_REJECT_DUPLICATES, &error);
  if (!json_is_object (o)) {
    json_decref (o);
    r->at = at;
    return malformed (r, "a section is no JSON object");
  }
  if (object)
    *object = o;
  else
    json_decref (o);
  if (text && !(*text = strndup ((const char *)content, n)))
    return fault_memory (r->f);
  return FNX_OK;
}

static bool
small_int (const json_t *o, const char *key, uint32_t *value)
{
  const json_t *v = json_object_get (o, key);
  json_int_t i = json_integer_value (v);
  *value = (uint32_t)i;
  return json_is_integer (v) && i >= 0 && i <= UINT32_MAX;
}

static fnx_status
read_step (reader *r, model_step *s)
{
  const unsigned char *content;
  json_t *o = NULL;
  size_t at = r->at;
  fnx_status status = json_section (r, "STP ", NULL, &o);
  if (status != FNX_OK)
    return status;
  const char *id = json_string_value (json_object_get (o, "id")),
             *path = json_string_value (json_object_get (o, "path"));
  if (!id || !path || !small_int (o, "revision", &s->revision) || !small_int (o, "state", &s->state_version)) {
    r->at = at;
    status = malformed (r, "a step has no id, path, revision or state");
  } else if (!(s->id = strdup (id)) || !(s->path = strdup (path)))
    status = fault_memory (r->f);
  else if ((status = section (r, "MDL ", &content, &s->n)) == FNX_OK) {
    if (!(s->bytes = malloc (s->n + 1)))
      status = fault_memory (r->f);
    else
      memcpy (s->bytes, content, s->n);
  }
  json_decref (o);
  return status;
}

/* Is this a whole model that this program reads?  In the order in which people
 * can do something about it. */
static fnx_status
check_whole (reader *r)
{
  unsigned char digest[DIGEST];
  sha256 sha;
  const char *name = r->name;
  size_t n = r->n;
  if (n < 4 || memcmp (r->bytes, magic, 4) != 0)
    return fault_set (r->f, EXIT_INPUT, FNX_E_STATE,
                      "%s: this is no model\nfornix train CHAIN ... -o NAME.fnx  makes one", name);
  if (n >= sizeof magic && memcmp (r->bytes, magic, sizeof magic) != 0)
    return fault_set (r->f, EXIT_INPUT, FNX_E_STATE,
                      "%s: damaged: line ends were changed (a text-mode copy)\ncopy it again in binary mode", name);
  if (n >= 12 && int_at (r->bytes + 8, 4) > FORMAT)
    return fault_set (r->f, EXIT_INPUT, FNX_E_STATE,
                      "%s: made by a newer Fornix (format %llu; this one reads up to %u)\nuse that Fornix, or fit the "
                      "model again with this one",
                      name, (unsigned long long)int_at (r->bytes + 8, 4), FORMAT);
  if (n < HEAD + DIGEST)
    return fault_set (r->f, EXIT_INPUT, FNX_E_STATE, "%s: cut short after %zu bytes\ncopy it again", name, n);
  uint64_t total = int_at (r->bytes + 16, 8);
  if (total > n)
    return fault_set (r->f, EXIT_INPUT, FNX_E_STATE, "%s: cut short: %zu of %llu bytes are there\ncopy it again", name,
                      n, (unsigned long long)total);
  if (total < n)
    return fault_set (r->f, EXIT_INPUT, FNX_E_STATE, "%s: damaged: %llu bytes too long\ncopy it again", name,
                      (unsigned long long)(n - total));
  sha256_begin (&sha);
  sha256_add (&sha, r->bytes, n - DIGEST);
  sha256_end (&sha, digest);
  if (memcmp (digest, r->bytes + n - DIGEST, DIGEST) != 0)
    return fault_set (r->f, EXIT_INPUT, FNX_E_STATE, "%s: damaged: its checksum is wrong\ncopy it again", name);
  if (int_at (r->bytes + 8, 4) != FORMAT)
    return malformed (r, "there is no such format");
  return FNX_OK;
}

model_file *
model_file_parse (const void *bytes, size_t n, const char *name, fault *f)
{
  reader r = { .bytes = bytes, .n = n, .name = name, .f = f };
  model_file *m = NULL;
  if (check_whole (&r) != FNX_OK)
    return NULL;
  r.n -= DIGEST;
  r.at = HEAD;
  uint64_t n_steps = int_at (r.bytes + 12, 4);
  if (n_steps > MOST_STEPS || n_steps > r.n / (2 * SECTION)) {
    malformed (&r, "more steps than the file can hold");
    return NULL;
  }
  m = calloc (1, sizeof *m);
  if (m)
    m->steps = calloc ((size_t)n_steps + 1, sizeof *m->steps);
  if (!m || !m->steps) {
    fault_memory (f);
    goto fail;
  }
  if (json_section (&r, "CHN ", &m->chain, NULL) != FNX_OK || json_section (&r, "INP ", &m->input, NULL) != FNX_OK
      || json_section (&r, "PRV ", &m->provenance, NULL) != FNX_OK)
    goto fail;
  for (; m->n_steps < n_steps; m->n_steps++)
    if (read_step (&r, &m->steps[m->n_steps]) != FNX_OK) {
      m->n_steps++; /* it may hold something */
      goto fail;
    }
  if (r.at != r.n) {
    malformed (&r, "something follows the last section");
    goto fail;
  }
  return m;
fail:
  model_file_free (m);
  return NULL;
}

model_file *
model_file_load (const char *path, fault *f)
{
  model_file *m = NULL;
  unsigned char *bytes = NULL;
  struct stat st;
  FILE *from = fopen (path, "rb");
  if (!from) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path,
               errno == ENOENT   ? "there is no such file"
               : errno == EACCES ? "no permission to read it"
                                 : strerror (errno));
    return NULL;
  }
  if (fstat (fileno (from), &st) || !S_ISREG (st.st_mode))
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: this is not a file", path);
  else if (!(bytes = malloc ((size_t)st.st_size + 1)))
    fault_memory (f);
  else {
    size_t n = fread (bytes, 1, (size_t)st.st_size, from);
    if (ferror (from))
      fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: the disk failed while reading it", path);
    else
      m = model_file_parse (bytes, n, path, f);
  }
  free (bytes);
  fclose (from);
  return m;
}

void
model_file_free (model_file *m)
{
  if (!m)
    return;
  for (size_t i = 0; i < m->n_steps; i++) {
    free (m->steps[i].id);
    free (m->steps[i].path);
    free (m->steps[i].bytes);
  }
  free (m->steps);
  free (m->chain);
  free (m->input);
  free (m->provenance);
  free (m);
}

bool
model_file_is (const char *path)
{
  unsigned char head[4];
  FILE *from = fopen (path, "rb");
  bool is = from && fread (head, 1, sizeof head, from) == sizeof head && !memcmp (head, magic, sizeof head);
  if (from)
    fclose (from);
  return is;
}
