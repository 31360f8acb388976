/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One table in its three forms, byte for byte.
 */
#include <locale.h>

#include "core/table_text.h"
#include "tests/harness.h"

static void
add (fnx_buf *b, const char *name, const char *unit, const double *reals, const char *const *texts)
{
  fault f = FAULT_INIT;
  fnx_column c = { .struct_size = sizeof c,
                   .type = texts ? FNX_COL_TEXT : FNX_COL_REAL,
                   .name = name,
                   .unit = unit,
                   .reals = reals,
                   .texts = texts };
  if (buffer_set_column (b, "row", &c, &f) != FNX_OK)
    printf ("Bail out! %s\n", f.text), exit (99);
}

static void
prints (const fnx_buf *b, table_form form, const char *expected, const char *what)
{
  char *text = NULL;
  size_t n = 0;
  fault f = FAULT_INIT;
  FILE *to = open_memstream (&text, &n);
  fnx_status status = to ? table_print (to, b, form, &f) : FNX_E_NOMEM;
  if (to)
    fclose (to);
  if (!t_ok (status == FNX_OK && text && !strcmp (text, expected), "%s", what))
    printf ("# got\n%s# expected\n%s", text ? text : "", expected);
  free (text);
  fault_clear (&f);
}

int
main (void)
{
  const char *const group[] = { "s\303\274d", "a\tb", NULL };
  const double trials[] = { 45, 144, NAN }, auc[] = { 0.1 + 0.2, 1, 0.00001 }, power[] = { 1.5e12, -INFINITY, 2.25 },
               onset[] = { 0.5, 12.25, 100 };
  fault f = FAULT_INIT;
  fnx_buf *b = buffer_table (3, &f);
  if (!b)
    printf ("Bail out! %s\n", f.text), exit (99);
  /* Whatever the reader's locale: tables have a decimal point. */
  setlocale (LC_ALL, "de_DE.UTF-8");
  prints (b, TABLE_TSV, "", "a table without columns is nothing");
  add (b, "group", NULL, NULL, group);
  add (b, "n", "1", trials, NULL);
  add (b, "auc", "1", auc, NULL);
  add (b, "power", "uV2", power, NULL);
  add (b, "onset", "s", onset, NULL);
  prints (b, TABLE_TSV,
          "group\tn\tauc\tpower\tonset\n"
          "s\303\274d\t45\t0.30000000000000004\t1500000000000\t0.5\n"
          "a b\t144\t1\t-inf\t12.25\n"
          "n/a\tn/a\t1e-05\t2.25\t100\n",
          "tabs, exact numbers, n/a");
  prints (b, TABLE_JSON,
          "{\"group\":\"s\303\274d\",\"n\":45,\"auc\":0.30000000000000004,\"power\":1500000000000,\"onset\":0.5}\n"
          "{\"group\":\"a\\tb\",\"n\":144,\"auc\":1,\"power\":\"-inf\",\"onset\":12.25}\n"
          "{\"group\":null,\"n\":null,\"auc\":1e-05,\"power\":2.25,\"onset\":100}\n",
          "one JSON object a row");
  prints (b, TABLE_PEOPLE,
          "group    n    auc  power (uV2)  onset (s)\n"
          "s\303\274d     45  0.300    1.500e+12        0.5\n"
          "a b    144  1.000         -inf       12.2\n"
          "n/a    n/a  1e-05    2.250e+00      100.0\n",
          "aligned by what is seen, not by bytes; rounded, but never to a false 0");
  prints (b, TABLE_AUTO,
          "group\tn\tauc\tpower\tonset\n"
          "s\303\274d\t45\t0.30000000000000004\t1500000000000\t0.5\n"
          "a b\t144\t1\t-inf\t12.25\n"
          "n/a\tn/a\t1e-05\t2.25\t100\n",
          "no terminal: TSV");
  FILE *full = fopen ("/dev/full", "w");
  t_ok (full && table_print (full, b, TABLE_TSV, &f) == FNX_E_IO
            && !strcmp (f.text, "output: no space left on the disk; the table is not complete\nfree some space there, "
                                "or write to another disk"),
        "a full disk is told");
  if (full)
    fclose (full);
  fault_clear (&f);
  buffer_unref (b);
  return t_end ();
}
