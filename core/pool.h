/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The thread pool: one for the process, used by call->parallel and by the host
 * itself for folds.  A job that asks for more parallelism runs it serially,
 * as the worker that it is itself.
 */
#ifndef FNX_CORE_POOL_H
#define FNX_CORE_POOL_H

#include "fornix/plugin.h"

/* Start with n threads altogether (the caller is one of them); again: change n. */
fnx_status pool_start (unsigned n);
void pool_stop (void);
unsigned pool_size (void);
/* Run f (arg, i, worker) for i in [0, n); returns the status of the lowest i
 * that failed (jobs below it have all run) or FNX_OK. */
fnx_status pool_run (size_t n, fnx_status (*f) (void *arg, size_t i, uint32_t worker), void *arg);
/* Index of the running job of this thread plus one; 0 outside jobs. */
size_t pool_job (void);

#endif
