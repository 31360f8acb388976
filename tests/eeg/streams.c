/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of any sizes give the bits of the whole, for every step that streams
 * and for one, two and four threads; events arrive once, in order.
 */
#include "core/param.h"
#include "core/pool.h"
#include "tests/harness.h"

#define CH 11
#define N 9001

static const char *const lines[] = {
  "band range=8..32Hz",
  "band range=1Hz..",
  "band range=0..30Hz phase=causal",
  "band range=8..32Hz method=iir phase=causal",
  "band range=0..20Hz method=iir phase=causal order=5",
  "notch freq=50Hz",
  "resample rate=100Hz",
  "resample rate=333Hz",
  "resample rate=1000Hz",
  "resample rate=256Hz",
  "reref to=average exclude=C3",
  "reref to=bipolar pairs=F3-C3,C3-P3",
  "pick P3,Cz,F3",
  "filterbank",
  "filterbank 0..4Hz,8..12.5Hz,4..30Hz phase=causal",
  "filterbank 8..12Hz,12..16Hz method=iir phase=causal",
  "psd",
  "psd samples=301 overlap=0.7 detrend=linear range=1..40Hz",
};

static fnx_buf *
recording (const double *x, long n)
{
  fnx_buf *b = t_buf ("signal[channel,time]", x, (long)CH, n);
  t_rate (&b, 256, 1);
  t_unit (&b, "uV");
  t_labels (&b, "channel", "Fp1,Fp2,F3,F4,C3,Cz,C4,P3,P4,O1,EOG");
  return b;
}

static void
same_bits (const char *line, const fnx_buf *in)
{
  int same = 0, tried = 0;
  const fnx_buf *whole = t_run (line, in);
  for (unsigned threads = 1; threads <= 4; threads *= 2) {
    pool_start (threads);
    const fnx_buf *again = t_run (line, in);
    tried++, same += buffer_equal (again, whole);
    buffer_unref (again);
    for (uint64_t seed = 1; seed <= 2; seed++) {
      const fnx_buf *b = t_run_blocks (line, in, seed + 2 * threads);
      tried++, same += buffer_equal (b, whole);
      buffer_unref (b);
    }
  }
  t_ok (same == tried, "%s: %d of %d ways give the same bits", line, same, tried);
  buffer_unref (whole);
}

/* Trials are filtered as recordings of their own. */
static void
trials_alone (const char *line, const double *x)
{
  enum { TRIALS = 3, M = 1500 };
  fnx_buf *all = t_buf ("epochs[trial,channel,time]", x, (long)TRIALS, (long)CH, (long)M);
  t_rate (&all, 256, 1);
  t_unit (&all, "uV");
  t_labels (&all, "channel", "Fp1,Fp2,F3,F4,C3,Cz,C4,P3,P4,O1,EOG");
  const fnx_buf *together = t_run (line, all);
  size_t n = spec_count (buffer_spec (together)) / TRIALS;
  bool same = buffer_spec (together)->ndim == 3;
  for (int k = 0; k < TRIALS; k++) {
    fnx_buf *one = recording (x + k * CH * M, M);
    const fnx_buf *alone = t_run (line, one);
    same = same && spec_count (buffer_spec (alone)) == n
           && memcmp (t_values (alone), t_values (together) + (size_t)k * n, n * sizeof *x) == 0;
    buffer_unref (one);
    buffer_unref (alone);
  }
  t_ok (same, "%s: three trials = each alone, bit for bit", line);
  buffer_unref (together);
  buffer_unref (all);
}

/* Blocks as a source makes them: each with the events that lie in it. */
static const fnx_buf *
slice (const fnx_buf *all, int64_t at, int64_t n)
{
  fault f = FAULT_INIT;
  fnx_buf *b = buffer_slice (all, 1, at, n, &f);
  double onset = (double)at / 256, duration = 1;
  const char *label = "block";
  const fnx_events e = { .struct_size = sizeof e, .n = 1, .onset = &onset, .duration = &duration, .label = &label };
  buffer_set_events (b, &e);
  return b;
}

/* Push by hand, to see what becomes of events. */
static void
events_once (const fnx_buf *in, const char *name, const char *argument, size_t want)
{
  session ses = { .threads = 2, .seed = 1 };
  const fnx_step_desc *d = registry_step (name);
  char word[64];
  snprintf (word, sizeof word, "%s", argument);
  char *words[] = { (char *)"-", (char *)"!", (char *)name, word };
  fault f = FAULT_INIT;
  chain *line = chain_from_words (4, words, &f);
  fnx_params *p = line ? params_parse (d, &line->steps[0], &f) : NULL;
  fnx_step *step = NULL;
  const fnx_ext_stream *x;
  size_t n = 0;
  double last = -1;
  bool ascending = true;
  call c;
  call_begin (&c, &ses, name, "test", 1, &f);
  fnx_status st = d->create (&c.api, p, &step);
  call_end (&c, st);
  x = d->extension (step, FNX_STREAM);
  call_begin (&c, &ses, name, "test", 1, &f);
  call_end (&c, x->start (&c.api, step, 500));
  for (int64_t at = 0; at <= N; at += 500) {
    const fnx_buf *part = at + 500 <= N ? slice (in, at, 500) : NULL, *out = NULL;
    call_begin (&c, &ses, name, "test", 1, &f);
    call_end (&c, part ? x->push (&c.api, step, &part, &out) : x->drain ? x->drain (&c.api, step, &out) : FNX_OK);
    for (size_t i = 0; out && i < buffer_events (out)->n; i++, n++) {
      ascending &= buffer_events (out)->onset[i] > last;
      last = buffer_events (out)->onset[i];
    }
    buffer_unref (part);
    buffer_unref (out);
  }
  t_ok (n == want && ascending, "%s %s: %zu of %zu events came through, in order", name, argument, n, want);
  d->destroy (step);
  params_free (p);
  chain_free (line);
  fault_clear (&f);
}

int
main (void)
{
  static double x[CH * N];
  t_begin ();
  t_random (x, CH * N, 11);
  for (int c = 0; c < CH; c++) /* a random walk: as steep as EEG, with an offset */
    for (int i = 1; i < N; i++)
      x[c * N + i] += x[c * N + i - 1];
  fnx_buf *in = recording (x, N);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    same_bits (lines[i], in);
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (strncmp (lines[i], "filterbank", 10) != 0) /* takes recordings only */
      trials_alone (lines[i], x);
  trials_alone ("band range=8..32Hz method=iir", x);
  trials_alone ("resample rate=100Hz method=fft", x);
  trials_alone ("psd average=median", x);
  events_once (in, "band", "range=8..32Hz", 18);
  events_once (in, "filterbank", "bands=8..12Hz,4..30Hz", 18);
  events_once (in, "notch", "freq=50Hz", 18);
  events_once (in, "resample", "rate=100Hz", 18);
  events_once (in, "pick", "kind=eeg", 18);
  events_once (in, "psd", "window=hann", 0);
  buffer_unref (in);
  in = recording (x, 100); /* shorter than any filter or tile */
  same_bits ("band range=8..32Hz", in);
  same_bits ("filterbank 8..12Hz,12..30Hz", in);
  same_bits ("notch freq=50Hz", in);
  same_bits ("resample rate=100Hz", in);
  buffer_unref (in);
  pool_start (2);
  return t_end ();
}
