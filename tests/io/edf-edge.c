/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Every odd or damaged recording at hand ends in data or in one sentence; and
 * text-mode copies are found out, also where they were cut to their old size,
 * while no honest recording is taken for one.
 */
#include <ftw.h>
#include <strings.h>

#include "io/edf/edf.h"
#include "tests/harness.h"
#include "tests/io/edf-make.h"

/* "" if it opens, else why not. */
static const char *
opens (const void *bytes, size_t n, bool *repaired)
{
  static char why[1024];
  const edf_open_options o = { .status_events = true };
  const edf_view_options vo = { 0 };
  edf_say say = { 0 };
  edf_file f;
  edf_view v;
  fnx_status st = edf_file_open (edf_bytes_memory (bytes, n), &o, &f, &say);
  if (st == FNX_OK) {
    st = edf_view_make (&f, &vo, &v, &say);
    if (st == FNX_OK)
      edf_view_free (&v);
    edf_file_close (&f);
  }
  *repaired = false;
  for (size_t i = 0; i < say.n_lines; i++)
    *repaired = *repaired || say.lines[i].repair;
  snprintf (why, sizeof why, "%s", st == FNX_OK ? "" : say.text);
  edf_say_clear (&say);
  return why;
}

static made_file
slurp (const char *path)
{
  made_file f = { 0 };
  char part[65536];
  FILE *from = fopen (path, "rb");
  for (size_t n; from && (n = fread (part, 1, sizeof part, from)) > 0;)
    put (&f, part, n);
  if (from)
    fclose (from);
  return f;
}

/* Every 0A becomes 0D 0A. */
static made_file
mangle (const made_file *f)
{
  made_file m = { 0 };
  for (size_t i = 0; i < f->n; i++) {
    if (f->bytes[i] == '\n')
      put (&m, "\r", 1);
    put (&m, f->bytes + i, 1);
  }
  return m;
}

static int n_mangled, n_found, n_cut_found;

static void
check_mangled (const made_file *f)
{
  made_file m = mangle (f);
  bool repaired;
  if (m.n - f->n >= 16) {
    n_mangled++;
    n_found += strstr (opens (m.bytes, m.n, &repaired), "0D 0A") != NULL;
    n_cut_found += strstr (opens (m.bytes, f->n, &repaired), "0D 0A") != NULL;
  }
  made_free (&m);
}

static int
visit (const char *path, const struct stat *st, int type)
{
  const char *dot = strrchr (path, '.');
  const char *dir = strstr (path, "data/eeg/");
  bool repaired;
  (void)st;
  if (type != FTW_F || !dot || (strcasecmp (dot, ".edf") != 0 && strcasecmp (dot, ".bdf") != 0))
    return 0;
  made_file f = slurp (path);
  const char *why = opens (f.bytes, f.n, &repaired);
  char sentence[160];
  snprintf (sentence, sizeof sentence, "%.*s", (int)strcspn (why, "\n"), why);
  t_ok (!strstr (why, "0D 0A") || strstr (path, "crlf-mangled"), "%s: %s", dir ? dir + 9 : path,
        *sentence  ? sentence
        : repaired ? "data, repairs listed"
                   : "data");
  if (!*why)
    check_mangled (&f);
  made_free (&f);
  return 0;
}

/* Honest signals full of 0A: constant at 0A0D, and slow ramps through it. */
static void
check_honest (void)
{
  make_signal s = { "C3", "uV", "-1", "1", "-32768", "32767", "4096" };
  bool repaired;
  for (int kind = 0; kind < 3; kind++) {
    made_file f = { 0 };
    put_header (&f, "0", "", "1", "1", &s, 1);
    for (int i = 0; i < 4096; i++)
      put_sample (&f, 2, kind == 0 ? 0x0a0d : kind == 1 ? 0x0d0a : 0x0a0d + (i / 64) % 3);
    const char *why = opens (f.bytes, f.n, &repaired);
    t_ok (!*why && !repaired, "a signal near 0A0D is no text-mode copy%s", why);
    made_free (&f);
  }
}

static void
check_damage (void)
{
  static const uint8_t zeros[1] = { 0 };
  uint8_t noise[1024];
  uint32_t x = 1;
  bool repaired;
  for (size_t i = 0; i < sizeof noise; i++)
    noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
  t_ok (strstr (opens (zeros, 0, &repaired), "empty") != NULL, "%s", opens (zeros, 0, &repaired));
  t_ok (strstr (opens (noise, sizeof noise, &repaired), "not an EDF") != NULL, "%s",
        opens (noise, sizeof noise, &repaired));
  const char *path = t_shared ("data/eeg/eegmmidb/S001/S001R01.edf");
  if (!path)
    return;
  made_file f = slurp (path);
  memmove (f.bytes + 170, f.bytes + 171, f.n - 171);
  const char *why = opens (f.bytes, f.n - 1, &repaired);
  t_ok (strstr (why, "5  F") && strstr (why, "lost or gained bytes"), "one byte short: %s", why);
  made_free (&f);
}

int
main (void)
{
  static const char *const folders[] = { "edge", "eegmmidb", "eegmat", "erp" };
  const char *mangled = t_shared ("data/eeg/edge/crlf-mangled/S001R04.edf");
  fnx_status code;
  char line[4200];
  t_begin ();
  if (mangled) {
    snprintf (line, sizeof line, "edf path=%s", mangled);
    const char *why = t_fail (line, NULL, &code);
    t_ok (code == FNX_E_IO
              && strstr (why, "/S001R04.edf: not usable: every byte 0A became 0D 0A (a text-mode copy)\n"
                              "  10853 bytes too long, first at byte 17696; samples are wrong from there on\n"
                              "copy it again in binary mode; nothing was written"),
          "it is said as agreed");
  } else
    printf ("# the recordings are not here\n");
  check_honest ();
  check_damage ();
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    snprintf (line, sizeof line, "data/eeg/%s", folders[i]);
    const char *root = t_shared (line);
    if (root) {
      snprintf (line, sizeof line, "%s", root);
      ftw (line, visit, 8);
    }
  }
  t_ok (n_found == n_mangled && n_cut_found == n_mangled,
        "%d recordings copied through text mode: %d found out, %d when cut to their old size", n_mangled, n_found,
        n_cut_found);
  return t_end ();
}
