/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * band: keep the frequencies inside a range.  The filters are in bandpass.c.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/eeg/bandpass.h"
#include "plugins/eeg/steps.h"

struct fnx_step {
  bandpass f;
};

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step s = { .f = { .step = "band", .param = "range" } };
  const char *typed = c->param->text (p, "range");
  c->param->range (p, "range", &s.f.low, &s.f.high);
  if (!(s.f.low > 0))
    s.f.low = -INFINITY;
  if (isinf (s.f.low) && isinf (s.f.high))
    return c->fail (c, FNX_E_PARAM,
                    "range=%s leaves every frequency as it is\nwrite range=1..40Hz, or leave the step out", typed);
  if (!(s.f.high > s.f.low))
    return c->fail (c, FNX_E_PARAM, "range=%s is empty: its ends are the wrong way round\nwrite range=%g..%gHz", typed,
                    s.f.high, s.f.low);
  bandpass_read (c, p, &s.f);
  if (!(*out = malloc (sizeof s)))
    return c->fail (c, FNX_E_NOMEM, "no memory for a step");
  **out = s;
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  if (s)
    bandpass_clear (&s->f);
  free (s);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  out[0] = in[0];
  return bandpass_check (c, &s->f, in[0]);
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  return bandpass_whole (c, &s->f, in[0], out);
}

static fnx_status
start (fnx_call *c, fnx_step *s, int64_t max_block)
{
  (void)c, (void)max_block;
  bandpass_clear (&s->f);
  return FNX_OK;
}

static fnx_status
push (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  return bandpass_push (c, &s->f, in[0], out);
}

static fnx_status
drain (fnx_call *c, fnx_step *s, const fnx_buf **out)
{
  return bandpass_drain (c, &s->f, out);
}

static int64_t
latency (const fnx_step *s)
{
  return bandpass_latency (&s->f);
}

static const void *
extension (const fnx_step *s, const char *id)
{
  static const fnx_ext_stream stream
      = { .struct_size = sizeof stream, .start = start, .push = push, .drain = drain, .latency = latency };
  return (!s || bandpass_streams (&s->f)) && strcmp (id, FNX_STREAM) == 0 ? &stream : NULL;
}

PARAM (range, .type = FNX_T_RANGE, .flags = FNX_P_REQUIRED | FNX_P_MAIN, .unit = "Hz",
       .doc = "what to keep; 0..40Hz is a low-pass, 1Hz.. a high-pass");
static const fnx_param_desc *const params[] = { &range_param,          &bandpass_method_param, &bandpass_order_param,
                                                &bandpass_phase_param, &bandpass_ends_param,   NULL };

const fnx_step_desc band_step = {
  .struct_size = sizeof band_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_ITEMWISE,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.eeg.band",
  .name = "band",
  .title = "keep the frequencies inside a range",
  .doc
  = "method=fir is a windowed-sinc filter with a Hamming window. Its transitions are min(max(f/4, 2 Hz), room) wide, "
    "f an end of the range, and lie outside the range; it is 3.3 / (narrower transition) seconds long and is 6 dB "
    "down in the middle of a transition. Before the first and after the last sample the signal is continued by odd "
    "reflection.\n\n"
    "method=iir is a Butterworth filter of the order given, 3 dB down at the ends of the range. With phase=zero it "
    "runs forwards and backwards, which squares its gain (6 dB down at the ends) and needs the whole recording in "
    "memory; everything else works on blocks.\n\n"
    "phase=causal: the signal before the first sample is taken to have been that sample for ever. The FIR then "
    "delays everything by half its length, the Butterworth filter by an amount that depends on the frequency.\n\n"
    "A recording with missing samples (NaN) is refused, as no filter can reach across a gap. Cut it into trials "
    "first: trials with gaps are left out there.",
  .cite = "Widmann, Schroeger and Maess 2015, J. Neurosci. Methods 250:34; MNE 1.3 mne.filter.filter_data; "
          "scipy.signal.sosfiltfilt",
  .equals = "MNE 1.3 filter() to 1e-10; with ends=scipy scipy.signal.sosfiltfilt() to 1e-10",
  .example = "fornix run sim:fists ! band range=8..32Hz ! write out.edf",
  .inputs = signal_or_epochs,
  .outputs = the_same,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
