/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening modules: load.c opens one in this process, probe.c tries it in a
 * child first, vet.c judges what it declares.  registry.c and `fornix check`
 * are the only users.
 */
#ifndef FNX_CORE_LOAD_H
#define FNX_CORE_LOAD_H

#include "core/registry.h"

/* Open the module at an absolute path in this process.  Always returns an
 * entry, with `refused` set when it cannot be used; NULL only without memory.
 * `careful` also parses all defaults, which takes longer than opening. */
module_info *module_open (const char *path, bool careful);
/* An entry for a module that is part of the program. */
module_info *module_wrap (const fnx_module *, const char *place, bool careful);
/* Frees the entry.  The code stays in the process: unloading numeric code
 * with its own threads and thread-local data crashes (OpenBLAS, OpenMP). */
void module_free (module_info *);

/* Why a file must not be opened at all: absent, no regular file, or writable
 * by everybody, itself or its folder.  Allocated; NULL if it may. */
char *module_file_fault (const char *path);

/* Open the module in a child process under a time limit ($FORNIX_LOAD_SECONDS,
 * else 10 s) and tell what became of it: NULL if all is well, else an
 * allocated sentence.  This process stays untouched whatever the module does. */
char *module_probe (const char *path);
/* Has this very file (path, time, size, inode) passed the probe of this
 * version of the host before?  probe_passed notes that it did; probe_save
 * writes what is new to $XDG_CACHE_HOME/fornix/modules.tsv and forgets all. */
bool probe_known (const char *path);
void probe_passed (const char *path);
void probe_save (void);
/* Remove the cache: everything is tried again. */
void probe_forget (void);

/* Why the module's descriptors cannot be used, as an allocated sentence; NULL
 * if they can.  All structs are host copies of today's size. */
char *vet_module (const fnx_module *, bool careful);

#endif
