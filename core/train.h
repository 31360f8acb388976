/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fitted chains: the train step that makes a model file, and the way back.
 */
#ifndef FNX_CORE_TRAIN_H
#define FNX_CORE_TRAIN_H

#include "core/exec.h"
#include "core/learned.h"
#include "core/model_file.h"

/* The part of a chain that train fits: from its first step that learns.  Used
 * by the command `train`, which writes the train step itself. */
size_t first_learning_step (const chain *);

/* A model made ready for new recordings: `chain` has no inputs yet. */
typedef struct applied {
  model_file *file;
  chain *chain;
} applied;

fnx_status applied_open (applied *, const char *path, fault *f);
void applied_close (applied *);
/* Load the models into the nodes of a recording's scope that applies the chain;
 * node `first` is step 1 of the chain.  Refuses a recording that differs from
 * what the model was fitted on. */
fnx_status applied_load (const applied *, scope *, int first, fault *f);
/* Tell what the model of the i-th step in the file says of itself (learned.h);
 * no recording is needed. */
fnx_status applied_report (const applied *, session *, size_t i, learned_told, void *arg, fault *f);

#endif
