/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures: what the pen writes can be read as XML whatever it was given, axes
 * have round numbers, colours keep their order in grey, and a heat map shows
 * what a search found, counted by hand.
 */
#include "core/figure/figure.h"
#include "core/rng.h"
#include "tests/harness.h"

/* Tags are closed in the order they were opened, quotes are closed, and no &
 * stands alone: what an XML reader would refuse of what we can write. */
static bool
well_formed (const char *s)
{
  char open[64][16];
  int depth = 0;

  while ((s = strpbrk (s, "<&"))) {
    char name[16] = "";
    const char *end;

    if (*s == '&') {
      if (strncmp (s, "&amp;", 5) && strncmp (s, "&lt;", 4) && strncmp (s, "&gt;", 4) && strncmp (s, "&quot;", 6)
          && strncmp (s, "&#39;", 5))
        return false;
      s++;
      continue;
    }
    sscanf (s + 1 + (s[1] == '/'), "%15[a-z]", name);
    for (end = s + 1; *end && *end != '>'; end++)
      if (*end == '"' && !(end = strchr (end + 1, '"')))
        return false;
      else if (*end == '<')
        return false;
    if (!*end || !*name)
      return false;
    if (s[1] == '/') {
      if (depth == 0 || strcmp (open[--depth], name))
        return false;
    } else if (end[-1] != '/') {
      if (depth == 64)
        return false;
      strcpy (open[depth++], name);
    }
    s = end + 1;
  }
  return depth == 0;
}

static int
count (const char *in, const char *what)
{
  int n = 0;

  for (const char *p = in; (p = strstr (p, what)); p += strlen (what))
    n++;
  return n;
}

static void
pen (void)
{
  svg p = { { 0 } }, q = { { 0 } };
  const double xy[] = { 0, 0, 1, NAN, 2, 2, 3, 3 };
  char *one, *two;

  svg_text (&p, 1.005, -0.25, (svg_font){ .size = 12 }, "a<b>&\"c'\x01\xff d\xef\xbf\xbf");
  svg_line (&p, NAN, INFINITY, 1e30, 3.14159, (svg_style){ .stroke = "#000000", .tip = "</line><script>" });
  svg_lines (&p, xy, 4, (svg_style){ .stroke = "#000000" });
  one = svg_end (&p, 100, 50, "T & t", "d");
  t_ok (well_formed (one), "hostile text, NaN and infinities: XML all the same");
  t_ok (strstr (one, "a&lt;b&gt;&amp;&quot;c&#39;   d <") != NULL,
        "characters that XML knows are escaped, others blank");
  t_ok (!strstr (one, "<script") && !strstr (one, "nan") && !strstr (one, "inf"), "no script, no NaN");
  t_ok (strstr (one, "x=\"1.01\"") || strstr (one, "x=\"1\""), "coordinates have two decimals at most");
  t_ok (strstr (one, "y=\"-0.25\"") != NULL, "and keep their sign below 1");
  t_ok (strstr (one, "d=\"M0 0M2 2L3 3\"") != NULL, "a NaN breaks a line");
  svg_text (&q, 1, 1, (svg_font){ .size = 12 }, "other");
  two = svg_end (&q, 100, 50, "T & t", "d");
  t_ok (strncmp (strstr (one, "id=\"t"), strstr (two, "id=\"t"), 15) != 0, "figures that differ have ids that differ");
  free (one);
  free (two);
}

static void
axes (void)
{
  static const struct {
    double low, high;
    const char *ticks;
  } rows[] = { { 0.52, 0.97, "0.5 0.6 0.7 0.8 0.9 1.0" },
               { -3, 12, "-5 0 5 10 15" },
               { 0, 1, "0 0.2 0.4 0.6 0.8 1.0" },
               { 250, 1900, "0 500 1000 1500 2000" },
               { 0.0011, 0.0029, "0.0010 0.0015 0.0020 0.0025 0.0030" } };
  char text[32], all[256];
  double v;

  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    scale s = scale_round (rows[i].low, rows[i].high, 5, 0, 100);

    *all = 0;
    for (int k = 0; scale_tick (&s, k, &v, text); k++)
      sprintf (all + strlen (all), "%s%s", k ? " " : "", text);
    t_ok (!strcmp (all, rows[i].ticks) && scale_at (&s, s.low) == 0 && scale_at (&s, s.high) == 100, "%g .. %g: %s",
          rows[i].low, rows[i].high, all);
  }
  scale s = scale_powers (0.03, 25, 100, 0);
  *all = 0;
  for (int k = 0; scale_tick (&s, k, &v, text); k++)
    sprintf (all + strlen (all), "%s%s", k ? " " : "", text);
  t_ok (!strcmp (all, "0.1 1 10") && scale_at (&s, 0.02) > 99.9 && fabs (scale_at (&s, 50)) < 0.1, "powers: %s", all);
  s = scale_round (NAN, 3, 5, 0, 1);
  t_ok (isfinite (s.low) && s.step > 0, "no values: an axis all the same");
  s = scale_round (7, 7, 5, 0, 1);
  t_ok (s.low < 7 && s.high > 7 && s.step > 0, "one value stands inside");
  t_ok (!strcmp (unit_shown ("uV2/Hz", all), "\u00b5V\u00b2/Hz") && !strcmp (unit_shown ("1", all), ""), "units");
}

/* Rec. 601 luma of #rrggbb. */
static double
grey (const char *hex)
{
  unsigned long c = strtoul (hex + 1, NULL, 16);

  return 0.299 * (double)(c >> 16) + 0.587 * (double)(c >> 8 & 255) + 0.114 * (double)(c & 255);
}

static void
colours (void)
{
  char hex[8];
  double last = -1;
  bool rises = true, even = true;

  for (int i = 0; i <= 100; i++) {
    double now = grey (colour_sequential (i / 100.0, hex));

    rises = rises && now > last;
    last = now;
    even = even && fabs (grey (colour_diverging (i / 100.0, hex)) - grey (colour_diverging (1 - i / 100.0, hex))) < 40;
  }
  t_ok (rises, "the sequential map is ordered in grey, too");
  t_ok (even, "the diverging one is as dark at one end as at the other");
  t_ok (!strcmp (colour_sequential (0, hex), "#440154") && !strcmp (colour_sequential (9, hex), "#fde725"),
        "viridis begins and ends as matplotlib's");
  t_ok (!strcmp (colour_on ("#440154"), "#ffffff") && !strcmp (colour_on ("#fde725"), "#000000"), "text on it");
}

/* order 1..3, lag a,b, c 1,10: candidate score = order/10 + (lag b) / 20 + (c 10) / 100,
 * in fold 2 a tenth less. */
static void
planted (search *s)
{
  static const char *const names[] = { "x.order", "x.lag", "y.c" };
  static const char *const values[3][3] = { { "1", "2", "3" }, { "a", "b" }, { "1", "10" } };
  search_group *g;

  *s = (search){ .metric = strdup ("auc"), .higher_is_better = true, .n_candidates = 12 };
  for (int k = 0; k < 3; k++) {
    search_setting *to = search_add_setting (s, names[k]);

    for (int i = 0; i < 3 && values[k][i]; i++)
      search_add_value (to, values[k][i]);
  }
  g = search_add_group (s, "", 2);
  for (size_t o = 0; o < 2; o++)
    for (size_t c = 0; c < 12; c++)
      g->score[o * 12 + c] = (double)(search_index (s, c, 0) + 1) / 10 + (double)search_index (s, c, 1) / 20
                             + (double)search_index (s, c, 2) / 100 - 0.1 * (double)o;
  g->chosen[0] = g->chosen[1] = 11;
}

static void
searches (void)
{
  search s;
  size_t n;
  fault f = FAULT_INIT;
  text_buf t = { 0 };
  char *json, *picture;
  search *again;
  fnx_buf *table;

  planted (&s);
  search_put_json (&t, &s, 1);
  json = text_take (&t);
  again = search_read_json (json, &n, &f);
  t = (text_buf){ 0 };
  if (again)
    search_put_json (&t, again, n);
  char *second = text_take (&t);
  t_ok (again && !strcmp (json, second), "a search through JSON and back");
  free (second);
  searches_free (again, again ? n : 0);
  t_ok (!search_read_json ("[{\"metric\":\"auc\",\"settings\":[{\"name\":\"a\",\"values\":[\"1\",\"2\"]}],\"groups\":[{"
                           "\"group\":\"\",\"chosen\":[2],\"scores\":[[1,2]]}]}]",
                           &n, &f),
        "a choice that is no candidate is refused");
  fault_clear (&f);
  t_ok (!search_read_json ("[1]", &n, &f) && !search_read_json ("{", &n, &f), "and what is no search");
  fault_clear (&f);
  table = search_table (&s, 1, &f);
  t_ok (table && spec_axis (buffer_spec (table), "row")->size == 24
            && buffer_column (table, "row", "x.order")->reals[23] == 3
            && !strcmp (buffer_column (table, "row", "x.lag")->texts[23], "b")
            && fabs (buffer_column (table, "row", "value")->reals[23] - 0.26) < 1e-12
            && buffer_column (table, "row", "chosen")->reals[23] == 1
            && buffer_column (table, "row", "chosen")->reals[22] == 0,
        "as a table: 2 folds of 12 candidates");
  buffer_unref (table);
  /* Cell (order 2, lag a): the mean of the folds, at the better c: .2 + .01 - .05. */
  picture = figure_search (&s, 1, &f);
  t_ok (picture && well_formed (picture), "a heat map");
  t_ok (picture && strstr (picture, "<title>x.order=2 x.lag=a y.c=10: auc 0.16</title>")
            && strstr (picture, ">0.160</text>"),
        "a cell is the mean over folds, the best over what is no axis");
  t_ok (picture && strstr (picture, "<title>x.order=3 x.lag=b y.c=10: auc 0.31, chosen by 2 of 2 folds</title>"),
        "what was chosen is marked");
  t_ok (picture && count (picture, "best over y.c") > 0, "and what the axes leave out is said");
  free (picture);
  /* An error is better when it is smaller. */
  s.higher_is_better = false;
  picture = figure_search (&s, 1, &f);
  t_ok (picture && strstr (picture, "<title>x.order=2 x.lag=a y.c=1: auc 0.15</title>"),
        "the best of an error is the least");
  free (picture);
  for (size_t i = 0; i < 12; i++)
    s.group[0].score[i] = s.group[0].score[12 + i] = NAN;
  picture = figure_search (&s, 1, &f);
  t_ok (picture && well_formed (picture) && !strstr (picture, "nan") && strstr (picture, "n/a"), "no score at all");
  free (picture);
  free (json);
  search_clear (&s);
}

static void
buffers (void)
{
  enum { N = 300 };
  static double v[N * N], line[3 * 5000];
  fnx_buf *b;
  fault f = FAULT_INIT;
  char *picture;

  t_random (v, N * N, 1);
  t_random (line, 3 * 5000, 2);
  v[5] = NAN;
  b = t_buf ("connectivity[region,region]", v, (long)N, (long)N);
  picture = figure_matrix (b, &f);
  t_ok (picture && well_formed (picture) && strlen (picture) < 3000000, "a large matrix: %zu bytes", strlen (picture));
  free (picture);
  buffer_unref (b);
  b = t_buf ("connectivity[region,region]", NULL, 2L, 2L);
  t_labels (&b, "region", "<a>,\"b\"");
  picture = figure_matrix (b, &f);
  t_ok (picture && well_formed (picture) && strstr (picture, "&lt;a&gt;"), "zeros, and names that are no XML");
  free (picture);
  buffer_unref (b);
  b = t_buf ("signal[channel,time]", line, 3L, 5000L);
  t_rate (&b, 250, 1);
  picture = figure_lines (b, &f);
  t_ok (picture && well_formed (picture) && strlen (picture) < 120000, "signals: least and largest of each pixel");
  free (picture);
  buffer_unref (b);
  b = t_buf ("spectrum[channel,freq]", NULL, 1L, 1L);
  picture = figure_lines (b, &f);
  t_ok (picture && well_formed (picture), "a spectrum of one zero");
  free (picture);
  buffer_unref (b);
  b = t_buf ("table[row]", NULL, 3L);
  t_ok (!figure_scores (b, &f) && f.text && strstr (f.text, "evaluate"), "a table without scores says so");
  fault_clear (&f);
  buffer_unref (b);
}

int
main (void)
{
  t_begin ();
  pen ();
  axes ();
  colours ();
  searches ();
  buffers ();
  return t_end ();
}
