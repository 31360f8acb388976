/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The source `edf`: signal[channel,time] from EDF, EDF+, BDF and BDF+ files,
 * whole or in blocks.  All that is not samples (header, size, annotations,
 * status bits) is read when the chain is typed, so the chain knows the length
 * and a damaged file is refused before anything runs.
 */
#include "io/edf/edf.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fnx_step {
  char *path;
  const char *base; /* name for messages: the path without folders */
  char **names;     /* of channels=; NULL-terminated */
  edf_open_options open;
  edf_view_options options;
  bool is_open;
  edf_file file;
  edf_view view;
  char *repairs;       /* JSON list, or NULL */
  int64_t next, block; /* streaming */
  bool begun;
  void *work;
};

/* ---- settings ---------------------------------------------------------------------- */

static void
step_close (fnx_step *s)
{
  if (s->is_open) {
    edf_view_free (&s->view);
    edf_file_close (&s->file);
  }
  s->is_open = false;
  free (s->repairs);
  s->repairs = NULL;
}

static void
destroy (fnx_step *s)
{
  if (!s)
    return;
  step_close (s);
  for (size_t i = 0; s->names && s->names[i]; i++)
    free (s->names[i]);
  free (s->names);
  free (s->work);
  free (s->path);
  free (s);
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  const fnx_param_api *get = c->param;
  fnx_step *s = calloc (1, sizeof *s);
  size_t n = 0;
  const char *const *names;
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "no memory");
  s->path = strdup (get->text (p, "path"));
  names = get->given (p, "channels") ? get->texts (p, "channels", &n) : NULL;
  s->names = calloc (n + 1, sizeof *s->names);
  if (!s->path || !s->names)
    goto no_memory;
  for (size_t i = 0; i < n; i++)
    if (!(s->names[i] = strdup (names[i])))
      goto no_memory;
  s->base = strrchr (s->path, '/') ? strrchr (s->path, '/') + 1 : s->path;
  s->options = (edf_view_options){
    .channels = (const char *const *)s->names,
    .n_channels = n,
    .rate = get->given (p, "rate") ? get->real (p, "rate") : 0,
    .original = get->integer (p, "names") == 1,
    .gaps = (int)get->integer (p, "gaps"),
    .status = (int)get->integer (p, "status"),
  };
  s->open = (edf_open_options){
    .strict = get->integer (p, "mode") == 1,
    .allow_truncated = get->integer (p, "truncated") == 1,
    .status_events = s->options.status == EDF_STATUS_EVENTS || s->options.status == EDF_STATUS_BOTH,
  };
  *out = s;
  return FNX_OK;
no_memory:
  destroy (s);
  return c->fail (c, FNX_E_NOMEM, "no memory");
}

/* ---- opening ------------------------------------------------------------------------- */

/* Repairs as a JSON list: they stay with the data. */
static char *
json_list (const edf_say *say)
{
  size_t size = 3;
  char *json, *o;
  for (size_t i = 0; i < say->n_lines; i++)
    size += say->lines[i].repair ? 6 * strlen (say->lines[i].text) + 4 : 0;
  if (size == 3 || !(json = malloc (size)))
    return NULL;
  o = json;
  *o++ = '[';
  for (size_t i = 0; i < say->n_lines; i++) {
    if (!say->lines[i].repair)
      continue;
    if (o > json + 1)
      *o++ = ',';
    *o++ = '"';
    for (const char *t = say->lines[i].text; *t; t++) {
      if (*t == '"' || *t == '\\')
        *o++ = '\\';
      if ((unsigned char)*t >= 32)
        *o++ = *t;
    }
    *o++ = '"';
  }
  *o++ = ']';
  *o = 0;
  return json;
}

static fnx_status
step_open (fnx_call *c, fnx_step *s)
{
  edf_say say = { .strict = s->open.strict };
  edf_bytes *bytes;
  fnx_status st;
  if (s->is_open)
    return edf_bytes_wake (s->file.bytes)
               ? FNX_OK
               : c->fail (c, FNX_E_IO, "%s: has changed or gone since the chain was checked", s->path);
  bytes = edf_bytes_file (s->path);
  if (!bytes && (errno == ESPIPE || errno == EISDIR))
    return c->fail (c, FNX_E_IO, "%s: not a regular file", s->path);
  if (!bytes)
    return c->fail (c, errno == ENOMEM ? FNX_E_NOMEM : FNX_E_IO, "%s: %s", s->path, strerror (errno));
  st = edf_file_open (bytes, &s->open, &s->file, &say);
  if (st == FNX_OK) {
    st = edf_view_make (&s->file, &s->options, &s->view, &say);
    if (st != FNX_OK)
      edf_file_close (&s->file);
  }
  if (st == FNX_OK) {
    s->is_open = true;
    s->repairs = json_list (&say);
    for (size_t i = 0; i < say.n_lines; i++)
      c->log (c, say.lines[i].level, "%s: %s", s->base, say.lines[i].text);
  } else if (st == FNX_E_PARAM || strncmp (say.text, "gaps=", 5) == 0)
    c->fail (c, st, "%s", say.text);
  else
    c->fail (c, st, "%s: %s", s->path, say.text);
  edf_say_clear (&say);
  return st;
}

/* ---- what comes out -------------------------------------------------------------------- */

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  const fnx_spec *d;
  fnx_status st = step_open (c, s);
  (void)in;
  if (st != FNX_OK)
    return st;
  edf_bytes_rest (s->file.bytes);
  d = edf_spec (c, &s->view, 0, s->view.n_samples);
  if (!d)
    return FNX_E_NOMEM;
  out[0] = d;
  return FNX_OK;
}

/* A buffer for samples [first, first + n), without its values. */
static fnx_buf *
make_buffer (fnx_call *c, const fnx_step *s, int64_t first, int64_t n)
{
  const fnx_spec *d = edf_spec (c, &s->view, first, n);
  fnx_buf *b = d ? c->buf->like (c, NULL, d) : NULL;
  fnx_events e;
  if (!b)
    return NULL;
  edf_view_events (&s->view, first, n, &e);
  if (c->buf->set_events (c, b, &e) != FNX_OK || edf_set_meta (c, &s->view, s->repairs, b) != FNX_OK) {
    c->buf->unref (b);
    return NULL;
  }
  return b;
}

static fnx_status
cannot_read (fnx_call *c, const fnx_step *s)
{
  return c->fail (c, FNX_E_IO, "%s: became shorter or unreadable while it was read", s->path);
}

/* ---- whole ------------------------------------------------------------------------------- */

typedef struct job {
  fnx_call *c;
  const fnx_step *s;
  double *values;
  uint8_t *work; /* for each worker */
  int64_t tile;  /* samples of a job */
} job;

static fnx_status
read_tile (void *arg, size_t i, uint32_t worker)
{
  const job *j = arg;
  const edf_view *v = &j->s->view;
  const int64_t first = (int64_t)i * j->tile;
  const int64_t n = v->n_samples - first < j->tile ? v->n_samples - first : j->tile;
  if (!edf_view_read (v, first, n, j->values + first, v->n_samples, j->work + worker * edf_work_size ()))
    return cannot_read (j->c, j->s);
  return j->c->progress (j->c, i, 0) ? FNX_E_CANCELLED : FNX_OK;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  fnx_status st = step_open (c, s);
  const edf_view *v = &s->view;
  job j = { .c = c, .s = s };
  fnx_buf *b;
  (void)in;
  if (st != FNX_OK)
    return st;
  b = make_buffer (c, s, 0, v->n_samples);
  if (!b)
    return FNX_E_NOMEM;
  if (v->n_samples > 0) {
    /* Whole records, about as many as one work space holds. */
    const int64_t records = (int64_t)edf_work_size () / s->file.header.record_bytes;
    j.tile = (records > 0 ? records : 1) * v->n_record;
    j.values = c->buf->write (c, b);
    j.work = c->scratch (c, c->max_threads * edf_work_size ());
    st = !j.values || !j.work ? FNX_E_NOMEM
                              : c->parallel (c, (size_t)((v->n_samples + j.tile - 1) / j.tile), read_tile, &j);
  }
  edf_bytes_rest (s->file.bytes);
  if (st != FNX_OK)
    c->buf->unref (b);
  else
    out[0] = b;
  return st;
}

/* ---- in blocks ---------------------------------------------------------------------------- */

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  fnx_status st = step_open (c, s);
  if (st != FNX_OK)
    return st;
  s->next = 0;
  s->begun = false;
  s->block = max_block > 0 ? max_block : INT64_MAX;
  if (s->view.n_record > 0 && s->block > s->view.n_record)
    s->block -= s->block % s->view.n_record; /* records are read once, whole */
  if (!s->work)
    s->work = malloc (edf_work_size ());
  return s->work ? FNX_OK : c->fail (c, FNX_E_NOMEM, "no memory");
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  const edf_view *v = &s->view;
  const int64_t left = v->n_samples - s->next, n = left < s->block ? left : s->block;
  fnx_buf *b;
  double *values;
  (void)in;
  if (left == 0 && s->begun) {
    edf_bytes_rest (s->file.bytes);
    return FNX_OK;
  }
  b = make_buffer (c, s, s->next, n);
  values = b && n > 0 ? c->buf->write (c, b) : NULL;
  if (!b || (n > 0 && !values)) {
    c->buf->unref (b);
    return FNX_E_NOMEM;
  }
  if (n > 0 && !edf_view_read (v, s->next, n, values, n, s->work)) {
    c->buf->unref (b);
    return cannot_read (c, s);
  }
  s->begun = true;
  s->next += n;
  out[0] = b;
  return FNX_OK;
}

/* ---- description ------------------------------------------------------------------------------ */

static int32_t
probe (const char *path, const void *head, size_t n)
{
  (void)path;
  if (n >= 8 && memcmp (head, "\377BIOSEMI", 8) == 0)
    return 100;
  /* EDF's own mark is only "0": the reserved field or the layout must agree. */
  if (n >= 256 && memcmp (head, "0       ", 8) == 0) {
    const char *h = head;
    return h[170] == '.' && h[173] == '.' && h[178] == '.' && h[181] == '.' ? 90 : 60;
  }
  return 0;
}

static const char *const suffixes[] = { ".edf", ".bdf", NULL };
static const fnx_ext_stream ext_stream = { .struct_size = sizeof ext_stream, .start = start, .push = push };
static const fnx_ext_reader ext_reader = { .struct_size = sizeof ext_reader, .suffixes = suffixes, .probe = probe };

static const void *
extension (const fnx_step *s, const char *id)
{
  (void)s;
  if (strcmp (id, FNX_STREAM) == 0)
    return &ext_stream;
  if (strcmp (id, FNX_READER) == 0)
    return &ext_reader;
  return NULL;
}

static const char *const names_choices[] = { "canonical", "original", NULL };
static const char *const mode_choices[] = { "tolerant", "strict", NULL };
static const char *const truncated_choices[] = { "refuse", "allow", NULL };
static const char *const gaps_choices[] = { "nan", "join", "error", NULL };
static const char *const status_choices[] = { "events", "channel", "both", "none", NULL };

#define PARAM(...)                                                                                                     \
  {                                                                                                                    \
    .struct_size = sizeof (fnx_param_desc), __VA_ARGS__                                                                \
  }
static const fnx_param_desc p_path
    = PARAM (.type = FNX_T_PATH, .flags = FNX_P_MAIN | FNX_P_REQUIRED, .name = "path", .doc = "the recording");
static const fnx_param_desc p_channels
    = PARAM (.type = FNX_T_TEXTS, .name = "channels",
             .doc = "only these, in this order, by 10-20 or original name; they must have one rate");
static const fnx_param_desc p_rate = PARAM (.type = FNX_T_REAL, .name = "rate", .unit = "Hz", .min = 1e-6, .max = 1e9,
                                            .doc = "channels of this rate; without it, the rate of most channels");
static const fnx_param_desc p_names
    = PARAM (.type = FNX_T_ENUM, .name = "names", .fallback = "canonical", .choices = names_choices,
             .doc = "label channels by their 10-20 names, or as the file does");
static const fnx_param_desc p_mode
    = PARAM (.type = FNX_T_ENUM, .name = "mode", .fallback = "tolerant", .choices = mode_choices,
             .doc = "tolerant reads what can be read without doubt and lists each repair; strict refuses");
static const fnx_param_desc p_truncated
    = PARAM (.type = FNX_T_ENUM, .name = "truncated", .fallback = "refuse", .choices = truncated_choices,
             .doc = "what to do when more than one of the records that the header promises is missing");
static const fnx_param_desc p_gaps
    = PARAM (.type = FNX_T_ENUM, .name = "gaps", .fallback = "nan", .choices = gaps_choices,
             .doc = "of a discontinuous recording: missing samples, pieces side by side, or a refusal");
static const fnx_param_desc p_status
    = PARAM (.type = FNX_T_ENUM, .name = "status", .fallback = "events", .choices = status_choices,
             .doc = "of BioSemi's Status channel: events from its trigger bits, the channel as it is, or both");
static const fnx_param_desc *const params[]
    = { &p_path, &p_channels, &p_rate, &p_names, &p_mode, &p_truncated, &p_gaps, &p_status, NULL };

static const fnx_port_desc port_out = { .struct_size = sizeof port_out,
                                        .name = "signal",
                                        .what = "signal[channel,time]",
                                        .doc = "voltages in uV; the channel axis has the columns original, kind, unit, "
                                               "prefilter and, where the name is a place, x y z on the unit sphere" };
static const fnx_port_desc *const no_ports[] = { NULL };
static const fnx_port_desc *const outputs[] = { &port_out, NULL };

const fnx_step_desc edf_reader_desc = {
  .struct_size = sizeof edf_reader_desc,
  .flags = FNX_S_DETERMINISTIC | FNX_S_SOURCE,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.io.edf",
  .name = "edf",
  .title = "read EDF, EDF+, BDF and BDF+ recordings",
  .doc = "Values are scaled by the two points of the header, as written, inverted ranges included; samples beyond the "
         "digital range are not clamped. Units of voltage, in all their spellings, come out as uV; any other unit "
         "stays as it is and is said so.\n\n"
         "One signal has one rate: of a file with several, the channels at the rate of most are read, and what was "
         "left out is said. Annotations become events, and so do the triggers of a BioSemi Status channel: each "
         "change of its lower 16 bits to another code than 0.\n\n"
         "Of a discontinuous recording (EDF+D, BDF+D) each piece begins at the sample nearest to its time, and gaps "
         "are missing samples. Time 0 is the first sample.\n\n"
         "A file that is damaged in a way that makes its samples wrong is refused. Lesser faults are repaired and "
         "listed, one line each, and stay with the data as the metadata key Repairs. The patient and recording "
         "fields of the header are never read.",
  .cite = "Kemp et al. 1992, doi:10.1016/0013-4694(92)90009-7; Kemp and Olivan 2003, doi:10.1016/S1388-2457(03)00123-8",
  .equals = "libedf 1.23 to 1e-9 where that reads the file, without its clamping",
  .example = "fornix run sim:fists ! write rec.edf\n"
             "fornix run rec.edf channels=C3,C4 ! band range=8..32Hz ! write out.edf",
  .inputs = no_ports,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
