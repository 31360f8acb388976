/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix --version: the program, the plugin interface, and the libraries that
 * are in the process once all plugins are loaded, as they name themselves.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/cmd/cmd.h"
#include "core/cmd/ui.h"
#include "core/text.h"

/* How a library tells its version. */
enum { CALL_TEXT, CALL_INT, TEXT_ARRAY, TEXT_POINTER, INT_VALUE, SONAME };
static const struct {
  const char *file, *name, *symbol;
  int how;
} known[] = {
  { "libfftw3.so", "FFTW", "fftw_version", TEXT_ARRAY },
  { "libfftw3f.so", "FFTW, float", "fftwf_version", TEXT_ARRAY },
  { "libgsl.so", "GSL", "gsl_version", TEXT_POINTER },
  { "libopenblas", "OpenBLAS", "openblas_get_config", CALL_TEXT },
  { "liblapacke.so", "LAPACKE", NULL, SONAME },
  { "libsvm.so", "libsvm", "libsvm_version", INT_VALUE },
  { "liblbfgs", "libLBFGS", NULL, SONAME },
  { "libedf.so", "EDFlib", "edflib_version", CALL_INT },
  { "libEDF", "EDFlib", "edflib_version", CALL_INT },
  { "libyaml", "libyaml", "yaml_get_version_string", CALL_TEXT },
  { "libjansson.so", "Jansson", "jansson_version_str", CALL_TEXT },
  { "libz.so", "zlib", "zlibVersion", CALL_TEXT },
  { "libltdl.so", "libltdl", NULL, SONAME },
  { "libc.so", "GNU C library", "gnu_get_libc_version", CALL_TEXT },
};

typedef struct library {
  const char *name;
  char version[128], file[512];
} library;

typedef struct libraries {
  library lib[sizeof known / sizeof *known];
  size_t n;
} libraries;

/* libltdl.so.7.3.2 behind the link libltdl.so.7. */
static void
file_version (const char *path, char *text, size_t room)
{
  char *whole = realpath (path, NULL), *so = whole ? strstr (whole, ".so.") : NULL;

  snprintf (text, room, "%s", so ? so + 4 : "version unknown");
  free (whole);
}

/* "OpenBLAS 0.3.21 ..." and "fftw-3.3.10-sse2" repeat their name. */
static const char *
without_name (const char *said, const char *name)
{
  size_t n = strlen (name);

  return !strncasecmp (said, name, n) && strchr (" -", said[n]) && said[n] ? said + n + 1 : said;
}

static void
ask (const char *path, const char *name, const char *symbol, int how, char *text, size_t room)
{
  /* It is loaded already; this only finds it, since modules keep theirs private. */
  void *lib = dlopen (path, RTLD_LAZY | RTLD_NOLOAD), *at = lib && symbol ? dlsym (lib, symbol) : NULL;
  const char *said = NULL;
  int number = 0;

  if (at && how == CALL_TEXT)
    said = (*(const char *(**)(void)) & at) ();
  else if (at && how == TEXT_ARRAY)
    said = at;
  else if (at && how == TEXT_POINTER)
    said = *(const char *const *)at;
  else if (at && how == CALL_INT)
    number = (*(int (**) (void)) & at) ();
  else if (at && how == INT_VALUE)
    number = *(const int *)at;
  if (said)
    snprintf (text, room, "%s", without_name (said, name));
  else if (number)
    snprintf (text, room, "%d.%02d", number / 100, number % 100);
  else
    file_version (path, text, room);
  if (lib)
    dlclose (lib);
}

static int
look (struct dl_phdr_info *info, size_t size, void *arg)
{
  libraries *all = arg;
  const char *path = info->dlpi_name, *base = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;

  (void)size;
  for (size_t i = 0; i < sizeof known / sizeof *known && all->n < sizeof all->lib / sizeof *all->lib; i++)
    if (!strncmp (base, known[i].file, strlen (known[i].file))) {
      library *l = &all->lib[all->n++];

      l->name = known[i].name;
      snprintf (l->file, sizeof l->file, "%s", path);
      break;
    }
  return 0;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (((const library *)a)->name, ((const library *)b)->name);
}

/* Calling dlopen inside dl_iterate_phdr is not allowed: first look, then ask. */
static void
find_libraries (libraries *all)
{
  dl_iterate_phdr (look, all);
  for (size_t i = 0; i < all->n; i++)
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
      if (known[k].name == all->lib[i].name) {
        ask (all->lib[i].file, known[k].name, known[k].symbol, known[k].how, all->lib[i].version,
             sizeof all->lib[i].version);
        break;
      }
  qsort (all->lib, all->n, sizeof *all->lib, by_name);
}

static void
print_json (const libraries *all)
{
  text_buf t = { 0 };
  char *text;

  text_addf (&t, "{\"program\":\"fornix\",\"version\":\"%s\",\"abi\":\"%u.%u\",\"libraries\":{", PACKAGE_VERSION,
             FNX_ABI_MAJOR, FNX_ABI_MINOR);
  for (size_t i = 0; i < all->n; i++) {
    text_add (&t, i ? "," : "");
    text_json (&t, all->lib[i].name);
    text_add (&t, ":");
    text_json (&t, all->lib[i].version);
  }
  text_add (&t, "}}");
  text = text_take (&t);
  puts (text ? text : "");
  free (text);
}

int
cmd_version (int argc, char **argv)
{
  fault f = FAULT_INIT;
  libraries all = { .n = 0 };

  (void)argc, (void)argv;
  registry_open (&cmd_plugin_options, &f); /* loads all plugins, and their libraries */
  fault_clear (&f);
  find_libraries (&all);
  if (cmd_opt.json)
    print_json (&all);
  else {
    printf ("fornix %s\nplugin interface %u.%u\n", PACKAGE_VERSION, FNX_ABI_MAJOR, FNX_ABI_MINOR);
    for (size_t i = 0; i < all.n; i++)
      printf ("%s %s\n", all.lib[i].name, all.lib[i].version);
  }
  registry_close ();
  return EXIT_OK;
}
