/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The step `sim` and its settings; what it makes is in fists.c, p300.c,
 * tempo.c, effort.c, rest.c and encoding.c.
 */
#include "io/sim/sim.h"

#include <math.h>
#include <stdio.h>

struct fnx_step {
  settings s;
  int64_t block;
  eeg *live; /* while streaming */
};

enum { MOST = 1 << 26 }; /* values of one buffer, 512 MiB: 64 channels at 256 Hz for an hour */

static int64_t
gcd (int64_t a, int64_t b)
{
  while (b) {
    int64_t t = a % b;
    a = b;
    b = t;
  }
  return a;
}

/* x as a fraction of millionths, reduced. */
static void
fraction (double x, int64_t *num, int64_t *den)
{
  *num = llround (x * 1e6);
  *den = 1000000;
  int64_t g = gcd (*num, *den);
  *num /= g;
  *den /= g;
}

fnx_axis
sim_volumes (const settings *s)
{
  fnx_axis a = { .struct_size = sizeof a, .flags = FNX_AXIS_REGULAR, .name = "time", .unit = "s", .size = s->n_volume };
  fraction (s->tr, &a.rate_den, &a.rate_num);
  return a;
}

const char *const *
sim_labels (fnx_call *c, const char *prefix, int64_t n)
{
  enum { WIDTH = 24 };
  const char **labels = c->scratch (c, (size_t)(n + 1) * sizeof *labels);
  char *text = c->scratch (c, (size_t)(n + 1) * WIDTH);
  for (int64_t i = 0; labels && text && i < n; i++) {
    labels[i] = text + i * WIDTH;
    snprintf (text + i * WIDTH, WIDTH, "%s%lld", prefix, (long long)i + 1);
  }
  return text ? labels : NULL;
}

/* The paradigm of a recording that streams; NULL for those that come whole. */
static const paradigm *
streams (const settings *s)
{
  static const paradigm *const of[] = { [SIM_FISTS] = &fists_paradigm,
                                        [SIM_P300] = &p300_paradigm,
                                        [SIM_TEMPO] = &tempo_paradigm,
                                        [SIM_EFFORT] = &effort_paradigm };
  return of[s->what];
}

static fnx_status
eeg_settings (fnx_call *c, const fnx_params *p, settings *s)
{
  static const int64_t counts[] = { 22, 64 };
  bool p300 = s->what == SIM_P300;
  s->n_channel = counts[c->param->integer (p, "channels")];
  fraction (c->param->real (p, "rate"), &s->rate_num, &s->rate_den);
  s->period = p300 ? 0.8 : 6;
  s->cue = p300 ? 0.4 : 2;
  s->n_trial = c->param->integer (p, p300 ? "stimuli" : "trials");
  double seconds = s->period * (double)s->n_trial + (p300 ? 1 : 0);
  if (c->param->given (p, "duration")) {
    seconds = c->param->real (p, "duration");
    s->n_trial = (int64_t)(seconds / s->period);
  }
  s->n_sample = llround (seconds * sim_rate (s));
  if (s->n_sample < 1)
    return c->fail (c, FNX_E_PARAM, "duration=%gs holds no sample at %g Hz\nwrite duration=60s", seconds, sim_rate (s));
  return FNX_OK;
}

/* Subjects and sessions are recordings of their own; none of either is the
 * seed itself.  (Multipliers of SplitMix64, which spread bits.) */
static uint64_t
seed_of (const settings *s)
{
  return s->said ^ s->subject * 0xbf58476d1ce4e5b9u ^ s->session * 0x94d049bb133111ebu;
}

/* Whole recordings are made at once: a slip of a digit should not fill the
 * memory, nor take minutes. */
static fnx_status
small_enough (fnx_call *c, const settings *s)
{
  double volumes = (double)s->n_volume, map = (double)s->n_voxel * (double)s->n_feature;
  double series = s->what == SIM_ENCODING ? (double)(s->n_voxel + s->n_feature)
                  : s->image              ? 2016
                                          : (double)(s->n_region + s->n_module);
  if (series * volumes > MOST)
    return c->fail (c, FNX_E_PARAM, "volumes=%lld of %.0f series are more than the %d MB that sim makes",
                    (long long)s->n_volume, series, MOST >> 17);
  if (s->what == SIM_ENCODING && (map > MOST || map * volumes > 64.0 * MOST))
    return c->fail (c, FNX_E_PARAM, "voxels=%lld of %lld features at %lld volumes are more than sim makes",
                    (long long)s->n_voxel, (long long)s->n_feature, (long long)s->n_volume);
  return FNX_OK;
}

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_step *step = calloc (1, sizeof *step);
  if (!step)
    return c->fail (c, FNX_E_NOMEM, "no memory for a source");
  settings *s = &step->s;
  s->what = (int)c->param->integer (p, "what");
  s->said = (uint64_t)c->param->integer (p, "seed");
  s->subject = (uint64_t)c->param->integer (p, "subject");
  s->session = (uint64_t)c->param->integer (p, "session");
  s->seed = seed_of (s);
  s->snr = c->param->real (p, "snr");
  s->image = c->param->integer (p, "form") == 1;
  s->tr = c->param->real (p, "tr");
  s->n_volume = c->param->integer (p, "volumes");
  s->n_region = c->param->integer (p, "regions");
  s->n_module = c->param->integer (p, "modules");
  s->n_feature = c->param->integer (p, "features");
  s->n_voxel = c->param->integer (p, "voxels");
  fnx_status st = eeg_settings (c, p, s);
  int64_t most = s->image ? 12 : s->n_region;
  if (st == FNX_OK && s->what == SIM_REST && s->n_module > most)
    st = c->fail (c, FNX_E_PARAM, "modules=%lld is more than the %lld %s there are to share", (long long)s->n_module,
                  (long long)most, s->image ? "slabs" : "regions");
  if (st == FNX_OK && !streams (s))
    st = small_enough (c, s);
  if (st)
    free (step);
  else
    *out = step;
  return st;
}

static void
destroy (fnx_step *step)
{
  if (step)
    eeg_free (step->live);
  free (step);
}

static fnx_status
negotiate (fnx_call *c, fnx_step *step, const fnx_spec *const *in, const fnx_spec **out)
{
  const settings *s = &step->s;
  (void)in;
  out[0] = streams (s)           ? eeg_spec (c, s, 0, s->n_sample)
           : s->what == SIM_REST ? rest_spec (c, s)
                                 : encoding_spec (c, s, 0);
  for (int i = 1; i < 3; i++)
    out[i] = s->what == SIM_ENCODING ? encoding_spec (c, s, i) : NULL;
  return out[0] && (s->what != SIM_ENCODING || (out[1] && out[2])) ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
start (fnx_call *c, fnx_step *step, int64_t max_block)
{
  eeg_free (step->live);
  step->block = max_block;
  step->live = eeg_new (c, &step->s, streams (&step->s));
  return step->live ? FNX_OK : FNX_E_NOMEM;
}

static fnx_status
push (fnx_call *c, fnx_step *step, const fnx_buf *const *in, const fnx_buf **out)
{
  (void)in;
  return eeg_next (c, step->live, step->block, out);
}

static fnx_status
run (fnx_call *c, fnx_step *step, const fnx_buf *const *in, const fnx_buf **out)
{
  const settings *s = &step->s;
  (void)in;
  if (s->what == SIM_REST)
    return rest_run (c, s, out);
  if (s->what == SIM_ENCODING)
    return encoding_run (c, s, out);
  if (s->n_sample > MOST / s->n_channel)
    return c->fail (c, FNX_E_NOMEM,
                    "%lld channels of %lld samples are more than sim makes in one piece (%d MB)\n"
                    "use steps that stream, or a shorter duration",
                    (long long)s->n_channel, (long long)s->n_sample, MOST >> 17);
  fnx_status st = start (c, step, s->n_sample);
  if (st == FNX_OK)
    st = push (c, step, NULL, out);
  eeg_free (step->live);
  step->live = NULL;
  return st;
}

static const fnx_ext_stream stream = { .struct_size = sizeof stream, .start = start, .push = push };
static const fnx_ext_reader reader = { .struct_size = sizeof reader, .scheme = "sim" };

static const void *
extension (const fnx_step *step, const char *id)
{
  if (strcmp (id, FNX_READER) == 0)
    return &reader;
  if (strcmp (id, FNX_STREAM) == 0 && (!step || streams (&step->s)))
    return &stream;
  return NULL;
}

static const char *const whats[] = { "fists", "rest", "encoding", "p300", "tempo", "effort", NULL };
static const char *const counts[] = { "22", "64", NULL };
static const char *const forms[] = { "series", "image", NULL };

#define PARAM(id, ...)                                                                                                 \
  static const fnx_param_desc id##_param = { .struct_size = sizeof id##_param, .name = #id, __VA_ARGS__ }

PARAM (what, .type = FNX_T_ENUM, .flags = FNX_P_MAIN, .fallback = "fists", .choices = whats,
       .doc = "fists: EEG of imagined left and right fists; rest: resting fMRI with modules; encoding: features and"
              " the voxels they drive; p300: EEG of rare targets among frequent stimuli; tempo: EEG of rhythms"
              " that change their frequency alone; effort: EEG whose power follows a number");
PARAM (seed, .type = FNX_T_INT, .fallback = "1", .min = 0, .max = 1e15,
       .doc = "another seed is another recording, as are another subject and session; nothing else changes what is"
              " drawn");
PARAM (subject, .type = FNX_T_INT, .fallback = "0", .min = 0, .max = 1e9, .when = "what=fists|p300|tempo|effort",
       .doc = "another subject: an own head, whose electrodes see a mixture of what those of subject 0 see; also the"
              " column subject of the trials");
PARAM (session, .type = FNX_T_INT, .fallback = "0", .min = 0, .max = 1e9, .when = "what=fists|p300|tempo|effort",
       .doc = "another session: the cap sits a little otherwise; also the column session of the trials");
PARAM (snr, .type = FNX_T_REAL, .fallback = "1", .min = 0, .max = 1e6,
       .doc = "power of the planted signal over that of everything else; 0 plants nothing");
PARAM (channels, .type = FNX_T_ENUM, .fallback = "22", .choices = counts, .when = "what=fists|p300|tempo|effort",
       .doc = "22 round the motor cortex, or 64 all over, by their 10-10 names");
PARAM (rate, .type = FNX_T_REAL, .unit = "Hz", .fallback = "160Hz", .min = 70, .max = 100000,
       .when = "what=fists|p300|tempo|effort", .doc = "samples a second");
PARAM (trials, .type = FNX_T_INT, .fallback = "40", .min = 0, .max = 1e7, .when = "what=fists|tempo|effort",
       .doc = "of 6 s each: 2 s of rest, the cue, 3 s of imagery, 1 s of rest");
PARAM (stimuli, .type = FNX_T_INT, .fallback = "300", .min = 0, .max = 1e7, .when = "what=p300",
       .doc = "one each 0.8 s, a fifth of them targets");
PARAM (duration, .type = FNX_T_REAL, .unit = "s", .min = 1e-3, .max = 1e8, .when = "what=fists|p300|tempo|effort",
       .doc = "length of the recording, instead of trials or stimuli: as many as fit");
PARAM (form, .type = FNX_T_ENUM, .fallback = "series", .choices = forms, .when = "what=rest",
       .doc = "series: one a region; image: a small brain of 12 x 14 x 12 voxels of 4 mm");
PARAM (regions, .type = FNX_T_INT, .fallback = "40", .min = 1, .max = 100000, .when = "what=rest",
       .doc = "number of regions");
PARAM (modules, .type = FNX_T_INT, .fallback = "4", .min = 1, .max = 10000, .when = "what=rest",
       .doc = "number of modules of equal size; the column module of the regions names them");
PARAM (volumes, .type = FNX_T_INT, .fallback = "200", .min = 1, .max = 1e6,
       .doc = "number of volumes of rest and encoding");
PARAM (tr, .type = FNX_T_REAL, .unit = "s", .fallback = "2s", .min = 1e-3, .max = 1000,
       .doc = "time from one volume to the next, of rest and encoding");
PARAM (features, .type = FNX_T_INT, .fallback = "20", .min = 1, .max = 100000, .when = "what=encoding",
       .doc = "number of stimulus features");
PARAM (voxels, .type = FNX_T_INT, .fallback = "50", .min = 1, .max = 500000, .when = "what=encoding",
       .doc = "number of voxels");

static const fnx_param_desc *const params[]
    = { &what_param,    &seed_param,   &subject_param,  &session_param, &snr_param,     &channels_param,
        &rate_param,    &trials_param, &duration_param, &form_param,    &regions_param, &modules_param,
        &volumes_param, &tr_param,     &features_param, &voxels_param,  &stimuli_param, NULL };

static const fnx_port_desc out_port
    = { .struct_size = sizeof out_port,
        .name = "out",
        .what = "signal[channel,time] or series[region,time] or image[x,y,z,time] or features[time,feature]",
        .doc = "the recording; of encoding the features" };
static const fnx_port_desc voxels_port = { .struct_size = sizeof voxels_port,
                                           .flags = FNX_PORT_OPTIONAL,
                                           .name = "voxels",
                                           .what = "voxels[voxel,time]",
                                           .doc = "of encoding: what the voxels answer" };
static const fnx_port_desc weights_port = { .struct_size = sizeof weights_port,
                                            .flags = FNX_PORT_OPTIONAL,
                                            .name = "weights",
                                            .what = "features[voxel,feature]",
                                            .doc = "of encoding: the true weights" };
static const fnx_port_desc *const inputs[] = { NULL };
static const fnx_port_desc *const outputs[] = { &out_port, &voxels_port, &weights_port, NULL };

static const fnx_step_desc sim_step = {
  .struct_size = sizeof sim_step,
  .flags = FNX_S_DETERMINISTIC | FNX_S_SOURCE,
  .threads = FNX_THREADS_SERIAL_STEP,
  .revision = 1,
  .id = "org.fornix.io.sim",
  .name = "sim",
  .title = "make a recording with a known truth",
  .doc
  = "To try a chain without a file, and to test one: what is planted must be found, and with snr=0 nothing may be"
    " found.\n\n"
    "sim:fists is EEG in uV of a subject who imagines closing the left or the right fist for 3 s after the cues"
    " left and right. Radial dipoles in a conducting sphere make a 1/f background, occipital alpha, and under C3"
    " and C4 a mu (11 Hz) and a beta (21 Hz) rhythm; the one opposite to the hand loses about 40 % of its"
    " amplitude. snr is the power of that rhythm before the cue over all other power in 8..32 Hz at C3 and C4.\n\n"
    "sim:p300 is EEG of the same head (background, alpha, noise) while stimuli come every 0.8 s, one in five a target."
    " All evoke N1 and P2 under Cz (-5 uV at 100 ms, 4 uV at 180 ms); a target also evokes a P300 under Pz, 350 ms"
    " after it, whose latency (20 ms) and amplitude (25 %) vary. snr is its squared peak over all other power in"
    " 1..20 Hz at Pz. The events are target and nontarget.\n\n"
    "sim:tempo is EEG of the same head with a rhythm of 12 Hz under C3 and C4, which has 10 Hz for 3 s after the cue"
    " slow and 14 Hz after the cue fast, with the same power: the classes differ in time alone, their covariances are"
    " the same. snr is as for fists.\n\n"
    "sim:effort is EEG of the same head with a rhythm of 11 Hz under C3 and C4. Its cues bear a number between 0.10 and"
    " 1.00 as their name, and for 3 s the power of the rhythm under C3 is that share of what it was. snr is as for"
    " fists.\n\n"
    "subject= and session= make EEG recordings of several people and days: each has a fixed random mixing of the"
    " channels on top, strong between subjects and weak between sessions, and what was learned from one subject's"
    " covariances does not fit another until it is brought over ( ! recentre ).\n\n"
    "sim:rest is resting fMRI: regions in modules, correlated by snr / (1 + snr) within a module and not at all"
    " between modules.\n\n"
    "sim:encoding is features[time,feature], with the output voxels that they drive linearly and the output weights;"
    " a perfect model explains snr / (1 + snr) of a voxel.",
  .cite = "Brody, Terry and Ideker, IEEE Trans Biomed Eng 20:141, 1973; Pfurtscheller and Lopes da Silva, Clin"
          " Neurophysiol 110:1842, 1999",
  .example = "fornix run sim:fists trials=4 ! psd ! table",
  .inputs = inputs,
  .outputs = outputs,
  .params = params,
  .create = create,
  .destroy = destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};

static const fnx_step_desc *const steps[] = { &sim_step, NULL };

FNX_EXPORT const fnx_module fnx_module_v1
    = { FNX_MODULE_HEAD, .name = "sim", .version = "0.1.0", .licence = "GPL-3.0-or-later", .steps = steps };
