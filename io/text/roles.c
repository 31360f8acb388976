/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which column of a recording is what: time stamps, markers, channels.  Names
 * are those that muse-lsl, BrainFlow, MNE's data frames and LabRecorder's
 * exporters write.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "io/text/tracks.h"
#include "plugins/common/electrodes.h"

static const char *const times[]
    = { "timestamps", "timestamp", "time", "times", "lsltimestamp", "lsltimestamps", NULL };
static const char *const marks[] = { "marker",  "markers",  "stim", "sti",   "stimulus", "stimchannel",
                                     "trigger", "triggers", "trig", "event", "events",   NULL };

bool
bracketed (const char *name, char *plain, char *unit, size_t room)
{
  size_t n = strlen (name), at = strcspn (name, "([");
  size_t k = at + 1 < n ? strcspn (name + at + 1, ")]") : 0;
  snprintf (plain, room, "%s", name);
  snprintf (unit, room, "%s", "");
  if (at == 0 || at >= n || at >= room || k == 0 || at + 2 + k != n)
    return false;
  for (plain[at] = 0; at > 0 && plain[at - 1] == ' ';)
    plain[--at] = 0;
  snprintf (unit, room, "%.*s", (int)k, strpbrk (name, "([") + 1);
  return true;
}

/* "Time (s)" is time, "Marker0" and "STI 014" are a marker and sti. */
static bool
is_one_of (const char *const *names, const char *heading, bool numbered)
{
  char plain[64], unit[64], word[64];
  size_t n = 0;
  bracketed (heading, plain, unit, sizeof plain);
  for (const char *p = plain; *p; p++)
    if (*p != ' ' && *p != '_' && *p != '-')
      word[n++] = *p;
  while (numbered && n && word[n - 1] >= '0' && word[n - 1] <= '9')
    n--;
  word[n] = 0;
  for (; *names; names++)
    if (!strcasecmp (*names, word))
      return true;
  return false;
}

static int64_t
column (const table *t, const char *name)
{
  for (int64_t k = 0; t->s.name && k < t->s.cols; k++)
    if (!strcmp (t->s.name[k], name))
      return k;
  return -1;
}

static fnx_status
no_column (fnx_call *c, const table *t, const char *parameter, const char *name)
{
  char list[160] = "";
  size_t at = 0;
  for (int64_t k = 0; t->s.name && k < t->s.cols && at < 120; k++)
    at += (size_t)snprintf (list + at, sizeof list - at, "%s%.24s", k ? ", " : "", t->s.name[k]);
  return c->fail (c, FNX_E_PARAM, "%s=%s is no column of %s%s%s", parameter, name, t->path,
                  *list ? "\nit has " : ", which has no header", list);
}

/* A number stands somewhere in it. */
static bool
any_number (const table *t, int64_t col)
{
  double v;
  for (int64_t r = 0; r < t->s.rows; r++) {
    const char *x = t->s.cell[r * t->s.cols + col];
    if (cell_comma (x) || (cell_number (x, &v) && !isnan (v)))
      return true;
  }
  return false;
}

static bool
numbers_only (const table *t, int64_t col)
{
  double v;
  for (int64_t r = 0; r < t->s.rows; r++)
    if (!cell_number (t->s.cell[r * t->s.cols + col], &v))
      return false;
  return any_number (t, col);
}

/* The index that pandas leaves in front: no name, and it counts rows. */
static bool
counts_rows (const table *t, int64_t col)
{
  const char *name = t->s.name ? t->s.name[col] : "x";
  double first, v;
  if ((*name && strncmp (name, "Unnamed:", 8)) || !cell_number (t->s.cell[col], &first))
    return false;
  for (int64_t r = 1; r < t->s.rows; r++)
    if (!cell_number (t->s.cell[r * t->s.cols + col], &v) || v - first != (double)r)
      return false;
  return true;
}

static fnx_status
find_time (fnx_call *c, const table *t, const tracks_options *o, roles *r)
{
  r->time = -1;
  if (o->time && !strcmp (o->time, "none"))
    return FNX_OK;
  if (o->time)
    return (r->time = column (t, o->time)) >= 0 ? FNX_OK : no_column (c, t, "time", o->time);
  for (int64_t k = 0; t->s.name && k < t->s.cols && r->time < 0; k++)
    if (is_one_of (times, t->s.name[k], false) && numbers_only (t, k))
      r->time = k;
  return FNX_OK;
}

static fnx_status
find_markers (fnx_call *c, const table *t, const tracks_options *o, roles *r)
{
  if (o->n_markers == 1 && !strcmp (o->markers[0], "none"))
    return FNX_OK;
  for (size_t i = 0; i < o->n_markers; i++) {
    int64_t k = column (t, o->markers[i]);
    if (k < 0)
      return no_column (c, t, "markers", o->markers[i]);
    if (k == r->time)
      return c->fail (c, FNX_E_PARAM, "markers=%s: that column holds the time stamps", o->markers[i]);
    for (size_t j = 0; j < r->n_marker; j++)
      if (r->marker[j] == k)
        return c->fail (c, FNX_E_PARAM, "markers=%s: that column is named twice", o->markers[i]);
    r->marker[r->n_marker++] = k;
  }
  for (int64_t k = 0; !o->markers && t->s.name && k < t->s.cols; k++)
    if (k != r->time && is_one_of (marks, t->s.name[k], true))
      r->marker[r->n_marker++] = k;
  return FNX_OK;
}

fnx_status
roles_find (fnx_call *c, const table *t, const tracks_options *o, roles *r)
{
  size_t at = 0, cols = (size_t)t->s.cols;
  *r = (roles){ .marker = c->scratch (c, (cols + o->n_markers) * sizeof *r->marker),
                .channel = c->scratch (c, cols * sizeof *r->channel) };
  if (!r->marker || !r->channel)
    return FNX_E_NOMEM;
  fnx_status e = find_time (c, t, o, r);
  if (e || (e = find_markers (c, t, o, r)))
    return e;
  for (int64_t k = 0; k < t->s.cols; k++) {
    char plain[64], unit[64];
    electrode what;
    bool taken = k == r->time || counts_rows (t, k);
    for (size_t i = 0; i < r->n_marker; i++)
      taken |= r->marker[i] == k;
    if (taken)
      continue;
    if (!any_number (t, k)) { /* empty, or words */
      const char *name = table_name (c, t, k);
      if (at < 120)
        at += (size_t)snprintf (r->left + at, sizeof r->left - at, "%s%.24s", at ? ", " : "", name ? name : "");
      continue;
    }
    r->channel[r->n_channel++] = k;
    bracketed (t->s.name ? t->s.name[k] : "", plain, unit, sizeof plain);
    r->electrode |= electrode_read (plain, &what);
  }
  return FNX_OK;
}
