/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The JSON file of the same name beside an image (BIDS).  Only keys that
 * describe the acquisition travel on: sidecars also hold names, dates and
 * serial numbers of devices, which must not leak into results.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "io/nifti/nifti.h"

static const char *const kept[] = { "RepetitionTime",
                                    "TaskName",
                                    "SliceTiming",
                                    "EchoTime",
                                    "FlipAngle",
                                    "PhaseEncodingDirection",
                                    "EffectiveEchoSpacing",
                                    "MagneticFieldStrength" };

static char *
name_of (const char *path)
{
  static const char *const suffixes[] = { ".nii.gz", ".nii", ".hdr.gz", ".img.gz", ".hdr", ".img" };
  size_t n = strlen (path);
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    size_t k = strlen (suffixes[i]);
    if (n > k && !strcmp (path + n - k, suffixes[i])) {
      char *s = malloc (n - k + 6);
      if (s) {
        memcpy (s, path, n - k);
        memcpy (s + n - k, ".json", 6);
      }
      return s;
    }
  }
  return NULL;
}

fnx_status
nifti_sidecar_read (fnx_call *c, const char *path, nifti_sidecar *s)
{
  json_error_t why;
  memset (s, 0, sizeof *s);
  if (!(s->name = name_of (path)))
    return FNX_OK;
  FILE *f = fopen (s->name, "rb");
  if (!f) {
    nifti_sidecar_free (s);
    return FNX_OK;
  }
  s->json = json_loadf (f, JSON_REJECT_DUPLICATES, &why);
  fclose (f);
  fnx_status e = FNX_OK;
  if (!s->json || !json_is_object ((json_t *)s->json)) {
    e = c->fail (c, FNX_E_IO, "%s: not a JSON object: line %d: %s\nmend it or move it away", s->name,
                 s->json ? 1 : why.line, s->json ? "an object { ... } is wanted" : why.text);
    nifti_sidecar_free (s);
    return e;
  }
  const json_t *tr = json_object_get (s->json, "RepetitionTime");
  double v = json_number_value (tr);
  if (tr && !(v > 0 && isfinite (v))) {
    e = c->fail (c, FNX_E_IO, "%s: RepetitionTime is not a number of seconds above 0", s->name);
    nifti_sidecar_free (s);
    return e;
  }
  s->tr = v;
  return FNX_OK;
}

fnx_status
nifti_sidecar_meta (fnx_call *c, const nifti_sidecar *s, fnx_buf *b)
{
  for (size_t i = 0; s->json && i < sizeof kept / sizeof *kept; i++) {
    const json_t *v = json_object_get (s->json, kept[i]);
    char *text = v ? json_dumps (v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    fnx_status e = text ? c->buf->set_meta (c, b, kept[i], text) : FNX_OK;
    free (text);
    if (e)
      return e;
  }
  return FNX_OK;
}

void
nifti_sidecar_free (nifti_sidecar *s)
{
  json_decref (s->json);
  free (s->name);
  memset (s, 0, sizeof *s);
}
