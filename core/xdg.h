/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The user's folders after the XDG base directory specification.
 */
#ifndef FNX_CORE_XDG_H
#define FNX_CORE_XDG_H

/* Allocated "$XDG_DATA_HOME/REST" or "$HOME/.local/share/REST"; NULL where
 * neither variable holds an absolute path (or without memory): a program that
 * runs without a home, in a container, does without. */
char *xdg_data (const char *rest);
/* The same of $XDG_CACHE_HOME or $HOME/.cache. */
char *xdg_cache (const char *rest);

#endif
