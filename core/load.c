/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loader: opens a module with libltdl, checks its head and copies its
 * descriptors to today's struct sizes.
 *
 * Stock libltdl binds lazily, so that a missing function kills the process at
 * its first call, and it hides every reason behind "file not found", because
 * the preopen loader it falls back on has the last word.  So its dlopen loader
 * is replaced by one that opens RTLD_NOW and keeps dlerror().
 */
#include "core/load.h"

#include <dlfcn.h>
#include <errno.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/call.h"

/* libltdl keeps its state in globals: every lt_ call is made under this lock. */
static pthread_mutex_t lt_lock = PTHREAD_MUTEX_INITIALIZER;
static char open_error[512];

static lt_module
open_now (lt_user_data data, const char *file, lt_dladvise advise)
{
  lt_module m = dlopen (file, RTLD_NOW | RTLD_LOCAL);

  (void)data;
  (void)advise;
  if (!m) {
    const char *why = dlerror ();
    snprintf (open_error, sizeof open_error, "%s", why ? why : "no reason given");
  }
  return m;
}

/* Once.  The lock is held. */
static bool
loader_start (void)
{
  static bool started;
  static lt_dlvtable now;
  const lt_dlvtable *stock;

  if (started)
    return true;
  if (lt_dlinit () || !(stock = lt_dlloader_find ("lt_dlopen")))
    return false;
  now = *stock;
  now.name = "fornix";
  now.module_open = open_now;
  now.dlloader_init = NULL;
  now.dlloader_exit = NULL;
  now.priority = LT_DLLOADER_PREPEND;
  if (lt_dlloader_add (&now))
    return false;
  free (lt_dlloader_remove ("lt_dlopen")); /* ours from here on, else it leaks */
  return started = true;
}

/* Numeric libraries read these once, when they are loaded.  The host's own
 * pool is the only parallelism: results must not depend on their threads. */
static void
one_blas_thread (void)
{
  setenv ("OPENBLAS_NUM_THREADS", "1", 1);
  setenv ("OMP_NUM_THREADS", "1", 1);
}

/* The module's exported head, or NULL with a sentence in *why. */
static const fnx_module *
open_symbol (const char *path, char **why)
{
  const fnx_module *m = NULL;
  lt_dladvise advise;
  lt_dlhandle h;

  one_blas_thread ();
  pthread_mutex_lock (&lt_lock);
  open_error[0] = 0;
  if (!loader_start () || lt_dladvise_init (&advise)) {
    *why = strdup ("libltdl does not start");
    goto out;
  }
  lt_dladvise_local (&advise);
  h = lt_dlopenadvise (path, advise);
  lt_dladvise_destroy (&advise);
  if (!h) {
    const char *text = open_error[0] ? open_error : lt_dlerror ();
    size_t n = strlen (path);
    if (!strncmp (text, path, n) && text[n] == ':') /* the reader sees the path already */
      text += n + 1 + (text[n + 1] == ' ');
    if (asprintf (why, "it cannot be opened: %s", text) < 0)
      *why = NULL;
    goto out;
  }
  lt_dlmakeresident (h);
  m = lt_dlsym (h, "fnx_module_v1");
  if (!m)
    *why = strdup (lt_dlsym (h, "fnx_module_v2") ? "it is for ABI 2 of Fornix only; this host speaks ABI 1"
                                                 : "it has no symbol fnx_module_v1, so it is no Fornix plugin");
out:
  pthread_mutex_unlock (&lt_lock);
  return m;
}

/* ---- copies of the descriptors ------------------------------------------ */

/* Where ABI 1.0 ended.  A struct that says it is smaller was not filled in. */
#define END_OF(type, field) (offsetof (type, field) + sizeof ((type *)0)->field)
#define MODULE_MIN END_OF (fnx_module, load)
#define STEP_MIN END_OF (fnx_step_desc, extension)
#define PORT_MIN END_OF (fnx_port_desc, doc)
#define PARAM_MIN END_OF (fnx_param_desc, when)
enum { LIST_MAX = 4096 }; /* longer: somebody forgot the NULL at the end */

typedef struct chunk {
  struct chunk *next;
  max_align_t bytes[];
} chunk;

typedef struct copier {
  chunk *all;
  char *why; /* first trouble */
} copier;

static void *
keep (copier *k, size_t bytes)
{
  chunk *c = calloc (1, sizeof *c + bytes);

  if (!c)
    return NULL;
  c->next = k->all;
  k->all = c;
  return c->bytes;
}

/* A NULL-terminated list of structs that begin with struct_size, each copied
 * to `size` bytes: what it lacks is zero, what it knows beyond us is left. */
static const void *const *
copy_list (copier *k, const void *const *list, size_t size, size_t min, const char *what)
{
  size_t n = 0;
  const void **out;

  while (list && list[n])
    if (++n > LIST_MAX) {
      if (!k->why && asprintf (&k->why, "its list of %s has no NULL at the end", what) < 0)
        k->why = NULL;
      n = 0;
      break;
    }
  if (!(out = keep (k, (n + 1) * sizeof *out)))
    return NULL;
  for (size_t i = 0; i < n; i++) {
    uint32_t has = *(const uint32_t *)list[i];
    void *one;
    if (has < min && !k->why
        && asprintf (&k->why, "struct_size of number %zu of its %s is %u; it must be sizeof, %zu or more", i + 1, what,
                     (unsigned)has, min)
               < 0)
      k->why = NULL;
    if (has < min || !(one = keep (k, size)))
      return NULL;
    memcpy (one, list[i], has < size ? has : size);
    *(uint32_t *)one = (uint32_t)size;
    out[i] = one;
  }
  return out;
}

/* A step without state may leave out create and destroy. */
static fnx_status
create_nothing (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  (void)c;
  (void)p;
  *out = NULL;
  return FNX_OK;
}

static void
destroy_nothing (fnx_step *s)
{
  (void)s;
}

/* All steps with their ports and params; lists come out empty, never NULL, and
 * create and destroy can always be called. */
static const fnx_step_desc *const *
copy_steps (copier *k, const fnx_step_desc *const *from)
{
  const void *const *list = copy_list (k, (const void *const *)from, sizeof (fnx_step_desc), STEP_MIN, "steps");

  for (size_t i = 0; list && list[i]; i++) {
    fnx_step_desc *d = (fnx_step_desc *)list[i];
    d->inputs = (const fnx_port_desc *const *)copy_list (k, (const void *const *)d->inputs, sizeof (fnx_port_desc),
                                                         PORT_MIN, "input ports");
    d->outputs = (const fnx_port_desc *const *)copy_list (k, (const void *const *)d->outputs, sizeof (fnx_port_desc),
                                                          PORT_MIN, "output ports");
    d->params = (const fnx_param_desc *const *)copy_list (k, (const void *const *)d->params, sizeof (fnx_param_desc),
                                                          PARAM_MIN, "params");
    if (!d->inputs || !d->outputs || !d->params)
      return NULL;
    d->create = d->create ? d->create : create_nothing;
    d->destroy = d->destroy ? d->destroy : destroy_nothing;
  }
  return (const fnx_step_desc *const *)list;
}

/* Why the head alone is not acceptable; nothing behind it is read before. */
static char *
head_fault (const fnx_module *m)
{
  char *why = NULL;
  int n = 0;

  if (m->magic != FNX_MAGIC)
    n = asprintf (&why, "its magic number is %08x, not %08x: fnx_module_v1 must begin with FNX_MODULE_HEAD",
                  (unsigned)m->magic, FNX_MAGIC);
  else if (m->abi_major != FNX_ABI_MAJOR)
    n = asprintf (&why, "it is for ABI %u.%u of Fornix; this host speaks ABI %u.%u", (unsigned)m->abi_major,
                  (unsigned)m->abi_minor, FNX_ABI_MAJOR, FNX_ABI_MINOR);
  else if (m->struct_size < MODULE_MIN)
    n = asprintf (&why, "struct_size of its fnx_module_v1 is %u; it must be sizeof, %zu or more",
                  (unsigned)m->struct_size, MODULE_MIN);
  return n < 0 ? NULL : why;
}

static const fnx_step_desc *const no_steps[] = { NULL };

static void
memory_free (void *memory)
{
  for (chunk *c = memory, *next; c; c = next) {
    next = c->next;
    free (c);
  }
}

/* Copy, vet and load `m` into `info`; returns false without memory. */
static bool
fill (module_info *info, const fnx_module *m, bool careful)
{
  copier k = { NULL, NULL };
  fnx_module *own;
  fnx_status s;

  if ((info->refused = head_fault (m)))
    return true;
  own = keep (&k, sizeof *own);
  if (own) {
    memcpy (own, m, m->struct_size < sizeof *own ? m->struct_size : sizeof *own);
    own->struct_size = sizeof *own;
    own->steps = copy_steps (&k, m->steps);
  }
  info->memory = k.all;
  if (k.why || !own || !own->steps)
    return (info->refused = k.why) != NULL;
  if ((info->refused = vet_module (own, careful)))
    return true;
  if (own->load && (s = own->load (&the_host)))
    return asprintf (&info->refused, "its load function failed with code %d", (int)s) >= 0;
  info->module = own;
  info->steps = own->steps;
  return true;
}

static module_info *
info_new (const char *path)
{
  module_info *info = calloc (1, sizeof *info);

  if (info && !(info->path = strdup (path))) {
    free (info);
    return NULL;
  }
  if (info)
    info->steps = no_steps;
  return info;
}

module_info *
module_open (const char *path, bool careful)
{
  module_info *info = info_new (path);
  const fnx_module *m;

  if (!info || (info->refused = module_file_fault (path)))
    return info;
  m = open_symbol (path, &info->refused);
  if (m ? fill (info, m, careful) : info->refused != NULL)
    return info;
  module_free (info);
  return NULL;
}

module_info *
module_wrap (const fnx_module *m, const char *place, bool careful)
{
  module_info *info = info_new (place);

  if (info && !fill (info, m, careful)) {
    module_free (info);
    info = NULL;
  }
  return info;
}

void
module_free (module_info *info)
{
  if (!info)
    return;
  memory_free (info->memory);
  free (info->path);
  free (info->refused);
  free (info->notes);
  free (info);
}

/* ---- the file ------------------------------------------------------------ */

/* A sentence if everybody may write to the folder that holds `path`. */
static char *
folder_fault (const char *path)
{
  struct stat st;
  char *why = NULL, *folder = strdup (path), *slash = folder ? strrchr (folder, '/') : NULL;

  if (slash)
    slash[slash == folder] = 0;
  if (slash && !stat (folder, &st) && (st.st_mode & S_IWOTH)
      && asprintf (&why, "its folder %s is writable by everybody: chmod o-w %s", folder, folder) < 0)
    why = NULL;
  free (folder);
  return why;
}

char *
module_file_fault (const char *path)
{
  struct stat st;
  char *real, *why = NULL;

  if (stat (path, &st))
    return strdup (strerror (errno));
  if (!S_ISREG (st.st_mode))
    return strdup ("it is no regular file");
  if (st.st_mode & S_IWOTH)
    return asprintf (&why, "the file is writable by everybody: chmod o-w %s", path) < 0 ? NULL : why;
  if ((why = folder_fault (path)))
    return why;
  real = realpath (path, NULL); /* behind a symbolic link */
  if (real && strcmp (real, path))
    why = folder_fault (real);
  free (real);
  return why;
}

module_info *
module_load (const char *path, fault *f)
{
  module_info *info = NULL;
  char *real = realpath (path, NULL), *why;

  if (!real) {
    fault_set (f, EXIT_INPUT, FNX_E_IO, "%s: %s", path, strerror (errno));
    return NULL;
  }
  if (!(why = module_file_fault (real)) && !(why = module_probe (real))) {
    info = module_open (real, true);
    if (info && info->refused)
      why = strdup (info->refused);
    else if (!info)
      fault_memory (f);
  }
  if (why) {
    fault_set (f, EXIT_PLUGIN, FNX_E_UNSUPPORTED, "%s: refused: %s", path, why);
    module_free (info);
    info = NULL;
  }
  free (why);
  free (real);
  return info;
}

bool
step_extension (const fnx_step_desc *d, const fnx_step *step, const char *id, void *copy, size_t size)
{
  const void *table = d->extension ? d->extension (step, id) : NULL;
  uint32_t has;

  memset (copy, 0, size);
  if (!table)
    return false;
  has = *(const uint32_t *)table;
  memcpy (copy, table, has < size ? has : size);
  *(uint32_t *)copy = (uint32_t)size;
  return true;
}
