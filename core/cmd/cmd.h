/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The commands of the program, one file each.  argv[0] is the command's own
 * name; the result is the exit code.
 */
#ifndef FNX_CORE_CMD_CMD_H
#define FNX_CORE_CMD_CMD_H

#include "core/registry.h"

/* --plugin-path and --no-user-plugins, set by main before a command runs. */
extern registry_options cmd_plugin_options;

int cmd_apply (int argc, char **argv);
int cmd_chain (int argc, char **argv);
int cmd_check (int argc, char **argv);
int cmd_inspect (int argc, char **argv);
int cmd_new (int argc, char **argv);
int cmd_plugins (int argc, char **argv);
int cmd_run (int argc, char **argv);
int cmd_steps (int argc, char **argv);
int cmd_train (int argc, char **argv);
int cmd_version (int argc, char **argv);

/* The modules inside the program, NULL-terminated; only #ifdef PRELOAD. */
const fnx_module *const *preloaded_modules (void);

/* Parts of `fornix inspect`: how a step, or a plugin's file, is shown. */
enum { INSPECT_TEXT, INSPECT_JSON, INSPECT_MARKDOWN, INSPECT_PARAMS };
/* INSPECT_PARAMS is for completion: name, type, "main" or "", choices parted by
 * blanks, a line each, with tabs between. */
int inspect_step (const fnx_step_desc *, int form);
/* A path that ends in ".so".  With INSPECT_MARKDOWN: the pages of all its steps. */
int inspect_plugin (const char *path, int form);

#endif
