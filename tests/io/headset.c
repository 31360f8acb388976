/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables of headsets as recordings: the rate, the gaps and the events are those
 * that were planted, whatever the jitter of the stamps and the spelling of the
 * file; tables that are none stay what they were.
 */
#include "tests/io/scratch.h"

enum { ROWS = 4000, ROOM = 1 << 19 };

/* ---- making ------------------------------------------------------------------------ */
/* Rows of a headset: row i is the sample i + what is missing before it; TP9
 * holds the sample's number, AF7 ten times that, Marker0 code[i]. */
typedef struct plan {
  double hz, t0, jitter; /* Hz, s, s */
  int burst;             /* rows that are stamped together, backwards from the last */
  int gap_row, gap;      /* samples missing before that row */
  int stall_row, stall;  /* that row comes so many samples late, then they catch up */
  const char *stamp;     /* format of a stamp */
  double scale;          /* stamps in a second */
} plan;

static double
stamp_of (const plan *p, int i, const double *z)
{
  int sample = i + (p->gap && i >= p->gap_row ? p->gap : 0);
  double t = p->t0 + sample / p->hz + p->jitter * z[p->burst ? i / p->burst : i];
  double late = p->t0 + (p->stall_row + p->stall) / p->hz;
  return p->stall && i >= p->stall_row && t < late ? late : t;
}

static const char *
made (const plan *p, const char *header)
{
  static char text[ROOM];
  static double z[ROWS];
  size_t at = (size_t)snprintf (text, sizeof text, "%s", header);
  t_random (z, ROWS, 9);
  for (int i = 0; i < ROWS; i++) {
    int sample = i + (p->gap && i >= p->gap_row ? p->gap : 0);
    at += (size_t)snprintf (text + at, sizeof text - at, p->stamp, p->scale * stamp_of (p, i, z));
    at += (size_t)snprintf (text + at, sizeof text - at, ",%d,%d,%d\n", sample, 10 * sample,
                            i % 100 == 50 ? 1 + i / 100 % 2 : 0);
  }
  return scratch_file ("h.csv", text, at);
}

static const fnx_buf *
reading (const plan *p, const char *header, const char *more)
{
  return t_read (scratch_line ("text", made (p, header), more), 0);
}

static double
hz_of (const fnx_buf *b)
{
  const fnx_axis *t = buffer_spec (b)->axes[1];
  return (double)t->rate_num / (double)t->rate_den;
}

/* Samples whose TP9 is not their number; those missing are counted apart. */
static int
misplaced (const fnx_buf *b, int64_t *missing)
{
  const double *v = t_values (b);
  int wrong = 0;
  *missing = 0;
  for (int64_t i = 0; i < buffer_spec (b)->axes[1]->size; i++)
    if (isnan (v[i]))
      ++*missing;
    else
      wrong += v[i] != (double)i;
  return wrong;
}

/* ---- time ------------------------------------------------------------------------------ */
#define HEADER "timestamps,TP9,AF7,Marker0\n"
static const plan muse = { .hz = 256, .t0 = 149958.124, .stamp = "%.3f", .scale = 1 };

static void
rates (void)
{
  static const struct {
    const char *what, *header, *more, *stamp;
    double hz, want, t0, jitter, scale;
    int burst;
  } cases[] = {
    { "rounded to milliseconds", HEADER, "", "%.3f", 256, 256, 149958.124, 0, 1, 0 },
    { "in bursts of 12, off by 5 ms", HEADER, "", "%.3f", 256, 256, 149958.124, 0.005, 1, 12 },
    { "each off by 3 ms, so that they go back", HEADER, "", "%.6f", 256, 256, 0, 0.003, 1, 0 },
    { "a clock that is off by 0.014 %", HEADER, "", "%.6f", 256.036, 256, 1505317850.5, 0, 1, 0 },
    { "Unix time", HEADER, "", "%.6f", 250, 250, 1505317850.5, 0.001, 1, 0 },
    { "no whole number of Hz", HEADER, "", "%.9f", 128.5, 128.5, 0, 0, 1, 0 },
    { "Time (ms)", "Time (ms),TP9,AF7,Marker0\n", "", "%.0f", 500, 500, 0, 0, 1e3, 0 },
    { "time, in milliseconds without a word", "time,TP9,AF7,Marker0\n", "", "%.0f", 250, 250, 0, 0, 1e3, 0 },
    { "lsl_timestamp", "lsl_timestamp,TP9,AF7,Marker0\n", "", "%.4f", 1000, 1000, 7, 0, 1, 0 },
    { "rate= agrees", HEADER, "rate=256.02Hz", "%.3f", 256, 256.02, 0, 0, 1, 0 },
    { "time= names the stamps", "clock,TP9,AF7,Marker0\n", "time=clock", "%.3f", 256, 256, 0, 0, 1, 0 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    plan p = { .hz = cases[i].hz, .t0 = cases[i].t0, .jitter = cases[i].jitter, .burst = cases[i].burst };
    p.stamp = cases[i].stamp, p.scale = cases[i].scale;
    const fnx_buf *b = reading (&p, cases[i].header, cases[i].more);
    int64_t missing;
    int wrong = misplaced (b, &missing);
    t_ok (fabs (hz_of (b) - cases[i].want) < 1e-3 && !wrong && !missing && buffer_spec (b)->axes[1]->size == ROWS,
          "%s: %.6g Hz", cases[i].what, hz_of (b));
    buffer_unref (b);
  }
  scratch_clear ();
}

static void
gaps (void)
{
  plan p = muse;
  int64_t missing;
  fnx_status code;
  p.gap_row = 1717, p.gap = 300, p.stamp = "%.6f";
  const fnx_buf *b = reading (&p, HEADER, "");
  int wrong = misplaced (b, &missing);
  const fnx_events *e = buffer_events (b);
  t_ok (!wrong && missing == 300, "a gap of 300 samples is 300 missing ones, and all others keep their place");
  t_ok (e->n == 40 && e->onset[16] == 1650 / 256.0 && e->onset[17] == 2050 / 256.0, "events behind it are later");
  buffer_unref (b);
  b = reading (&p, HEADER, "gaps=join");
  t_ok (buffer_spec (b)->axes[1]->size == ROWS && hz_of (b) == 256, "gaps=join: rows side by side, the same rate");
  buffer_unref (b);
  const char *why = t_fail (scratch_line ("text", made (&p, HEADER), "gaps=error"), NULL, &code);
  t_ok (code == FNX_E_DATA && strstr (why, "gaps=error") && strstr (why, "line 1719"), "gaps=error: %s", why);
  p.gap = 1;
  b = reading (&p, HEADER, "");
  wrong = misplaced (b, &missing);
  t_ok (!wrong && missing == 1, "with exact stamps one missing sample is seen");
  buffer_unref (b);
  /* a lost packet of 12 among bursts that are off by 4 ms */
  p.gap = 12, p.gap_row = 1716, p.burst = 12, p.jitter = 0.004, p.stamp = "%.3f";
  b = reading (&p, HEADER, "");
  wrong = misplaced (b, &missing);
  t_ok (llabs (missing - 12) <= 2, "a lost packet of 12 among bursts: %lld missing", (long long)missing);
  buffer_unref (b);
  p.gap = 0, p.burst = 0, p.jitter = 0.0005, p.stall = 100, p.stall_row = 2000;
  b = reading (&p, HEADER, "");
  wrong = misplaced (b, &missing);
  t_ok (!wrong && !missing && hz_of (b) == 256, "rows that came late all at once are no gap");
  buffer_unref (b);
  p = muse, p.gap_row = 2000, p.gap = -500; /* the clock is set back by 2 s */
  b = reading (&p, HEADER, "");
  t_ok (buffer_spec (b)->axes[1]->size == ROWS && hz_of (b) == 256 && t_values (b)[2000] == 1500,
        "a clock set back: rows as they follow, at the same rate");
  buffer_unref (b);
  scratch_clear ();
}

/* ---- columns ------------------------------------------------------------------------------- */
/* A recording of 64 rows at 128 Hz: `columns` names them behind the stamps,
 * `cell` writes one. */
static const fnx_buf *
small (const char *name, const char *head, const char *part, const char *end, const char *const *rows, int n,
       const char *more)
{
  static char text[ROOM];
  size_t at = (size_t)snprintf (text, sizeof text, "%s%s", head, end);
  for (int i = 0; i < 64; i++)
    at += (size_t)snprintf (text + at, sizeof text - at, "%.6f%s%s%s", i / 128.0, part, rows[i * n / 64], end);
  return t_read (scratch_line ("text", scratch_file (name, text, at), more), 0);
}

static bool
is_small (const fnx_buf *b, int64_t channels, const char *first)
{
  const fnx_spec *s = buffer_spec (b);
  return !strcmp (s->kind, "signal") && s->axes[0]->size == channels && s->axes[1]->size == 64 && hz_of (b) == 128
         && !strcmp (s->axes[0]->labels[0], first) && t_values (b)[0] == 1;
}

static void
spellings (void)
{
  static const char *const comma[] = { "1,2,0", "3,4,1" }, *const semi[] = { "1;2;0", "3;4;1" },
                           *const tab[] = { "1\t2\t0", "3\t4\t1" }, *const space[] = { "1 2 0", "3 4 1" };
  static const struct {
    const char *what, *name, *head, *part, *end;
    const char *const *rows;
  } cases[] = {
    { "CRLF and a byte order mark", "h.csv", "\xef\xbb\xbftimestamps,TP9,AF7,Marker0", ",", "\r\n", comma },
    { "semicolons", "h.csv", "timestamp;TP9;AF7;Marker", ";", "\n", semi },
    { "tabs in a .csv", "h.csv", "time\tTP9\tAF7\tMarkers", "\t", "\n", tab },
    { "tabs in a .tsv", "h.tsv", "Time (s)\tEEG TP9-REF\tAF7\tSTI 014", "\t", "\n", tab },
    { "white space", "h.txt", "timestamps tp9 AF7 trigger", " ", "\n", space },
    { "quotes", "h.csv", "\"timestamps\",\"TP9\",\"AF7\",\"Marker0\"", ",", "\n", comma },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const fnx_buf *b = small (cases[i].name, cases[i].head, cases[i].part, cases[i].end, cases[i].rows, 2, "");
    const fnx_events *e = buffer_events (b);
    t_ok (is_small (b, 2, "TP9") && e->n == 1 && e->onset[0] == 0.25 && e->duration[0] == 0.25
              && !strcmp (e->label[0], "1"),
          "%s", cases[i].what);
    buffer_unref (b);
    scratch_clear ();
  }
}

static void
channels (void)
{
  static const char *const aux[] = { "1,2,3,0" }, *const none[] = { "1,2,,0" },
                           *const volts[] = { "1e-6,2e-6,0", "1e-6,9e-6,0" };
  const fnx_buf *b = small ("h.csv", "timestamps,TP9,AF7,Right AUX,Marker0", ",", "\n", aux, 1, "");
  const fnx_axis *a = buffer_spec (b)->axes[0];
  const double *x = buffer_column (b, "channel", "x")->reals;
  t_ok (is_small (b, 3, "TP9") && !strcmp (a->labels[2], "Right AUX") && x[0] < 0 && isnan (x[2]),
        "Right AUX is a channel without a place");
  t_ok (!strcmp (buffer_spec (b)->unit, "uV"), "in uV");
  const fnx_buf *c = t_run ("pick channels=TP9,AF7", b), *d = t_run ("pick kind=eeg", b);
  t_ok (buffer_spec (c)->axes[0]->size == 2 && buffer_equal (c, d), "pick leaves it out by name and by kind");
  buffer_unref (b);
  buffer_unref (c);
  buffer_unref (d);
  b = small ("h.csv", "timestamps,TP9,AF7,Right AUX,Marker0", ",", "\n", none, 1, "");
  t_ok (is_small (b, 2, "TP9"), "one that was not connected is no channel");
  buffer_unref (b);
  b = small ("h.csv", "timestamps,TP9 (mV),AF7 (mV),ACC (g),Marker0", ",", "\n", aux, 1, "");
  t_ok (t_values (b)[0] == 1000 && t_values (b)[128] == 3 && !buffer_spec (b)->unit
            && !strcmp (buffer_column (b, "channel", "unit")->texts[2], "g"),
        "units of the header: mV become uV, g stays");
  buffer_unref (b);
  b = small ("h.csv", "timestamps,TP9,AF7,Marker0", ",", "\n", volts, 2, "");
  t_ok (fabs (t_values (b)[64 + 63] - 9) < 1e-9, "values that can only be V are taken for V");
  buffer_unref (b);
  b = small ("h.csv", "timestamps,TP9,AF7,Right AUX,Marker0", ",", "\n", aux, 1, "unit=mV");
  t_ok (t_values (b)[0] == 1000, "unit=mV");
  buffer_unref (b);
  b = small ("h.csv", "timestamps,EEG Fp1.,C3,c3,Marker0", ",", "\n", aux, 1, "names=original");
  t_ok (is_small (b, 3, "EEG Fp1."), "names=original");
  buffer_unref (b);
  b = small ("h.csv", "timestamps,EEG Fp1.,C3,c3,Marker0", ",", "\n", aux, 1, "");
  a = buffer_spec (b)->axes[0];
  t_ok (is_small (b, 3, "Fp1") && !strcmp (a->labels[1], "C3") && !strcmp (a->labels[2], "C3#2"),
        "10-20 names, and names that differ");
  buffer_unref (b);
  scratch_clear ();
}

/* "1@0 2@16+8" is what happened: label, row, and rows held if more than one. */
static void
happened (const char *what, const char *head, const char *const *rows, int n, const char *more, const char *want)
{
  char text[512] = "";
  const fnx_buf *b = small ("h.csv", head, ",", "\n", rows, n, more);
  const fnx_events *e = buffer_events (b);
  for (size_t i = 0, at = 0; i < e->n && at < 400; i++) {
    at += (size_t)snprintf (text + at, sizeof text - at, "%s%s@%g", i ? " " : "", e->label[i], 128 * e->onset[i]);
    if (!isnan (e->duration[i]))
      at += (size_t)snprintf (text + at, sizeof text - at, "+%g", 128 * e->duration[i]);
  }
  t_ok (!strcmp (text, want), "%s: %s", what, text);
  buffer_unref (b);
  scratch_clear ();
}

static void
events (void)
{
  static const char *const held[] = { "5,0", "5,1", "5,2", "5,0" }, *const floats[] = { "5,0.0", "5,1.0", "5,1" },
                           *const words[] = { "5,", "5,go", "5,n/a", "5,stop" }, *const minus[] = { "5,-1", "5,-1",
                                                                                                    "5,-1", "5,1",
                                                                                                    "5,-1", "5,2",
                                                                                                    "5,-1", "5,-1" },
                           *const idle[] = { "5,255" }, *const two[] = { "5,0,7", "5,1,7", "5,1,0", "5,0,9" },
                           *const zero[] = { "5,-1", "5,-1", "5,-1", "5,-1", "5,-1", "5,-1", "5,-1", "5,-1",
                                             "5,-1", "5,-1", "5,-1", "5,-1", "5,-1", "5,-1", "5,-1", "5,0" },
                           *const sides[] = { "5,0", "5,-1", "5,0", "5,1" };
  happened ("held, and one after the other", "time,Cz,Marker0", held, 4, "", "1@16+16 2@32+16");
  happened ("1.0 is 1, wherever it changes its spelling", "time,Cz,Marker0", floats, 3, "", "1@22+42");
  happened ("words", "time,Cz,Marker", words, 4, "", "go@16+16 stop@48+16");
  happened ("-1 most of the time is a rest", "time,Cz,stim", minus, 8, "", "1@24+8 2@40+8");
  happened ("-1 beside 0 is a code", "time,Cz,stim", sides, 4, "", "-1@16+16 1@48+16");
  happened ("-1 nearly always is one beside 0, too", "time,Cz,stim", zero, 16, "", "0@60+4");
  happened ("255 all of the time is a rest", "time,Cz,trigger", idle, 1, "", "");
  happened ("two columns", "time,Cz,Marker0,Marker1", two, 4, "", "Marker1/7@0+32 Marker0/1@16+32 Marker1/9@48+16");
  happened ("one of them", "time,Cz,Marker0,Marker1", two, 4, "markers=Marker1", "7@0+32 9@48+16");
  happened ("a column of another name", "time,Cz,code", held, 4, "markers=code", "1@16+16 2@32+16");
  happened ("none", "time,Cz,Marker0", held, 4, "markers=none", "");
  happened ("no stamps, a rate", "x,Cz,Marker0", held, 4, "time=none rate=128Hz", "1@16+16 2@32+16");
}

static void
pandas (void)
{
  static char text[ROOM];
  size_t at = (size_t)snprintf (text, sizeof text, ",timestamps,TP9,Marker0,when\n");
  for (int i = 0; i < 64; i++)
    at += (size_t)snprintf (text + at, sizeof text - at, "%d,%.6f,%d,%s,2017-09-13 15:30:01\n", i, i / 128.0, i + 1,
                            i == 7 ? "2" : "0");
  const fnx_buf *b = t_read (scratch_line ("text", scratch_file ("h.csv", text, at), ""), 0);
  const fnx_events *e = buffer_events (b);
  t_ok (is_small (b, 1, "TP9") && e->n == 1 && isnan (e->duration[0]), "an index in front and dates are no channels");
  buffer_unref (b);
  scratch_clear ();
}

/* ---- what is none, and what is refused -------------------------------------------------------- */
static void
others (void)
{
  static const struct {
    const char *text, *more, *kind;
    long channels;
  } cases[] = {
    { "time,roi1,roi2\n0,1,2\n1,3,4\n", "", "series", 3 },
    { "TP9,AF7,Marker0\n1,2,0\n3,4,1\n", "", "series", 3 },
    { "time,TP9\n0,1\n1,2\n", "kind=series", "series", 2 },
    { "time,Cz\n0,1\n1,2\n", "kind=features", "features", 2 },
    { "time,C3,C4\n0,1,2\n1,3,4\n", "rows=region labels=no", "series", 2 },
    { "TP9,AF7,Marker0\n1,2,0\n3,4,1\n", "kind=signal rate=2Hz", "signal", 3 },
    { "time,roi1,roi2\n0,1,2\n0.5,3,4\n", "kind=signal", "signal", 2 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *path = scratch_file ("o.csv", cases[i].text, strlen (cases[i].text));
    const fnx_buf *b = t_read (scratch_line ("text", path, cases[i].more), 0);
    const fnx_spec *s = buffer_spec (b);
    long n = (long)s->axes[!strcmp (s->kind, "features")]->size;
    t_ok (!strcmp (s->kind, cases[i].kind) && n == cases[i].channels, "%.*s, %s: %s of %ld",
          (int)strcspn (cases[i].text, "\n"), cases[i].text, *cases[i].more ? cases[i].more : "as it is", s->kind, n);
    buffer_unref (b);
  }
  scratch_clear ();
}

static void
refusals (void)
{
  static const struct {
    const char *text, *more, *word;
  } cases[] = {
    { "time,Cz\n0,1\n0.1,2\n", "time=clock", "time=clock is no column" },
    { "time,Cz\n0,1\n0.1,2\n", "markers=code", "markers=code is no column" },
    { "time,Cz\n0,1\n0.1,2\n", "markers=time", "holds the time stamps" },
    { "time,Cz,m\n0,1,0\n0.1,2,0\n", "markers=m,m", "named twice" },
    { "clock,Cz\n0,1\n0.1,2\n", "unit=uV", "time=NAME" },
    { "time,Cz\n0,1\n0.1,2\n", "rate=100Hz", "give 10 Hz" },
    { "time,Cz\n0.2,1\n0.1,2\n", "", "do not grow" },
    { "time,Cz\n0,1\nn/a,2\n0.2,3\n", "", "line 3 has no time stamp" },
    { "time,Cz\n0,1\n0.1,x\n0.2,3\n", "", "line 3, column 2 (Cz)" },
    { "time,Cz\n0,1\n0.1,2\n", "markers=Cz", "no column of numbers is left" },
    { "time,Cz,Cz\n0,1,2\n0.1,2,3\n", "", "both called Cz" },
    { "time,Cz\n0,1\n0.1,2\n", "kind=table time=time", "kind=auto|signal" },
    { "time,Cz\n0,1\n", "", "do not grow" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fnx_status code;
    const char *path = scratch_file ("r.csv", cases[i].text, strlen (cases[i].text));
    const char *why = t_fail (scratch_line ("text", path, cases[i].more), NULL, &code);
    t_ok (strstr (why, cases[i].word) && strlen (why) < 400, "refused: %s", why);
  }
  scratch_clear ();
}

/* Two runs of a Muse: the numbers of markers, samples and the first values are
 * read off the files with awk. */
static void
real_files (void)
{
  static const struct {
    const char *path;
    int ones, twos;
    double first;
  } files[] = {
    { "data/eeg/erp/muse/visual/N170/subject1/session1/data_2017-09-13-15.30.01.csv", 108, 89, 34.668 },
    { "data/eeg/erp/muse/visual/N170/subject1/session1/data_2017-09-13-15.32.50.csv", 93, 102, 58.594 },
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    const char *path = t_shared (files[i].path);
    int ones = 0, twos = 0;
    if (!path)
      continue;
    const fnx_buf *b = t_read (scratch_line ("text", path, ""), 0);
    const fnx_spec *s = buffer_spec (b);
    const fnx_events *e = buffer_events (b);
    for (size_t k = 0; k < e->n; k++) {
      ones += !strcmp (e->label[k], "1");
      twos += !strcmp (e->label[k], "2");
    }
    t_ok (hz_of (b) == 256 && s->axes[0]->size == 5 && s->axes[1]->size == 30732 && t_values (b)[0] == files[i].first,
          "%s: %g Hz, %ld samples, no gap", strrchr (path, '/') + 1, hz_of (b), (long)s->axes[1]->size);
    t_ok (ones == files[i].ones && twos == files[i].twos && e->n == (size_t)(ones + twos), "%d and %d events", ones,
          twos);
    buffer_unref (b);
  }
}

int
main (void)
{
  t_begin ();
  scratch_begin ();
  rates ();
  gaps ();
  spellings ();
  channels ();
  events ();
  pandas ();
  others ();
  refusals ();
  real_files ();
  scratch_end ();
  return t_end ();
}
