/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which recordings a chain names: a bare list of files, one recording each, or
 * a table (recordings_table.c).  What BIDS writes into file names becomes columns.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/recording.h"

/* A recording is called what its file is called, so that every name shown can
 * be pasted back. */
static char *
id_of (const char *path)
{
  const char *base = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;

  return strdup (*base ? base : path);
}

/* sub-01_ses-2_task-mi_run-3_eeg.edf */
static fnx_status
bids_columns (recording *r, const char *path)
{
  static const struct {
    const char *key, *column;
  } keys[] = { { "sub-", "subject" }, { "ses-", "session" }, { "task-", "task" }, { "run-", "run" } };
  const char *base = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;

  if (strncmp (base, "sub-", 4))
    return FNX_OK;
  for (const char *p = base; p && *p; p = strchr (p, '_') ? strchr (p, '_') + 1 : NULL)
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
      if (!strncmp (p, keys[k].key, strlen (keys[k].key)) && !recording_has_column (r, keys[k].column)) {
        const char *v = p + strlen (keys[k].key);

        if (recording_add_column (r, keys[k].column, v, strcspn (v, "_.")) != FNX_OK)
          return FNX_E_NOMEM;
      }
  return FNX_OK;
}

/* A generator may be told whose recording it makes: sim:fists subject=2. */
static fnx_status
said_columns (recording *r, const chain_step *in)
{
  static const char *const keys[] = { "subject", "session" };

  for (size_t i = 0; i < in->n_args; i++)
    for (size_t k = 0; k < 2; k++)
      if (in->args[i].name && !strcmp (in->args[i].name, keys[k]) && !recording_has_column (r, keys[k])
          && recording_add_column (r, keys[k], in->args[i].value, strlen (in->args[i].value)) != FNX_OK)
        return FNX_E_NOMEM;
  return FNX_OK;
}

/* Recordings of one name are told apart by their settings, where there are any. */
static fnx_status
tell_apart (recording *all, const chain *c)
{
  for (size_t i = 0; i < c->n_inputs; i++) {
    const chain_step *in = &c->inputs[i];
    bool again = false;

    for (size_t k = 0; k < c->n_inputs; k++)
      again = again || (k != i && !strcmp (in->name, c->inputs[k].name));
    for (size_t a = 0; again && a < in->n_args; a++) {
      char *more;

      if (asprintf (&more, "%s %s%s%s", all[i].id, in->args[a].name ? in->args[a].name : "",
                    in->args[a].name ? "=" : "", in->args[a].value)
          < 0)
        return FNX_E_NOMEM;
      free (all[i].id);
      all[i].id = more;
    }
  }
  return FNX_OK;
}

recording *
recordings_of (const session *ses, const chain *c, size_t *n, fault *f)
{
  recording *all;

  *n = 0;
  if (!c->n_inputs) {
    fault_set (f, EXIT_USAGE, FNX_E_PARAM, "no recording is named\nfornix run RECORDING... ! STEP ...");
    return NULL;
  }
  if (c->n_inputs == 1 && is_recordings_table (c->inputs[0].name))
    return recordings_of_table (ses, c->inputs[0].name, n, f);
  all = calloc (c->n_inputs, sizeof *all);
  for (size_t i = 0; all && i < c->n_inputs; i++) {
    const chain_step *in = &c->inputs[i];

    all[i].id = id_of (in->name);
    *n = i + 1;
    if (!all[i].id || recording_add_source (&all[i], in->name, in->as, in, in->at) != FNX_OK
        || bids_columns (&all[i], in->name) != FNX_OK || said_columns (&all[i], in) != FNX_OK) {
      recordings_free (all, *n);
      all = NULL;
    }
  }
  if (all && tell_apart (all, c) != FNX_OK) {
    recordings_free (all, *n);
    all = NULL;
  }
  if (!all)
    fault_memory (f);
  return all;
}
