/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fornix check PLUGIN.so: does it keep the contract?  A screen for its author.
 */
#include "core/cmd/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/chain.h"
#include "core/cmd/ui.h"
#include "core/load.h"
#include "core/param.h"
#include "core/validate.h"

/* 2000 as "2,000". */
static const char *
grouped (unsigned n, char text[16])
{
  if (n < 1000)
    snprintf (text, 16, "%u", n);
  else
    snprintf (text, 16, "%u,%03u", n / 1000, n % 1000);
  return text;
}

static void
title_of (const check_result *r, const check_options *opt, char *text, size_t room)
{
  char count[16];

  if (!strcmp (r->test, "random"))
    snprintf (text, room, "%s %s",
              grouped (opt->one_seed   ? 1
                       : opt->n_random ? opt->n_random
                                       : 2000,
                       count),
              opt->one_seed ? "random input, no crash" : r->title);
  else
    snprintf (text, room, "%s", r->title);
}

/* What passed, as many to a line as fit. */
static void
print_passed (const check_result *r, size_t n, const check_options *opt)
{
  size_t at = 0;
  char title[80];

  for (size_t i = 0; i < n; i++) {
    if (r[i].state != CHECK_PASSED)
      continue;
    title_of (&r[i], opt, title, sizeof title);
    if (at && at + 5 + 4 + strlen (title) > 80)
      at = 0, putchar ('\n');
    at += (size_t)printf (at ? "     ok  %s" : "  ok  %s", title);
  }
  if (at)
    putchar ('\n');
}

/* The same sentence but for its numbers? */
static bool
same_cause (const char *a, const char *b)
{
  for (; *a && *b; a++, b++) {
    a += strspn (a, "0123456789");
    b += strspn (b, "0123456789");
    if (*a != *b)
      return false;
    if (!*a)
      break;
  }
  return !*a && !*b;
}

/* One cause, one line: what fails for the same reason is only named.  The
 * results of one step are r[0..n); marks those it has told in `told`. */
static void
print_failed (const check_result *r, size_t n, size_t i, bool *told, const char *path)
{
  bool more = false;

  printf ("  FAILED  %s: %s\n", r[i].title, r[i].text ? r[i].text : "");
  for (size_t k = i + 1; k < n; k++)
    if (r[k].state == CHECK_FAILED && r[k].text && r[i].text && same_cause (r[k].text, r[i].text)) {
      printf (more ? ", %s" : "          for the same reason: %s", r[k].test);
      more = told[k] = true;
    }
  printf ("%s          again: fornix check %s --step %s --only %s", more ? "\n" : "", path, r[i].step->name, r[i].test);
  if (r[i].seeded)
    printf (" --seed %llu", (unsigned long long)r[i].seed);
  puts (" --in-process");
}

/* What was not tried, together with all that was not for the same reason. */
static void
print_open (const check_result *r, size_t n, size_t i, bool *told)
{
  printf ("  --  not tried: %s", r[i].test);
  for (size_t k = i + 1; k < n; k++)
    if (r[k].state == CHECK_NOT_TRIED && r[k].text && r[i].text && same_cause (r[k].text, r[i].text)) {
      printf (", %s", r[k].test);
      told[k] = true;
    }
  printf ("\n      %s\n", r[i].text ? r[i].text : "");
}

static void
print_trouble (const check_result *r, size_t n, const char *path)
{
  bool told[64] = { false };

  for (size_t i = 0; i < n && i < 64; i++) {
    if (r[i].state == CHECK_FAILED && !told[i])
      print_failed (r, n < 64 ? n : 64, i, told, path);
    else if (r[i].state == CHECK_NOT_TRIED && !told[i])
      print_open (r, n < 64 ? n : 64, i, told);
  }
}

static size_t
count (const check_result *r, size_t n, int state)
{
  size_t k = 0;

  for (size_t i = 0; i < n; i++)
    k += r[i].state == state;
  return k;
}

static void
print_head (const module_info *m, const char *path)
{
  const char *base = strrchr (path, '/');
  size_t n = 0;

  while (m->steps[n])
    n++;
  printf ("%s   ABI %u.%u, %zu step%s", base ? base + 1 : path, (unsigned)m->module->abi_major,
          (unsigned)m->module->abi_minor, n, n == 1 ? "" : "s");
  if (n == 1)
    printf (": %s", m->steps[0]->id);
  putchar ('\n');
}

static void
print_text (const module_info *m, const check_result *r, size_t n, const check_options *opt, const char *path)
{
  size_t failed = count (r, n, CHECK_FAILED), open = count (r, n, CHECK_NOT_TRIED);

  print_head (m, path);
  for (size_t i = 0; i < n;) { /* a group for each step */
    size_t k = i;
    while (k < n && r[k].step == r[i].step)
      k++;
    if (m->steps[1])
      printf ("%s\n", r[i].step->id);
    print_passed (r + i, k - i, opt);
    print_trouble (r + i, k - i, path);
    i = k;
  }
  printf ("%zu passed, %zu failed", count (r, n, CHECK_PASSED), failed);
  if (open)
    printf (", %zu not tried", open);
  if (!failed && !opt->only && m->steps[0])
    printf ("          install: make install    then: fornix inspect %s", m->steps[0]->name);
  putchar ('\n');
}

static void
print_json (const check_result *r, size_t n)
{
  static const char *const states[] = { "passed", "failed", "not-tried", "not-applicable" };

  for (size_t i = 0; i < n; i++) {
    json_t *j = json_pack ("{s:s, s:s, s:s, s:s, s:s?}", "result", "check", "step", r[i].step->id, "test", r[i].test,
                           "state", states[r[i].state], "text", r[i].text);
    if (r[i].seeded)
      json_object_set_new (j, "seed", json_integer ((json_int_t)r[i].seed));
    json_dumpf (j, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
    putchar ('\n');
    json_decref (j);
  }
}

static int
usage (FILE *to, int code)
{
  fputs ("usage: fornix check PLUGIN.so [--step NAME] [--only TEST] [--seed N] [--random N]\n"
         "                    [--file RECORDING] [--in-process] [--json]\n"
         "tests:",
         to);
  for (const char *const *name = check_names (); *name; name++)
    fprintf (to, " %s", *name);
  fputc ('\n', to);
  return code;
}

static bool
is_test (const char *name)
{
  for (const char *const *t = check_names (); *t; t++)
    if (!strcmp (*t, name))
      return true;
  return false;
}

/* false: usage was printed. */
static bool
options_read (int argc, char **argv, check_options *opt)
{
  static const struct option options[]
      = { { "step", required_argument, NULL, 's' }, { "only", required_argument, NULL, 'o' },
          { "seed", required_argument, NULL, 'r' }, { "random", required_argument, NULL, 'n' },
          { "file", required_argument, NULL, 'f' }, { "in-process", no_argument, NULL, 'i' },
          { "json", no_argument, NULL, 'j' },       { NULL, 0, NULL, 0 } };
  int o;

  optind = 0;
  while ((o = getopt_long (argc, argv, "", options, NULL)) != -1)
    switch (o) {
    case 's':
      opt->step = optarg;
      break;
    case 'o':
      opt->only = optarg;
      if (!is_test (optarg))
        return false;
      break;
    case 'n':
      opt->n_random = (unsigned)strtoul (optarg, NULL, 10);
      break;
    case 'f':
      opt->file = optarg;
      break;
    case 'i':
      opt->in_process = true;
      break;
    default:
      return false;
    }
  return optind + 1 == argc;
}

int
cmd_check (int argc, char **argv)
{
  check_options opt = { .seed = cmd_opt.has_seed ? cmd_opt.seed : 1, .one_seed = cmd_opt.has_seed };
  fault f = FAULT_INIT;
  module_info *m;
  check_result *r = NULL;
  size_t n = 0;
  int code;

  if (cmd_opt.help)
    return usage (stdout, EXIT_OK);
  if (!options_read (argc, argv, &opt))
    return usage (stderr, EXIT_USAGE);
  if (!(m = module_load (argv[optind], &f))) {
    fault_print (stderr, &f, NULL, NULL);
    code = f.exit;
    fault_clear (&f);
    return code;
  }
  r = check_module (m, &opt, &n);
  if (!r || !n)
    fprintf (stderr, "fornix: %s has no step %s\n", argv[optind], opt.step ? opt.step : "");
  else if (cmd_opt.json)
    print_json (r, n);
  else
    print_text (m, r, n, &opt, argv[optind]);
  code = !r || !n ? EXIT_USAGE : count (r, n, CHECK_FAILED) ? EXIT_PLUGIN : EXIT_OK;
  check_free (r, n);
  module_free (m);
  return code;
}
