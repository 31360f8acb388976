/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks put together again: with a length that was promised, was wrong, or
 * was never known; columns and positions along time; events once, in order.
 */
#include "core/collect.h"
#include "tests/harness.h"

enum { CHANNELS = 3, SAMPLES = 50 };

static fnx_buf *
recording_of (int64_t n)
{
  double *v = malloc (sizeof *v * (size_t)(CHANNELS * n));
  fnx_buf *b;

  t_random (v, (size_t)(CHANNELS * n), 5);
  b = t_buf ("signal[channel,time]", v, (long)CHANNELS, (long)n);
  t_rate (&b, 256, 1);
  t_labels (&b, "channel", "C3,Cz,C4");
  free (v);
  return b;
}

static void
set_event (fnx_buf *b, double onset, const char *label)
{
  fnx_events e = { .struct_size = sizeof e, .n = 1, .onset = &onset, .label = &label };

  buffer_set_events (b, &e);
}

/* The spec of `b` with another length along time. */
static collector *
promised (const fnx_buf *b, int64_t size, fault *f)
{
  fnx_spec s = *buffer_spec (b);
  fnx_axis time = *s.axes[1];
  const fnx_axis *axes[] = { s.axes[0], &time };

  time.size = size;
  time.values = NULL;
  time.columns = NULL;
  s.axes = axes;
  return collector_new (&s, f);
}

/* Add b in blocks of `block`. */
static fnx_status
add_blocks (collector *c, const fnx_buf *b, int64_t block, fault *f)
{
  int64_t total = buffer_spec (b)->axes[1]->size;
  fnx_status s = FNX_OK;

  for (int64_t at = 0; at < total && s == FNX_OK; at += block) {
    fnx_buf *part = buffer_slice (b, 1, at, at + block < total ? block : total - at, NULL);

    s = collector_add (c, part, f);
    buffer_unref (part);
  }
  return s;
}

static void
lengths (void)
{
  static const int64_t sizes[] = { SAMPLES, FNX_UNKNOWN, SAMPLES + 10 };
  static const char *const words[] = { "known", "unknown", "promised too long" };
  fnx_buf *b = recording_of (SAMPLES);

  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int64_t block = 1; block <= SAMPLES; block += 7) {
      fault f = FAULT_INIT;
      collector *c = promised (b, sizes[i], &f);
      fnx_status s = add_blocks (c, b, block, &f);
      const fnx_buf *all = s == FNX_OK ? collector_end (c, &f) : NULL;

      t_ok (all && buffer_equal (all, b), "length %s, blocks of %ld: the whole again%s%s", words[i], (long)block,
            f.text ? ": " : "", f.text ? f.text : "");
      buffer_unref (all);
      collector_free (c);
      fault_clear (&f);
    }
  buffer_unref (b);
}

static void
refused (int64_t promise, const char *what)
{
  fnx_buf *b = recording_of (SAMPLES);
  fault f = FAULT_INIT;
  collector *c = promised (b, promise, &f);
  fnx_status s = add_blocks (c, b, 7, &f);

  t_ok (s == FNX_E_BUG, "%s: %s", what, f.text ? f.text : "it was taken");
  collector_free (c);
  fault_clear (&f);
  buffer_unref (b);
}

static void
gaps (void)
{
  fnx_buf *b = recording_of (SAMPLES), *one = buffer_slice (b, 1, 0, 10, NULL),
          *two = buffer_slice (b, 1, 11, 10, NULL);
  fault f = FAULT_INIT;
  collector *c = promised (b, FNX_UNKNOWN, &f);

  t_ok (collector_add (c, one, &f) == FNX_OK && collector_add (c, two, &f) == FNX_E_BUG, "a gap is refused: %s",
        f.text ? f.text : "it was taken");
  collector_free (c);
  fault_clear (&f);
  c = promised (b, FNX_UNKNOWN, &f);
  t_ok (collector_end (c, &f) == NULL && f.code == FNX_E_DATA, "nothing added, nothing comes out: %s",
        f.text ? f.text : "something did");
  collector_free (c);
  fault_clear (&f);
  buffer_unref (one);
  buffer_unref (two);
  buffer_unref (b);
}

/* Columns and irregular positions along time survive. */
static void
columns (void)
{
  fnx_buf *b = recording_of (SAMPLES), *all;
  double quality[SAMPLES];
  fault f = FAULT_INIT;
  collector *c;

  for (int i = 0; i < SAMPLES; i++)
    quality[i] = i * 0.5;
  t_reals (&b, "time", "quality", quality);
  c = promised (b, SAMPLES, &f);
  add_blocks (c, b, 9, &f);
  all = (fnx_buf *)(uintptr_t)collector_end (c, &f);
  t_ok (all && buffer_equal (all, b), "columns along time come through");
  buffer_unref (all);
  collector_free (c);
  buffer_unref (b);
}

/* Long overlaps: blocks carry the same events again, and late ones of the past. */
static void
events (void)
{
  fnx_buf *b = recording_of (SAMPLES);
  fault f = FAULT_INIT;
  collector *c = promised (b, SAMPLES, &f);
  const fnx_buf *all;
  const fnx_events *e;

  for (int i = 0; i < 5; i++) {
    fnx_buf *part = buffer_slice (b, 1, i * 10, 10, NULL);

    set_event (part, i % 2 ? 0.02 : 0.04, i % 2 ? "early" : "late");
    collector_add (c, part, &f);
    buffer_unref (part);
  }
  all = collector_end (c, &f);
  e = buffer_events (all);
  t_ok (e->n == 2 && !strcmp (e->label[0], "early") && !strcmp (e->label[1], "late") && isnan (e->duration[0]),
        "events stand there once, in order of time");
  t_ok (memcmp (t_values (all), t_values (b), sizeof (double) * CHANNELS * SAMPLES) == 0, "beside the values");
  buffer_unref (all);
  collector_free (c);
  buffer_unref (b);
}

/* One block alone is handed on without a copy, unless events are added to it. */
static void
one_block (void)
{
  fnx_buf *b = recording_of (SAMPLES);
  fault f = FAULT_INIT;
  collector *c = promised (b, FNX_UNKNOWN, &f);
  const fnx_buf *all;

  collector_add (c, b, &f);
  all = collector_end (c, &f);
  t_ok (all == b, "a single block is the whole, not a copy");
  buffer_unref (all);
  collector_free (c);
  set_event (b, 0.1, "x");
  c = promised (b, FNX_UNKNOWN, &f);
  collector_add (c, b, &f);
  all = collector_end (c, &f);
  t_ok (all && buffer_events (all)->n == 1 && buffer_equal (all, b), "its events stay");
  buffer_unref (all);
  collector_free (c);
  buffer_unref (b);
}

int
main (void)
{
  lengths ();
  refused (SAMPLES - 10, "more samples than promised");
  gaps ();
  columns ();
  events ();
  one_block ();
  return t_end ();
}
