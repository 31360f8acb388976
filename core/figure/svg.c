/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/figure/svg.h"
#include "core/sha256.h"

/* A number to two decimals, without a point that says nothing. */
static void
put_number (text_buf *t, double v)
{
  long long hundredths;

  if (!(fabs (v) < 1e9))
    v = 0; /* a NaN would make the file unreadable */
  hundredths = llround (v * 100);
  text_addf (t, "%s%lld", hundredths < 0 ? "-" : "", llabs (hundredths / 100));
  hundredths = llabs (hundredths % 100);
  if (hundredths % 10)
    text_addf (t, ".%02lld", hundredths);
  else if (hundredths)
    text_addf (t, ".%lld", hundredths / 10);
}

static void
put_attribute (text_buf *t, const char *name, double v)
{
  text_addf (t, " %s=\"", name);
  put_number (t, v);
  text_add (t, "\"");
}

/* Text of the user: characters that mean something in XML, and those that XML
 * has none for, which become blanks. */
static void
put_escaped (text_buf *t, const char *s)
{
  for (; *s; s += utf8_span (s) ? utf8_span (s) : 1) {
    size_t n = utf8_span (s);
    unsigned char c = (unsigned char)*s;

    if (c == '&')
      text_add (t, "&amp;");
    else if (c == '<')
      text_add (t, "&lt;");
    else if (c == '>')
      text_add (t, "&gt;");
    else if (c == '"')
      text_add (t, "&quot;");
    else if (c == '\'')
      text_add (t, "&#39;");
    else if (!n || c < 0x20 || c == 0x7f
             || (n == 3 && c == 0xef && (unsigned char)s[1] == 0xbf && (unsigned char)s[2] >= 0xbe))
      text_add (t, " ");
    else
      text_addn (t, s, n);
  }
}

static void
put_style (text_buf *t, const svg_style *s, const char *tag)
{
  if (!s->fill || strcmp (s->fill, SVG_INK))
    text_addf (t, " fill=\"%s\"", s->fill ? s->fill : "none");
  if (s->stroke)
    text_addf (t, " stroke=\"%s\"", s->stroke);
  if (s->stroke && s->width > 0)
    put_attribute (t, "stroke-width", s->width);
  if (s->opacity > 0)
    put_attribute (t, "opacity", s->opacity);
  if (s->dash)
    text_addf (t, " stroke-dasharray=\"%s\"", s->dash);
  if (!s->tip) {
    text_add (t, "/>\n");
    return;
  }
  text_add (t, "><title>");
  put_escaped (t, s->tip);
  text_addf (t, "</title></%s>\n", tag);
}

void
svg_line (svg *p, double x1, double y1, double x2, double y2, svg_style s)
{
  text_add (&p->body, "<line");
  put_attribute (&p->body, "x1", x1);
  put_attribute (&p->body, "y1", y1);
  put_attribute (&p->body, "x2", x2);
  put_attribute (&p->body, "y2", y2);
  s.fill = SVG_INK; /* a line has no inside */
  put_style (&p->body, &s, "line");
}

void
svg_rect (svg *p, double x, double y, double w, double h, svg_style s)
{
  text_add (&p->body, "<rect");
  put_attribute (&p->body, "x", x);
  put_attribute (&p->body, "y", y);
  put_attribute (&p->body, "width", w);
  put_attribute (&p->body, "height", h);
  put_style (&p->body, &s, "rect");
}

void
svg_circle (svg *p, double x, double y, double r, svg_style s)
{
  text_add (&p->body, "<circle");
  put_attribute (&p->body, "cx", x);
  put_attribute (&p->body, "cy", y);
  put_attribute (&p->body, "r", r);
  put_style (&p->body, &s, "circle");
}

void
svg_lines (svg *p, const double *xy, size_t n, svg_style s)
{
  bool down = false;

  text_add (&p->body, "<path d=\"");
  for (size_t i = 0; i < n; i++) {
    if (isnan (xy[2 * i]) || isnan (xy[2 * i + 1])) {
      down = false;
      continue;
    }
    text_add (&p->body, down ? "L" : "M");
    put_number (&p->body, xy[2 * i]);
    text_add (&p->body, " ");
    put_number (&p->body, xy[2 * i + 1]);
    down = true;
  }
  text_add (&p->body, "\" stroke-linejoin=\"round\"");
  put_style (&p->body, &s, "path");
}

void
svg_text (svg *p, double x, double y, svg_font f, const char *text)
{
  text_add (&p->body, "<text");
  put_attribute (&p->body, "x", x);
  put_attribute (&p->body, "y", y);
  if (f.size > 0)
    put_attribute (&p->body, "font-size", f.size);
  if (f.anchor && strcmp (f.anchor, "start"))
    text_addf (&p->body, " text-anchor=\"%s\"", f.anchor);
  if (f.colour && strcmp (f.colour, SVG_INK))
    text_addf (&p->body, " fill=\"%s\"", f.colour);
  if (f.bold)
    text_add (&p->body, " font-weight=\"bold\"");
  if (f.upwards) {
    text_add (&p->body, " transform=\"rotate(-90 ");
    put_number (&p->body, x);
    text_add (&p->body, " ");
    put_number (&p->body, y);
    text_add (&p->body, ")\"");
  }
  text_add (&p->body, ">");
  put_escaped (&p->body, text);
  text_add (&p->body, "</text>\n");
}

double
svg_text_width (const char *text, double size)
{
  double em = 0;

  for (const char *s = text; *s; s += utf8_span (s) ? utf8_span (s) : 1) {
    if (utf8_span (s) > 1)
      em += 0.6 * (double)utf8_columns (s, utf8_span (s));
    else if (strchr ("iljtfr.,:;!|'()[] ", *s))
      em += 0.31;
    else if (strchr ("mwMW%@", *s))
      em += 0.87;
    else if (*s >= 'A' && *s <= 'Z')
      em += 0.69;
    else
      em += 0.56;
  }
  return 1.1 * em * size; /* rather too much: fonts differ */
}

char *
svg_end (svg *p, double width, double height, const char *title, const char *description)
{
  text_buf whole = { 0 };
  char *body = text_take (&p->body), hex[65];
  unsigned char digest[32];
  sha256 hash;

  if (!body)
    return NULL;
  sha256_begin (&hash);
  sha256_add (&hash, body, strlen (body));
  sha256_add (&hash, title, strlen (title));
  sha256_add (&hash, description, strlen (description));
  sha256_end (&hash, digest);
  sha256_hex (digest, hex);
  hex[10] = 0;
  text_add (&whole, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"");
  text_addf (&whole, " aria-labelledby=\"t%s d%s\"", hex, hex);
  put_attribute (&whole, "width", width);
  put_attribute (&whole, "height", height);
  text_add (&whole, " viewBox=\"0 0 ");
  put_number (&whole, width);
  text_add (&whole, " ");
  put_number (&whole, height);
  text_add (&whole,
            "\" font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\" font-size=\"12\" "
            "fill=\"" SVG_INK "\">\n");
  text_addf (&whole, "<title id=\"t%s\">", hex);
  put_escaped (&whole, title);
  text_addf (&whole, "</title>\n<desc id=\"d%s\">", hex);
  put_escaped (&whole, description);
  text_add (&whole, "</desc>\n<rect");
  put_attribute (&whole, "width", width);
  put_attribute (&whole, "height", height);
  text_add (&whole, " rx=\"6\" fill=\"#ffffff\"/>\n");
  text_add (&whole, body);
  text_add (&whole, "</svg>\n");
  free (body);
  return text_take (&whole);
}
