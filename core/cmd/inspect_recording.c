/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix inspect RECORDING: what is in it, and what to type next.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cmd/ui.h"
#include "core/scan.h"
#include "core/text.h"

static const char *
duration_text (double s, char text[64])
{
  if (s < 60)
    snprintf (text, 64, "%.3g s", s);
  else if (s < 3600)
    snprintf (text, 64, "%d min %d s", (int)(s / 60), (int)fmod (s, 60));
  else
    snprintf (text, 64, "%d h %d min", (int)(s / 3600), (int)fmod (s / 60, 60));
  return text;
}

static const char *
size_text (const char *path, char text[64])
{
  static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
  struct stat st;
  double v;
  int k = 0;

  text[0] = 0;
  if (stat (path, &st) || !S_ISREG (st.st_mode))
    return text;
  for (v = (double)st.st_size; v >= 1000 && k < 4; k++)
    v /= 1000;
  snprintf (text, 64, k ? ", %.1f %s" : ", %.0f %s", v, units[k]);
  return text;
}

/* "EDF+C" out of the JSON string "\"EDF+C\"". */
static const char *
meta_text (const fnx_buf *b, const char *key, char text[128])
{
  const char *json = buffer_meta (b, key);
  size_t n = json ? strlen (json) : 0;

  snprintf (text, 128, "%.*s", n > 2 && json[0] == '"' ? (int)n - 2 : 0, n > 2 ? json + 1 : "");
  return text;
}

void
inspect_names (const fnx_axis *a)
{
  const fnx_column *original = axis_column (a, "original"), *x = axis_column (a, "x");
  int64_t n = a->size < 3 ? a->size : 3, placed = 0;

  if (!a->labels)
    return;
  printf ("%-10s ", strcmp (a->name, "channel") ? a->name : "channels");
  for (int64_t i = 0; i < n; i++)
    printf ("%s ", original && original->texts && original->texts[i] ? original->texts[i] : a->labels[i]);
  printf ("%s", a->size > 3 ? "..." : "");
  for (int64_t i = 0; x && x->reals && i < a->size; i++)
    placed += !isnan (x->reals[i]);
  if (original) {
    printf ("    read as ");
    for (int64_t i = 0; i < n; i++)
      printf ("%s ", a->labels[i]);
    printf ("%s", a->size > 3 ? "... " : "");
  } else
    printf ("  ");
  if (x)
    printf ("(10-20 names, %" PRId64 " of %" PRId64 " placed)", placed, a->size);
  printf ("\n");
}

/* Stimuli come at a rate at which there is no time to imagine a movement. */
static bool
often (const fnx_events *e)
{
  return e->n > 20 && e->onset[e->n - 1] - e->onset[0] < 2.5 * (double)(e->n - 1);
}

/* Some channels have a place on the head, and others none. */
static bool
some_placed (const fnx_spec *s)
{
  const fnx_axis *a = spec_axis (s, "channel");
  const fnx_column *x = a ? axis_column (a, "x") : NULL;
  int64_t n = 0;

  for (int64_t i = 0; x && x->reals && i < a->size; i++)
    n += !isnan (x->reals[i]);
  return n > 0 && n < a->size;
}

static void
show_next (const fnx_buf *b, const char *path, const fnx_events *e, bool missing)
{
  const fnx_spec *s = buffer_spec (b);
  char on[256] = "";
  size_t k = 0;

  /* Events that come again and again make trials; T0 is rest by convention.
   * The two smallest names of those. */
  for (const char *last = ""; k < 2; k++) {
    const char *least = NULL;

    for (size_t i = 0; i < e->n; i++) {
      size_t times = 0;

      for (size_t j = 0; j < e->n; j++)
        times += !strcmp (e->label[j], e->label[i]);
      if (times > 1 && strcmp (e->label[i], "T0") && !strpbrk (e->label[i], " ,'\"") && strcmp (e->label[i], last) > 0
          && (!least || strcmp (e->label[i], least) < 0))
        least = e->label[i];
    }
    if (!least || strlen (on) + strlen (least) + 2 > sizeof on)
      break;
    strcat (on, k ? "," : "");
    strcat (on, least);
    last = least;
  }
  if (!strcmp (s->kind, "signal") && k == 2) {
    const char *band = often (e) ? "band range=1..30Hz" : "band range=8..32Hz",
               *pick = some_placed (s) ? "pick kind=eeg ! " : "";
    const char *when = often (e) ? "from=-0.1s to=0.8s" : "from=0s to=3s";

    if (missing) /* no filter reaches across a gap */
      printf ("%-10s fornix run %s ! %sepoch on=%s %s ! %s ! ...\n", "next", path, pick, on, when, band);
    else
      printf ("%-10s fornix run %s ! %s%s ! epoch on=%s %s ! ...\n", "next", path, pick, band, on, when);
  } else if (!strcmp (s->kind, "signal"))
    printf ("%-10s fornix run %s ! psd\n", "next", path);
  else if (!strcmp (s->kind, "series"))
    printf ("%-10s fornix run %s ! connectivity\n", "next", path);
  else if (!strcmp (s->kind, "image") && s->ndim == 4)
    printf ("%-10s fornix run %s ! voxels ! degree tau=0.3\n", "next", path);
}

static void
show_recording (const char *path, const scan *sc)
{
  const fnx_spec *s = buffer_spec (sc->head);
  const fnx_axis *time = spec_axis (s, "time");
  char format[128], text[256], dur[64], size[64];
  const char *base = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;
  double rate = time ? axis_rate (time) : 0;
  bool empty = spec_count (s) == 0; /* a file of annotations only */

  meta_text (sc->head, "Format", format);
  printf ("%s   %s%s", base, format, *format ? ", " : "");
  for (int i = 0; i < s->ndim && !empty; i++)
    if (s->axes[i] != time)
      printf ("%" PRId64 " %s%s", s->axes[i]->size, s->axes[i]->name,
              strlen (s->axes[i]->name) == 1 ? ", "
              : s->axes[i]->size == 1        ? ", "
                                             : "s, ");
  if (empty)
    printf ("no samples");
  else if (rate > 0)
    printf ("%.6g Hz, %s", rate, duration_text ((double)sc->n_time / rate, dur));
  else if (time)
    printf ("%" PRId64 " samples", sc->n_time);
  else
    printf ("%s", spec_text (s, text, sizeof text));
  printf ("%s\n", size_text (path, size));
  for (int i = 0; i < s->ndim && !empty; i++)
    inspect_names (s->axes[i]);
  if (!empty)
    printf ("%-10s %-22s ", "unit", s->unit ? !strcmp (s->unit, "uV") ? "µV" : s->unit : "unknown");
  if (sc->low <= sc->high)
    printf ("range %.6g .. %.6g\n", sc->low, sc->high);
  else if (!empty)
    printf ("no value\n");
  if (sc->events->n) {
    printf ("%-10s %s", "events", events_text (sc->events, text, sizeof text));
    printf (*meta_text (sc->head, "EventChannel", format) ? "      on the channel \"%s\"\n" : "\n", format);
  }
  if (sc->n_missing)
    printf ("%-10s %" PRIu64 " values are missing (NaN)\n", "notice", sc->n_missing);
  if (sc->n_zero_end > 1 && time && rate > 0)
    printf ("%-10s last %" PRId64 " samples are exactly 0 on every channel (%.3g s)\n", "notice", sc->n_zero_end,
            (double)sc->n_zero_end / rate);
  if (!empty)
    show_next (sc->head, path, sc->events, sc->n_missing > 0);
}

static void
json_axis (text_buf *t, const fnx_axis *a, int64_t size)
{
  text_add (t, "{\"name\":");
  text_json (t, a->name);
  text_addf (t, ",\"size\":%" PRId64, size);
  if (axis_rate (a) > 0)
    text_addf (t, ",\"rate\":[%" PRId64 ",%" PRId64 "]", a->rate_num, a->rate_den);
  for (int64_t k = 0; a->labels && k < a->size; k++) {
    text_add (t, k ? "," : ",\"labels\":[");
    text_json (t, a->labels[k]);
    if (k + 1 == a->size)
      text_add (t, "]");
  }
  text_add (t, "}");
}

static void
json_recording (const char *path, const scan *sc)
{
  const fnx_spec *s = buffer_spec (sc->head);
  text_buf t = { NULL, 0, 0, false };
  char format[128], *all;

  text_add (&t, "{\"recording\":");
  text_json (&t, path);
  text_add (&t, ",\"format\":");
  text_json (&t, meta_text (sc->head, "Format", format));
  text_add (&t, ",\"kind\":");
  text_json (&t, s->kind);
  text_add (&t, ",\"unit\":");
  if (s->unit)
    text_json (&t, s->unit);
  else
    text_add (&t, "null");
  text_add (&t, ",\"axes\":[");
  for (int i = 0; i < s->ndim; i++) {
    text_add (&t, i ? "," : "");
    json_axis (&t, s->axes[i], strcmp (s->axes[i]->name, "time") ? s->axes[i]->size : sc->n_time);
  }
  text_add (&t, "],\"low\":");
  text_json_number (&t, sc->low);
  text_add (&t, ",\"high\":");
  text_json_number (&t, sc->high);
  text_addf (&t, ",\"missing\":%" PRIu64 ",\"zeros_at_end\":%" PRId64 ",\"events\":[", sc->n_missing, sc->n_zero_end);
  for (size_t i = 0; i < sc->events->n; i++) {
    text_add (&t, i ? ",{\"onset\":" : "{\"onset\":");
    text_json_number (&t, sc->events->onset[i]);
    text_add (&t, ",\"duration\":");
    text_json_number (&t, sc->events->duration[i]);
    text_add (&t, ",\"label\":");
    text_json (&t, sc->events->label[i]);
    text_add (&t, "}");
  }
  text_add (&t, "]}\n");
  all = text_take (&t);
  fputs (all ? all : "", stdout);
  free (all);
}

fnx_status
inspect_recording (session *ses, int argc, char **argv, fault *f)
{
  chain *c = chain_from_words (argc, argv, f);
  recording *r = NULL;
  size_t n = 0;
  scope s;
  scan sc = { .head = NULL };
  fnx_status st;

  if (!c)
    return f->code;
  r = recordings_of (ses, c, &n, f);
  st = r ? recording_open (ses, &r[0], NULL, 0, &s, f) : f->code;
  if (st == FNX_OK)
    st = scan_recording (&s, &sc, f);
  if (st == FNX_OK) {
    if (cmd_opt.json)
      json_recording (r[0].sources[0].name, &sc);
    else
      show_recording (r[0].sources[0].name, &sc);
  }
  scan_end (&sc);
  if (r)
    scope_end (&s);
  recordings_free (r, n);
  chain_free (c);
  return st;
}
