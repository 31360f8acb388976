/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Models come back as they were written; every cut, every flipped bit and
 * every foreign file is refused with its reason; and bytes with a right
 * checksum but wrong content do no harm.
 */
#include <unistd.h>

#include "core/model_file.h"
#include "core/rng.h"
#include "core/sha256.h"
#include "core/spec_json.h"
#include "tests/harness.h"

static unsigned char *whole; /* under 1 KiB */
static size_t n_whole;

static model_file
sample (void)
{
  static unsigned char weights[24] = { 1, 2, 3, 0, 255 };
  static model_step steps[] = { { (char *)"org.fornix.riemann.tangent", (char *)"1", 3, 1, weights, sizeof weights },
                                { (char *)"org.fornix.learn.svm", (char *)"2", 1, 2, NULL, 0 } };
  return (model_file){ .chain = (char *)"{\"steps\":[{\"step\":\"tangent\"},{\"step\":\"svm\"}]}",
                       .input = (char *)"{\"axes\":[],\"dtype\":\"f8\",\"kind\":\"cov\"}",
                       .provenance = (char *)"{\"name\":\"s\303\274d\"}",
                       .steps = steps,
                       .n_steps = 2 };
}

static bool
equal (const model_file *a, const model_file *b)
{
  bool same = !strcmp (a->chain, b->chain) && !strcmp (a->input, b->input) && !strcmp (a->provenance, b->provenance)
              && a->n_steps == b->n_steps;
  for (size_t i = 0; same && i < a->n_steps; i++) {
    const model_step *x = &a->steps[i], *y = &b->steps[i];
    same = !strcmp (x->id, y->id) && !strcmp (x->path, y->path) && x->revision == y->revision
           && x->state_version == y->state_version && x->n == y->n && (x->n == 0 || !memcmp (x->bytes, y->bytes, x->n));
  }
  return same;
}

/* Make total length and checksum right again. */
static void
seal (unsigned char *b, size_t n)
{
  sha256 sha;
  for (int i = 0; i < 8; i++)
    b[16 + i] = (unsigned char)(n >> 8 * i);
  sha256_begin (&sha);
  sha256_add (&sha, b, n - 32);
  sha256_end (&sha, b + n - 32);
}

static void
refused (const void *bytes, size_t n, const char *cause, const char *what)
{
  fault f = FAULT_INIT;
  model_file *m = model_file_parse (bytes, n, "m.fnx", &f);
  if (!t_ok (!m && f.exit == EXIT_INPUT && f.text && !strncmp (f.text, cause, strlen (cause)), "%s is refused", what))
    printf ("# %s\n", f.text ? f.text : "no fault");
  model_file_free (m);
  fault_clear (&f);
}

static void
check_round_trip (void)
{
  fault f = FAULT_INIT;
  model_file m = sample ();
  void *again = NULL;
  size_t n_again = 0;
  t_ok (model_file_bytes (&m, (void **)&whole, &n_whole, &f) == FNX_OK, "a model becomes bytes");
  /* 24, 5 sections of 16 and the checksum; the JSON texts and 24 bytes of weights */
  const char *steps[] = { "{\"id\":\"org.fornix.riemann.tangent\",\"path\":\"1\",\"revision\":3,\"state\":1}",
                          "{\"id\":\"org.fornix.learn.svm\",\"path\":\"2\",\"revision\":1,\"state\":2}" };
  t_ok (n_whole
            == 24 + 7 * 16 + 32 + strlen (m.chain) + strlen (m.input) + strlen (m.provenance) + strlen (steps[0])
                   + strlen (steps[1]) + 24,
        "of the length that the layout says");
  t_ok (!memcmp (whole,
                 "\x89"
                 "FNX\r\n\x1a\n\1\0\0\0\2\0\0\0",
                 16),
        "with magic, format and number of steps in front");
  model_file *back = model_file_parse (whole, n_whole, "m.fnx", &f);
  t_ok (back && equal (&m, back), "and comes back");
  t_ok (back && model_file_bytes (back, &again, &n_again, &f) == FNX_OK && n_again == n_whole
            && !memcmp (again, whole, n_whole),
        "to the same bytes");
  free (again);
  model_file_free (back);
  fault_clear (&f);
}

static void
check_file (void)
{
  char path[] = "/tmp/fornix-model-XXXXXX";
  fault f = FAULT_INIT;
  model_file m = sample ();
  output_set *set = output_new ();
  close (mkstemp (path));
  t_ok (model_file_save (&m, set, path, &f) == FNX_OK && !model_file_is (path) && output_commit (set, &f) == FNX_OK
            && model_file_is (path),
        "a model file is there after commit");
  model_file *back = model_file_load (path, &f);
  t_ok (back && equal (&m, back), "and can be loaded");
  model_file_free (back);
  unlink (path);
  t_ok (!model_file_load (path, &f) && f.exit == EXIT_INPUT && strstr (f.text, ": there is no such file"),
        "a missing file is said to be missing");
  fault_clear (&f);
  t_ok (!model_file_load ("/tmp", &f) && strstr (f.text, ": this is not a file"), "a folder is no file");
  fault_clear (&f);
  output_free (set);
}

static void
check_damage (void)
{
  bool all_cuts = true, all_flips = true;
  static unsigned char b[4096];
  fault f = FAULT_INIT;
  memcpy (b, whole, n_whole);
  for (size_t n = 0; n < n_whole; n++) {
    model_file *m = model_file_parse (b, n, "m.fnx", &f);
    all_cuts &= !m && f.exit == EXIT_INPUT;
    model_file_free (m);
    fault_clear (&f);
  }
  t_ok (all_cuts, "cut anywhere, it is refused");
  for (size_t i = 0; i < n_whole * 8; i++) {
    b[i / 8] ^= (unsigned char)(1 << i % 8);
    model_file *m = model_file_parse (b, n_whole, "m.fnx", &f);
    all_flips &= !m && f.exit == EXIT_INPUT;
    model_file_free (m);
    fault_clear (&f);
    b[i / 8] ^= (unsigned char)(1 << i % 8);
  }
  t_ok (all_flips, "each of %zu flipped bits is found", n_whole * 8);

  refused (b, 0, "m.fnx: this is no model\nfornix train", "an empty file");
  refused ("# a text file of some length", 28, "m.fnx: this is no model\n", "a foreign file");
  refused (b, n_whole - 1, "m.fnx: cut short: ", "a file without its last byte");
  refused (b, 9, "m.fnx: cut short after 9 bytes\n", "a stump");
  memcpy (b + n_whole, "garbage", 7);
  refused (b, n_whole + 7, "m.fnx: damaged: 7 bytes too long\n", "a file with more behind it");
  refused ("\x89"
           "FNX\n\x1a\n\1\0\0\0",
           11, "m.fnx: damaged: line ends were changed", "a text-mode copy");
  b[8] = 2;
  refused (b, n_whole, "m.fnx: made by a newer Fornix (format 2; this one reads up to 1)\n", "a newer format");
  b[8] = 1;
  b[40] ^= 1;
  refused (b, n_whole, "m.fnx: damaged: its checksum is wrong\ncopy it again", "a changed letter");
}

/* Lies under a right checksum: the worst that a hostile file can be. */
static void
check_lies (void)
{
  static unsigned char b[4096];
  fault f = FAULT_INIT;
  int n_read = 0;
  bool sane = true;
  memcpy (b, whole, n_whole);
  memset (b + 24 + 8, 0xff, 7);
  seal (b, n_whole);
  refused (b, n_whole, "m.fnx: a malformed model: a section is longer than the file, at byte 24\n", "a huge section");
  memcpy (b, whole, n_whole);
  memset (b + 12, 0xff, 4);
  seal (b, n_whole);
  refused (b, n_whole, "m.fnx: a malformed model: more steps than the file can hold", "four billion steps");
  memcpy (b, whole, n_whole);
  b[12] = 1;
  seal (b, n_whole);
  refused (b, n_whole, "m.fnx: a malformed model: something follows the last section", "one step too many");
  memcpy (b, whole, n_whole);
  b[24 + 16] = '[';
  seal (b, n_whole);
  refused (b, n_whole, "m.fnx: a malformed model: a section is no JSON object, at byte 24\n", "a broken chain");

  for (uint64_t round = 0; round < 4000; round++) {
    uint32_t r[8];
    size_t n = n_whole;
    rng_api.bits (7, round, 0, r, 8);
    memcpy (b, whole, n_whole);
    if (r[0] % 4 == 0)
      n = 56 + r[1] % (n_whole - 56);
    for (uint32_t i = 0; i < 1 + r[2] % 4; i++)
      b[8 + r[3 + i] % (n - 40)] = (unsigned char)(r[3 + i] >> 24);
    seal (b, n);
    model_file *m = model_file_parse (b, n, "m.fnx", &f);
    sane &= m ? f.code == 0 : f.exit == EXIT_INPUT && f.text != NULL;
    n_read += m != NULL;
    model_file_free (m);
    fault_clear (&f);
  }
  t_ok (sane, "4000 mutants with right checksums: each is a model or a sentence");
  t_ok (n_read > 0 && n_read < 4000, "some read (%d), some do not", n_read);
}

static void
check_spec (void)
{
  fault f = FAULT_INIT;
  const char *labels[] = { "C3", "Cz" };
  const double freqs[] = { 0.1 + 0.2, NAN, INFINITY },
               affine[16] = { 2, 0, 0, -90, 0, 2, 0, -126, 0, 0, 2, -72, 0, 0, 0, 1 };
  fnx_column target = { .struct_size = sizeof target, .type = FNX_COL_TEXT, .name = "target" },
             onset = { .struct_size = sizeof onset, .type = FNX_COL_REAL, .name = "onset", .unit = "s" };
  const fnx_column *columns[] = { &target, &onset, NULL };
  fnx_axis trial = { .struct_size = sizeof trial, .name = "trial", .size = FNX_UNKNOWN, .columns = columns },
           channel = { .struct_size = sizeof channel, .name = "channel", .size = 2, .labels = labels },
           time = { .struct_size = sizeof time,
                    .flags = FNX_AXIS_REGULAR,
                    .name = "time",
                    .unit = "s",
                    .size = 1000,
                    .start = 5,
                    .origin = -0.2,
                    .rate_num = 1000,
                    .rate_den = 3 },
           freq = { .struct_size = sizeof freq, .name = "freq", .unit = "Hz", .size = 3, .values = freqs };
  const fnx_axis *axes[] = { &trial, &channel, &time, &freq };
  fnx_spec s = { .struct_size = sizeof s,
                 .ndim = 4,
                 .kind = "epochs",
                 .unit = "uV",
                 .dtype = { FNX_DT_FLOAT, 64, 1 },
                 .axes = axes,
                 .affine = affine,
                 .space = "scanner" };
  const char *expected
      = "{\"affine\":[2,0,0,-90,0,2,0,-126,0,0,2,-72,0,0,0,1],\"axes\":[{\"columns\":[{\"name\":\"target\",\"type\":"
        "\"text\"},{\"name\":\"onset\",\"type\":\"real\",\"unit\":\"s\"}],\"name\":\"trial\",\"size\":null},{"
        "\"labels\":"
        "[\"C3\",\"Cz\"],\"name\":\"channel\",\"size\":2},{\"name\":\"time\",\"origin\":-0.2,\"rate\":[1000,3],"
        "\"size\":"
        "1000,\"start\":5,\"unit\":\"s\"},{\"name\":\"freq\",\"size\":3,\"unit\":\"Hz\",\"values\":[0."
        "30000000000000004,"
        "null,\"inf\"]}],\"dtype\":\"f8\",\"kind\":\"epochs\",\"space\":\"scanner\",\"unit\":\"uV\"}";
  char *json = spec_to_json (&s);
  if (!t_ok (json && !strcmp (json, expected), "a spec as JSON"))
    printf ("# %s\n# %s\n", json, expected);
  fnx_spec *back = spec_from_json (json, "m.fnx", &f);
  char *again = back ? spec_to_json (back) : NULL;
  t_ok (again && !strcmp (again, json), "and back, exactly");
  t_ok (back && back->axes[2]->rate_num == 1000 && back->axes[2]->rate_den == 3 && isnan (back->axes[3]->values[1])
            && back->axes[0]->size == FNX_UNKNOWN && !strcmp (back->axes[1]->labels[1], "Cz"),
        "with exact rates, missing values and unknown sizes");
  const char *bad[] = { "",
                        "[]",
                        "{}",
                        "{\"axes\":[],\"dtype\":\"q9\",\"kind\":\"x\"}",
                        "{\"axes\":7,\"dtype\":\"f8\"}",
                        "{\"axes\":[{\"name\":\"x\",\"size\":-4}],\"dtype\":\"f8\",\"kind\":\"x\"}",
                        "{\"axes\":[{\"name\":\"x\",\"size\":3,\"labels\":[\"a\"]}],\"dtype\":\"f8\",\"kind\":\"x\"}",
                        "{\"axes\":[{\"name\":\"x\",\"size\":2,\"values\":[1,{}]}],\"dtype\":\"f8\",\"kind\":\"x\"}",
                        "{\"axes\":[{\"name\":\"x\",\"size\":2,\"rate\":[0,1]}],\"dtype\":\"f8\",\"kind\":\"x\"}",
                        "{\"axes\":[{\"name\":\"x\",\"size\":1,\"columns\":[3]}],\"dtype\":\"f8\",\"kind\":\"x\"}",
                        "{\"affine\":[1],\"axes\":[],\"dtype\":\"f8\",\"kind\":\"x\"}" };
  bool all = true;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    fnx_spec *none = spec_from_json (bad[i], "m.fnx", &f);
    if (none || f.exit != EXIT_INPUT || !f.text)
      all = t_ok (false, "%s is refused", bad[i]);
    free (none);
    fault_clear (&f);
  }
  t_ok (all, "malformed specs are refused");
  free (json);
  free (again);
  free (back);
}

int
main (void)
{
  check_round_trip ();
  check_file ();
  check_damage ();
  check_lies ();
  check_spec ();
  free (whole);
  return t_end ();
}
