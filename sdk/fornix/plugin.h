/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fornix/plugin.h: the whole contract between Fornix and a plugin.
 *
 * This file declares types only: a plugin links to nothing of ours.  It
 * exports one constant, fnx_module_v1, and everything that it may call
 * arrives in the fnx_call that the host passes to it.
 *
 * CHANGE.  ABI major 1 is append-only.  A field is only ever added at the end
 * of a struct; struct_size says how much of it the writer knew, and a reader
 * takes what is missing as zero.  Such structs therefore never stand in arrays
 * by value, only in NULL-terminated arrays of pointers.  Ids ("fnx.stream/1",
 * step ids, codes) are never reused.
 *
 * OWNERSHIP, in one sentence: inputs are borrowed for the call, ref() to keep
 * one, every output reference goes to the host.  Strings and arrays that a
 * plugin hands out in descriptors are static; what it hands out in specs is
 * copied by the host before the call's scratch memory goes.
 *
 * THREADS.  Each function below has a tag:
 *   [setup] one at a time in the process;
 *   [step]  as the step's `threads` field says;
 *   [any]   at any time, from any thread, also inside parallel().
 *
 * MISSING.  A missing sample is NaN, a missing text is NULL, an output that is
 * not there yet (only in push) is NULL.  There is no fourth way.
 */
#ifndef FNX_PLUGIN_H
#define FNX_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FNX_ABI_MAJOR 1u
#define FNX_ABI_MINOR 0u
#define FNX_MAGIC 0x314e4646u /* "FFN1" in little-endian order */

#if defined __GNUC__ || defined __clang__
#define FNX_PRINTF(f, a) __attribute__ ((format (printf, f, a)))
#else
#define FNX_PRINTF(f, a)
#endif

/* ---- status: 0 or a negative code, grouped by who must act ------------- */
typedef int32_t fnx_status;
#define FNX_OK 0
#define FNX_E_NOMEM (-1)
#define FNX_E_PARAM (-2)       /* the user: parameters are wrong or contradict */
#define FNX_E_SPEC (-3)        /* the user: this input cannot go into this step */
#define FNX_E_DATA (-4)        /* the recording: flat, NaN, too short, one class */
#define FNX_E_NUMERIC (-5)     /* the numbers: not SPD, did not converge */
#define FNX_E_IO (-6)          /* a file: absent, damaged, not writable, disk full */
#define FNX_E_CANCELLED (-7)   /* nobody: progress() asked to stop */
#define FNX_E_STATE (-8)       /* a saved model: malformed or too new */
#define FNX_E_UNSUPPORTED (-9) /* nobody: this host or build cannot do it */
#define FNX_E_BUG (-10)        /* the plugin's author */

typedef struct fnx_host fnx_host;
typedef struct fnx_call fnx_call;
typedef struct fnx_buf fnx_buf;       /* reference-counted; immutable once shared */
typedef struct fnx_params fnx_params; /* one step's settings, parsed and checked */
typedef struct fnx_step fnx_step;     /* defined by the plugin */
typedef struct fnx_model fnx_model;   /* defined by the plugin */

/* ---- tensors: the layout of DLPack's DLTensor --------------------------- */
typedef struct fnx_dtype {
  uint8_t code, bits; /* code: 0 int, 1 unsigned, 2 float, 5 complex */
  uint16_t lanes;     /* always 1 */
} fnx_dtype;
#define FNX_DT_INT 0u
#define FNX_DT_UINT 1u
#define FNX_DT_FLOAT 2u
#define FNX_DT_COMPLEX 5u

typedef struct fnx_device {
  int32_t type, id; /* {1, 0}: host memory, the only one in major 1 */
} fnx_device;

/* Always dense in C order (the last axis runs fastest), 64-byte aligned. */
typedef struct fnx_tensor {
  void *data;
  fnx_device device;
  int32_t ndim;
  fnx_dtype dtype;
  int64_t *shape;
  int64_t *strides;     /* in elements; never NULL */
  uint64_t byte_offset; /* always 0 */
} fnx_tensor;

/* ---- axes --------------------------------------------------------------- */
#define FNX_UNKNOWN ((int64_t)-1) /* a size that only the data will tell */

/* A column holds one value for each index of an axis: "target", "group",
 * "weight", "subject", "session", "run", "onset".  It travels with the axis,
 * so no step in between can drop it.  `reals` or `texts` has the axis's size;
 * both are NULL while only the name is known (before data). */
#define FNX_COL_REAL 1u
#define FNX_COL_TEXT 2u
typedef struct fnx_column {
  uint32_t struct_size;
  uint32_t type;
  const char *name;
  const char *unit;         /* UCUM; "1" or NULL if none */
  const double *reals;      /* FNX_COL_REAL; NaN = missing */
  const char *const *texts; /* FNX_COL_TEXT; NULL entry = missing */
} fnx_column;

/* One axis.  Agreed names: time channel trial freq lag region component voxel
 * x y z class feature target subject row.  A matrix over one set of things
 * repeats the name: cov[trial,channel,channel].
 *
 * A regular axis has position(i) = origin + (start + i) * rate_den / rate_num
 * in `unit`; the rate is exact (1000/3 Hz stays so over 24 h), and a block cut
 * out of a recording keeps its origin and rate and counts `start` up. */
#define FNX_AXIS_REGULAR 1u
typedef struct fnx_axis {
  uint32_t struct_size;
  uint32_t flags;
  const char *name;
  const char *unit; /* UCUM of the positions: "s", "Hz", "mm"; or NULL */
  int64_t size;     /* or FNX_UNKNOWN */
  int64_t start;    /* regular: index of the first sample */
  double origin;    /* regular: position of index 0 */
  int64_t rate_num, rate_den;
  const double *values;             /* `size` positions; or NULL */
  const char *const *labels;        /* `size` names, all non-NULL; or NULL */
  const fnx_column *const *columns; /* NULL-terminated; or NULL */
} fnx_axis;

/* ---- what a buffer is: readable before any data exists ------------------ */
#define FNX_MAX_DIM 8
/* Kinds: signal[channel,time] epochs[trial,channel,time] spectrum[channel,freq]
 * cov[trial,channel,channel] features[trial,feature] connectivity[region,region]
 * image[x,y,z] image[x,y,z,time] series[region,time] voxels[voxel,time]
 * scores[trial,class] predictions[trial] table[row].  In a table the row axis's
 * columns are the content and the tensor is empty (float64, shape [rows], all
 * NaN). */
typedef struct fnx_spec {
  uint32_t struct_size;
  int32_t ndim;
  const char *kind;
  const char *unit; /* UCUM of the values: "uV"; "1" if none; NULL if unknown */
  fnx_dtype dtype;
  const fnx_axis *const *axes; /* ndim entries */
  const double *affine;        /* index to mm, 16 doubles, row-major; or NULL */
  const char *space;           /* "scanner", "MNI152NLin2009cAsym"; or NULL */
} fnx_spec;

/* Things that happened: seconds on the time axis of the buffer they travel
 * with, ascending.  A duration is NaN if unknown. */
typedef struct fnx_events {
  uint32_t struct_size;
  uint32_t reserved;
  size_t n;
  const double *onset, *duration;
  const char *const *label;
  const char *const *channel; /* NULL, or entries NULL where it is for all */
} fnx_events;

/* ---- parameters: static descriptions ------------------------------------ */
enum {
  FNX_T_BOOL = 1, /* yes|no */
  FNX_T_INT,
  FNX_T_REAL,  /* with the unit of the descriptor: 250ms, 5mm, 0.5 */
  FNX_T_TEXT,  /* taken as it stands */
  FNX_T_ENUM,  /* one of choices */
  FNX_T_RANGE, /* LOW..HIGH, LOW.., ..HIGH; an open end is +-INFINITY */
  FNX_T_REALS, /* a,b,c  or  a..b (integers) */
  FNX_T_INTS,  /* 1,2,5..8 */
  FNX_T_TEXTS, /* T1,T2 */
  FNX_T_ENUMS, /* auc,accuracy: some of choices */
  FNX_T_PATH
};
#define FNX_P_REQUIRED 1u /* no default */
#define FNX_P_TUNABLE 2u  /* may be searched with try: */
#define FNX_P_LOG 4u      /* search on a log scale */
#define FNX_P_LIVE 8u     /* may change while streaming */
#define FNX_P_NEUTRAL 16u /* cannot change results: not hashed */
#define FNX_P_MAIN 32u    /* the first word without a name goes here */
typedef struct fnx_param_desc {
  uint32_t struct_size;
  uint32_t type;
  uint32_t flags;
  uint32_t reserved;
  const char *name;
  const char *unit;           /* UCUM; NULL = a plain number */
  const char *doc;            /* one sentence, no markup */
  const char *fallback;       /* default, as the user would type it; or NULL */
  double min, max;            /* inclusive, in `unit`; both 0 = unlimited */
  const char *const *choices; /* FNX_T_ENUM(S); NULL-terminated */
  /* "method=iir", "method=iir|fir", "model" (that is given) or "!model" (it is
   * not): only then has it a meaning.  The host refuses one that the user gave
   * and that has none. */
  const char *when;
} fnx_param_desc;

/* ---- ports -------------------------------------------------------------- */
#define FNX_PORT_OPTIONAL 1u
#define FNX_PORT_TARGET 2u /* given to fit, absent in apply */
/* `what` is one small grammar, read by people and by the host:
 *   "signal[channel,time] or epochs[trial,channel,time]"
 *   "any[trial,...]"        first axis trial, any further axes
 *   "any"                   everything
 *   "epochs[trial,channel,time] with target"   the trial axis has that column
 *   "voxels[voxel,time]; f4|f8"                element types, default f8 only
 * In outputs also "the same".  The host converts real inputs to the first
 * listed type when none of them matches. */
typedef struct fnx_port_desc {
  uint32_t struct_size;
  uint32_t flags;
  const char *name;
  const char *what;
  const char *doc;
} fnx_port_desc;

/* ---- what a plugin may call --------------------------------------------- */
struct fnx_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void *impl;
  const char *name, *version;
  /* Look up a further service by id; NULL if absent.  Lives as long as the
   * host.  [any] */
  const void *(*service) (const fnx_host *, const char *id);
};

/* Buffers.  All functions [any], but one buffer is written by one thread or
 * by jobs of one parallel() that write to disjoint places. */
typedef struct fnx_buf_api {
  uint32_t struct_size;
  uint32_t reserved;
  const fnx_buf *(*ref) (const fnx_buf *);
  void (*unref) (const fnx_buf *); /* NULL is allowed */
  /* Live as long as the buffer. */
  const fnx_spec *(*spec) (const fnx_buf *);
  const fnx_tensor *(*read) (const fnx_buf *);
  /* The values of index i of the first axis, without gathering the rest: the
   * host shows folds as an index over all trials, and read() must then copy. */
  const void *(*item) (const fnx_buf *, int64_t i);
  /* A new buffer, owned by the caller, filled with zeros.  Events, metadata
   * and provenance come over from src, and so do labels and columns of every
   * axis of the same name and size for which `spec` has none.  src is NULL
   * only in a source; spec NULL means that of src.  NULL: fail() was called. */
  fnx_buf *(*like) (fnx_call *, const fnx_buf *src, const fnx_spec *spec);
  /* The values of a buffer that nobody else holds; NULL: fail() was called. */
  void *(*write) (fnx_call *, fnx_buf *);
  /* Consumes one reference and returns a writable buffer: the same one when
   * that reference was the last, a copy otherwise. */
  fnx_buf *(*own) (fnx_call *, const fnx_buf *);
  /* JSON values under BIDS sidecar keys; NULL if absent. */
  const char *(*meta) (const fnx_buf *, const char *key);
  fnx_status (*set_meta) (fnx_call *, fnx_buf *, const char *key, const char *json);
  const fnx_events *(*events) (const fnx_buf *); /* never NULL */
  fnx_status (*set_events) (fnx_call *, fnx_buf *, const fnx_events *);
  /* A column by axis and column name; NULL if absent. */
  const fnx_column *(*column) (const fnx_buf *, const char *axis, const char *name);
  /* Class of each index of the column: codes[i] in 0..n_class-1, -1 where
   * missing; classes are sorted (texts by bytes, numbers by value), as
   * scikit-learn's LabelEncoder does.  names and the result are scratch
   * memory.  NULL: fail() was called, as no such column exists. */
  const int32_t *(*classes) (fnx_call *, const fnx_buf *, const char *axis, const char *column, int32_t *n_class,
                             const char *const **names);
  /* Key number i of the metadata, in byte order; NULL past the last.  Lives as
   * long as the buffer. */
  const char *(*meta_key) (const fnx_buf *, size_t i);
} fnx_buf_api;

/* Settings: parsed, converted to the descriptor's unit and range-checked by
 * the host.  Only valid inside create(); texts live as long as the step.  [any] */
typedef struct fnx_param_api {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t (*integer) (const fnx_params *, const char *name);  /* INT, BOOL; ENUM: index of the choice */
  double (*real) (const fnx_params *, const char *name);      /* REAL, INT */
  const char *(*text) (const fnx_params *, const char *name); /* TEXT, ENUM, PATH; else as typed; NULL if not given */
  void (*range) (const fnx_params *, const char *name, double *low, double *high);
  const double *(*reals) (const fnx_params *, const char *name, size_t *n);      /* REALS, INTS; ENUMS: indices */
  const char *const *(*texts) (const fnx_params *, const char *name, size_t *n); /* TEXTS, ENUMS */
  int (*given) (const fnx_params *, const char *name); /* the user wrote it, or it has a default */
} fnx_param_api;

/* Random numbers: Philox4x32-10 keyed by call->seed and indexed by item, so
 * that they do not depend on the thread that asks.  Draw n values of stream
 * `item`, beginning at value `first`.  [any] */
typedef struct fnx_rng_api {
  uint32_t struct_size;
  uint32_t reserved;
  void (*uniform) (uint64_t seed, uint64_t item, uint64_t first, double *out, size_t n); /* [0, 1), 53 bits */
  void (*normal) (uint64_t seed, uint64_t item, uint64_t first, double *out, size_t n);
  void (*bits) (uint64_t seed, uint64_t item, uint64_t first, uint32_t *out, size_t n);
} fnx_rng_api;

#define FNX_LOG_NOTE 0u   /* what a user should know: a guess, a repair */
#define FNX_LOG_DETAIL 1u /* shown with --verbose */

/* One call's context.  A plugin never keeps it. */
struct fnx_call {
  uint32_t struct_size;
  uint32_t max_threads; /* how many jobs of parallel() may run at once */
  void *impl;
  const fnx_host *host;
  const fnx_buf_api *buf;
  const fnx_param_api *param;
  const fnx_rng_api *rng;
  uint64_t seed;         /* a function of chain seed, step, revision, recording, fold */
  const char *recording; /* name for messages; never NULL */
  /* Say why the call fails, and return `code`:
   *   return c->fail (c, FNX_E_DATA, "channel %s: flat for 12 s\ndrop it with  ! pick", name);
   * First line: thing, place, value, limit.  Following lines: the remedy, as
   * the user would type it.  If the first line begins with "NAME=", NAME a
   * parameter, the host points at that word of the chain.  In parallel() the
   * message of the lowest index is kept.  [any] */
  fnx_status (*fail) (fnx_call *, fnx_status code, const char *format, ...) FNX_PRINTF (3, 4);
  /* Tell the user one line; equal lines are told once.  [any] */
  void (*log) (fnx_call *, uint32_t level, const char *format, ...) FNX_PRINTF (3, 4);
  /* Report progress (total 0: unknown).  Non-zero: stop, and return
   * FNX_E_CANCELLED.  [any] */
  int32_t (*progress) (fnx_call *, uint64_t done, uint64_t total);
  /* Run f (arg, i, worker) for i in [0, n) on the host's threads, in any order.
   * `worker` < max_threads never runs twice at once: use it for work space,
   * never for results.  Stops at the first failure and returns that of the
   * lowest index.  Inside a job it runs serially.  [any] */
  fnx_status (*parallel) (fnx_call *, size_t n, fnx_status (*f) (void *arg, size_t i, uint32_t worker), void *arg);
  /* Zeroed, 64-byte aligned, freed by the host after the call.  NULL: fail()
   * was called with FNX_E_NOMEM.  [any] */
  void *(*scratch) (fnx_call *, size_t bytes);
  /* The name to write a file under.  The host syncs and renames it to `path`
   * once the whole chain has succeeded, and removes it otherwise; nobody ever
   * sees half a file.  Lives as long as the call.  [step] */
  const char *(*output) (fnx_call *, const char *path);
};

/* ---- step types ---------------------------------------------------------- */
enum {
  FNX_THREADS_SERIAL_ALL = 0, /* one call at a time among all steps of the module */
  FNX_THREADS_SERIAL_STEP,    /* one call at a time on one fnx_step */
  FNX_THREADS_PARALLEL        /* calls may overlap on one const fnx_step */
};
#define FNX_S_DETERMINISTIC 1u /* bit-identical for any number of threads */
#define FNX_S_SOURCE 2u        /* no inputs: a reader or a generator */
#define FNX_S_SINK 4u          /* no outputs: a writer */
#define FNX_S_COHORT 8u        /* takes all recordings, joined along their first axis */
/* Item i of the output depends on item i of the input alone, along the first
 * axis.  Inside evaluate the host runs such a step once for all folds; any
 * other step it runs on training and test items apart. */
#define FNX_S_ITEMWISE 16u

typedef struct fnx_step_desc {
  uint32_t struct_size;
  uint32_t flags;
  uint32_t threads;
  uint32_t revision;                   /* bump when the numbers change: it enters hashes */
  const char *id;                      /* "org.fornix.eeg.band"; never reused */
  const char *name;                    /* "band": what users type */
  const char *title;                   /* "keep the frequencies inside a range" */
  const char *doc;                     /* paragraphs of plain text, parted by blank lines */
  const char *cite;                    /* the paper, equation or peer it follows; or NULL */
  const char *equals;                  /* "MNE 1.3 filter() to 1e-10"; or NULL */
  const char *example;                 /* lines that run anywhere: "fornix run sim:fists ! band ..." */
  const fnx_port_desc *const *inputs;  /* NULL-terminated; the first is the chain's flow */
  const fnx_port_desc *const *outputs; /* NULL-terminated */
  const fnx_param_desc *const *params; /* NULL-terminated; or NULL */
  /* Keep the settings; check that they agree with each other.  [setup] */
  fnx_status (*create) (fnx_call *, const fnx_params *, fnx_step **out);
  void (*destroy) (fnx_step *);
  /* Say what comes out when this comes in, before any data is read.  Sizes may
   * be FNX_UNKNOWN.  out[] entries may point to in[], to static data or to
   * scratch memory: the host copies them.  An absent optional input is NULL.
   * An optional output that these settings do not make stays NULL, and so do
   * all after it.
   * NULL instead of the function: every output has the spec of in[0]. */
  fnx_status (*negotiate) (fnx_call *, fnx_step *, const fnx_spec *const *in, const fnx_spec **out);
  /* Whole buffers.  May be NULL when the step streams (the host then pushes
   * the whole input at once) or only estimates.  [step] */
  fnx_status (*run) (fnx_call *, fnx_step *, const fnx_buf *const *in, const fnx_buf **out);
  /* Further behaviour by id, or NULL.  With a NULL step: what this type can do
   * at all (for documentation, and to find readers and writers); with a step:
   * what it can do with these settings.  May itself be NULL.  [any] */
  const void *(*extension) (const fnx_step *, const char *id);
} fnx_step_desc;

/* "fnx.stream/1": run() cut into blocks along the time axis.  Pushing blocks
 * of any sizes and then draining gives what run() gives, bit for bit: cut the
 * work at fixed positions of the recording, not where a block happens to end.
 * push: in[0] is the next block (its time axis counts `start` on), other
 * inputs come whole with each push; out[i] may stay NULL.  A source's push has
 * no input and leaves all outputs NULL at the end.  Nothing may assume that
 * the end is known: a source may be live.  start and push are needed; start may
 * come again after a drain, for the next recording.  [step], in order. */
#define FNX_STREAM "fnx.stream/1"
typedef struct fnx_ext_stream {
  uint32_t struct_size;
  uint32_t reserved;
  fnx_status (*start) (fnx_call *, fnx_step *, int64_t max_block);
  fnx_status (*push) (fnx_call *, fnx_step *, const fnx_buf *const *in, const fnx_buf **out);
  fnx_status (*drain) (fnx_call *, fnx_step *, const fnx_buf **out); /* NULL: nothing is held back */
  int64_t (*latency) (const fnx_step *); /* samples between an input and its output; NULL: 0 */
} fnx_ext_stream;

/* "fnx.estimator/1": everything that is learned from data.  fit makes a model
 * and leaves the step as it is, so folds and settings run at once; the host
 * refits it inside each fold, which makes leakage impossible.  [step] */
#define FNX_ESTIMATOR "fnx.estimator/1"
#define FNX_EST_SUPERVISED 1u /* reads the column "target" or a target port */
typedef struct fnx_ext_estimator {
  uint32_t struct_size;
  uint32_t flags;
  /* `start`: NULL, or a model of this step fitted on a superset of this data,
   * to start an iteration from.  Where it leads must not depend on it beyond
   * the stopping tolerance.  Evaluation and training by this host always pass
   * NULL; only `fornix check` passes a model. */
  fnx_status (*fit) (fnx_call *, const fnx_step *, const fnx_buf *const *in, const fnx_model *start, fnx_model **out);
  /* Target ports are NULL here.  A classifier gives scores[trial,class]: the
   * class axis is labelled, the largest score is the answer; with two classes
   * score[1] - score[0] ranks the trials.  A regression of the column target
   * gives predictions[trial]. */
  fnx_status (*apply) (fnx_call *, const fnx_step *, const fnx_model *, const fnx_buf *const *in, const fnx_buf **out);
  void (*model_free) (fnx_model *);
  uint32_t state_version;
  uint32_t reserved;
  /* Bytes are little-endian by convention; load refuses empty, truncated and
   * random bytes with FNX_E_STATE; save(load(save(m))) is byte-identical. */
  fnx_status (*save) (fnx_call *, const fnx_model *, fnx_status (*put) (void *to, const void *bytes, size_t n),
                      void *to);
  fnx_status (*load) (fnx_call *, const fnx_step *, uint32_t state_version, const void *bytes, size_t n,
                      fnx_model **out);
  const char *learns; /* what is learned, in two words: "reference mean"; or NULL */
  /* What a user wants to know of a fitted model, a few short figures: put (to,
   * "order", "6").  They stand in the results of evaluate fold by fold, as
   * STEP.NAME=VALUE beside what a search chose, so neither may hold a blank or
   * a "=", nor a name a dot; a list is "0,3,7".  Return what put returns if
   * that is not 0.  NULL: nothing is worth telling. */
  fnx_status (*report) (fnx_call *, const fnx_model *,
                        fnx_status (*put) (void *to, const char *name, const char *value), void *to);
} fnx_ext_estimator;

/* "fnx.prepare/1", beside fnx.estimator/1: what an estimator works out of each
 * item alone before it looks at all of them.  Row i of what prepare gives
 * (its first axis is that of in[0], and as long) depends on item i of the inputs
 * and on nothing else: no target, nor call->seed.  The host may then have it
 * worked out once for all items, and shows each fold the rows of its training
 * items.
 * fit_prepared does what fit does, given those rows as well; and fit (in) gives
 * the same model, bit for bit, as fit_prepared (in, prepare (in)).  [step] */
#define FNX_PREPARE "fnx.prepare/1"
typedef struct fnx_ext_prepare {
  uint32_t struct_size;
  uint32_t reserved;
  fnx_status (*prepare) (fnx_call *, const fnx_step *, const fnx_buf *const *in, const fnx_buf **out);
  fnx_status (*fit_prepared) (fnx_call *, const fnx_step *, const fnx_buf *const *in, const fnx_buf *prepared,
                              const fnx_model *start, fnx_model **out);
} fnx_ext_prepare;

/* "fnx.reader/1": a source that reads files.  Its FNX_P_MAIN parameter is the
 * path, or what follows "scheme:".  Asked with a NULL step. */
#define FNX_READER "fnx.reader/1"
typedef struct fnx_ext_reader {
  uint32_t struct_size;
  uint32_t reserved;
  const char *const *suffixes; /* lower case with the dot; NULL-terminated; or NULL */
  const char *scheme;          /* "sim"; or NULL */
  /* 0 (not mine) to 100 (certain), from the first n <= 4096 bytes.  NULL:
   * suffixes decide.  [any] */
  int32_t (*probe) (const char *path, const void *head, size_t n);
} fnx_ext_reader;

/* "fnx.writer/1": a sink that writes files.  Its FNX_P_MAIN parameter is the
 * path; it opens call->output (path).  Asked with a NULL step. */
#define FNX_WRITER "fnx.writer/1"
typedef struct fnx_ext_writer {
  uint32_t struct_size;
  uint32_t reserved;
  const char *const *suffixes;
} fnx_ext_writer;

/* ---- module: the only exported symbol ------------------------------------ */
typedef struct fnx_module {
  uint32_t magic;
  uint32_t struct_size;
  uint32_t abi_major, abi_minor;
  const char *name, *version, *licence, *url;
  const fnx_step_desc *const *steps; /* NULL-terminated */
  /* Optional, once, before any create; no data I/O, no threads.  [setup] */
  fnx_status (*load) (const fnx_host *);
} fnx_module;

#if defined __GNUC__ || defined __clang__
#define FNX_EXPORT __attribute__ ((visibility ("default")))
#elif defined _WIN32
#define FNX_EXPORT __declspec(dllexport)
#else
#define FNX_EXPORT
#endif

/* Only modules built into a program define FNX_PRELOAD_NAME. */
#ifdef FNX_PRELOAD_NAME
#define FNX_CAT_(a, b) a##b
#define FNX_CAT(a, b) FNX_CAT_ (a, b)
#define fnx_module_v1 FNX_CAT (FNX_PRELOAD_NAME, _LTX_fnx_module_v1)
#endif
extern FNX_EXPORT const fnx_module fnx_module_v1;
#define FNX_MODULE_HEAD FNX_MAGIC, (uint32_t)sizeof (fnx_module), FNX_ABI_MAJOR, FNX_ABI_MINOR

#define FNX_F4                                                                                                         \
  {                                                                                                                    \
    FNX_DT_FLOAT, 32, 1                                                                                                \
  }
#define FNX_F8                                                                                                         \
  {                                                                                                                    \
    FNX_DT_FLOAT, 64, 1                                                                                                \
  }

#ifdef __cplusplus
}
#endif
#endif
