/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * notch: take out mains hum and its harmonics with a linear-phase FIR, as
 * MNE's notch_filter does.
 */
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/filtering.h"
#include "plugins/eeg/steps.h"

#define MOST 64

struct fnx_step {
  double freqs[MOST]; /* ascending */
  size_t n;
  bool causal;
  filtering fir; /* while streaming */
};

static int
ascending (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *s = calloc (1, sizeof *s);
  if (!s)
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  size_t n;
  const double *freqs = c->param->reals (p, "freq", &n);
  int64_t harmonics = c->param->integer (p, "harmonics");
  s->causal = c->param->integer (p, "phase") == 1;
  fnx_status st = FNX_OK;
  for (size_t i = 0; i < n && st == FNX_OK; i++) {
    if (!(freqs[i] > 0))
      st = c->fail (c, FNX_E_PARAM, "freq=%gHz is not above 0 Hz\nwrite freq=50Hz", freqs[i]);
    for (int64_t k = 1; k <= harmonics && st == FNX_OK; k++)
      if (s->n == MOST)
        st = c->fail (c, FNX_E_PARAM, "freq= and harmonics= ask for more than %d notches", MOST);
      else
        s->freqs[s->n++] = freqs[i] * (double)k;
  }
  if (st) {
    free (s);
    return st;
  }
  qsort (s->freqs, s->n, sizeof *s->freqs, ascending);
  *out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  if (s)
    filtering_clear (&s->fir);
  free (s);
}

static fnx_status
design (fnx_call *c, const fnx_step *s, double rate, filtering *f)
{
  f->step = "notch";
  f->causal = s->causal;
  double top = s->freqs[s->n - 1];
  if (top * 1.0025 + 0.5 > rate / 2)
    return c->fail (c, FNX_E_PARAM, "%s=%gHz reaches above %g Hz, half of the %g Hz of %s\n%s",
                    s->n > 1 ? "harmonics" : "freq", top, rate / 2, rate, c->recording,
                    s->n > 1 ? "ask for fewer harmonics" : "there is nothing to take out: leave the step out");
  f->taps = fir_stop (s->freqs, s->n, rate, &f->n_taps);
  if (f->taps)
    return FNX_OK;
  return f->n_taps == 0 ? c->fail (c, FNX_E_PARAM, "freq= has notches closer than 1 Hz to each other or to 0 Hz")
                        : c->fail (c, FNX_E_NOMEM, "no memory for a filter at %g Hz", rate);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  filtering f = { 0 };
  double rate = shape_rate (c, in[0]);
  fnx_status st = rate > 0 ? design (c, s, rate, &f) : FNX_E_SPEC;
  int64_t n = st == FNX_OK ? shape_samples (in[0]) : FNX_UNKNOWN;
  if (st == FNX_OK && n != FNX_UNKNOWN && f.n_taps > n)
    c->log (c, FNX_LOG_NOTE, "the filter lasts %.3g s, longer than the %.3g s that it is used on: expect distortion%s",
            (double)f.n_taps / rate, (double)n / rate, in[0]->ndim > 2 ? "; filter before  ! epoch" : "");
  filtering_clear (&f);
  out[0] = in[0];
  return st;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  filtering f = { 0 };
  double rate = shape_rate (c, c->buf->spec (in[0]));
  fnx_status st = rate > 0 ? design (c, s, rate, &f) : FNX_E_SPEC;
  if (st == FNX_OK)
    st = filtering_whole (c, &f, in[0], out);
  filtering_clear (&f);
  return st;
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)max_block;
  filtering_clear (&s->fir);
  return FNX_OK;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  fnx_status st = FNX_OK;
  if (!s->fir.taps) {
    double rate = shape_rate (c, c->buf->spec (in[0]));
    st = rate > 0 ? design (c, s, rate, &s->fir) : FNX_E_SPEC;
  }
  return st ? st : filtering_push (c, &s->fir, in[0], out);
}

static fnx_status
drain (fnx_call *c, fnx_step *s, const fnx_buf **out)
{
  return filtering_drain (c, &s->fir, out);
}

static int64_t
latency (const fnx_step *s)
{
  return filtering_latency (&s->fir);
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream
      = { .struct_size = sizeof stream, .start = start, .push = push, .drain = drain, .latency = latency };
  (void)s;
  return strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

static const char *const phases[] = { "zero", "causal", NULL };

PARAM (freq, .type = FNX_T_REALS, .flags = FNX_P_MAIN, .unit = "Hz", .fallback = "50Hz",
       .doc = "what to take out: 50Hz in most of the world, 60Hz in the Americas; or several, 50Hz,62.5Hz");
PARAM (harmonics, .type = FNX_T_INT, .fallback = "1", .min = 1, .max = MOST,
       .doc = "also twice, three times ... each of them: 3 is 50, 100 and 150 Hz");
PARAM (phase, .type = FNX_T_ENUM, .fallback = "zero", .choices = phases,
       .doc = "zero: nothing is shifted in time; causal: delayed by half the filter, needs no later sample");
static const fnx_param_desc *const params[] = { &freq_param, &harmonics_param, &phase_param, NULL };

const fnx_step_desc notch_step = {
  .struct_size = sizeof notch_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.notch",
  .name = "notch",
  .title = "take out mains hum",
  .doc = "Each notch stops f/200 about its frequency f and has transitions of 0.5 Hz on both sides; the filter is 6.6 "
         "s long, "
         "with a Hamming window. Ends of the recording are treated as in band, and so are missing samples.",
  .cite = "MNE 1.3 mne.filter.notch_filter",
  .equals = "MNE 1.3 notch_filter() to 1e-10",
  .example = "fornix run sim:fists ! notch freq=50Hz ! write out.edf",
  .inputs = signal_or_epochs,
  .outputs = the_same,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
