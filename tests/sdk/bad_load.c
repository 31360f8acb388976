/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Modules that must be refused when they are loaded, one for each BAD_ macro;
 * without any of them a module that is sound.  tests/core/load.c says what is
 * expected of each.
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "fornix/plugin.h"

#ifdef BAD_CRASH
static void __attribute__ ((constructor)) start (void) { *(volatile int *)(uintptr_t)getpagesize () = 1; }
#elif defined BAD_HANG
static void __attribute__ ((constructor)) start (void)
{
  for (volatile int i = 0; getppid () > 0; i = !i)
    ;
}
#elif defined BAD_EXIT
static void __attribute__ ((constructor)) start (void) { exit (3); }
#elif defined BAD_NOISE /* sound, but it writes where results go */
static void __attribute__ ((constructor)) start (void)
{
  if (write (1, "noise\n", 6) < 0)
    _exit (1);
}
#endif

#ifdef BAD_UNDEFINED
int fnx_test_function_that_nobody_defines (void);
#endif

static int token;

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  (void)c;
  (void)p;
  *out = (fnx_step *)(void *)&token;
#ifdef BAD_UNDEFINED
  token = fnx_test_function_that_nobody_defines ();
#endif
  return FNX_OK;
}

static void
destroy (fnx_step *s)
{
  (void)s;
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)s;
  out[0] = c->buf->ref (in[0]);
  return FNX_OK;
}

#ifdef BAD_PORT
#define WHAT "signal[channel,time"
#else
#define WHAT "any"
#endif
#ifdef BAD_DEFAULT
#define DEFAULT "8furlongs"
#else
#define DEFAULT "250ms"
#endif

static const fnx_port_desc port = { sizeof port, 0, "x", WHAT, "anything" };
static const fnx_port_desc *const ports[] = { &port, NULL };
static const fnx_param_desc width
    = { sizeof width, FNX_T_REAL, 0, 0, "width", "s", "how long it is", DEFAULT, 0, 10, NULL, NULL };
static const fnx_param_desc *const params[] = { &width,
#ifdef BAD_TWICE
                                                &width,
#endif
                                                NULL };

#ifdef BAD_STEP_SIZE
#define STEP_SIZE 40
#else
#define STEP_SIZE sizeof (fnx_step_desc)
#endif
#ifdef BAD_NAME
#define TITLE NULL
#else
#define TITLE "hand the input on"
#endif

static const fnx_step_desc pass = { STEP_SIZE,
                                    FNX_S_DETERMINISTIC,
                                    FNX_THREADS_PARALLEL,
                                    1,
                                    "org.fornix.test.pass",
                                    "test-pass",
                                    TITLE,
                                    "Gives what it takes.",
                                    NULL,
                                    NULL,
                                    "fornix run sim:fists ! test-pass",
                                    ports,
                                    ports,
                                    params,
                                    create,
                                    destroy,
                                    NULL,
                                    run,
                                    NULL };

#ifdef BAD_DUPLICATE
static const fnx_step_desc *const steps[] = { &pass, &pass, NULL };
#else
static const fnx_step_desc *const steps[] = { &pass, NULL };
#endif

#ifdef BAD_LOAD
static fnx_status
load (const fnx_host *host)
{
  return host->service (host, "fnx.no-such-thing/1") ? FNX_OK : FNX_E_UNSUPPORTED;
}
#else
#define load NULL
#endif

#ifdef BAD_MAGIC
#undef FNX_MAGIC
#define FNX_MAGIC 0x12345678u
#endif
#ifdef BAD_ABI
#undef FNX_ABI_MAJOR
#define FNX_ABI_MAJOR 7u
#endif
#ifdef BAD_SYMBOL
#define fnx_module_v1 another_module
extern FNX_EXPORT const fnx_module another_module;
#endif
const fnx_module fnx_module_v1 = { FNX_MODULE_HEAD, "bad_load", "0.1.0", "GPL-3.0-or-later", NULL, steps, load };
