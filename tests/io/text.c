/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tables as text: what is read from each spelling, what is refused with which
 * line, and that what is written reads back.
 */
#include "tests/io/scratch.h"

static const char *
saved (const char *name, const char *text)
{
  return scratch_file (name, text, strlen (text));
}

static const fnx_buf *
reading (const char *name, const char *text, const char *more)
{
  return t_read (scratch_line ("text", saved (name, text), more), 0);
}

/* series of 2 regions at 3 times, in file order 1 2 / 3 4 / 5 6 */
static void
is_3x2 (const char *what, const char *name, const char *text, const char *more)
{
  const double want[6] = { 1, 3, 5, 2, 4, 6 };
  const fnx_buf *b = reading (name, text, more);
  const fnx_spec *s = buffer_spec (b);
  bool ok = !strcmp (s->kind, "series") && s->axes[0]->size == 2 && s->axes[1]->size == 3;
  t_ok (ok && !memcmp (t_values (b), want, sizeof want), "%s", what);
  buffer_unref (b);
}

static void
spellings (void)
{
  is_3x2 ("white space", "a.txt", "1 2\n 3   4 \n5\t6", "");
  is_3x2 (".tsv with CRLF and a byte order mark", "a.tsv", "\xef\xbb\xbfx\ty\r\n1\t2\r\n3\t4\r\n5\t6\r\n", "");
  is_3x2 (".csv with quotes", "a.csv", "\"a, b\",c\n\"1\",2\n3,\"4\"\n5,6\n\n", "");
  is_3x2 (".csv parted by semicolons", "a.csv", "a;b\n1;2\n3;4\n5;6\n", "");
  is_3x2 (".txt parted by commas", "a.txt", "1, 2\n3, 4\n5, 6\n", "");
  is_3x2 ("comments in .1D", "a.1D", "# made by hand\n1 2\n# again\n3 4\n\n5 6\n", "");
  is_3x2 ("other spellings of numbers", "a.txt", "+1.0 2e0\n.3e1 4.\n50E-1 600e-2\n", "");
  is_3x2 ("old Macintosh line ends", "a.tsv", "1\t2\r3\t4\r5\t6\r", "");
  is_3x2 ("one region a row", "a.txt", "1 3 5\n2 4 6\n", "rows=region");
  is_3x2 ("names of rows", "a.csv", "name,0,1,2\nA,1,3,5\nB,2,4,6\n", "rows=region header=yes");
  const fnx_buf *b = reading ("a.1D", "#10\t#2001\n1\t2\n3\t4\n", "tr=0.72s");
  const fnx_axis *r = buffer_spec (b)->axes[0], *t = buffer_spec (b)->axes[1];
  t_ok (r->labels && !strcmp (r->labels[0], "10") && !strcmp (r->labels[1], "2001"), "#10 #2001 name the regions");
  t_ok (t->rate_num == 25 && t->rate_den == 18 && !strcmp (t->unit, "s"), "tr=0.72s is exactly 25/18 Hz");
  buffer_unref (b);
  b = reading ("a.1D", "# <matrix\n#  ColumnLabels = \"Run#1 ; motion[0]\"\n# >\n 1 2\n 3 4\n# </matrix>\n", "");
  r = buffer_spec (b)->axes[0], t = buffer_spec (b)->axes[1];
  t_ok (r->labels && !strcmp (r->labels[0], "Run#1") && !strcmp (r->labels[1], "motion[0]"), "so do ColumnLabels");
  t_ok (!t->unit, "time without tr= has no unit");
  buffer_unref (b);
  b = reading ("a.tsv", "a\tb\nn/a\t2\n3\tNaN\n", "");
  t_ok (isnan (t_values (b)[0]) && isnan (t_values (b)[3]) && t_values (b)[1] == 3, "n/a and NaN are missing");
  buffer_unref (b);
  saved ("a.json", "{\"SamplingFrequency\": 2.5, \"StartTime\": -4}");
  b = reading ("a.tsv", "1\t2\n3\t4\n", "");
  t = buffer_spec (b)->axes[1];
  t_ok (t->rate_num == 5 && t->rate_den == 2 && t->origin == -4, "SamplingFrequency and StartTime of the sidecar");
  buffer_unref (b);
  scratch_clear ();
}

static void
kinds (void)
{
  const char *people = "age,site,group\n20,NYU,1\n,\"a \"\"b\"\"\",2\n35.5,n/a,1\n";
  const fnx_buf *b = reading ("p.csv", people, "kind=table");
  const fnx_column *age = buffer_column (b, "row", "age"), *site = buffer_column (b, "row", "site");
  t_ok (!strcmp (buffer_spec (b)->kind, "table") && buffer_spec (b)->axes[0]->size == 3 && isnan (t_values (b)[0]),
        "kind=table");
  t_ok (age && age->type == FNX_COL_REAL && age->reals[2] == 35.5 && isnan (age->reals[1]), "a column of numbers");
  t_ok (site && site->type == FNX_COL_TEXT && !strcmp (site->texts[1], "a \"b\"") && !site->texts[2],
        "a column of words");
  buffer_unref (b);
  b = reading ("p.csv", people, "kind=features target=group");
  const fnx_column *target = buffer_column (b, "trial", "target");
  t_ok (buffer_spec (b)->axes[1]->size == 1 && !strcmp (buffer_spec (b)->axes[1]->labels[0], "age")
            && t_values (b)[2] == 35.5,
        "kind=features: numbers are features");
  t_ok (target && target->reals && target->reals[1] == 2 && buffer_column (b, "trial", "site"),
        "words and the target are columns of the trials");
  buffer_unref (b);
  b = reading ("c.tsv", "\tA\tB\nA\t1\t0.5\nB\t0.5\t1\n", "kind=connectivity");
  t_ok (buffer_spec (b)->axes[1]->size == 2 && t_values (b)[1] == 0.5
            && !strcmp (buffer_spec (b)->axes[0]->labels[1], "B"),
        "kind=connectivity, named on both sides");
  buffer_unref (b);
  b = reading ("s.txt", "1 2\n3 4\n", "kind=signal rate=250Hz");
  t_ok (!strcmp (buffer_spec (b)->kind, "signal") && buffer_spec (b)->axes[1]->rate_num == 250, "kind=signal");
  buffer_unref (b);
  scratch_clear ();
}

static void
refuse (const char *name, const char *text, const char *more, const char *word)
{
  fnx_status code;
  const char *why = t_fail (scratch_line ("text", saved (name, text), more), NULL, &code);
  const char *line = strchr (why, '\n');
  t_ok ((code == FNX_E_IO || code == FNX_E_PARAM) && strstr (why, word), "refused: %.*s",
        line ? (int)(line - why) : 200, strrchr (why, '/') ? strrchr (why, '/') + 1 : why);
}

static void
refusals (void)
{
  refuse ("r.tsv", "a\tb\n1\t2\n3\n", "", "line 3 has 1 cell,");
  refuse ("r.csv", "a,b\n1,2\n3", "", "head -n 2");
  refuse ("r.csv", "a,b\n1,2\n\n3,4\n", "", "line 3 is empty");
  refuse ("r.txt", "1 2\n3 4 5\n", "", "line 2 has 3 cells");
  refuse ("r.tsv", "a\tb\n1\t2\n3\tx4\n", "", "line 3, column 2 (b): \"x4\"");
  refuse ("r.tsv", "a\tb\n1\t2,5\n", "", "decimal comma");
  refuse ("r.csv", "1,5;2,5\n3,5;4\n", "", "decimal comma");
  refuse ("r.txt", "1,5 2,5\n1 2\n", "", "decimal comma");
  refuse ("r.csv", "a;b\n1,5;x\n2;y\n", "kind=table", "decimal comma");
  refuse ("r.csv", "id,0,1\nA,1,2\n", "", "header=yes");
  refuse ("r.tsv", "a\tb\n", "", "no rows");
  refuse ("r.tsv", "", "", "empty");
  refuse ("r.tsv", "a\ta\n1\t2\n", "kind=table", "both called a");
  refuse ("r.tsv", "1\t2\n3\t\xff\n", "", "UTF-8");
  refuse ("r.tsv",
          "\xff\xfe"
          "1",
          "", "UTF-16");
  refuse ("r.txt", "1 2\n", "kind=connectivity", "square");
  refuse ("r.csv", "a,b\n1,2\n", "kind=features target=c", "target=c");
  refuse ("r.csv", "a,b\n1,2\n", "tr=2s rate=1Hz", "rate=");
  refuse ("r.txt", "1 0x10\n", "", "0x10");
  refuse ("r.txt", "1 1e\n", "", "1e");
  fnx_status code;
  const char *why = t_fail (scratch_line ("text", scratch_file ("z.txt", "1\0002\n", 4), ""), NULL, &code);
  t_ok (code == FNX_E_IO && strstr (why, "byte 1 is 0"), "binary: %s", why);
  why = t_fail ("text path=/nonexistent/x.tsv", NULL, &code);
  t_ok (code == FNX_E_IO && strstr (why, "No such file"), "absent: %s", why);
  scratch_clear ();
}

/* Every number must come out as strtod rounds it. */
static void
numbers (void)
{
  enum { N = 4000 };
  static char text[N * 32];
  static double want[N];
  double r[3];
  size_t at = 0;
  for (size_t i = 0; i < N; i++) {
    char one[32];
    t_random (r, 3, 100 + i);
    snprintf (one, sizeof one, "%.*g", 1 + (int)(i % 17), r[0] * pow (10, 12 * r[1]));
    if (i % 5 == 0)
      snprintf (one, sizeof one, "%.*f", (int)(i % 13), r[0] * 1e4);
    want[i] = strtod (one, NULL);
    at += (size_t)snprintf (text + at, sizeof text - at, "%s\n", one);
  }
  const fnx_buf *b = reading ("n.txt", text, "");
  t_ok (!memcmp (t_values (b), want, sizeof want), "%d numbers are rounded as strtod rounds them", N);
  buffer_unref (b);
  scratch_clear ();
}

/* ---- the writer --------------------------------------------------------------------- */
static void
round_trips (void)
{
  enum { R = 5, T = 30 };
  double x[R * T];
  t_random (x, R * T, 5);
  x[7] = NAN, x[8] = 123456789012.0, x[9] = -0.0, x[10] = 1e300, x[11] = 5e-324;
  fnx_buf *a = t_buf ("series[region,time]", x, (long)R, (long)T);
  t_labels (&a, "region", "a,b,c,d,e");
  t_rate (&a, 25, 18);
  t_run (scratch_line ("write.tsv", scratch_path ("s.tsv"), "digits=17"), a);
  const fnx_buf *b = t_read (scratch_line ("text", scratch_path ("s.tsv"), ""), 0);
  const fnx_axis *t = buffer_spec (b)->axes[1];
  bool same = true;
  for (int i = 0; i < R * T; i++)
    same &= t_values (b)[i] == x[i] || (isnan (x[i]) && isnan (t_values (b)[i]));
  t_ok (same && t->rate_num == 25 && t->rate_den == 18 && !strcmp (buffer_spec (b)->axes[0]->labels[4], "e"),
        "a series reads back with every bit at digits=17, its rate and names");
  buffer_unref (b);
  buffer_unref (a);
  size_t n;
  a = t_buf ("features[trial,feature]", x, 3L, 2L);
  t_labels (&a, "feature", "p,q");
  const char *const words[] = { "left", NULL, "a,\"b\"\tc" };
  t_texts (&a, "trial", "target", words);
  t_run (scratch_line ("write.tsv", scratch_path ("f.csv"), "digits=3"), a);
  char *text = (char *)scratch_bytes (scratch_path ("f.csv"), &n), want[256];
  snprintf (want, sizeof want, "target,p,q\nleft,%.3g,%.3g\nn/a,%.3g,%.3g\n\"a,\"\"b\"\"\tc\",%.3g,%.3g\n", x[0], x[1],
            x[2], x[3], x[4], x[5]);
  t_ok (n == strlen (want) && !memcmp (text, want, n), "features with their columns, quoted");
  free (text);
  buffer_unref (a);
  double y[12];
  for (int i = 0; i < 12; i++)
    y[i] = i * 1000000;
  a = t_buf ("epochs[trial,channel,time]", y, 2L, 2L, 3L);
  t_labels (&a, "channel", "C3,C4");
  t_rate (&a, 2, 1);
  t_run (scratch_line ("write.tsv", scratch_path ("l.tsv"), ""), a);
  text = (char *)scratch_bytes (scratch_path ("l.tsv"), &n);
  const char *first
      = "trial\tchannel\ttime\tvalue\n0\tC3\t0\t0\n0\tC3\t0.5\t1000000\n0\tC3\t1\t2000000\n0\tC4\t0\t3000000\n";
  t_ok (n > strlen (first) && !memcmp (text, first, strlen (first)),
        "three axes make the long form, whole numbers stay whole");
  free (text);
  text = (char *)scratch_bytes (scratch_path ("l.json"), &n);
  text[n] = 0;
  t_ok (strstr (text, "\"Units\": \"s\"") && strstr (text, "\"Description\""), "the sidecar defines columns and units");
  free (text);
  buffer_unref (a);
  b = reading ("t.tsv", "n\tw\n1\tx\n2.5\tn/a\n", "kind=table");
  t_run (scratch_line ("write.tsv", scratch_path ("u.tsv"), ""), b);
  const fnx_buf *d = t_read (scratch_line ("text", scratch_path ("u.tsv"), ""), 0);
  t_ok (buffer_equal (b, d), "a table reads back as the table it was");
  buffer_unref (b);
  buffer_unref (d);
  scratch_clear ();
}

static void
real_files (void)
{
  static const struct {
    const char *path, *more;
    long regions, times;
  } files[] = {
    { "abide/rois_cc200/KKI_0050791_rois_cc200.1D", "", 200, 0 },
    { "abide/rois_ho/NYU_0050952_rois_ho.1D", "", 111, 0 },
    { "nifti/brainiak/example_design.1D", "", 27, 186 },
    { "nifti/nipype/fsl_mcflirt_movpar.txt", "", 6, 0 },
    { "nifti/fmriprep_confounds/test_desc-confounds_regressors.tsv", "", 0, 0 },
    { "rest_misc/fmri_timeseries.csv", "", 31, 0 },
    { "rest_misc/fmri_timeseries_nolabels.csv", "", 0, 0 },
  };
  char path[256];
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf (path, sizeof path, "data/fmri/%s", files[i].path);
    const char *full = t_shared (path);
    if (!full)
      continue;
    const fnx_buf *b = t_read (scratch_line ("text", full, files[i].more), 0);
    const fnx_spec *s = buffer_spec (b);
    t_ok ((!files[i].regions || s->axes[0]->size == files[i].regions)
              && (!files[i].times || s->axes[1]->size == files[i].times),
          "%s: %ld regions, %ld times, named %s", files[i].path, (long)s->axes[0]->size, (long)s->axes[1]->size,
          s->axes[0]->labels ? s->axes[0]->labels[0] : "not at all");
    buffer_unref (b);
  }
  const char *full = t_shared ("data/fmri/abide/Phenotypic_V1_0b_preprocessed1.csv");
  if (full) {
    const fnx_buf *b = t_read (scratch_line ("text", full, "kind=table"), 0);
    const fnx_column *dx = buffer_column (b, "row", "DX_GROUP"), *id = buffer_column (b, "row", "FILE_ID");
    int none = 0;
    for (int64_t i = 0; id && i < buffer_spec (b)->axes[0]->size; i++)
      none += id->texts[i] && !strcmp (id->texts[i], "no_filename");
    t_ok (dx && dx->reals && none == 77, "phenotypes: %ld rows, %d of them without a file",
          (long)buffer_spec (b)->axes[0]->size, none);
    buffer_unref (b);
  }
}

int
main (void)
{
  t_begin ();
  scratch_begin ();
  spellings ();
  kinds ();
  refusals ();
  numbers ();
  round_trips ();
  real_files ();
  scratch_end ();
  return t_end ();
}
