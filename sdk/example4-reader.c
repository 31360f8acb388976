/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Example 4: a reader.  A source whose files are text, such as
 *
 *     labtext rate=250 unit=uV
 *     Fz Cz Pz
 *     1.5 -2 0.25
 *     1.25 nan 0.5
 *
 * one line a sample; nan is a missing one.  Nothing in a file is believed
 * before it is checked, and every complaint names the line.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fornix/plugin.h"

enum { MAX_CHANNEL = 256, MAX_LINE = 16384 };

struct fnx_step {
  char path[4096];
};

/* What the first two lines say. */
typedef struct head {
  FILE *file;
  char line[MAX_LINE];
  long number; /* of the line, for messages */
  double rate;
  char unit[16];
  char names[MAX_LINE];
  const char *name[MAX_CHANNEL];
  int64_t n_channel;
} head;

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  const char *path = c->param->text (p, "path");
  fnx_step *s = calloc (1, sizeof *s);

  if (!s)
    return c->fail (c, FNX_E_NOMEM, "not enough memory");
  if (strlen (path) >= sizeof s->path) {
    free (s);
    return c->fail (c, FNX_E_PARAM, "path= has %zu characters; at most %zu", strlen (path), sizeof s->path - 1);
  }
  strcpy (s->path, path);
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  free (s);
}

/* The next line in h->line without its end; 0 at the end of the file. */
static int
next_line (head *h)
{
  size_t n;

  if (!fgets (h->line, sizeof h->line, h->file))
    return 0;
  h->number++;
  n = strlen (h->line);
  while (n && (h->line[n - 1] == '\n' || h->line[n - 1] == '\r'))
    h->line[--n] = 0;
  return 1;
}

/* Open the file and read its first two lines; the caller closes h->file. */
static fnx_status
read_head (fnx_call *c, const fnx_step *s, head *h)
{
  char *word;

  memset (h, 0, sizeof *h);
  if (!(h->file = fopen (s->path, "rb")))
    return c->fail (c, FNX_E_IO, "%s: %s", s->path, strerror (errno));
  if (!next_line (h) || sscanf (h->line, "labtext rate=%lf unit=%15s", &h->rate, h->unit) != 2)
    return c->fail (c, FNX_E_IO, "%s:1: it must begin with \"labtext rate=... unit=...\"", s->path);
  if (!(h->rate >= 0.001 && h->rate <= 1e6))
    return c->fail (c, FNX_E_IO, "%s:1: a rate of %g Hz; 0.001 to 1000000 can be", s->path, h->rate);
  if (!next_line (h))
    return c->fail (c, FNX_E_IO, "%s:2: the names of the channels are missing", s->path);
  strcpy (h->names, h->line);
  for (word = strtok (h->names, " \t"); word; word = strtok (NULL, " \t")) {
    if (h->n_channel == MAX_CHANNEL)
      return c->fail (c, FNX_E_IO, "%s:2: more than %d channels", s->path, MAX_CHANNEL);
    h->name[h->n_channel++] = word;
  }
  if (!h->n_channel)
    return c->fail (c, FNX_E_IO, "%s:2: the names of the channels are missing", s->path);
  return FNX_OK;
}

/* signal[channel,time] in scratch memory; the host copies it. */
static const fnx_spec *
spec_of (fnx_call *c, const head *h, int64_t n_time)
{
  fnx_axis *axis = c->scratch (c, 2 * sizeof *axis);
  const fnx_axis **axes = c->scratch (c, 2 * sizeof *axes);
  const char **labels = c->scratch (c, (size_t)h->n_channel * sizeof *labels);
  char *text = c->scratch (c, sizeof h->names + sizeof h->unit);
  fnx_spec *y = c->scratch (c, sizeof *y);
  int64_t k;

  if (!axis || !axes || !labels || !text || !y)
    return NULL;
  memcpy (text, h->names, sizeof h->names);
  memcpy (text + sizeof h->names, h->unit, sizeof h->unit);
  for (k = 0; k < h->n_channel; k++)
    labels[k] = text + (h->name[k] - h->names);
  axis[0].struct_size = axis[1].struct_size = sizeof *axis;
  axis[0].name = "channel";
  axis[0].size = h->n_channel;
  axis[0].labels = labels;
  axis[1].name = "time";
  axis[1].unit = "s";
  axis[1].size = n_time;
  axis[1].flags = FNX_AXIS_REGULAR;
  axis[1].rate_num = (int64_t)floor (h->rate * 1000 + 0.5); /* exact to a millihertz */
  axis[1].rate_den = 1000;
  axes[0] = &axis[0];
  axes[1] = &axis[1];
  y->struct_size = sizeof *y;
  y->ndim = 2;
  y->kind = "signal";
  y->unit = text + sizeof h->names; /* UCUM, as in "uV" */
  y->dtype.code = FNX_DT_FLOAT;
  y->dtype.bits = 64;
  y->dtype.lanes = 1;
  y->axes = axes;
  return y;
}

/* Two lines tell the type: the samples need not be read for that. */
static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  head *h = c->scratch (c, sizeof *h);
  fnx_status status = h ? read_head (c, s, h) : FNX_E_NOMEM;

  (void)in;
  if (!status && !(out[0] = spec_of (c, h, FNX_UNKNOWN)))
    status = FNX_E_NOMEM;
  if (h && h->file)
    fclose (h->file);
  return status;
}

/* The numbers of one line into row[n]. */
static fnx_status
read_row (fnx_call *c, const fnx_step *s, const head *h, double *row)
{
  const char *at = h->line;
  char *end;
  int64_t k;

  for (k = 0; k < h->n_channel; k++, at = end) {
    row[k] = strtod (at, &end);
    if (end == at)
      return c->fail (c, FNX_E_IO, "%s:%ld: %lld numbers for %lld channels", s->path, h->number, (long long)k,
                      (long long)h->n_channel);
  }
  if (at[strspn (at, " \t")])
    return c->fail (c, FNX_E_IO, "%s:%ld: \"%.20s\" behind the last channel", s->path, h->number, at);
  return FNX_OK;
}

static fnx_status
read_rows (fnx_call *c, const fnx_step *s, head *h, double **rows, int64_t *n)
{
  int64_t room = 0;

  while (next_line (h)) {
    fnx_status status;
    if (*n == room) {
      double *more;
      room = room ? 2 * room : 1024;
      more = realloc (*rows, (size_t)(room * h->n_channel) * sizeof **rows);
      if (!more)
        return c->fail (c, FNX_E_NOMEM, "not enough memory for %lld samples", (long long)room);
      *rows = more;
    }
    if ((status = read_row (c, s, h, *rows + *n * h->n_channel)))
      return status;
    if (++*n % 1000 == 0 && c->progress (c, (uint64_t)*n, 0))
      return FNX_E_CANCELLED;
  }
  return ferror (h->file) ? c->fail (c, FNX_E_IO, "%s: %s", s->path, strerror (errno)) : FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  head *h = c->scratch (c, sizeof *h);
  fnx_status status = h ? read_head (c, s, h) : FNX_E_NOMEM;
  double *rows = NULL, *to;
  int64_t n = 0, k, t;
  const fnx_spec *spec;
  fnx_buf *y;

  (void)in;
  if (status || (status = read_rows (c, s, h, &rows, &n)))
    goto out;
  status = FNX_E_NOMEM;
  if (!(spec = spec_of (c, h, n)))
    goto out;
  out[0] = y = c->buf->like (c, NULL, spec); /* a source has nothing to be like */
  if (!y || !(to = c->buf->write (c, y)))
    goto out;
  for (k = 0; k < h->n_channel; k++) /* files go sample by sample, buffers channel by channel */
    for (t = 0; t < n; t++)
      to[k * n + t] = rows[t * h->n_channel + k];
  status = FNX_OK;
out:
  free (rows);
  if (h && h->file)
    fclose (h->file);
  return status;
}

/* 0 (not mine) to 100 (certain). */
static int32_t
probe (const char *path, const void *bytes, size_t n)
{
  (void)path;
  return n >= 8 && !memcmp (bytes, "labtext ", 8) ? 100 : 0;
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const char *const suffixes[] = { ".labtext", NULL };
  static const fnx_ext_reader reader = { sizeof reader, 0, suffixes, NULL, probe };
  (void)s;
  return strcmp (id, FNX_READER) ? NULL : &reader;
}

static const fnx_port_desc y = { sizeof y, 0, "y", "signal[channel,time]", "the recording" };
static const fnx_port_desc *const outputs[] = { &y, NULL };
static const fnx_param_desc path
    = { sizeof path, FNX_T_PATH, FNX_P_REQUIRED | FNX_P_MAIN, 0, "path", NULL, "the file to read", NULL, 0, 0,
        NULL,        NULL };
static const fnx_param_desc *const params[] = { &path, NULL };

static const fnx_step_desc labtext = {
  sizeof labtext,
  FNX_S_DETERMINISTIC | FNX_S_SOURCE,
  FNX_THREADS_SERIAL_ALL, /* strtok() keeps its place in a global */
  1,
  "lab.example.labtext",
  "lab-text",
  "read recordings that are text",
  "Reads files that begin with \"labtext\": a line with rate and unit, one with the channel names, then one line a "
  "sample.",
  NULL,
  NULL,
  "fornix run recording.labtext ! psd        (lab-text reads it)",
  NULL,
  outputs,
  params,
  create,
  destroy,
  negotiate,
  run,
  extension,
};

static const fnx_step_desc *const steps[] = { &labtext, NULL };
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "example4", "0.1.0", "BSD-2-Clause", NULL, steps, NULL };
