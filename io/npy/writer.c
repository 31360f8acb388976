/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sink `write.npy`: the values as .npy, everything else in the .json beside
 * it, so that `npy` gives back the very same buffer.
 */
#include "io/npy/npy.h"
#include "io/writer.h"

/* Format 1: magic, version, length, dict, padded with blanks to 64 bytes. */
static bool
put_header (FILE *f, const fnx_spec *s)
{
  char dict[512];
  size_t n = (size_t)snprintf (dict, sizeof dict, "{'descr': '%cf%d', 'fortran_order': False, 'shape': (",
                               __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? '>' : '<', s->dtype.bits / 8);
  for (int k = 0; k < s->ndim; k++)
    n += (size_t)snprintf (dict + n, sizeof dict - n, "%s%lld%s", k ? " " : "", (long long)s->axes[k]->size,
                           k + 1 < s->ndim || s->ndim == 1 ? "," : "");
  n += (size_t)snprintf (dict + n, sizeof dict - n, "), }");
  while ((n + 11) % 64)
    dict[n++] = ' ';
  dict[n++] = '\n';
  unsigned char head[10] = "\223NUMPY\1";
  head[8] = (unsigned char)n, head[9] = (unsigned char)(n >> 8);
  return fwrite (head, 1, 10, f) == 10 && fwrite (dict, 1, n, f) == n;
}

static json_t *
sidecar (fnx_call *c, const fnx_buf *b, const fnx_spec *s)
{
  json_t *o = npy_spec_json (s, c->buf->events (b)), *meta = json_object ();
  for (size_t i = 0; o && c->buf->meta_key (b, i); i++) {
    const char *key = c->buf->meta_key (b, i);
    json_t *v = json_loads (c->buf->meta (b, key), JSON_DECODE_ANY, NULL);
    if (v)
      json_object_set_new (meta, key, v);
  }
  if (o && json_object_size (meta))
    json_object_set (o, "meta", meta);
  json_decref (meta);
  return o;
}

static fnx_status
put_sidecar (fnx_call *c, const fnx_step *s, const fnx_buf *b, const fnx_spec *spec)
{
  const char *name = npy_sidecar_name (c, s->path), *to = name ? c->output (c, name) : NULL;
  if (!to)
    return FNX_E_IO;
  json_t *o = sidecar (c, b, spec);
  if (!o)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  FILE *f = fopen (to, "w");
  bool ok = f && json_dumpf (o, f, JSON_INDENT (1) | JSON_REAL_PRECISION (17)) == 0 && putc ('\n', f) != EOF;
  ok = writer_close (f, ok);
  json_decref (o);
  return writer_done (c, name, ok);
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)out;
  const fnx_spec *spec = c->buf->spec (in[0]);
  const fnx_tensor *t = c->buf->read (in[0]);
  const char *to = t ? c->output (c, s->path) : NULL;
  if (!t)
    return c->fail (c, FNX_E_NOMEM, "out of memory");
  if (!to)
    return FNX_E_IO;
  size_t n = 1;
  for (int k = 0; k < spec->ndim; k++)
    n *= (size_t)spec->axes[k]->size;
  FILE *f = fopen (to, "wb");
  bool ok = f && put_header (f, spec) && fwrite (t->data, spec->dtype.bits / 8u, n, f) == n;
  fnx_status e = writer_done (c, s->path, writer_close (f, ok));
  return e ? e : put_sidecar (c, s, in[0], spec);
}

WRITER (".npy");

static const fnx_param_desc p_path = WRITER_PATH ("the file to write");
static const fnx_param_desc *const params[] = { &p_path, NULL };
static const fnx_port_desc i_any
    = { .struct_size = sizeof i_any, .name = "in", .what = "any; f8|f4", .doc = "what to write" };
static const fnx_port_desc *const inputs[] = { &i_any, NULL }, *const none[] = { NULL };

const fnx_step_desc npy_writer = {
  .struct_size = sizeof npy_writer,
  .flags = FNX_S_SINK | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.io.write.npy",
  .name = "write.npy",
  .title = "write arrays to NumPy's .npy files",
  .doc = "Writes the values in format 1 for numpy.load, and beside it a .npy.json with kind, axes, labels, columns, "
         "unit, "
         "affine and events. Reading the pair with npy gives the same buffer.",
  .cite = "NumPy Enhancement Proposal 1, numpy.lib.format",
  .example = "fornix run sim:rest ! connectivity ! write connectivity.npy",
  .inputs = inputs,
  .outputs = none,
  .params = params,
  .create = writer_create,
  .destroy = writer_destroy,
  .run = run,
  .extension = extension,
};
