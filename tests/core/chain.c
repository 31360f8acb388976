/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chains: what each spelling means, where each mistake is, and that line, YAML
 * and JSON are one model, on chains written by hand and on random ones.
 */
#include <unistd.h>

#include "core/chain.h"
#include "core/rng.h"
#include "tests/harness.h"

/* Cut at blanks; ~ stands for a blank inside a word. */
static chain *
line_of (const char *line, fault *f)
{
  char *words[80], copy[1000];
  int n = 0;
  snprintf (copy, sizeof copy, "%s", line);
  for (char *w = strtok (copy, " "); w && n < 80; w = strtok (NULL, " ")) {
    for (char *c = w; *c; c++)
      if (*c == '~')
        *c = ' ';
    words[n++] = w;
  }
  return chain_from_words (n, words, f);
}

static chain *
yaml_of (const char *yaml, fault *f)
{
  return chain_from_yaml (yaml, strlen (yaml), "mine.yaml", f);
}

static chain *
json_of (const char *json, fault *f)
{
  return chain_from_json (json, strlen (json), "mine.json", f);
}

/* The chain, which is freed here, is this JSON. */
static void
is_json (chain *c, fault *f, const char *json, const char *what)
{
  char *got = c ? chain_to_json (c) : NULL;
  if (got)
    got[strlen (got) - 1] = '\0';
  bool ok = got && strcmp (got, json) == 0;
  t_ok (ok, "%s", what);
  if (!ok)
    printf ("# %s\n# %s\n", got ? got : f->text, json);
  free (got);
  chain_free (c);
  fault_clear (f);
}

static void
meanings (void)
{
  static const char band[]
      = "{\"chain\":[{\"band\":{\"method\":\"iir\",\"range\":\"8..32Hz\"}}],\"fornix\":1,\"input\":"
        "[{\"path\":\"a.edf\"}]}";
  fault f = FAULT_INIT;
  is_json (line_of ("a.edf ! band range=8..32Hz method=iir", &f), &f, band, "a line");
  is_json (line_of ("a.edf ! band method=iir range=8..32Hz", &f), &f, band, "the order of settings does not matter");
  is_json (yaml_of ("fornix: 1\ninput: a.edf\nchain:\n  - band: {range: 8..32Hz, method: iir}\n", &f), &f, band,
           "YAML");
  is_json (
      yaml_of ("chain:\n- band:\n    method: 'iir'\n    range: \"8..32Hz\"\ninput: [{path: a.edf}]\nfornix: 1\n", &f),
      &f, band, "YAML, otherwise");
  is_json (json_of ("{\"fornix\": 1, \"input\": \"a.edf\", \"chain\": [{\"band\": {\"range\": \"8..32Hz\", \"method\": "
                    "\"iir\"}}]}",
                    &f),
           &f, band, "JSON");
  is_json (json_of (band, &f), &f, band, "canonical JSON");

  is_json (
      line_of ("a.edf mode=strict b.nii ! evaluate folds=5 begin augcov order=try:1..10 @z ! mdm end @scores ! "
               "encode y=@z lags=1,2 ! write out~dir/x.tsv",
               &f),
      &f,
      "{\"chain\":[{\"evaluate\":{\"as\":\"scores\",\"chain\":[{\"augcov\":{\"as\":\"z\",\"order\":\"try:1..10\"}},"
      "{\"mdm\":{}}],\"folds\":\"5\"}},{\"encode\":{\"lags\":\"1,2\",\"y\":\"@z\"}},{\"write\":{\"_\":\"out "
      "dir/x.tsv\"}}],\"fornix\":1,\"input\":[{\"mode\":\"strict\",\"path\":\"a.edf\"},{\"path\":\"b.nii\"}]}",
      "sub-chain, names, wiring, search, a word without a name");
  is_json (
      yaml_of ("fornix: 1\nseed: 7\nchain:\n- svm: {c: {try: [0.1, 1, 10]}, on: [a, b], k: no, e: 1e3, n: ~}\n- mdm\n"
               "- tangent:\n- write: x.tsv\n- mel: {_: 32, as: \"@mu\"}\n",
               &f),
      &f,
      "{\"chain\":[{\"svm\":{\"c\":\"try:0.1,1,10\",\"e\":\"1e3\",\"k\":\"no\",\"n\":\"\",\"on\":\"a,b\"}},{\"mdm\":{}}"
      ","
      "{\"tangent\":{}},{\"write\":{\"_\":\"x.tsv\"}},{\"mel\":{\"_\":\"32\",\"as\":\"mu\"}}],\"fornix\":1,\"input\":[]"
      ","
      "\"seed\":7}",
      "YAML: lists, searches, and scalars as they stand");
  static const char two[]
      = "{\"chain\":[{\"compare\":{\"folds\":\"5\",\"pipelines\":[{\"chain\":[{\"cov\":{}},{\"mdm\":{}}],"
        "\"name\":\"mdm\"},{\"chain\":[{\"lda\":{}}],\"name\":\"ts+x\"}]}}],\"fornix\":1,\"input\":[]}";
  is_json (line_of ("! compare folds=5 begin mdm: cov ! mdm end begin ts+x: lda end", &f), &f, two,
           "several begin ... end, with names");
  is_json (yaml_of ("fornix: 1\nchain:\n- compare:\n    folds: 5\n    pipelines:\n      mdm: [cov, mdm]\n      ts+x:\n "
                    "     - lda\n",
                    &f),
           &f, two, "in YAML a map");
  is_json (json_of ("{\"fornix\":1,\"chain\":[{\"compare\":{\"folds\":5,\"pipelines\":{\"mdm\":[\"cov\",\"mdm\"],\"ts+"
                    "x\":[\"lda\"]}}}]}",
                    &f),
           &f, two, "in JSON a map, whose order counts");
  is_json (json_of (two, &f), &f, two, "or a list: canonical JSON");
  is_json (yaml_of ("fornix: 1\nchain: [b: {pipelines: [[c], {name: x, chain: [d]}]}]", &f), &f,
           "{\"chain\":[{\"b\":{\"pipelines\":[{\"chain\":[{\"c\":{}}]},{\"chain\":[{\"d\":{}}],\"name\":\"x\"}]}}],"
           "\"fornix\":1,\"input\":[]}",
           "some without a name");
  is_json (line_of ("", &f), &f, "{\"chain\":[],\"fornix\":1,\"input\":[]}", "no words at all");
  is_json (line_of ("a b", &f), &f, "{\"chain\":[],\"fornix\":1,\"input\":[{\"path\":\"a\"},{\"path\":\"b\"}]}",
           "only recordings");
  is_json (line_of ("! sim", &f), &f, "{\"chain\":[{\"sim\":{}}],\"fornix\":1,\"input\":[]}", "only steps");
  is_json (
      line_of ("sim:fists snr=2 ./a=1 ! x", &f), &f,
      "{\"chain\":[{\"x\":{}}],\"fornix\":1,\"input\":[{\"path\":\"sim:fists\",\"snr\":\"2\"},{\"path\":\"./a=1\"}]}",
      "scheme:rest, its arguments, and a file with an equals sign");
  is_json (
      json_of ("{\"fornix\":1,\"chain\":[{\"a\":{\"x\":1.50,\"y\":true,\"z\":null,\"l\":[1,2]}}],\"seed\":"
               "\"18446744073709551615\"}",
               &f),
      &f,
      "{\"chain\":[{\"a\":{\"l\":\"1,2\",\"x\":\"1.5\",\"y\":\"true\",\"z\":\"\"}}],\"fornix\":1,\"input\":[],\"seed\":"
      "\"18446744073709551615\"}",
      "JSON numbers and words; the largest seed");
}

static void
says (chain *c, fault *f, where at, const char *text, const char *what)
{
  bool ok = !c && f->text && strcmp (f->text, text) == 0 && f->at.word == at.word && f->at.line == at.line
            && f->at.column == at.column && f->exit == EXIT_CHAIN;
  t_ok (ok, "%s", what);
  if (!ok)
    printf ("# word %d, %d:%d: %s\n", f->at.word, f->at.line, f->at.column, f->text ? f->text : "no fault");
  chain_free (c);
  fault_clear (f);
}

static void
bad_lines (void)
{
  static const struct {
    const char *line;
    int word;
    const char *text;
  } rows[] = {
    { "a !band", 2, "\"!band\" is no word of a chain\nput a space after !" },
    { "a ! b !c", 4, "\"!c\" is no word of a chain\nput a space after !" },
    { "a !", 2, "no step follows !\nwrite a step, or leave out the !" },
    { "a ! b !", 4, "no step follows !\nwrite a step, or leave out the !" },
    { "a ! ! b", 3, "two ! with no step between them\nleave out one !" },
    { "a ! b begin ! c end", 5, "no step between begin and !\nleave out this !" },
    { "a ! b begin end", 4, "no step follows begin\nwrite a step, or leave out the begin" },
    { "a ! b begin c ! end", 6, "no step follows !\nwrite a step, or leave out the !" },
    { "a ! b begin c", 4, "begin has no end\nwrite end after the last step that belongs to b" },
    { "a ! b end", 4, "end without a begin" },
    { "a ! b begin c end end", 7, "end without a begin" },
    { "a ! b begin x: c end begin x: d end", 9, "b has two begin ... end called \"x\"" },
    { "a ! b begin 1x: c end", 5,
      "\"1x\" is no name of a begin ... end\nwrite letters, digits, and + - _ . between them" },
    { "a ! b begin x: end", 5, "no step follows x:\nwrite a step, or leave out the x:" },
    { "a ! b pipelines=x", 4, "\"pipelines\" cannot be set" },
    { "a begin ! b", 2,
      "\"begin\" stands before the first !\nwrite  RECORDING... ! STEP ...; a file of that name is ./begin" },
    { "x=1 ! b", 1, "x=1 stands before any recording\na file of that name is ./x=1" },
    { "a path=b ! c", 2, "path=b: the recording is named already\nleave out path=" },
    { "a ! b c d", 5,
      "\"d\" is a second word without a name, after \"c\"\nwrite NAME=d, or c,d as one word, or  ! d  if it is a "
      "step" },
    { "a ! b x=1 x=2", 5, "x is given twice" },
    { "a ! b x=try:", 4, "try: lists no candidates\nwrite try:A,B,C, or try:1..10" },
    { "a ! b as=x", 4, "\"as\" cannot be set\nto name the output of a step write @NAME after it" },
    { "a ! b chain=x", 4, "\"chain\" cannot be set" },
    { "a ! b @", 4, "\"@\" is no name\nwrite @ and a word of letters and digits" },
    { "a ! b @x @y", 5, "a second name for the output of b, which is @x already" },
    { "a ! x=3", 3, "a step begins with its name, not with \"x=3\"\nwrite  ! STEP x=3" },
    { "a ! out/x.tsv", 3, "\"out/x.tsv\" is no name of a step\nwrite  ! STEP name=value" },
    { "a ! @x", 3, "a step begins with its name, not with \"@x\"\nwrite  ! STEP @x" },
    { "a ! begin c end", 3, "a step begins with its name, not with \"begin\"\nwrite  ! STEP begin" },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    fault f = FAULT_INIT;
    says (line_of (rows[i].line, &f), &f, (where){ .word = rows[i].word }, rows[i].text, rows[i].line);
  }
  char *empty[] = { (char *)"a", (char *)"!", (char *)"b", (char *)"" };
  fault f = FAULT_INIT;
  says (chain_from_words (4, empty, &f), &f, (where){ .word = 4 },
        "an empty word\nleave it out, or put something between the quotes", "an empty word");
  char deep[1000] = "!";
  for (int i = 0; i < 40; i++)
    strcat (deep, " a begin");
  says (line_of (deep, &f), &f, (where){ .word = 67 }, "more than 32 begin inside each other", "40 begins");
}

static void
bad_files (void)
{
  static const struct {
    const char *yaml;
    int line, column;
    const char *text;
  } rows[] = {
    { "", 1, 1, "this is no chain: it does not say  fornix: 1\na chain file begins with that line" },
    { "chain: []\n", 1, 1, "this is no chain: it does not say  fornix: 1\na chain file begins with that line" },
    { "fornix: 2\n", 1, 9, "chains of format 2 are unknown to this version, which reads format 1" },
    { "fornix: 1\nchian: []\n", 2, 1, "there is no key \"chian\"; did you mean \"chain\"?" },
    { "fornix: 1\noutput: x\n", 2, 1, "there is no key \"output\"\nkeys: fornix, seed, input, chain" },
    { "fornix: 1\nzzz: x\n", 2, 1, "there is no key \"zzz\"\nkeys: fornix, seed, input, chain" },
    { "fornix: 1\nseed: 1\nseed: 2\n", 3, 1, "the key \"seed\" stands twice in one map" },
    { "fornix: 1\nchain: [b: {x: 1, x: 2}]\n", 2, 19, "the key \"x\" stands twice in one map" },
    { "fornix: 1\nchain: [b: {pipelines: c}]\n", 2, 24,
      "pipelines: wants a map\nwrite  {NAME: [STEP, ...], NAME: [STEP, ...]}" },
    { "fornix: 1\nchain: [b: {pipelines: [{name: c}]}]\n", 2, 25,
      "a pipeline is a list of steps, or  {name: NAME, chain: [STEP, ...]}" },
    { "fornix: 1\nchain: [b: {pipelines: {c d: [e]}}]\n", 2, 25,
      "\"c d\" is no name of a begin ... end\nwrite letters, digits, and + - _ . between them" },
    { "fornix: 1\nchain: [b: {pipelines: {c: []}}]\n", 2, 25, "the chain of c has no step" },
    { "fornix: 1\nseed: -1\n", 2, 7, "the seed is a whole number from 0 to 18446744073709551615" },
    { "fornix: 1\nseed: 18446744073709551616\n", 2, 7, "the seed is a whole number from 0 to 18446744073709551615" },
    { "fornix: 1\nchain: &a [b]\n", 2, 8,
      "anchors and aliases (& and *) mean nothing here\nwrite it out, or put it between quotes" },
    { "fornix: 1\nchain: *a\n", 2, 8,
      "anchors and aliases (& and *) mean nothing here\nwrite it out, or put it between quotes" },
    { "fornix: !!int 1\n", 1, 9, "tags (! and !!) mean nothing here\nleave it out, or put it between quotes" },
    { "fornix: 1\nchain: [a: {<<: {b: 1}}]\n", 2, 13, "the merge key << means nothing here\nwrite << out" },
    { "fornix: 1\n---\nfornix: 1\n", 2, 1, "a second document\none file holds one chain" },
    { "fornix: 1\nchain: {a: 1}\n", 2, 8, "chain: wants a list of steps, not a map\nput  -  before each step" },
    { "fornix: 1\nchain:\n  - band:\n    range: 3\n", 4, 5,
      "one step an item, as  - STEP: {NAME: VALUE}\nindent the settings deeper than their step" },
    { "fornix: 1\nchain: [[a]]\n", 2, 9, "one step an item, as  - STEP: {NAME: VALUE}" },
    { "fornix: 1\nchain: [a: {x: {y: 1}}]\n", 2, 16,
      "a map is no value\nthe only map there can be is {try: [A, B, C]}" },
    { "fornix: 1\nchain: [a: {x: [1, [2]]}]\n", 2, 20, "a list inside a list of values\nwrite texts or numbers there" },
    { "fornix: 1\nchain: [a: {chain: []}]\n", 2, 13, "the chain of a has no step" },
    { "fornix: 1\nchain: [a: {x: {try: []}}]\n", 2, 22, "try: lists no candidates\nwrite try:A,B,C, or try:1..10" },
    { "fornix: 1\nchain: [band range=3]\n", 2, 9,
      "\"band range=3\" is no name of a step\nwrite  - STEP  or  - STEP: {NAME: VALUE}" },
    { "fornix: 1\ninput: [{mode: x}]\n", 2, 9, "an input without a path\nwrite  {path: FILE, NAME: VALUE}" },
    { "fornix: 1\ninput: [[a]]\n", 2, 9, "an input is a path, not a list" },
    { "fornix: 1\nchain:\n  - a\n   b: ]\n", 4, 5, "not YAML: mapping values are not allowed in this context" },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    fault f = FAULT_INIT;
    says (yaml_of (rows[i].yaml, &f), &f, (where){ .line = rows[i].line, .column = rows[i].column }, rows[i].text,
          rows[i].text);
  }
  fault f = FAULT_INIT;
  says (json_of ("{\"fornix\":1,\"seed\":1,\"seed\":2}", &f), &f, (where){ .line = 1, .column = 27 },
        "not JSON: duplicate object key near '\"seed\"'", "JSON: a key twice");
  says (json_of ("{\"fornix\":1,\n\"chain\":[}", &f), &f, (where){ .line = 2, .column = 10 },
        "not JSON: unexpected token near '}'", "JSON: syntax");
  static char deep[5000];
  memset (deep, '[', sizeof deep - 1);
  chain *c = json_of (deep, &f);
  t_ok (!c && f.exit == EXIT_CHAIN, "JSON: 5000 brackets: %s", f.text);
  fault_clear (&f);
  c = yaml_of (deep, &f);
  t_ok (!c && f.exit == EXIT_CHAIN, "YAML: 5000 brackets: %s", f.text);
  fault_clear (&f);
  c = chain_from_yaml ("fornix: 1\nchain: [\"a\\0b\"]\n", 24, NULL, &f);
  t_ok (!c && f.exit == EXIT_CHAIN, "YAML: a NUL inside: %s", f.text);
  fault_clear (&f);
}

/* ---- one model: random chains through all spellings ----------------------- */
typedef struct dice {
  uint64_t item, i;
} dice;

static uint32_t
roll (dice *d, uint32_t n)
{
  uint32_t x;
  rng_api.bits (99, d->item, d->i++, &x, 1);
  return x % n;
}

/* Words as nasty as they come, but no NUL and not empty. */
static void
nasty (dice *d, char *out)
{
  static const char *const parts[] = { "a",
                                       "T1",
                                       "8..32Hz",
                                       ",",
                                       " ",
                                       "'",
                                       "\"",
                                       ":",
                                       "#",
                                       "- ",
                                       "\n",
                                       "\t",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       "@",
                                       "!",
                                       "&",
                                       "*",
                                       "%",
                                       "\\",
                                       "=",
                                       "try:",
                                       "\xc2\xb5V",
                                       "\xe4\xb8\xad",
                                       "~",
                                       "null",
                                       "$HOME",
                                       "`",
                                       "|",
                                       ">",
                                       "?",
                                       "..",
                                       "1e3",
                                       "\xc2\x85",
                                       "\xef\xbb\xbf",
                                       "\xf0\x9f\xa7\xa0",
                                       "end",
                                       "begin",
                                       "\x01",
                                       "\x7f",
                                       ": ",
                                       " #" };
  uint32_t n = 1 + roll (d, 4);
  out[0] = '\0';
  for (uint32_t i = 0; i < n; i++)
    strcat (out, parts[roll (d, sizeof parts / sizeof *parts)]);
  if (strcmp (out, "try:") == 0) /* alone it is an error */
    strcat (out, "1");
}

static void
random_steps (dice *d, char **words, int *n, int depth)
{
  uint32_t n_steps = 1 + roll (d, 3);
  for (uint32_t s = 0; s < n_steps && (s == 0 || *n < 60); s++) {
    char text[100], word[200];
    if (s > 0)
      words[(*n)++] = strdup ("!");
    words[(*n)++] = strdup (roll (d, 2) ? "band" : "org.lab.de-noise");
    uint32_t n_args = roll (d, 4);
    for (uint32_t a = 0; a < n_args; a++) {
      nasty (d, text);
      snprintf (word, sizeof word, "p%u=%s%s", a, roll (d, 4) ? "" : "try:", text);
      words[(*n)++] = strdup (word);
    }
    if (roll (d, 3) == 0) {
      nasty (d, text);
      snprintf (word, sizeof word, "./%s", text); /* no other word begins so */
      words[(*n)++] = strdup (word);
    }
    uint32_t n_subs = depth < 3 && roll (d, 3) == 0 ? 1 + roll (d, 3) : 0;
    for (uint32_t i = 0; i < n_subs && (i == 0 || *n < 60); i++) {
      static const char *const label[] = { "null:", "a+b.2:", "_-:" };
      words[(*n)++] = strdup ("begin");
      if (roll (d, 2))
        words[(*n)++] = strdup (label[i]);
      random_steps (d, words, n, depth + 1);
      words[(*n)++] = strdup ("end");
    }
    if (roll (d, 4) == 0)
      words[(*n)++] = strdup ("@out");
  }
}

/* What a shell makes of the line, by a shell. */
static chain *
through_shell (const char *line, fault *f)
{
  static char out[65536];
  char *words[400], path[] = "/tmp/fornix-chain-XXXXXX", command[64];
  int n = 0, fd = mkstemp (path);
  FILE *to = fd >= 0 ? fdopen (fd, "w") : NULL;
  if (!to)
    return NULL;
  fprintf (to, "printf '%%s\\0' %s\n", line);
  fclose (to);
  snprintf (command, sizeof command, "sh %s", path);
  FILE *from = popen (command, "r");
  size_t got = from ? fread (out, 1, sizeof out - 1, from) : 0;
  if (from)
    pclose (from);
  unlink (path);
  for (char *s = out; s < out + got && n < 400; s += strlen (s) + 1)
    words[n++] = s;
  return chain_from_words (n, words, f);
}

static void
round_trips (void)
{
  int n_bad = 0, n_shell = 0;
  for (uint64_t k = 0; k < 3000; k++) {
    dice d = { k, 0 };
    char *words[200];
    int n = 0;
    fault f = FAULT_INIT;
    uint32_t n_inputs = roll (&d, 3);
    for (uint32_t i = 0; i < n_inputs; i++) {
      char text[100], word[120];
      nasty (&d, text);
      snprintf (word, sizeof word, "./%s", text);
      words[n++] = strdup (word);
      if (roll (&d, 2))
        words[n++] = strdup ("mode=a,b");
    }
    words[n++] = strdup ("!");
    random_steps (&d, words, &n, 0);
    chain *c = chain_from_words (n, words, &f), *again[3] = { NULL };
    if (c && roll (&d, 2)) {
      c->has_seed = true;
      c->seed = (uint64_t)roll (&d, 1u << 31) << 32 | roll (&d, 1u << 31);
    }
    char *json = c ? chain_to_json (c) : NULL, *yaml = c ? chain_to_yaml (c) : NULL,
         *line = c ? chain_to_line (c) : NULL;
    if (!json || !yaml || !line) {
      n_bad++;
      printf ("# %d: %s\n", (int)k, f.text ? f.text : "?");
    } else {
      again[0] = yaml_of (yaml, &f);
      again[1] = json_of (json, &f);
      if (k % 30 == 0 && (again[2] = through_shell (line, &f))) {
        n_shell++;
        again[2]->has_seed = c->has_seed;
        again[2]->seed = c->seed;
      }
    }
    for (int i = 0; json && i < (k % 30 == 0 ? 3 : 2); i++) {
      char *other = again[i] ? chain_to_json (again[i]) : NULL;
      if (!other || strcmp (json, other) != 0) {
        n_bad++;
        printf ("# %d, spelling %d: %s\n# %s# %s\n", (int)k, i, f.text ? f.text : "", json, other ? other : yaml);
      }
      free (other);
    }
    for (int i = 0; i < n; i++)
      free (words[i]);
    for (int i = 0; i < 3; i++)
      chain_free (again[i]);
    chain_free (c);
    free (json);
    free (yaml);
    free (line);
    fault_clear (&f);
    if (n_bad > 5)
      break;
  }
  t_ok (n_bad == 0, "3000 random chains are the same through YAML and JSON");
  t_ok (n_shell == 100, "100 of them also through a line and sh");
}

static void
files (void)
{
  char path[] = "/tmp/fornix-chain-XXXXXX.yaml";
  int fd = mkstemps (path, 5);
  FILE *to = fd >= 0 ? fdopen (fd, "w") : NULL;
  fault f = FAULT_INIT;
  if (!to)
    exit (1);
  fputs ("fornix: 1\nseed: 3\ninput: a.edf\nchain: [psd]\n", to);
  fclose (to);
  char *one[] = { path }, *more[] = { path, (char *)"b.edf", (char *)"mode=x", (char *)"c.edf" };
  char *steps[] = { path, (char *)"b.edf", (char *)"!", (char *)"cov" }, *none[] = { (char *)"/nowhere/x.yaml" };
  is_json (chain_read (1, one, &f), &f,
           "{\"chain\":[{\"psd\":{}}],\"fornix\":1,\"input\":[{\"path\":\"a.edf\"}],\"seed\":3}", "a chain file");
  chain *c = chain_read (4, more, &f);
  t_ok (c && c->inputs[1].at.word == 4 && c->inputs[0].args[0].at.word == 3 && c->steps[0].at.line == 4,
        "places in the file and on the line");
  is_json (
      c, &f,
      "{\"chain\":[{\"psd\":{}}],\"fornix\":1,\"input\":[{\"mode\":\"x\",\"path\":\"b.edf\"},{\"path\":\"c.edf\"}],"
      "\"seed\":3}",
      "recordings behind a chain file replace its own");
  c = chain_read (4, steps, &f);
  t_ok (!c && f.at.word == 3 && f.exit == EXIT_CHAIN, "steps behind a chain file: %s", f.text);
  fault_clear (&f);
  c = chain_read (1, none, &f);
  t_ok (!c && f.at.word == 1 && f.exit == EXIT_INPUT, "no such file: %s", f.text);
  fault_clear (&f);
  unlink (path);
}

int
main (void)
{
  meanings ();
  bad_lines ();
  bad_files ();
  files ();
  round_trips ();
  return t_end ();
}
