/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix inspect STEP and fornix inspect PLUGIN.so.  A plugin's file is tried
 * in a child process first, so that looking at it is safe.
 */
#include "core/cmd/cmd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/chain.h"
#include "core/describe.h"
#include "core/load.h"
#include "core/param.h"
#include "core/sha256.h"

static int
print_json (json_t *j)
{
  int bad = !j || json_dumpf (j, stdout, JSON_COMPACT | JSON_ENCODE_ANY) || putchar ('\n') == EOF;

  json_decref (j);
  return bad ? EXIT_INTERNAL : EXIT_OK;
}

/* For the completion of the shell. */
static int
print_params (const fnx_step_desc *d)
{
  for (size_t i = 0; d->params && d->params[i]; i++) {
    const fnx_param_desc *p = d->params[i];
    printf ("%s\t%s\t%s\t", p->name, param_type_name (p->type), p->flags & FNX_P_MAIN ? "main" : "");
    if (p->type == FNX_T_BOOL)
      printf ("yes no");
    for (size_t k = 0; p->choices && p->choices[k]; k++)
      printf ("%s%s", k > 0 ? " " : "", p->choices[k]);
    putchar ('\n');
  }
  return EXIT_OK;
}

static int
show (const fnx_step_desc *d, const module_info *from, int form)
{
  if (form == INSPECT_JSON)
    return print_json (describe_json (d, from));
  if (form == INSPECT_PARAMS)
    return print_params (d);
  if (form == INSPECT_MARKDOWN)
    describe_markdown (stdout, d, from);
  else
    describe_text (stdout, d, from);
  return EXIT_OK;
}

int
inspect_step (const fnx_step_desc *d, int form)
{
  return show (d, registry_module_of (d), form);
}

/* SHA-256 of a file in hexadecimal digits; false: errno says why. */
static bool
digest_of (const char *path, char text[65])
{
  FILE *in = fopen (path, "rbe");
  unsigned char block[65536], digest[32];
  bool ok;
  sha256 s;

  if (!in)
    return false;
  sha256_begin (&s);
  for (size_t n; (n = fread (block, 1, sizeof block, in));)
    sha256_add (&s, block, n);
  ok = !ferror (in);
  fclose (in);
  sha256_end (&s, digest);
  sha256_hex (digest, text);
  return ok;
}

static void
print_plugin (const char *path, const module_info *m, const char *digest)
{
  const char *base = strrchr (path, '/');
  struct stat st;
  size_t n = 0;

  while (m->steps[n])
    n++;
  printf ("%s   ABI %u.%u, %zu step%s, %lld bytes\n", base ? base + 1 : path, (unsigned)m->module->abi_major,
          (unsigned)m->module->abi_minor, n, n == 1 ? "" : "s", stat (path, &st) ? 0LL : (long long)st.st_size);
  printf ("module     %s %s, %s\n", m->module->name, m->module->version,
          m->module->licence ? m->module->licence : "no licence named");
  if (m->module->url)
    printf ("url        %s\n", m->module->url);
  printf ("sha256     %s\n", digest);
  for (size_t i = 0; i < n; i++)
    printf ("step       %-14s %s\n           %-14s %s, revision %u\n", m->steps[i]->name, m->steps[i]->title, "",
            m->steps[i]->id, (unsigned)m->steps[i]->revision);
  printf ("next       fornix check %s%s\n", strchr (path, '/') ? "" : "./", path);
}

static json_t *
plugin_json (const char *path, const module_info *m, const char *digest)
{
  json_t *steps = json_array ();

  for (size_t i = 0; m->steps[i]; i++)
    json_array_append_new (steps, describe_json (m->steps[i], m));
  return json_pack ("{s:s, s:s, s:s, s:s?, s:s?, s:[i,i], s:s, s:o}", "path", path, "name", m->module->name, "version",
                    m->module->version, "licence", m->module->licence, "url", m->module->url, "abi",
                    (int)m->module->abi_major, (int)m->module->abi_minor, "sha256", digest, "steps", steps);
}

int
inspect_plugin (const char *path, int form)
{
  fault f = FAULT_INIT;
  module_info *m = module_load (path, &f);
  char digest[65] = "";
  int code = EXIT_OK;

  if (m && !digest_of (path, digest))
    fault_set (&f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
  if (f.text) {
    fault_print (stderr, &f, NULL, NULL);
    code = f.exit;
    goto out;
  }
  if (form == INSPECT_JSON)
    code = print_json (plugin_json (path, m, digest));
  else if (form == INSPECT_TEXT)
    print_plugin (path, m, digest);
  else
    for (size_t i = 0; m->steps[i]; i++)
      show (m->steps[i], m, form);
out:
  module_free (m);
  fault_clear (&f);
  return code;
}
