/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What channels are called, and what kind they are: 10-20 names where a label
 * is one, whole words of the label otherwise.
 */
#include "io/edf/edf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plugins/common/electrodes.h"

/* ---- names and kinds ------------------------------------------------------------ */

static const struct {
  const char *word, *kind;
} words[] = {
  { "EOG", "eog" },      { "HEOG", "eog" },       { "VEOG", "eog" },       { "LEOG", "eog" },
  { "REOG", "eog" },     { "EOGH", "eog" },       { "EOGV", "eog" },       { "ROC", "eog" },
  { "LOC", "eog" },      { "ECG", "ecg" },        { "EKG", "ecg" },        { "EMG", "emg" },
  { "CHIN", "emg" },     { "RESP", "resp" },      { "AIRFLOW", "resp" },   { "THOR", "resp" },
  { "ABDO", "resp" },    { "STATUS", "trigger" }, { "STI", "trigger" },    { "TRIGGER", "trigger" },
  { "TRIG", "trigger" }, { "DTRIG", "trigger" },  { "MARKER", "trigger" }, { "GSR", "gsr" },
  { "EDA", "gsr" },      { "TEMP", "temp" },      { "PLETH", "ppg" },      { "PPG", "ppg" },
  { "MEG", "meg" },      { "ECOG", "ecog" },      { "SEEG", "seeg" },      { "DBS", "dbs" },
};

static bool
letter (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The kind by any whole word of the label: "Chin EMG", "EOG 061", "ECG2". */
static const char *
kind_by_word (const char *s)
{
  while (*s) {
    size_t n = 0;
    while (*s && !letter (*s))
      s++;
    while (letter (s[n]))
      n++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
      if (strlen (words[i].word) == n && strncasecmp (words[i].word, s, n) == 0)
        return words[i].kind;
    s += n;
  }
  return NULL;
}

/* BioSemi caps count A1 .. A32, B1 .. H32: there, C3 is no 10-20 name. */
static bool
in_bank (const char *label)
{
  const size_t n = strlen (label);
  return (n == 2 || n == 3) && label[0] >= 'A' && label[0] <= 'H' && label[1] >= '1' && label[1] <= '9'
         && (n == 2 || (label[2] >= '0' && label[2] <= '9'));
}

static bool
banked (const edf_header *h)
{
  int found = 0;
  for (int i = 0; i < h->n_signals; i++)
    found |= strcmp (h->signals[i].label, "A3") == 0 ? 1 : strcmp (h->signals[i].label, "A4") == 0 ? 2 : 0;
  return found == 3;
}

typedef struct naming {
  int trivial, guessed;
  int first_guessed; /* a signal */
  char first_name[ELECTRODE_NAME_MAX];
} naming;

static void
name_channel (edf_channel *c, const edf_signal *s, bool bank, bool original, naming *told)
{
  electrode e;
  const bool known = !(bank && in_bank (s->label)) && electrode_read (s->label, &e);
  const char *kind = kind_by_word (s->label);
  snprintf (c->name, sizeof c->name, "%s", known && !original ? e.name : s->label);
  c->kind = s->status ? "trigger" : kind ? kind : "misc";
  c->placed = known && e.kind == ELECTRODE_SCALP && electrode_position (e.name, c->xyz);
  if (known)
    c->kind = e.kind == ELECTRODE_REFERENCE ? "ref" : "eeg";
  else if (bank && in_bank (s->label))
    c->kind = "eeg";
  if (!known || original || strcmp (e.name, s->label) == 0)
    return;
  if (e.took & ~ELECTRODE_DRESSED) {
    if (told->guessed++ == 0) {
      told->first_guessed = c->signal;
      memcpy (told->first_name, e.name, sizeof e.name);
    }
  } else
    told->trivial++;
}

/* Labels of an axis must differ: the second F1 becomes F1#2. */
static void
tell_apart (edf_channel *c, int n, edf_say *say)
{
  int changed = 0, last = 0;
  for (int i = 1; i < n; i++) {
    const size_t len = strlen (c[i].name);
    int copies = 1;
    for (int k = 0; k < i; k++)
      copies += strncmp (c[k].name, c[i].name, len) == 0 && (c[k].name[len] == 0 || c[k].name[len] == '#');
    if (copies == 1)
      continue;
    snprintf (c[i].name + len, sizeof c[i].name - len, "#%d", copies);
    last = i;
    changed++;
  }
  if (changed == 1)
    edf_note (say, FNX_LOG_NOTE, "a channel bears the name of another: it is called %s", c[last].name);
  else if (changed > 1)
    edf_note (say, FNX_LOG_NOTE, "%d channels bear the name of another: they are numbered, as %s", changed,
              c[last].name);
}

edf_channel *
edf_name_all (const edf_header *h, const edf_view_options *o, int *n, edf_say *say)
{
  edf_channel *all = calloc ((size_t)h->n_signals + 1, sizeof *all);
  const bool bank = banked (h);
  naming told = { 0 };
  *n = 0;
  if (!all)
    return NULL;
  for (int i = 0; i < h->n_signals; i++)
    if (!h->signals[i].annotations) {
      all[*n].signal = i;
      name_channel (&all[*n], &h->signals[i], bank, o->original, &told);
      ++*n;
    }
  tell_apart (all, *n, say);
  if (told.guessed > 0)
    edf_note (say, FNX_LOG_NOTE, "%d channels read as 10-20 names, as \"%s\" = %s (names=original keeps them)",
              told.guessed + told.trivial, h->signals[told.first_guessed].label, told.first_name);
  else if (told.trivial > 0)
    edf_note (say, FNX_LOG_DETAIL, "%d channels read as 10-20 names (names=original keeps them)", told.trivial);
  return all;
}

int
edf_find_channel (const edf_header *h, const edf_channel *all, int n, const char *want)
{
  electrode e, have;
  const bool known = electrode_read (want, &e);
  for (int i = 0; i < n; i++)
    if (strcmp (all[i].name, want) == 0)
      return i;
  for (int i = 0; i < n; i++)
    if (strcmp (h->signals[all[i].signal].label, want) == 0)
      return i;
  for (int i = 0; i < n; i++)
    if (strcasecmp (all[i].name, want) == 0)
      return i;
  for (int i = 0; i < n && known; i++)
    if (all[i].placed && electrode_read (h->signals[all[i].signal].label, &have) && strcmp (have.name, e.name) == 0)
      return i;
  return -1;
}

const char *
edf_list_names (const edf_channel *c, int n, const bool *pick, char *out, size_t size)
{
  size_t at = 0;
  out[0] = 0;
  for (int i = 0; i < n; i++) {
    if (pick && !pick[i])
      continue;
    if (at + strlen (c[i].name) + 6 > size || at > 60) {
      snprintf (out + at, size - at, " ...");
      break;
    }
    at += (size_t)snprintf (out + at, size - at, "%s%s", at ? " " : "", c[i].name);
  }
  return out;
}
