/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The port grammar: what fits, what is missing, element types, and which step
 * could stand between two others.
 */
#include "core/spec.h"
#include "tests/harness.h"

static void
accepts (void)
{
  static const struct {
    const char *what, *spec;
    bool fits;
  } rows[] = {
    { "signal[channel,time]", "signal[channel,time]", true },
    { "signal[channel,time]", "epochs[trial,channel,time]", false },
    { "signal[channel,time] or epochs[trial,channel,time]", "epochs[trial,channel,time]", true },
    { "signal[channel,time]", "signal[time,channel]", false },
    { "any[trial,...]", "epochs[trial,channel,time]", true },
    { "any[trial,...]", "features[trial,feature]", true },
    { "any[trial,...]", "scores[trial]", true },
    { "any[trial,...]", "signal[channel,time]", false },
    { "any[...,time]", "series[region,time]", true },
    { "any[...,time]", "image[x,y,z]", false },
    { "any[x,...,time]", "image[x,y,z,time]", true },
    { "any", "table[row]", true },
    { "cov", "cov[trial,channel,channel]", true },
    { "cov[trial,channel,channel']", "cov[trial,channel,channel]", true },
    { "cov[trial,channel,channel]", "cov[trial,channel]", false },
    { "voxels[voxel,time]; f4|f8", "voxels[voxel,time]", true },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    fnx_buf *b = t_buf (rows[i].spec, NULL, 2L, 2L, 2L, 2L);
    t_ok (what_accepts (rows[i].what, buffer_spec (b), NULL) == rows[i].fits, "%s %s %s", rows[i].what,
          rows[i].fits ? "takes" : "refuses", rows[i].spec);
    buffer_unref (b);
  }
}

static void
columns (void)
{
  static const char *const targets[] = { "a", "b" };
  const char *column = "?";
  fnx_buf *b = t_buf ("epochs[trial,channel,time]", NULL, 2L, 2L, 2L);
  t_ok (!what_accepts ("epochs[trial,channel,time] with target; f8", buffer_spec (b), &column) && column
            && strcmp (column, "target") == 0,
        "only the column target is missing");
  t_ok (!what_accepts ("signal[channel,time] with target", buffer_spec (b), &column) && !column,
        "another kind: no word about columns");
  t_texts (&b, "trial", "target", targets);
  t_ok (what_accepts ("epochs[trial,channel,time] with target", buffer_spec (b), &column), "target is there");
  t_ok (!what_accepts ("any with target, run", buffer_spec (b), &column) && strcmp (column, "run") == 0,
        "of two columns the second is missing");
  buffer_unref (b);
}

static void
dtypes (void)
{
  const fnx_dtype f4 = FNX_F4, f8 = FNX_F8;
  t_ok (what_dtype ("any", f4).bits == 64, "f8 if none is named");
  t_ok (what_dtype ("any; f4|f8", f4).bits == 32, "f4 is listed");
  t_ok (what_dtype ("any; f4|f8", f8).bits == 64, "f8 is listed");
  t_ok (what_dtype ("any; f4", f8).bits == 32, "converted to the only one");
}

static void
feeds (void)
{
  static const struct {
    const char *out, *what;
    bool feeds;
  } rows[] = {
    { "epochs[trial,channel,time]", "any[trial,...]", true },
    { "epochs[trial,channel,time]", "epochs[trial,channel,time] with target", true },
    { "signal[channel,time]", "epochs[trial,channel,time]", false },
    { "cov[trial,channel,channel] or features[trial,feature]", "features[trial,feature]", true },
    { "the same", "signal[channel,time]", false }, /* bridges nothing */
    { "any", "signal[channel,time]", true },
    { "any[...,time]", "any[trial,...]", true },
    { "any[channel,...]", "any[trial,...]", false },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    t_ok (what_feeds (rows[i].out, rows[i].what) == rows[i].feeds, "%s %s %s", rows[i].out,
          rows[i].feeds ? "feeds" : "does not feed", rows[i].what);
}

static void
validity (void)
{
  static const char *const good[]
      = { "any", "the same", "signal[channel,time] or any[trial,...] with target,group; f8|f4", "table[row]", "image" };
  static const char *const bad[] = { "",           "signal[",        "signal[]", "signal[a,b", "signal or",
                                     "signal; q9", "signal with",    "a[b] c",   "a[...,...]", "a[b,c,d,e,f,g,h,i,j]",
                                     "signal;",    "any with a,; f8" };
  const char *why;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    t_ok (what_valid (good[i], &why) && !why, "good: %s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    why = NULL;
    bool ok = what_valid (bad[i], &why);
    t_ok (!ok && why, "bad: \"%s\": %s", bad[i], why ? why : "-");
  }
}

int
main (void)
{
  accepts ();
  columns ();
  dtypes ();
  feeds ();
  validity ();
  return t_end ();
}
