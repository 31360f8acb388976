/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small EDF and BDF files made by hand for the tests of the reader: every
 * field is a text as it stands in the file, so that it can be wrong.
 */
#ifndef FNX_TESTS_EDF_MAKE_H
#define FNX_TESTS_EDF_MAKE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct make_signal {
  const char *label, *unit, *pmin, *pmax, *dmin, *dmax, *n;
} make_signal;

typedef struct made_file {
  uint8_t *bytes;
  size_t n, room;
} made_file;

static inline void
put (made_file *f, const void *bytes, size_t n)
{
  while (f->n + n > f->room) {
    f->room = f->room ? 2 * f->room : 4096;
    f->bytes = realloc (f->bytes, f->room);
    if (!f->bytes)
      abort ();
  }
  memcpy (f->bytes + f->n, bytes, n);
  f->n += n;
}

/* A field padded with blanks. */
static inline void
put_field (made_file *f, const char *text, size_t width)
{
  char field[80];
  const size_t n = strlen (text) < width ? strlen (text) : width;
  memset (field, ' ', sizeof field);
  memcpy (field, text, n);
  put (f, field, width);
}

static inline void
put_fields (made_file *f, const make_signal *s, size_t n, size_t at, size_t width)
{
  for (size_t i = 0; i < n; i++)
    put_field (f, at == SIZE_MAX ? "" : *(const char *const *)((const char *)&s[i] + at), width);
}

/* A header; version "0" or "\377BIOSEMI", `reserved` as "EDF+C". */
static inline void
put_header (made_file *f, const char *version, const char *reserved, const char *records, const char *duration,
            const make_signal *s, size_t n)
{
  char text[16];
  put_field (f, version, 8);
  put_field (f, "X X X X", 80);
  put_field (f, "Startdate X X X X", 80);
  put_field (f, "02.03.15", 8);
  put_field (f, "12.30.45", 8);
  snprintf (text, sizeof text, "%zu", 256 * (n + 1));
  put_field (f, text, 8);
  put_field (f, reserved, 44);
  put_field (f, records, 8);
  put_field (f, duration, 8);
  snprintf (text, sizeof text, "%zu", n);
  put_field (f, text, 4);
  put_fields (f, s, n, offsetof (make_signal, label), 16);
  put_fields (f, s, n, SIZE_MAX, 80);
  put_fields (f, s, n, offsetof (make_signal, unit), 8);
  put_fields (f, s, n, offsetof (make_signal, pmin), 8);
  put_fields (f, s, n, offsetof (make_signal, pmax), 8);
  put_fields (f, s, n, offsetof (make_signal, dmin), 8);
  put_fields (f, s, n, offsetof (make_signal, dmax), 8);
  put_fields (f, s, n, SIZE_MAX, 80);
  put_fields (f, s, n, offsetof (make_signal, n), 8);
  put_fields (f, s, n, SIZE_MAX, 32);
}

static inline void
put_sample (made_file *f, int width, int value)
{
  const uint8_t b[3] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16) };
  put (f, b, (size_t)width);
}

/* An annotation signal of `width` bytes: 1 and 2 stand for the bytes 15 and 14
 * of the format, 3 for 00; padded with 00. */
static inline void
put_tal (made_file *f, const char *text, size_t width)
{
  uint8_t tal[512] = { 0 };
  for (size_t i = 0; text[i] && i < width; i++)
    tal[i] = text[i] == 1 ? 0x15 : text[i] == 2 ? 0x14 : text[i] == 3 ? 0 : (uint8_t)text[i];
  put (f, tal, width);
}

static inline void
made_free (made_file *f)
{
  free (f->bytes);
  *f = (made_file){ 0 };
}

/* Write it to a file; the name lives until the next call. */
static inline const char *
made_write (const made_file *f, const char *suffix)
{
  static char path[64];
  snprintf (path, sizeof path, "edf-test-%ld%s", (long)getpid (), suffix);
  FILE *to = fopen (path, "wb");
  if (!to || fwrite (f->bytes, 1, f->n, to) != f->n || fclose (to) != 0)
    abort ();
  return path;
}

#endif
