/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Refusals, repairs and notes about one recording, collected without a host.
 * No text here ever quotes the patient or recording fields of a header.
 */
#include "io/edf/edf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fnx_status
vrefuse (edf_say *s, fnx_status code, const char *format, va_list ap)
{
  if (s->code == 0) {
    s->code = code;
    vsnprintf (s->text, sizeof s->text, format, ap);
  }
  return s->code;
}

static void
vnote (edf_say *s, uint32_t level, bool repair, const char *format, va_list ap)
{
  char line[1024];
  char *text;
  struct edf_line *more;
  vsnprintf (line, sizeof line, format, ap);
  text = strdup (line);
  if (!text)
    return;
  more = realloc (s->lines, (s->n_lines + 1) * sizeof *more);
  if (!more) {
    free (text);
    return;
  }
  s->lines = more;
  s->lines[s->n_lines++] = (struct edf_line){ level, repair, text };
}

fnx_status
edf_refuse (edf_say *s, fnx_status code, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  code = vrefuse (s, code, format, ap);
  va_end (ap);
  return code;
}

fnx_status
edf_repair (edf_say *s, const char *format, ...)
{
  fnx_status code = FNX_OK;
  va_list ap;
  va_start (ap, format);
  if (s->strict) {
    code = vrefuse (s, FNX_E_IO, format, ap);
    if (strlen (s->text) + 64 < sizeof s->text)
      strcat (s->text, "\nmode=tolerant reads it and lists what was repaired");
  } else {
    vnote (s, FNX_LOG_NOTE, true, format, ap);
  }
  va_end (ap);
  return code;
}

void
edf_note (edf_say *s, uint32_t level, const char *format, ...)
{
  va_list ap;
  va_start (ap, format);
  vnote (s, level, false, format, ap);
  va_end (ap);
}

void
edf_say_clear (edf_say *s)
{
  for (size_t i = 0; i < s->n_lines; i++)
    free (s->lines[i].text);
  free (s->lines);
  *s = (edf_say){ .strict = s->strict };
}

const char *
edf_shown (const void *bytes, size_t n, char *out, size_t size)
{
  const uint8_t *p = bytes;
  size_t m = n < size - 1 ? n : size - 1;
  for (size_t i = 0; i < m; i++)
    out[i] = (char)(p[i] >= 32 && p[i] < 127 ? p[i] : '?');
  while (m > 0 && out[m - 1] == ' ')
    m--;
  out[m] = 0;
  return out;
}
