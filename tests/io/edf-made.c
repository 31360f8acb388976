/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reader on files made by hand, each with one thing about it: units, rates,
 * gaps, annotations, status bits, names, and thirty small deviations, each of
 * which is read with a repair listed, or refused for a reason, and never read
 * by mode=strict.
 */
#include "tests/harness.h"
#include "tests/io/edf-make.h"

enum { N = 32, RECORDS = 4 };

static int
value (int c, int r, int i)
{
  return 100 * c + 10 * r + i - 50;
}

/* Two channels and annotations, 4 records of 1 s. */
static const make_signal plain[] = { { "Fc5.", "uV", "-3276.8", "3276.7", "-32768", "32767", "32" },
                                     { "EEG T3-REF", "uV", "-3276.8", "3276.7", "-32768", "32767", "32" },
                                     { "EDF Annotations", "", "-1", "1", "-32768", "32767", "30" } };

static made_file
make_plus (const char *kind, const char *const *tals)
{
  made_file f = { 0 };
  put_header (&f, "0", kind, "4", "1", plain, 3);
  for (int r = 0; r < RECORDS; r++) {
    for (int c = 0; c < 2; c++)
      for (int i = 0; i < N; i++)
        put_sample (&f, 2, value (c, r, i));
    put_tal (&f, tals[r], 60);
  }
  return f;
}

static const char *const even[] = { "+0\2\2\3+0.25\0010.5\2go\2", "+1\2\2", "+2\2\2\3+2.5\2\316\261\2two\2", "+3\2\2" };

static const fnx_buf *
read_made (const made_file *f, const char *suffix, const char *more)
{
  char line[256];
  const char *path = made_write (f, suffix);
  snprintf (line, sizeof line, "edf path=%s %s", path, more);
  const fnx_buf *b = t_read (line, 0);
  unlink (path);
  return b;
}

static const char *
fail_made (const made_file *f, const char *suffix, const char *more, fnx_status *code)
{
  char line[256];
  const char *path = made_write (f, suffix);
  snprintf (line, sizeof line, "edf path=%s %s", path, more);
  const char *why = t_fail (line, NULL, code);
  unlink (path);
  return why;
}

static void
refused (made_file f, const char *more, fnx_status code, const char *part)
{
  fnx_status got = 0;
  const char *why = fail_made (&f, ".edf", more, &got);
  t_ok (got == code && strstr (why, part), "%s: %s", more, why);
  made_free (&f);
}

/* ---- units ---------------------------------------------------------------------- */

static void
check_units (void)
{
  static const struct {
    const char *unit;
    double factor; /* 0: left as it is */
  } units[]
      = { { "uV", 1 },           { "\265V", 1 }, { "\302\265V", 1 }, { "\316\274V", 1 }, { "mV", 1e3 }, { "nV", 1e-3 },
          { "V", 1e6 },          { "", 0 },      { ".V", 0 },        { "mmHg", 0 },      { "%", 0 },    { "MV", 0 },
          { "\342\204\203", 0 }, { "n/a", 0 } };
  for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
    make_signal s = { "C3", units[k].unit, "-32.768", "32.767", "-32768", "32767", "4" };
    made_file f = { 0 };
    put_header (&f, "0", "", "1", "1", &s, 1);
    for (int i = 0; i < 4; i++)
      put_sample (&f, 2, 1000 * i - 1500);
    const fnx_buf *b = read_made (&f, ".edf", "");
    const double *x = t_values (b);
    const char *unit = buffer_spec (b)->unit;
    const char *column = axis_column (buffer_spec (b)->axes[0], "unit")->texts[0];
    const double factor = units[k].factor > 0 ? units[k].factor : 1;
    bool ok = true;
    for (int i = 0; i < 4; i++)
      ok = ok && fabs (x[i] - (i - 1.5) * factor) <= 1e-12 * factor;
    ok = ok
         && (units[k].factor > 0 ? unit && strcmp (unit, "uV") == 0 && strcmp (column, "uV") == 0
             : units[k].unit[0]  ? unit && strcmp (unit, units[k].unit) == 0 && strcmp (column, unit) == 0
                                 : !unit && !column);
    t_ok (ok, "unit \"%s\": factor %g, delivered in %s", units[k].unit, factor, unit ? unit : "what it is");
    buffer_unref (b);
    made_free (&f);
  }
}

/* ---- rates ------------------------------------------------------------------------ */

static void
check_rates (void)
{
  static const make_signal s[] = { { "C3", "uV", "-1", "1", "-100", "100", "7" },
                                   { "Resp", "uV", "-1", "1", "-100", "100", "3" },
                                   { "C4", "uV", "-1", "1", "-100", "100", "7" },
                                   { "Temp", "degC", "20", "40", "-100", "100", "3" } };
  static const int n[] = { 7, 3, 7, 3 };
  made_file f = { 0 };
  put_header (&f, "0", "", "3", "0.3", s, 4);
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      for (int i = 0; i < n[c]; i++)
        put_sample (&f, 2, 20 * c + n[c] * r + i);
  const fnx_buf *b = read_made (&f, ".edf", "");
  const fnx_axis *t = buffer_spec (b)->axes[1];
  t_ok (t->rate_num == 70 && t->rate_den == 3 && t->size == 21 && buffer_spec (b)->axes[0]->size == 2,
        "a tie goes to the faster channels; 7 in 0.3 s are exactly %ld/%ld Hz", (long)t->rate_num, (long)t->rate_den);
  t_ok (t_values (b)[8] == 8 * 0.01 && t_values (b)[21 + 20] == (40 + 20) * 0.01, "each from its place in the record");
  buffer_unref (b);
  b = read_made (&f, ".edf", "rate=10Hz");
  t_ok (buffer_spec (b)->axes[1]->rate_num == 10 && strcmp (buffer_spec (b)->axes[0]->labels[1], "Temp") == 0
            && !buffer_spec (b)->unit && fabs (t_values (b)[9] - (30 + 60 * 0.1)) < 1e-12,
        "rate=10Hz reads the others; their units differ, so there is no common one");
  buffer_unref (b);
  b = read_made (&f, ".edf", "channels=C4,C3");
  t_ok (strcmp (buffer_spec (b)->axes[0]->labels[0], "C4") == 0 && t_values (b)[0] == 40 * 0.01, "channels= orders");
  buffer_unref (b);
  fnx_status code;
  const char *why = fail_made (&f, ".edf", "channels=C3,Temp", &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "one signal has one rate"), "%s", why);
  why = fail_made (&f, ".edf", "channels=Cz", &code);
  t_ok (code == FNX_E_PARAM && strncmp (why, "channels=Cz", 11) == 0 && strstr (why, "C3 Resp C4 Temp"), "%s", why);
  why = fail_made (&f, ".edf", "rate=11Hz", &code);
  t_ok (code == FNX_E_PARAM && strstr (why, "23.3333 Hz"), "%s", why);
  made_free (&f);
}

/* ---- discontinuous recordings -------------------------------------------------------- */

static void
check_gaps (void)
{
  static const char *const apart[]
      = { "+0\2\2\3+0.5\2a\2", "+1\2\2", "+5.51\2\2\3+6\2b\2\3+3\2in the gap\2", "+6.51\2\2" };
  static const char *const back[] = { "+0\2\2", "+1\2\2", "+1.5\2\2", "+6\2\2" };
  static const char *const far[] = { "+0\2\2", "+1\2\2", "+100000\2\2", "+100001\2\2" };
  const int start = 176; /* 5.51 s * 32 Hz = 176.32 */
  made_file f = make_plus ("EDF+D", apart);
  const fnx_buf *b = read_made (&f, ".edf", "");
  const fnx_axis *t = buffer_spec (b)->axes[1];
  const double *x = t_values (b);
  bool ok = t->size == start + 64;
  for (int c = 0; ok && c < 2; c++)
    for (int i = 0; i < t->size; i++) {
      const double want = i < 64      ? 0.1 * value (c, i / 32, i % 32)
                          : i < start ? NAN
                                      : 0.1 * value (c, 2 + (i - start) / 32, (i - start) % 32);
      const double have = x[c * t->size + i];
      ok = ok && (isnan (want) ? isnan (have) : fabs (have - want) < 1e-9);
    }
  t_ok (ok, "a gap is missing samples: %ld in all", (long)t->size);
  const fnx_events *e = buffer_events (b);
  t_ok (e->n == 3 && e->onset[0] == 0.5 && e->onset[1] == 3 && e->onset[2] == 6, "events keep their times");
  for (int max = 1; max < 300; max = 2 * max + 5) {
    char line[128];
    const char *path = made_write (&f, ".edf");
    snprintf (line, sizeof line, "edf path=%s", path);
    const fnx_buf *blocks = t_read_blocks (line, 0, max);
    t_ok (buffer_equal (b, blocks), "blocks of at most %d = whole", max);
    buffer_unref (blocks);
    unlink (path);
  }
  buffer_unref (b);
  b = read_made (&f, ".edf", "gaps=join");
  e = buffer_events (b);
  t_ok (buffer_spec (b)->axes[1]->size == 128 && fabs (t_values (b)[64] - 0.1 * value (0, 2, 0)) < 1e-9
            && e->onset[1] == 2 && fabs (e->onset[2] - 2.49) < 1e-9,
        "gaps=join: pieces and events side by side");
  buffer_unref (b);
  made_free (&f);
  refused (make_plus ("EDF+D", apart), "gaps=error", FNX_E_DATA, "gaps=error: it has 1, the first after 2 s");
  refused (make_plus ("EDF+D", back), "", FNX_E_IO, "record 3 begins 0.5 s before record 2 ends");
  refused (make_plus ("EDF+D", far), "", FNX_E_DATA, "gaps=join");
  f = make_plus ("EDF+C", apart);
  b = read_made (&f, ".edf", "");
  t_ok (buffer_spec (b)->axes[1]->size == 128 && strstr (buffer_meta (b, "Repairs"), "taken as continuous"),
        "EDF+C with odd times is continuous, and says so");
  buffer_unref (b);
  made_free (&f);
}

/* ---- counts -------------------------------------------------------------------------- */

/* Numbers that fit their fields and nothing else. */
static void
check_counts (void)
{
  static const struct {
    size_t at, width;
    const char *text, *part;
  } fields[] = { { 252, 4, "5e16", "number of signals reads \"5e16\"" },
                 { 252, 4, "9999", "takes 2560000 bytes" },
                 { 236, 8, "9e18", "number of records reads \"9e18\"" },
                 { 256 + 3 * 216, 8, "9e17", "samples reads \"9e17\"" } };
  for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
    made_file f = make_plus ("EDF", even);
    memset (f.bytes + fields[k].at, ' ', fields[k].width);
    memcpy (f.bytes + fields[k].at, fields[k].text, strlen (fields[k].text));
    refused (f, "", FNX_E_IO, fields[k].part);
  }
}

/* ---- annotations and status bits -------------------------------------------------------- */

static void
check_annotations (void)
{
  static const make_signal s[] = { { "C3", "uV", "-1", "1", "-100", "100", "2" },
                                   { "BDF Annotations", "", "-1", "1", "-8388608", "8388607", "20" },
                                   { "Status", "Boolean", "-8388608", "8388607", "-8388608", "8388607", "4" },
                                   { "BDF Annotations", "", "-1", "1", "-8388608", "8388607", "20" } };
  /* Bits above 16 are the machine's: they are no triggers. */
  static const int status[] = { 0x010005, 0x010005, 0x010000, 0x000007, 0x000007, 0x800009, -0x7fffff, 0x000001 };
  static const char *const first[] = { "+0.125\2\2a\2b\2", "+1.125\2\2" };
  static const char *const second[] = { "+0.625\1\2open\2\3+1\0012\2x@@C3\2", "+1.625\2\344\2" };
  made_file f = { 0 };
  put_header (&f, "\377BIOSEMI", "BDF+C", "2", "1", s, 4);
  for (int r = 0; r < 2; r++) {
    put_sample (&f, 3, 50 + r);
    put_sample (&f, 3, -8388608);
    put_tal (&f, first[r], 60);
    for (int i = 0; i < 4; i++)
      put_sample (&f, 3, status[4 * r + i]);
    put_tal (&f, second[r], 60);
  }
  const fnx_buf *b = read_made (&f, ".bdf", "");
  const fnx_events *e = buffer_events (b);
  static const struct {
    double onset, duration;
    const char *label;
  } want[] = { { 0, NAN, "a" },   { 0, NAN, "b" },    { 0.5, NAN, "open" },     { 0.75, NAN, "7" },
               { 0.875, 2, "x" }, { 1.25, NAN, "9" }, { 1.5, NAN, "\303\244" }, { 1.5, NAN, "1" } };
  bool ok = e->n == 8;
  for (size_t i = 0; ok && i < 8; i++)
    ok = fabs (e->onset[i] - want[i].onset) < 1e-12 && strcmp (e->label[i], want[i].label) == 0
         && (isnan (want[i].duration) ? isnan (e->duration[i]) : e->duration[i] == want[i].duration);
  if (!ok)
    for (size_t i = 0; i < e->n; i++)
      printf ("# %g %g %s\n", e->onset[i], e->duration[i], e->label[i]);
  t_ok (ok, "two annotation signals and the status bits give %zu events in order", e->n);
  t_ok (ok && e->channel && strcmp (e->channel[4], "C3") == 0 && !e->channel[0], "@@C3 is of one channel");
  t_ok (buffer_spec (b)->axes[0]->size == 1 && t_values (b)[0] == 0.5 && t_values (b)[1] == -83886.08,
        "the status channel is no signal; 24 bits with their sign");
  buffer_unref (b);
  b = read_made (&f, ".bdf", "status=channel rate=4Hz");
  t_ok (buffer_events (b)->n == 5 && t_values (b)[6] == -0x7fffff,
        "status=channel keeps its values, and gives no events");
  buffer_unref (b);
  made_free (&f);

  static const make_signal only = { "EDF Annotations", "", "-1", "1", "-32768", "32767", "30" };
  made_file a = { 0 };
  put_header (&a, "0", "EDF+C", "2", "0", &only, 1);
  put_tal (&a, "+0\2\2\3+7200\00130\2Sleep stage 1\2", 60);
  put_tal (&a, "+0\2\2\3+10\2lights\2", 60);
  b = read_made (&a, ".edf", "");
  t_ok (buffer_events (b)->n == 2 && buffer_events (b)->onset[1] == 7200 && buffer_spec (b)->axes[0]->size == 0,
        "records of 0 s hold annotations only: %zu events", buffer_events (b)->n);
  buffer_unref (b);
  made_free (&a);
}

/* ---- names -------------------------------------------------------------------------------- */

static void
check_names (void)
{
  made_file f = make_plus ("EDF+C", even);
  const fnx_buf *b = read_made (&f, ".EDF", "");
  const fnx_axis *c = buffer_spec (b)->axes[0];
  t_ok (strcmp (c->labels[0], "FC5") == 0 && strcmp (c->labels[1], "T7") == 0
            && strcmp (axis_column (c, "original")->texts[1], "EEG T3-REF") == 0
            && strcmp (axis_column (c, "kind")->texts[0], "eeg") == 0 && axis_column (c, "x")->reals[1] < -0.95,
        "Fc5. is FC5, EEG T3-REF is T7, each in its place, the original kept");
  t_ok (strcmp (buffer_meta (b, "Format"), "\"EDF+C\"") == 0
            && strcmp (buffer_meta (b, "FileStart"), "\"2015-03-02T12:30:45\"") == 0
            && strcmp (buffer_meta (b, "SamplingFrequency"), "32") == 0
            && strcmp (buffer_meta (b, "RecordingDuration"), "4") == 0 && !buffer_meta (b, "Repairs"),
        "metadata under BIDS keys");
  buffer_unref (b);
  b = read_made (&f, ".edf", "names=original channels=t7");
  t_ok (strcmp (buffer_spec (b)->axes[0]->labels[0], "EEG T3-REF") == 0,
        "names=original; channels=t7 finds it all the same");
  buffer_unref (b);
  made_free (&f);

  static const char *const labels[] = { "A1", "A3", "A4", "C3", "A3" };
  make_signal bank[5];
  made_file g = { 0 };
  for (int i = 0; i < 5; i++)
    bank[i] = (make_signal){ labels[i], "uV", "-1", "1", "-100", "100", "1" };
  put_header (&g, "0", "", "1", "1", bank, 5);
  for (int i = 0; i < 5; i++)
    put_sample (&g, 2, i);
  b = read_made (&g, ".edf", "");
  c = buffer_spec (b)->axes[0];
  t_ok (isnan (axis_column (c, "x")->reals[3]) && strcmp (axis_column (c, "kind")->texts[1], "eeg") == 0,
        "among A1 A3 A4, C3 is a socket and no place");
  t_ok (strcmp (c->labels[4], "A3#2") == 0, "a second A3 is A3#2");
  buffer_unref (b);
  made_free (&g);
}

/* ---- deviations ----------------------------------------------------------------------------- */

/* Where fields of signal 0 begin in a header of 3 signals. */
enum {
  S_LABEL = 256,
  S_UNIT = 256 + 3 * 96,
  S_PMIN = S_UNIT + 24,
  S_PMAX = S_PMIN + 24,
  S_DMIN = S_PMAX + 24,
  S_DMAX = S_DMIN + 24,
  S_N = S_DMAX + 24 + 240,
  TAL_0 = 1024 + 128
};

static const struct {
  const char *what;
  size_t at; /* write `bytes` here */
  const char *bytes;
  const char *part; /* of the repair; or, with a leading !, of the refusal */
} odd[] = {
  { "decimal comma", S_PMAX, "3276,7  ", "decimal comma" },
  { "zero bytes for blanks", S_PMAX, "3276.7\0", "zero bytes" },
  { "date dd-mm-yy", 168, "02-03-15", "with points" },
  { "date 00.00.00", 168, "00.00.00", "no date" },
  { "date 42.00.00", 168, "42.00.00", "no date" },
  { "30 February", 168, "30.02.15", "no date" },
  { "time with colons", 176, "12:30:45", "with points" },
  { "record count -1", 236, "-1      ", "not closed" },
  { "record count 0", 236, "0       ", "not closed" },
  { "one record more", 236, "3       ", "after the last record" },
  { "one record fewer", 236, "5       ", "4 of 5 records" },
  { "many records fewer", 236, "3000    ", "!truncated=allow" },
  { "absurd record count", 236, "99999999", "!truncated=allow" },
  { "record count is no number", 236, "four    ", "!number of records" },
  { "duration is no number", 244, "one     ", "!duration of a record" },
  { "duration 0", 244, "0       ", "!no rate" },
  { "duration negative", 244, "-1      ", "!duration of a record" },
  { "signals 31 E", 252, "31 E", "!lost or gained" },
  { "signals 0", 252, "0   ", "!0 signals" },
  { "signals 9999", 252, "9999", "!it was cut" },
  { "signals negative", 252, "-3  ", "!lost or gained" },
  { "header size of 64", 184, "16640   ", "!header says 3 signals, its size of 16640 bytes holds 64" },
  { "header size blank", 184, "        ", "own size" },
  { "version", 0, "1       ", "!not an EDF" },
  { "digital minimum = maximum", S_DMIN, "32767   ", "left out" },
  { "physical minimum = maximum", S_PMIN, "3276.7  ", "left out" },
  { "physical range blank", S_PMIN, "        ", "left out" },
  { "digital minimum > maximum", S_DMIN, "32767   32767   32767   -32768  ", "above maximum" },
  { "digital maximum 40000", S_DMAX, "40000   ", "beyond the 16 bits" },
  { "samples is no number", S_N, "3 2     ", "!lost or gained" },
  { "no EDF+ in the header", 192, "     ", "continuous" },
  { "no annotation signal", S_LABEL + 32, "EDF Annotation ?", "no annotation signal" },
  { "annotations cut", TAL_0, "+0\024\024\0+1\024gogogogogo", "cannot be read" },
  { "annotations elsewhere", TAL_0 + 3 * 188, "x+0\024\024", "!bytes were lost" },
  { "times missing", TAL_0 + 188, "\0\0\0\0", "do not say when" },
};

static void
check_odd (void)
{
  for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
    made_file f = make_plus ("EDF+C", even);
    fnx_status code = 0;
    const char *part = odd[k].part;
    size_t n = strlen (odd[k].bytes);
    if (strcmp (odd[k].what, "zero bytes for blanks") == 0)
      n = 8;
    if (strcmp (odd[k].what, "annotations cut") == 0)
      n = 18;
    if (strcmp (odd[k].what, "times missing") == 0)
      n = 4;
    memcpy (f.bytes + odd[k].at, odd[k].bytes, n);
    if (*part == '!') {
      const char *why = fail_made (&f, ".edf", "", &code);
      t_ok (code == FNX_E_IO && strstr (why, part + 1), "%s: %s", odd[k].what, why);
    } else {
      const fnx_buf *b = read_made (&f, ".edf", "");
      const char *repairs = buffer_meta (b, "Repairs");
      t_ok (repairs && strstr (repairs, part), "%s: read, and listed: %s", odd[k].what, repairs ? repairs : "nothing");
      buffer_unref (b);
    }
    fail_made (&f, ".edf", "mode=strict", &code);
    t_ok (code == FNX_E_IO, "%s: strict refuses", odd[k].what);
    made_free (&f);
  }
  made_file f = make_plus ("EDF+C", even);
  memcpy (f.bytes + S_PMIN, "3276.7  ", 8);
  memcpy (f.bytes + S_PMAX, "-3276.8 ", 8);
  const fnx_buf *b = read_made (&f, ".edf", "mode=strict");
  t_ok (fabs (t_values (b)[0] - (0.1 * 50 - 0.1)) < 1e-9, "an inverted physical range is applied as written: %g",
        t_values (b)[0]);
  buffer_unref (b);
  memcpy (f.bytes + 236, "3000    ", 8);
  b = read_made (&f, ".edf", "truncated=allow");
  t_ok (buffer_spec (b)->axes[1]->size == 128 && strstr (buffer_meta (b, "Repairs"), "4 of 3000"),
        "truncated=allow reads and flags");
  buffer_unref (b);
  put (&f, "x", 1);
  memcpy (f.bytes + 236, "4       ", 8);
  b = read_made (&f, ".edf", "");
  t_ok (strstr (buffer_meta (b, "Repairs"), "1 byte after"), "one trailing byte is listed");
  buffer_unref (b);
  made_free (&f);
}

int
main (void)
{
  t_begin ();
  check_units ();
  check_rates ();
  check_gaps ();
  check_counts ();
  check_annotations ();
  check_names ();
  check_odd ();
  return t_end ();
}
