/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Settings of a step: every type, every way to get one wrong, the table that
 * plugins read them through, canonical JSON, and candidates of a search.
 */
#include "core/param.h"
#include "tests/harness.h"

#define PARAM(var, ...) static const fnx_param_desc var = { .struct_size = sizeof var, __VA_ARGS__ }
static const char *const methods[] = { "fir", "iir", NULL };
static const char *const metrics[] = { "auc", "accuracy", "kappa", NULL };
PARAM (range, .type = FNX_T_RANGE, .flags = FNX_P_REQUIRED | FNX_P_MAIN | FNX_P_TUNABLE, .name = "range", .unit = "Hz",
       .doc = "what to keep", .min = 0, .max = 500);
PARAM (method, .type = FNX_T_ENUM, .flags = FNX_P_TUNABLE, .name = "method", .fallback = "fir", .choices = methods);
PARAM (order, .type = FNX_T_INT, .flags = FNX_P_TUNABLE, .name = "order", .fallback = "4", .min = 1, .max = 16,
       .when = "method=iir");
PARAM (length, .type = FNX_T_REAL, .flags = FNX_P_TUNABLE, .name = "length", .unit = "s", .fallback = "250ms");
PARAM (ratio, .type = FNX_T_REAL, .name = "ratio", .min = 0, .max = 1);
PARAM (pad, .type = FNX_T_BOOL, .flags = FNX_P_TUNABLE, .name = "pad", .fallback = "yes");
PARAM (lags, .type = FNX_T_INTS, .name = "lags", .fallback = "1,2,5..8");
PARAM (bands, .type = FNX_T_REALS, .name = "bands", .unit = "Hz", .fallback = "1,2,4Hz");
PARAM (steps, .type = FNX_T_INTS, .flags = FNX_P_TUNABLE, .name = "steps");
PARAM (stride, .type = FNX_T_INT, .flags = FNX_P_TUNABLE, .name = "stride", .when = "!steps");
PARAM (on, .type = FNX_T_TEXTS, .name = "on");
PARAM (metric, .type = FNX_T_ENUMS, .name = "metric", .choices = metrics, .fallback = "auc");
PARAM (file, .type = FNX_T_PATH, .name = "file");
PARAM (note, .type = FNX_T_TEXT, .flags = FNX_P_NEUTRAL, .name = "note", .fallback = "none");
static const fnx_param_desc *const params[] = { &range, &method, &order, &length, &ratio, &pad,  &lags, &bands,
                                                &steps, &stride, &on,    &metric, &file,  &note, NULL };
static const fnx_port_desc in = { sizeof in, 0, "x", "any", "" }, second = { sizeof in, 0, "y", "any", "" };
static const fnx_port_desc *const inputs[] = { &in, &second, NULL };
static const fnx_step_desc desc = { .struct_size = sizeof desc,
                                    .name = "band",
                                    .example = "fornix run sim:fists ! band range=8..32Hz ! psd",
                                    .inputs = inputs,
                                    .params = params };

/* The one step of "! band ...". */
static chain *
line_of (const char *line)
{
  char *words[40], copy[400];
  int n = 0;
  fault f = FAULT_INIT;
  snprintf (copy, sizeof copy, "! band %s", line);
  for (char *w = strtok (copy, " "); w && n < 40; w = strtok (NULL, " "))
    words[n++] = w;
  chain *c = chain_from_words (n, words, &f);
  if (!c) {
    printf ("Bail out! %s: %s\n", line, f.text);
    exit (1);
  }
  return c;
}

static void
good (const char *line, const char *json)
{
  fault f = FAULT_INIT;
  chain *c = line_of (line);
  fnx_params *p = params_parse (&desc, &c->steps[0], &f);
  char *got = p ? params_json (p) : NULL;
  t_ok (got && strcmp (got, json) == 0, "%s: %s", line, got ? got : f.text);
  free (got);
  params_free (p);
  chain_free (c);
  fault_clear (&f);
}

/* `word`: which word of "! band ..." the caret stands under. */
static void
wrong (const char *line, int word, const char *text)
{
  fault f = FAULT_INIT;
  chain *c = line_of (line);
  fnx_params *p = params_parse (&desc, &c->steps[0], &f);
  bool ok = !p && f.text && strcmp (f.text, text) == 0 && f.at.word == word && f.exit == EXIT_CHAIN
            && f.code == FNX_E_PARAM && f.step && strcmp (f.step, "band") == 0;
  t_ok (ok, "%s", line);
  if (!ok)
    printf ("# word %d: %s\n", f.at.word, f.text ? f.text : "no fault");
  params_free (p);
  chain_free (c);
  fault_clear (&f);
}

static void
sentences (void)
{
  wrong ("range=8..32", 3, "range=8..32 has no unit\nwrite range=8..32Hz");
  wrong ("range=8..", 3, "range=8.. has no unit\nwrite range=8Hz..");
  wrong ("8..32", 3, "range=8..32 has no unit\nwrite range=8..32Hz");
  wrong ("range=8Hz..32", 3, "range=8Hz..32 has no unit\nwrite range=8Hz..32Hz");
  wrong ("range=8..32s", 3, "range=8..32s is a time, but range is a frequency, in Hz\nwrite range=...Hz");
  wrong ("range=8..32hz", 3, "range=8..32hz: there is no unit \"hz\"; did you mean \"Hz\"?\nrange is in Hz");
  wrong ("range=8..32quux", 3, "range=8..32quux: there is no unit \"quux\"\nrange is in Hz");
  wrong ("range=8..900Hz", 3, "range=8..900Hz is above 500Hz, the most allowed\nallowed: 0 to 500 Hz");
  wrong ("range=32..8Hz", 3, "range=32..8Hz runs backwards\nwrite the lower end first");
  wrong ("range=8Hz", 3, "range=8Hz is no range\nwrite range=LOW..HIGH, range=LOW.. or range=..HIGH, in Hz");
  wrong ("range=1,5..3Hz", 3, "range=1,5..3Hz has a decimal comma; use a point\nwrite range=1.5..3Hz");
  wrong ("", 2, "range= is missing: what to keep\nwrite  band range=8..32Hz");
  wrong ("range= order=3", 3, "range= is empty\nwrite a value after the =");
  wrong ("range=1..2Hz ragne=3", 4,
         "there is no parameter \"ragne\"; did you mean \"range\"?\n"
         "parameters: range, method, order, length, ratio, pad, lags, bands, steps, stride, on, metric, file, note");
  wrong ("1..2Hz range=1..2Hz", 4, "range=1..2Hz: range is given twice");
  wrong ("range=1..2Hz epoch", 4, "what is \"epoch\"? range is given already\nif it is a step, write  ! epoch");
  wrong ("1..2Hz order=6", 4, "order=6 has only a meaning with method=iir\nadd method=iir, or leave out order=6");
  wrong ("1..2Hz method=iri", 4, "method=iri: there is no \"iri\"; did you mean \"iir\"?\nchoices: fir, iir");
  wrong ("1..2Hz method=iir order=17", 5, "order=17 is above 16, the most allowed\nallowed: 1 to 16");
  wrong ("1..2Hz method=iir order=2.5", 5, "order=2.5 is no whole number");
  wrong ("1..2Hz method=iir order=x", 5, "order=x is no whole number\nwrite order=NUMBER");
  wrong ("1..2Hz length=1,5s", 4, "length=1,5s has a decimal comma; use a point\nwrite length=1.5s");
  wrong ("1..2Hz length=3", 4, "length=3 has no unit\nwrite length=3s");
  wrong ("1..2Hz length=1e999s", 4, "length=1e999s is too large a number");
  wrong ("1..2Hz length=long", 4, "length=long: \"long\" is no number\nwrite length=NUMBER, in s");
  wrong ("1..2Hz ratio=3s", 4, "ratio=3s has the unit s, but ratio is a plain number\nleave out s");
  wrong ("1..2Hz ratio=-0.1", 4, "ratio=-0.1 is below 0, the least allowed\nallowed: 0 to 1");
  wrong ("1..2Hz pad=maybe", 4, "pad=maybe is neither yes nor no\nwrite pad=yes or pad=no");
  wrong ("1..2Hz lags=1,x", 4, "lags=1,x: \"x\" is no number\nwrite lags=NUMBER");
  wrong ("1..2Hz lags=1,2.5", 4, "lags=1,2.5: 2.5 is no whole number");
  wrong ("1..2Hz lags=1..999999999", 4, "lags=1..999999999 makes more than 100000 values");
  wrong ("1..2Hz bands=1,2", 4, "bands=1,2 has no unit\nwrite bands=1,2Hz");
  wrong ("1..2Hz on=T1,,T2", 4, "on=T1,,T2 has an empty item\nwrite the items with one comma between them");
  wrong ("1..2Hz metric=auc,acuracy", 4,
         "metric=auc,acuracy: there is no \"acuracy\"; did you mean \"accuracy\"?\nchoices: auc, accuracy, kappa");
  wrong ("1..2Hz metric=auc,auc", 4, "metric=auc,auc names auc twice");
  wrong ("1..2Hz file=", 4, "file= is empty\nwrite file=FILE");
  wrong ("1..2Hz y=bold", 4, "y is an input, not a parameter\nwrite y=@NAME, where @NAME names the output of a step");
  wrong ("1..2Hz stride=3 steps=4,7", 4,
         "stride=3 and steps=4,7 exclude each other\nleave out stride=3, or leave out steps=4,7");
  wrong ("range=try:1..2Hz", 3,
         "range=try:1..2Hz: a search needs scores to choose by\nput this step inside  ! evaluate begin ... end");
}

static void
values (void)
{
#define REST                                                                                                           \
  "\"bands\":[1,2,4],\"lags\":[1,2,5,6,7,8],\"length\":0.25,\"method\":\"fir\",\"metric\":[\"auc\"],\"pad\":true"
  good ("range=8..32Hz", "{" REST ",\"range\":[8,32]}");
  good ("8Hz..0.032kHz note=x", "{" REST ",\"range\":[8,32]}"); /* note cannot change results */
  good ("0..40Hz", "{" REST ",\"range\":[0,40]}");
  good ("1Hz..", "{" REST ",\"range\":[1,\"inf\"]}");
  good ("..40Hz y=@speech", "{" REST ",\"range\":[\"-inf\",40]}"); /* wiring is no setting */
  good (
      "1..2Hz length=0 lags=3 bands=1..3Hz pad=no metric=kappa,auc method=iir on=T1,T2 file=a/b ratio=1e-1",
      "{\"bands\":[1,2,3],\"file\":\"a/b\",\"lags\":[3],\"length\":0,\"method\":\"iir\",\"metric\":[\"kappa\",\"auc\"],"
      "\"on\":[\"T1\",\"T2\"],\"order\":4,\"pad\":false,\"range\":[1,2],\"ratio\":0.1}");
}

static void
table (void)
{
  fault f = FAULT_INIT;
  chain *c = line_of ("8..32Hz method=iir order=6 length=300ms lags=-1..1 metric=kappa,auc on=T1,T2");
  fnx_params *p = params_parse (&desc, &c->steps[0], &f);
  double low, high;
  size_t n;
  if (!p) {
    t_ok (false, "%s", f.text);
    return;
  }
  const fnx_param_api *a = &params_api;
  a->range (p, "range", &low, &high);
  t_ok (low == 8 && high == 32, "range");
  t_ok (a->integer (p, "method") == 1 && strcmp (a->text (p, "method"), "iir") == 0, "a choice: index and text");
  t_ok (a->integer (p, "order") == 6 && a->real (p, "order") == 6, "an integer, also as a real");
  t_ok (a->real (p, "length") == 0.3, "300ms is 0.3 s, to the last bit");
  t_ok (a->integer (p, "pad") == 1, "yes is 1");
  const double *x = a->reals (p, "lags", &n);
  t_ok (n == 3 && x[0] == -1 && x[1] == 0 && x[2] == 1, "-1..1 is -1, 0, 1");
  x = a->reals (p, "metric", &n);
  t_ok (n == 2 && x[0] == 2 && x[1] == 0, "choices as indices");
  const char *const *texts = a->texts (p, "on", &n);
  t_ok (n == 2 && strcmp (texts[1], "T2") == 0, "texts");
  t_ok (a->given (p, "bands") && a->given (p, "order") && !a->given (p, "ratio") && !a->given (p, "file"),
        "given: written or by default");
  t_ok (isnan (a->real (p, "ratio")) && !a->text (p, "file") && !a->given (p, "nonsense"), "not given");
  params_free (p);
  chain_free (c);
}

static void
candidates (const char *line, const char *expected)
{
  fault f = FAULT_INIT;
  chain *c = line_of (line);
  size_t n = 0, used = 0;
  char got[400] = "";
  char **texts = params_candidates (&desc, &c->steps[0], &c->steps[0].args[0], &n, &f);
  for (size_t i = 0; i < n && used < sizeof got; i++)
    used += (size_t)snprintf (got + used, sizeof got - used, "%s%s", i ? " " : "", texts[i]);
  if (!texts)
    snprintf (got, sizeof got, "%s", f.text);
  bool ok = strcmp (got, expected) == 0 && (texts || (f.at.word == 3 && f.step));
  t_ok (ok, "%s", line);
  if (!ok)
    printf ("# %s\n", got);
  texts_free (texts, n);
  chain_free (c);
  fault_clear (&f);
}

int
main (void)
{
  sentences ();
  values ();
  table ();
  candidates ("order=try:1..10", "1 2 3 4 5 6 7 8 9 10");
  candidates ("order=try:1,2,8..10", "1 2 8 9 10");
  candidates ("method=try:*", "fir iir");
  candidates ("pad=try:*", "no yes");
  candidates ("length=try:0.1,1,10s", "0.1s 1s 10s");
  candidates ("length=try:1..3s", "1s 2s 3s");
  candidates ("length=try:100ms,1s", "100ms 1s");
  candidates ("range=try:4..8,8..12Hz", "4..8Hz 8..12Hz");
  candidates ("try:4..8Hz", "4..8Hz");
  candidates ("order=try:1..1000000", "order=try:1..1000000 makes more than 100000 candidates");
  candidates ("order=try:3..1", "order=try:3..1 runs backwards\nwrite the lower end first");
  candidates ("order=try:0..3", "order=0 is below 1, the least allowed\nallowed: 1 to 16");
  candidates ("order=try:1,1", "order=try: has the candidate 1 twice");
  candidates ("order=try:1,,2", "order= is empty\nwrite a value after the =");
  candidates ("length=try:1,2", "length=1 has no unit\nwrite length=1s");
  candidates ("length=try:*", "length=try:*: length has no list of choices\nname the candidates: length=try:A,B,C");
  candidates ("method=try:fir,irr", "method=irr: there is no \"irr\"; did you mean \"iir\"?\nchoices: fir, iir");
  candidates (
      "lags=try:1,2",
      "lags=try:1,2: lags is not for searching\ncan be searched: range, method, order, length, pad, steps, stride");
  candidates ("steps=try:3,7/2,9..11/4", "3,7 2,9..11 4");
  candidates ("steps=try:3,7", "3 7"); /* lists of one */
  candidates ("steps=try:3,7/", "steps= is empty\nwrite a value after the =");
  candidates ("steps=try:3,7/2,x", "steps=2,x: \"x\" is no number\nwrite steps=NUMBER");
  candidates ("steps=try:3,7/3,7", "steps=try: has the candidate 3,7 twice");
  return t_end ();
}
