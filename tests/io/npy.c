/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NumPy arrays: every element type and order by hand-made bytes, refusals, and
 * that what is written with its sidecar reads back as the very same buffer.
 */
#include "tests/io/scratch.h"

static size_t
header (unsigned char *p, int version, const char *dict)
{
  size_t n = strlen (dict), at = version > 1 ? 12 : 10, len = n + 1;
  memcpy (p, "\223NUMPY", 6);
  p[6] = (unsigned char)version, p[7] = 0;
  for (size_t i = 0; i < at - 8; i++)
    p[8 + i] = (unsigned char)(len >> (8 * i));
  memcpy (p + at, dict, n);
  p[at + n] = '\n';
  return at + len;
}

/* Value i as numpy would store it. */
static size_t
value (unsigned char *p, char type, int size, bool big, int64_t i)
{
  float f = (float)i;
  double d = (double)i;
  const void *v = type == 'f' ? size == 4 ? (const void *)&f : (const void *)&d : (const void *)&i;
  for (int k = 0; k < size; k++)
    p[k] = ((const unsigned char *)v)[big ? size - 1 - k : k];
  return (size_t)size;
}

static void
every_type (void)
{
  static const char *const types[] = { "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8" };
  unsigned char p[512];
  int bad = 0;
  for (size_t k = 0; k < 10; k++)
    for (int big = 0; big < 2; big++)
      for (int fortran = 0; fortran < 2; fortran++)
        for (int version = 1; version < 4; version++) {
          char dict[128];
          snprintf (dict, sizeof dict, "{'descr': '%c%s', 'fortran_order': %s, 'shape': (2, 3, 4), }", big ? '>' : '<',
                    types[k], fortran ? "True" : "False");
          size_t n = header (p, version, dict);
          for (int64_t i = 0; i < 24; i++)
            n += value (p + n, types[k][0], types[k][1] - '0', big, i);
          const fnx_buf *b = t_read (scratch_line ("npy", scratch_file ("a.npy", p, n), "kind=epochs rate=250Hz"), 0);
          const fnx_spec *s = buffer_spec (b);
          bool ok = s->ndim == 3 && !strcmp (s->axes[1]->name, "channel") && s->axes[2]->rate_num == 250;
          for (int64_t x = 0, at = 0; x < 2; x++)
            for (int64_t y = 0; y < 3; y++)
              for (int64_t z = 0; z < 4; z++, at++)
                ok &= t_values (b)[at] == (double)(fortran ? x + 2 * (y + 3 * z) : at);
          bad += !ok;
          buffer_unref (b);
        }
  t_ok (!bad, "10 types, both byte orders, C and Fortran order, format 1 to 3");
  size_t n = header (p, 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }");
  memcpy (p + n, "\1\0\1", 3);
  const fnx_buf *b = t_read (scratch_line ("npy", scratch_file ("b.npy", p, n + 3), "axes=trial kind=labels"), 0);
  t_ok (t_values (b)[0] == 1 && t_values (b)[1] == 0 && buffer_spec (b)->ndim == 1, "booleans, one axis");
  buffer_unref (b);
  scratch_clear ();
}

static void
refuse (const char *dict, size_t values, const char *more, const char *word)
{
  unsigned char p[1024] = { 0 };
  fnx_status code;
  size_t n = header (p, 1, dict);
  const char *why = t_fail (scratch_line ("npy", scratch_file ("r.npy", p, n + values), more), NULL, &code),
             *line = strchr (why, '\n');
  t_ok ((code == FNX_E_IO || code == FNX_E_PARAM) && strstr (why, word), "refused: %.*s",
        line ? (int)(line - why) : 200, strrchr (why, '/') ? strrchr (why, '/') + 1 : why);
}

static void
refusals (void)
{
  const char *ok = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
  refuse (ok, 48, "", "axes=");
  refuse (ok, 48, "kind=epochs", "no epochs");
  refuse (ok, 48, "axes=a,b,c", "names 3");
  refuse (ok, 47, "kind=signal", "truncated");
  refuse (ok, 49, "kind=signal", "1 bytes stand behind");
  refuse ("{'descr': '|O', 'fortran_order': False, 'shape': (2, 3), }", 48, "kind=signal", "pickled");
  refuse ("{'descr': '<c16', 'fortran_order': False, 'shape': (2, 3), }", 96, "kind=signal", "complex");
  refuse ("{'descr': '<U5', 'fortran_order': False, 'shape': (2, 3), }", 96, "kind=signal", "texts");
  refuse ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2, 3), }", 96, "kind=signal", "structured");
  refuse ("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", 8, "kind=signal", "single number");
  refuse ("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", 0, "kind=signal", "empty array");
  refuse ("{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }", 8, "kind=signal",
          "larger than any");
  refuse ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }", 8, "kind=signal", "truncated");
  refuse ("{'descr': '<f8', 'fortran_order': False, 'shape': (2, -3), }", 48, "kind=signal", "malformed");
  refuse ("{'descr': '<f8', 'shape': (2, 3), }", 48, "kind=signal", "lacks");
  fnx_status code;
  const char *why = t_fail (scratch_line ("npy", scratch_file ("e.npy", "", 0), ""), NULL, &code);
  t_ok (code == FNX_E_IO && strstr (why, "empty"), "an empty file");
  unsigned char p[256];
  size_t n = header (p, 1, ok);
  int taken = 0;
  memset (p + n, 0, 48);
  for (size_t cut = 0; cut < n + 48; cut++) {
    const fnx_buf *b = t_read_try (scratch_line ("npy", scratch_file ("c.npy", p, cut), "kind=signal"), 0);
    taken += b != NULL;
    buffer_unref (b);
  }
  t_ok (!taken, "cut anywhere it is refused");
  scratch_file ("c.npy", p, n + 48);
  why = "{\"kind\": \"signal\", \"axes\": [{\"name\": \"channel\", \"size\": 2}, {\"name\": \"time\", \"size\": 4}]}";
  scratch_file ("c.npy.json", why, strlen (why));
  why = t_fail (scratch_line ("npy", scratch_path ("c.npy"), ""), NULL, &code);
  t_ok (code == FNX_E_IO && strstr (why, "another size"), "a sidecar of another array: %s", why);
  scratch_clear ();
}

/* Write, read, compare: values, axes, labels, columns, unit, events. */
static void
round_trip (const fnx_buf *a, const char *what)
{
  t_run (scratch_line ("write.npy", scratch_path ("x.npy"), ""), a);
  const fnx_buf *b = t_read (scratch_line ("npy", scratch_path ("x.npy"), ""), 0);
  t_ok (buffer_equal (a, b), "%s", what);
  buffer_unref (b);
}

static void
round_trips (void)
{
  enum { N = 3 * 2 * 4 };
  double x[N];
  t_random (x, N, 9);
  x[3] = NAN, x[4] = INFINITY, x[5] = -0.0;
  fnx_buf *a = t_buf ("epochs[trial,channel,time]", x, 3L, 2L, 4L);
  const char *const words[] = { "left", NULL, "\xc2\xb5 \"x\"" };
  const double onset[] = { 0.1, NAN, 1e300 };
  t_labels (&a, "channel", "C3,C4");
  t_rate (&a, 1000, 3);
  t_unit (&a, "uV");
  t_texts (&a, "trial", "target", words);
  t_reals (&a, "trial", "onset", onset);
  const double at[] = { 0.25, 1 }, long_[] = { NAN, 0.5 };
  const char *const label[] = { "T1", "T2" }, *const channel[] = { NULL, "C3" };
  buffer_set_events (a, &(fnx_events){ .struct_size = sizeof (fnx_events),
                                       .n = 2,
                                       .onset = at,
                                       .duration = long_,
                                       .label = label,
                                       .channel = channel });
  round_trip (a, "epochs with labels, columns, unit, rate 1000/3 and events");
  buffer_unref (a);
  a = t_buf ("connectivity[region,region]", x, 3L, 3L);
  t_labels (&a, "region", "a,b,c");
  round_trip (a, "connectivity");
  buffer_unref (a);
  fault f = FAULT_INIT;
  a = buffer_table (3, &f);
  t_texts (&a, "row", "name", words);
  t_reals (&a, "row", "value", onset);
  round_trip (a, "a table");
  const fnx_buf *b = t_read (scratch_line ("npy", scratch_path ("x.npy"), ""), 0);
  t_run (scratch_line ("write.npy", scratch_path ("y.npy"), ""), b);
  size_t n, m;
  unsigned char *p = scratch_bytes (scratch_path ("x.npy"), &n), *q = scratch_bytes (scratch_path ("y.npy"), &m);
  t_ok (n == m && n % 64 == 24 && !memcmp (p, q, n), "the same buffer gives the same bytes, values begin at 64 bytes");
  free (p);
  free (q);
  buffer_unref (a);
  buffer_unref (b);
  scratch_clear ();
}

int
main (void)
{
  t_begin ();
  scratch_begin ();
  every_type ();
  refusals ();
  round_trips ();
  scratch_end ();
  return t_end ();
}
