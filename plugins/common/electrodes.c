/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A name is a row, from the nose to the inion, and a column, counted from the
 * midline: odd to the left, even to the right, "h" half a step further in.
 * Positions follow from the rule of the system itself, so there is no table
 * and no template: every arc is the circle through three points, cut at equal
 * angles.  Nz, T9, Iz and T10 lie on the equator and Cz at the vertex; the
 * midline runs Nz-Cz-Iz; the ring of Fp1, T7 and O1 a tenth of it above the
 * equator; a row is the arc from ring to midline to ring.
 */
#include "plugins/common/electrodes.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Rows by their distance from Nz in twentieths of the midline.  Rows between
 * FT and TP change their letter from column 7 on: FC5 but FT7. */
typedef struct row {
  const char *inner, *outer;
  int at;
} row;

static const row rows[] = {
  { "N", NULL, 0 },    { "NFp", NULL, 1 },   { "Fp", NULL, 2 },   { "AFp", NULL, 3 },   { "AF", NULL, 4 },
  { "AFF", NULL, 5 },  { "F", NULL, 6 },     { "FFC", "FFT", 7 }, { "FC", "FT", 8 },    { "FCC", "FTT", 9 },
  { "C", "T", 10 },    { "CCP", "TTP", 11 }, { "CP", "TP", 12 },  { "CPP", "TPP", 13 }, { "P", NULL, 14 },
  { "PPO", NULL, 15 }, { "PO", NULL, 16 },   { "POO", NULL, 17 }, { "O", NULL, 18 },    { "OI", NULL, 19 },
  { "I", NULL, 20 },
};
#define N_ROWS (sizeof rows / sizeof *rows)

/* A parsed name. */
typedef struct place {
  const row *row;
  bool outer;
  int number; /* as written, 0 for z */
  bool half;
} place;

static bool
digit (char c)
{
  return c >= '0' && c <= '9';
}

/* Columns end before 9; 9 and 10 lie on the equator, 9h and 10h halfway to it.
 * Fp, O, OI, N and I rows are short: they are points of a ring. */
static bool
column_exists (const row *r, int number, bool half)
{
  const int odd = number % 2 ? number : number - 1;
  if (number == 0)
    return !half;
  if (r->at <= 2 || r->at >= 18)
    return odd == 1;
  return odd <= 9;
}

static bool
parse (const char *s, size_t n, place *out)
{
  size_t letters = n;
  int number = 0;
  bool half = false;
  if (n > 1 && (s[n - 1] == 'z' || s[n - 1] == 'Z')) {
    letters = n - 1;
  } else {
    size_t end = n;
    if (end > 1 && (s[end - 1] == 'h' || s[end - 1] == 'H')) {
      half = true;
      end--;
    }
    letters = end;
    while (letters > 0 && digit (s[letters - 1]))
      letters--;
    if (letters == end || end - letters > 2 || s[letters] == '0')
      return false;
    for (size_t i = letters; i < end; i++)
      number = number * 10 + (s[i] - '0');
  }
  for (size_t i = 0; i < N_ROWS; i++) {
    const row *r = &rows[i];
    /* 7h lies between 7 and 5 and keeps the outer letter. */
    const bool outer = r->outer && number >= 7;
    const char *letter = outer ? r->outer : r->inner;
    if (strlen (letter) == letters && strncasecmp (letter, s, letters) == 0 && column_exists (r, number, half)) {
      *out = (place){ r, outer, number, half };
      return true;
    }
  }
  return false;
}

static void
spell (const place *p, char out[ELECTRODE_NAME_MAX])
{
  char *o = stpcpy (out, p->outer ? p->row->outer : p->row->inner);
  if (p->number == 0)
    *o++ = 'z';
  if (p->number >= 10)
    *o++ = (char)('0' + p->number / 10);
  if (p->number > 0)
    *o++ = (char)('0' + p->number % 10);
  if (p->half)
    *o++ = 'h';
  *o = 0;
}

/* ---- labels -------------------------------------------------------------- */

static const char *const references[]
    = { "REF", "LE", "AVG", "AVE", "AR", "CAR", "M1", "M2", "A1", "A2", "A1A2", "M1M2" };
static const char *const prefixes[] = { "EEG ", "EEG-", "EEG_", "EEG:", "POL " };
static const struct {
  const char *old, *now;
} renamed[] = { { "T3", "T7" }, { "T4", "T8" }, { "T5", "P7" }, { "T6", "P8" } };

static bool
same (const char *s, size_t n, const char *word)
{
  return strlen (word) == n && strncasecmp (s, word, n) == 0;
}

static bool
is_reference (const char *s, size_t n)
{
  for (size_t i = 0; i < sizeof references / sizeof *references; i++)
    if (same (s, n, references[i]))
      return true;
  return false;
}

/* One name without decoration. */
static bool
read_name (const char *s, size_t n, electrode *out)
{
  place p;
  for (size_t i = 0; i < sizeof renamed / sizeof *renamed; i++)
    if (same (s, n, renamed[i].old)) {
      strcpy (out->name, renamed[i].now);
      out->kind = ELECTRODE_SCALP;
      out->took |= ELECTRODE_OLD;
      return true;
    }
  if (n == 2 && (s[1] == '1' || s[1] == '2') && strchr ("AaMm", s[0])) {
    out->name[0] = (char)(s[0] & ~0x20);
    out->name[1] = s[1];
    out->name[2] = 0;
    out->kind = ELECTRODE_REFERENCE;
    return true;
  }
  if (!parse (s, n, &p))
    return false;
  spell (&p, out->name);
  out->kind = ELECTRODE_SCALP;
  return true;
}

static bool
read_pair (const char *s, size_t n, const char *hyphen, electrode *out)
{
  electrode a = { .kind = ELECTRODE_UNKNOWN }, b = { .kind = ELECTRODE_UNKNOWN };
  const size_t left = (size_t)(hyphen - s);
  if (!read_name (s, left, &a) || a.kind != ELECTRODE_SCALP)
    return false;
  if (is_reference (hyphen + 1, n - left - 1)) {
    *out = a;
    out->took |= ELECTRODE_REF_CUT;
    return true;
  }
  if (!read_name (hyphen + 1, n - left - 1, &b) || b.kind != ELECTRODE_SCALP
      || strlen (a.name) + strlen (b.name) + 2 > sizeof out->name)
    return false;
  strcpy (stpcpy (stpcpy (out->name, a.name), "-"), b.name);
  out->kind = ELECTRODE_BIPOLAR;
  out->took = a.took | b.took;
  return true;
}

bool
electrode_read (const char *label, electrode *out)
{
  const char *s = label;
  const char *hyphen;
  size_t n;
  bool known;
  *out = (electrode){ .kind = ELECTRODE_UNKNOWN };
  while (*s == ' ')
    s++;
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    if (strncasecmp (s, prefixes[i], strlen (prefixes[i])) == 0) {
      s += strlen (prefixes[i]);
      break;
    }
  while (*s == ' ')
    s++;
  n = strlen (s);
  while (n > 0 && (s[n - 1] == '.' || s[n - 1] == ' '))
    n--;
  if (n == 0 || n > 32)
    return false;
  hyphen = memchr (s, '-', n);
  known = hyphen ? read_pair (s, n, hyphen, out) : read_name (s, n, out);
  if (known && strcmp (out->name, label) != 0 && !out->took)
    out->took = ELECTRODE_DRESSED;
  return known;
}

/* ---- positions ------------------------------------------------------------ */

typedef struct vec {
  double x, y, z;
} vec;

static vec
add (vec a, vec b, double k)
{
  return (vec){ a.x + k * b.x, a.y + k * b.y, a.z + k * b.z };
}

static double
dot (vec a, vec b)
{
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

static vec
cross (vec a, vec b)
{
  return (vec){ a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x };
}

/* The point at fraction t of the arc from a through b to c, by equal angles
 * about the centre of the circle through the three. */
static vec
arc (vec a, vec b, vec c, double t)
{
  const vec ab = add (b, a, -1), ac = add (c, a, -1);
  const vec n = cross (ab, ac);
  const double nn = dot (n, n);
  const vec p = cross (n, ab), q = cross (ac, n);
  /* Circumcentre of a triangle: a + (|ac|^2 (n x ab) + |ab|^2 (ac x n)) / 2|n|^2. */
  const vec o = add (add (a, p, dot (ac, ac) / (2 * nn)), q, dot (ab, ab) / (2 * nn));
  const vec u = add (a, o, -1), oc = add (c, o, -1);
  const double len = sqrt (nn);
  const vec v = cross ((vec){ n.x / len, n.y / len, n.z / len }, u);
  double angle = atan2 (dot (oc, v), dot (oc, u));
  if (angle <= 0)
    angle += 2 * M_PI;
  angle *= t;
  return add (add (o, u, cos (angle)), v, sin (angle));
}

static const vec nz = { 0, 1, 0 }, iz = { 0, -1, 0 }, cz = { 0, 0, 1 }, t9 = { -1, 0, 0 }, t10 = { 1, 0, 0 };

/* Half a ring, from the front of the midline to its back, `up` of the way from
 * the equator to the vertex (in twentieths of half the head: 0, 1 or 2). */
static vec
ring (int up, bool right, double t)
{
  const double f = up / 20.0;
  if (up == 0)
    return arc (nz, right ? t10 : t9, iz, t);
  return arc (arc (nz, cz, iz, f), arc (t9, cz, t10, right ? 1 - f : f), arc (nz, cz, iz, 1 - f), t);
}

bool
electrode_position (const char *name, double xyz[3])
{
  place p;
  vec at;
  if (!parse (name, strlen (name), &p))
    return false;
  const double front = p.row->at / 20.0;
  const bool right = p.number > 0 && p.number % 2 == 0, back = p.row->at > 10;
  /* Steps from the midline: z 0, 1h 1/2, 1 and 2 1 ... 9 and 10 5. */
  const double steps = (p.number + 1) / 2 - (p.half ? 0.5 : 0);
  if (p.number == 0) {
    at = arc (nz, cz, iz, front);
  } else if (p.row->at <= 2 || p.row->at >= 18) {
    /* Points of a ring beside the midline: N1 and I1 on the equator, Fp1 and
     * O1 on the 10 % ring, NFp1 and OI1 on the one between. */
    const int up = back ? 20 - p.row->at : p.row->at;
    at = ring (up, right, back ? 1 - steps / 10 : steps / 10);
  } else if (steps > 4) {
    at = ring (steps < 5 ? 1 : 0, right, front); /* 9h, 9 */
  } else {
    /* Columns 7 5 3 1 z at 0, 1/8 .. 1/2 of the row's arc. */
    const double part = (4 - steps) / 8;
    at = arc (ring (2, false, front), arc (nz, cz, iz, front), ring (2, true, front), right ? 1 - part : part);
  }
  xyz[0] = at.x;
  xyz[1] = at.y;
  xyz[2] = at.z;
  return true;
}
