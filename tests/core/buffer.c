/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Buffers: what travels along when one is made from another, views that share
 * values, joins and what they refuse, and sizes that no memory holds.
 */
#include "tests/harness.h"

enum { TRIALS = 5, CHANNELS = 3, SAMPLES = 7 };

/* Values that name their place: trial 100, channel 10, sample 1. */
static double
value_at (int64_t trial, int64_t channel, int64_t sample)
{
  return (double)(100 * trial + 10 * channel + sample);
}

static fnx_buf *
epochs (void)
{
  static const char *const groups[] = { "a", "b", NULL, "a", "c" };
  static const double targets[] = { 0, 1, 0, NAN, 1 };
  static const double onset[] = { 0.5, 1.5 }, duration[] = { 0.1, NAN };
  static const char *const label[] = { "T1", "T2" };
  const fnx_events e
      = { .struct_size = sizeof e, .n = 2, .onset = onset, .duration = duration, .label = label, .channel = NULL };
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", NULL, (long)TRIALS, (long)CHANNELS, (long)SAMPLES);
  double *v;

  t_unit (&b, "uV");
  t_rate (&b, 1000, 3);
  t_labels (&b, "channel", "C3,Cz,C4");
  t_texts (&b, "trial", "group", groups);
  t_reals (&b, "trial", "target", targets);
  buffer_set_events (b, &e);
  buffer_set_meta (b, "PowerLineFrequency", "50");
  buffer_set_meta (b, "Manufacturer", "\"x\"");
  v = buffer_write (b, NULL);
  for (int64_t i = 0; i < TRIALS * CHANNELS * SAMPLES; i++)
    v[i] = value_at (i / (CHANNELS * SAMPLES), i / SAMPLES % CHANNELS, i % SAMPLES);
  return b;
}

static double
at (const fnx_buf *b, int64_t trial, int64_t channel, int64_t sample)
{
  const fnx_tensor *t = buffer_read (b);

  return ((const double *)t->data)[trial * t->strides[0] + channel * t->strides[1] + sample];
}

/* Every value of b is that of the place idx[trial] of the epochs. */
static bool
shows (const fnx_buf *b, const int64_t *idx, int64_t n)
{
  bool same = buffer_spec (b)->axes[0]->size == n;

  for (int64_t i = 0; i < n && same; i++)
    for (int64_t c = 0; c < CHANNELS; c++)
      for (int64_t s = 0; s < SAMPLES; s++)
        same = same && at (b, i, c, s) == value_at (idx[i], c, s);
  return same;
}

static const char *
text_of (const fnx_buf *b, const char *axis, const char *column, int64_t i)
{
  const fnx_column *c = buffer_column (b, axis, column);

  return c && c->texts && c->texts[i] ? c->texts[i] : "-";
}

static double
real_of (const fnx_buf *b, const char *axis, const char *column, int64_t i)
{
  const fnx_column *c = buffer_column (b, axis, column);

  return c && c->reals ? c->reals[i] : NAN;
}

static const char *
label_of (const fnx_buf *b, const char *axis, int64_t i)
{
  const fnx_axis *a = spec_axis (buffer_spec (b), axis);

  return a && a->labels ? a->labels[i] : "-";
}

/* ---- like ------------------------------------------------------------------- */

static void
like_keeps (void)
{
  fnx_buf *b = epochs (), *n;
  const fnx_axis trial = { .struct_size = sizeof trial, .name = "trial", .size = TRIALS };
  const fnx_axis channel = { .struct_size = sizeof channel, .name = "channel", .size = CHANNELS };
  const fnx_axis *const square[] = { &trial, &channel, &channel }, *const short_axes[] = { &channel };
  const fnx_spec cov
      = { .struct_size = sizeof cov, .ndim = 3, .kind = "cov", .unit = "uV2", .dtype = FNX_F8, .axes = square };
  const fnx_spec one
      = { .struct_size = sizeof one, .ndim = 1, .kind = "features", .dtype = FNX_F4, .axes = short_axes };
  bool zero = true;

  n = buffer_like (b, &cov, NULL);
  for (int64_t i = 0; i < TRIALS * CHANNELS * CHANNELS; i++)
    zero = zero && t_values (n)[i] == 0;
  t_ok (zero && (uintptr_t)t_values (n) % 64 == 0, "a new buffer is zero and aligned to 64 bytes");
  t_ok (!strcmp (label_of (n, "channel", 2), "C4"), "labels come over by the axis's name");
  t_ok (buffer_spec (n)->axes[2]->labels && !strcmp (buffer_spec (n)->axes[2]->labels[0], "C3"),
        "and to an axis whose name stands twice");
  t_ok (!strcmp (text_of (n, "trial", "group", 4), "c") && real_of (n, "trial", "target", 1) == 1, "columns come over");
  t_ok (isnan (real_of (n, "trial", "target", 3)) && !strcmp (text_of (n, "trial", "group", 2), "-"),
        "what is missing stays missing");
  t_ok (buffer_events (n)->n == 2 && buffer_events (n)->onset[1] == 1.5 && isnan (buffer_events (n)->duration[1])
            && !strcmp (buffer_events (n)->label[0], "T1"),
        "events come over");
  t_ok (buffer_meta (n, "Manufacturer") && !strcmp (buffer_meta (n, "PowerLineFrequency"), "50")
            && !buffer_meta (n, "Nothing"),
        "metadata come over");
  buffer_unref (n);
  n = buffer_like (b, &one, NULL);
  t_ok (buffer_spec (n)->dtype.bits == 32 && buffer_spec (n)->ndim == 1 && !buffer_column (n, "trial", "group"),
        "an axis that is gone takes its columns along");
  buffer_unref (n);
  buffer_unref (b);
}

static void
columns_give_way (void)
{
  static const char *const other[] = { "x", "x", "x", "y", "y" };
  const fnx_column named = { .struct_size = sizeof named, .type = FNX_COL_TEXT, .name = "group" };
  const fnx_column own = { .struct_size = sizeof own, .type = FNX_COL_TEXT, .name = "group", .texts = other };
  const fnx_column *list[] = { &named, NULL };
  fnx_axis trial = { .struct_size = sizeof trial, .name = "trial", .size = TRIALS, .columns = list };
  const fnx_axis *const axes[] = { &trial };
  const fnx_spec s = { .struct_size = sizeof s, .ndim = 1, .kind = "features", .dtype = FNX_F8, .axes = axes };
  fnx_buf *b = epochs (), *n = buffer_like (b, &s, NULL);

  t_ok (!strcmp (text_of (n, "trial", "group", 0), "a"), "a column that is only a name takes the source's values");
  buffer_unref (n);
  list[0] = &own;
  n = buffer_like (b, &s, NULL);
  t_ok (!strcmp (text_of (n, "trial", "group", 0), "x") && real_of (n, "trial", "target", 1) == 1,
        "a column with values stands, others still come over");
  buffer_unref (n);
  buffer_unref (b);
}

/* An older plugin's structs are shorter; what it did not know is absent. */
static void
older_structs (void)
{
  fnx_axis time = { .struct_size = offsetof (fnx_axis, values), .name = "time", .size = 4 };
  const fnx_axis *const axes[] = { &time };
  const fnx_spec s = { .struct_size = offsetof (fnx_spec, affine),
                       .ndim = 1,
                       .kind = "x",
                       .dtype = FNX_F8,
                       .axes = axes,
                       .affine = (const double *)(uintptr_t)8,
                       .space = (const char *)(uintptr_t)8 };
  fnx_buf *b, *n;

  time.values = (const double *)(uintptr_t)8;
  time.labels = (const char *const *)(uintptr_t)8;
  time.columns = (const fnx_column *const *)(uintptr_t)8;
  b = buffer_new (&s, NULL);
  n = b ? buffer_like (b, &s, NULL) : NULL;
  t_ok (n && !buffer_spec (n)->affine && !buffer_spec (n)->space && !buffer_spec (n)->axes[0]->labels,
        "fields behind struct_size are not looked at");
  buffer_unref (n);
  buffer_unref (b);
}

/* ---- impossible sizes ----------------------------------------------------------- */

static void
refused_size (int64_t a, int64_t b, fnx_dtype type, fnx_status code, const char *what)
{
  const fnx_axis x = { .struct_size = sizeof x, .name = "x", .size = a };
  const fnx_axis y = { .struct_size = sizeof y, .name = "y", .size = b };
  const fnx_axis *const axes[] = { &x, &y };
  const fnx_spec s = { .struct_size = sizeof s, .ndim = 2, .kind = "image", .dtype = type, .axes = axes };
  fault f = FAULT_INIT;
  fnx_buf *n = buffer_new (&s, &f);

  t_ok (!n && f.code == code, "%s: %s", what, f.text ? f.text : "it was made");
  buffer_unref (n);
  fault_clear (&f);
}

static void
refused_axes (int ndim)
{
  const fnx_axis x = { .struct_size = sizeof x, .name = "x", .size = 1 };
  const fnx_axis *axes[2 * FNX_MAX_DIM];
  const fnx_spec s = { .struct_size = sizeof s, .ndim = ndim, .kind = "image", .dtype = FNX_F8, .axes = axes };
  fault f = FAULT_INIT;
  fnx_buf *b = t_buf ("image[x]", NULL, 1L), *n;

  for (int i = 0; i < 2 * FNX_MAX_DIM; i++)
    axes[i] = &x;
  n = buffer_new (&s, &f);
  t_ok (!n && f.code == FNX_E_BUG, "%d axes: %s", ndim, f.text ? f.text : "it was made");
  fault_clear (&f);
  n = buffer_like (b, &s, &f);
  t_ok (!n && f.code == FNX_E_BUG, "%d axes after another: %s", ndim, f.text ? f.text : "it was made");
  fault_clear (&f);
  buffer_unref (b);
}

static void
refused_sizes (void)
{
  refused_size (FNX_UNKNOWN, 3, (fnx_dtype)FNX_F8, FNX_E_BUG, "an unknown size");
  refused_size (-5, 3, (fnx_dtype)FNX_F8, FNX_E_BUG, "a negative size");
  refused_size (INT64_MAX, 3, (fnx_dtype)FNX_F8, FNX_E_BUG, "a product beyond 64 bits");
  refused_size (INT64_C (1) << 60, 1, (fnx_dtype)FNX_F8, FNX_E_BUG, "bytes beyond 63 bits");
  refused_size (INT64_C (1) << 32, INT64_C (1) << 32, (fnx_dtype)FNX_F8, FNX_E_BUG, "a product of exactly 2^64");
  refused_size (2, 2, (fnx_dtype){ FNX_DT_FLOAT, 0, 1 }, FNX_E_BUG, "elements of no size");
  refused_size (INT64_C (1) << 40, INT64_C (1) << 15, (fnx_dtype)FNX_F8, FNX_E_NOMEM, "more than there is");
  refused_axes (FNX_MAX_DIM + 1);
  refused_axes (-1);
}

static void
empty (void)
{
  fnx_buf *b = t_buf ("signal[channel,time]", NULL, 3L, 0L), *s = buffer_slice (b, 1, 0, 0, NULL), *t;

  t_ok (b && buffer_read (b) && s && buffer_equal (b, s), "a signal of no samples is a buffer");
  t = buffer_pick (b, NULL, 0, NULL);
  t_ok (t && buffer_read (t) && buffer_spec (t)->axes[0]->size == 0, "no items of it, too");
  buffer_unref (t);
  buffer_unref (s);
  buffer_unref (b);
}

/* ---- views ----------------------------------------------------------------------- */

static void
views (void)
{
  static const int64_t first[] = { 4, 0, 2, 2 }, second[] = { 3, 0, 1 }, both[] = { 2, 4, 0 };
  fnx_buf *b = epochs (), *v, *w;
  const void *own = buffer_item (b, 2);
  const double *before;

  v = buffer_pick (b, first, 4, NULL);
  w = buffer_pick (v, second, 3, NULL);
  t_ok (buffer_item (v, 2) == own && buffer_item (w, 0) == own, "items of views are those of the parent, in place");
  t_ok (buffer_bytes (v) == 0 && buffer_bytes (w) == 0, "asking for items gathers nothing");
  t_ok (real_of (w, "trial", "target", 1) == 1 && !strcmp (text_of (w, "trial", "group", 1), "c"),
        "columns are picked alike");
  t_ok (buffer_events (w)->n == 2 && buffer_meta (w, "Manufacturer"), "events and metadata come over");
  t_ok (buffer_spec (v)->axes[2]->rate_num == 1000 && buffer_spec (v)->axes[2]->rate_den == 3, "so do other axes");
  buffer_unref (v); /* w still shows the values */
  t_ok (shows (w, both, 3), "read gathers a view of a view in its order");
  t_ok (buffer_bytes (w) > 0, "and keeps what it gathered");
  before = t_values (w);
  t_ok (before == t_values (w), "reading again gives the same place");
  buffer_unref (b);
  t_ok (buffer_item (w, 0) != NULL && ((const double *)buffer_item (w, 2))[1] == value_at (0, 0, 1),
        "a view keeps its parent");
  t_ok (!buffer_write (w, NULL), "a view is never written");
  buffer_unref (w);
}

static void
regular_axes (void)
{
  static const int64_t run[] = { 2, 3, 4 }, scattered[] = { 5, 1, 3 };
  fnx_buf *b = epochs (), *s, *t;
  const fnx_axis *a;

  s = buffer_take (b, 2, run, 3, NULL);
  a = buffer_spec (s)->axes[2];
  t_ok ((a->flags & FNX_AXIS_REGULAR) && a->start == 2 && a->rate_num == 1000 && a->rate_den == 3 && !a->values,
        "a run of samples keeps its exact rate and counts on");
  t_ok (at (s, 4, 2, 1) == value_at (4, 2, 3), "with its values");
  t = buffer_slice (s, 2, 1, 2, NULL);
  t_ok (buffer_spec (t)->axes[2]->start == 3 && axis_position (buffer_spec (t)->axes[2], 0) == 3.0 * 3 / 1000,
        "a slice of a slice, too");
  buffer_unref (t);
  buffer_unref (s);
  s = buffer_take (b, 2, scattered, 3, NULL);
  a = buffer_spec (s)->axes[2];
  t_ok (!(a->flags & FNX_AXIS_REGULAR) && a->values && a->values[0] == 5.0 * 3 / 1000 && at (s, 0, 1, 2) == 13,
        "scattered samples keep their times as values");
  buffer_unref (s);
  s = buffer_take (b, 1, (const int64_t[]){ 2, 0 }, 2, NULL);
  t_ok (!strcmp (label_of (s, "channel", 0), "C4") && at (s, 3, 1, 6) == value_at (3, 0, 6),
        "channels are taken with their names");
  buffer_unref (s);
  buffer_unref (b);
}

static void
ownership (void)
{
  fnx_buf *b = epochs (), *c;
  fault f = FAULT_INIT;
  const void *place = buffer_read (b)->data;
  double *v;

  c = buffer_own (b, NULL);
  t_ok (c == b && buffer_write (c, NULL) == place, "the last reference is written in place");
  buffer_ref (b);
  t_ok (!buffer_write (b, &f) && f.code == FNX_E_BUG, "what others hold is not written: %s", f.text ? f.text : "");
  fault_clear (&f);
  c = buffer_own (b, NULL);
  v = c == b ? NULL : buffer_write (c, NULL);
  t_ok (v && v != place && buffer_equal (b, c), "a shared one is copied, with all that belongs to it");
  if (v)
    v[0] = -1;
  t_ok (at (b, 0, 0, 0) == 0 && at (c, 0, 0, 0) == -1, "and the original stays");
  buffer_unref (c);
  c = buffer_own (buffer_pick (b, (const int64_t[]){ 3 }, 1, NULL), NULL);
  t_ok (buffer_write (c, NULL) && shows (c, (const int64_t[]){ 3 }, 1), "a view is copied even by its only holder");
  buffer_unref (c);
  buffer_unref (b);
}

/* ---- join --------------------------------------------------------------------------- */

static void
joined_trials (void)
{
  static const double score[] = { 7, 8 };
  static const int64_t order[] = { 0, 1, 2, 3, 4, 4, 1 };
  fnx_buf *a = epochs (), *e = epochs (), *b, *j;

  b = buffer_own (buffer_pick (e, (const int64_t[]){ 4, 1 }, 2, NULL), NULL);
  t_reals (&b, "trial", "score", score);
  j = buffer_join ((const fnx_buf *const[]){ a, b }, 2, 0, NULL, NULL);
  t_ok (j && shows (j, order, 7), "trials are joined in order");
  t_ok (real_of (j, "trial", "score", 6) == 8 && isnan (real_of (j, "trial", "score", 0)),
        "columns are the union; what a part lacks is missing there");
  t_ok (!strcmp (text_of (j, "trial", "group", 5), "c") && real_of (j, "trial", "target", 6) == 1,
        "columns of both go through");
  t_ok (buffer_events (j)->n == 4, "events of both");
  buffer_unref (j);
  buffer_unref (b);
  b = buffer_pick (e, (const int64_t[]){ 4, 1 }, 2, NULL);
  j = buffer_join ((const fnx_buf *const[]){ a, b }, 2, 0, NULL, NULL);
  t_ok (j && shows (j, order, 7) && buffer_bytes (b) == 0, "a view is joined without being gathered");
  buffer_unref (j);
  buffer_unref (b);
  buffer_unref (e);
  buffer_unref (a);
}

static void
joined_blocks (void)
{
  fnx_buf *b = epochs (), *j;
  const fnx_buf *parts[3];

  parts[0] = buffer_slice (b, 2, 0, 3, NULL);
  parts[1] = buffer_slice (b, 2, 3, 1, NULL);
  parts[2] = buffer_slice (b, 2, 4, 3, NULL);
  j = buffer_join (parts, 3, 2, NULL, NULL);
  t_ok (j && buffer_spec (j)->axes[2]->start == 0 && buffer_spec (j)->axes[2]->size == SAMPLES
            && !memcmp (t_values (j), t_values (b), sizeof (double) * TRIALS * CHANNELS * SAMPLES),
        "blocks along time give the whole again");
  for (int i = 0; i < 3; i++)
    buffer_unref (parts[i]);
  buffer_unref (j);
  buffer_unref (b);
}

static void
not_joined (fnx_buf *a, fnx_buf *b, int axis, const char *words)
{
  static const char *const names[] = { "one.edf", "two.edf" };
  fault f = FAULT_INIT;
  fnx_buf *j = buffer_join ((const fnx_buf *const[]){ a, b }, 2, axis, names, &f);

  t_ok (!j && f.text && strstr (f.text, words) && strstr (f.text, "one.edf") && strstr (f.text, "two.edf"),
        "refused: %s", f.text ? f.text : "it was joined");
  buffer_unref (j);
  fault_clear (&f);
}

static void
refused_joins (void)
{
  fnx_buf *a = epochs (), *b;

  b = epochs ();
  t_labels (&b, "channel", "C3,CZ,C4");
  not_joined (a, b, 0, "Cz in one and CZ in the other");
  buffer_unref (b);
  b = epochs ();
  t_unit (&b, "mV");
  not_joined (a, b, 0, "uV");
  buffer_unref (b);
  b = epochs ();
  t_rate (&b, 250, 1);
  not_joined (a, b, 0, "samples a second");
  buffer_unref (b);
  b = buffer_slice (a, 2, 0, 4, NULL);
  not_joined (a, b, 0, "7 and 4 on the time axis");
  buffer_unref (b);
  b = buffer_convert (a, (fnx_dtype)FNX_F4, NULL);
  not_joined (a, b, 0, "epochs");
  buffer_unref (b);
  b = t_buf ("signal[channel,time]", NULL, 3L, 7L);
  not_joined (a, b, 0, "signal[channel,time]");
  buffer_unref (b);
  buffer_unref (a);
}

/* ---- types, comparison, hashes, tables ------------------------------------------------- */

static void
conversion (void)
{
  fnx_buf *b = epochs (), *f4 = buffer_convert (b, (fnx_dtype)FNX_F4, NULL), *back, *same;
  fault f = FAULT_INIT;

  t_ok (buffer_spec (f4)->dtype.bits == 32 && ((const float *)buffer_read (f4)->data)[20] == 26,
        "to float32, with values");
  t_ok (!strcmp (label_of (f4, "channel", 0), "C3") && buffer_events (f4)->n == 2, "and all that belongs to them");
  back = buffer_convert (f4, (fnx_dtype)FNX_F8, NULL);
  t_ok (buffer_equal (b, back), "and back");
  same = buffer_convert (b, (fnx_dtype)FNX_F8, NULL);
  t_ok (same == b, "the type it has: one more reference");
  t_ok (!buffer_convert (b, (fnx_dtype){ FNX_DT_COMPLEX, 128, 1 }, &f) && f.code == FNX_E_SPEC, "refused: %s",
        f.text ? f.text : "");
  fault_clear (&f);
  buffer_unref (same);
  buffer_unref (back);
  buffer_unref (f4);
  buffer_unref (b);
}

static void
integers (void)
{
  static const int16_t small[] = { -32768, -1, 32767 };
  const fnx_axis time = { .struct_size = sizeof time, .name = "time", .size = 3 };
  const fnx_axis *const axes[] = { &time };
  const fnx_spec s
      = { .struct_size = sizeof s, .ndim = 1, .kind = "signal", .dtype = { FNX_DT_INT, 16, 1 }, .axes = axes };
  fnx_buf *b = buffer_new (&s, NULL), *r;

  memcpy (buffer_write (b, NULL), small, sizeof small);
  r = buffer_convert (b, (fnx_dtype)FNX_F8, NULL);
  t_ok (t_values (r)[0] == -32768 && t_values (r)[1] == -1 && t_values (r)[2] == 32767, "16-bit integers to reals");
  buffer_unref (r);
  buffer_unref (b);
}

static void
comparison (void)
{
  fnx_buf *a = epochs (), *b = epochs ();

  t_ok (buffer_equal (a, b) && buffer_hash (a) == buffer_hash (b), "equal buffers are equal and have one hash");
  ((double *)buffer_write (a, NULL))[3] = NAN;
  t_ok (!buffer_equal (a, b) && buffer_hash (a) != buffer_hash (b), "one value differs");
  ((double *)buffer_write (b, NULL))[3] = NAN;
  t_ok (buffer_equal (a, b), "NaN equals NaN");
  t_labels (&b, "channel", "C3,Cz,C5");
  t_ok (!buffer_equal (a, b), "one label differs");
  buffer_unref (a);
  buffer_unref (b);
}

static void
metadata (void)
{
  fnx_buf *b = t_buf ("table[row]", NULL, 1L);

  buffer_set_meta (b, "B", "1");
  buffer_set_meta (b, "A", "2");
  buffer_set_meta (b, "B", "3");
  t_ok (!strcmp (buffer_meta (b, "A"), "2") && !strcmp (buffer_meta (b, "B"), "3"), "the last value of a key stands");
  buffer_unref (b);
}

static void
table (void)
{
  static const char *const words[] = { "x", NULL, "z" };
  static const double numbers[] = { 1, 2, 3 };
  fnx_buf *t = buffer_table (3, NULL);

  t_texts (&t, "row", "word", words);
  t_reals (&t, "row", "n", numbers);
  t_reals (&t, "row", "word", numbers);
  t_ok (isnan (t_values (t)[2]) && real_of (t, "row", "word", 2) == 3 && real_of (t, "row", "n", 0) == 1,
        "a table's columns are its content; the same name replaces");
  buffer_unref (t);
}

int
main (void)
{
  like_keeps ();
  columns_give_way ();
  older_structs ();
  refused_sizes ();
  empty ();
  views ();
  regular_axes ();
  ownership ();
  joined_trials ();
  joined_blocks ();
  refused_joins ();
  conversion ();
  integers ();
  comparison ();
  metadata ();
  table ();
  return t_end ();
}
