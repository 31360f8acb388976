/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sink `write.svg`: which figure a result is drawn as.
 */
#include "core/compare.h"
#include "core/exec.h"
#include "core/figure/figure.h"
#include "io/writer.h"

enum { AUTO, SCORES, SEARCH, COMPARE, MATRIX, LINES };
static const char *const names[] = { "auto", "scores", "search", "compare", "matrix", "lines", NULL };

static fnx_status
create (fnx_call *c, const fnx_params *p, fnx_step **out)
{
  fnx_status e = writer_create (c, p, out);
  if (!e)
    (*out)->option = c->param->integer (p, "figure");
  return e;
}

static bool
is_table (const fnx_spec *s)
{
  return !strcmp (s->kind, "table");
}

/* Does the figure asked for go with what comes? */
static fnx_status
negotiate (fnx_call *c, fnx_step *s, const fnx_spec *const *in, const fnx_spec **out)
{
  (void)out;
  if (s->option == AUTO || (s->option < MATRIX) == is_table (in[0]))
    return FNX_OK;
  return c->fail (c, FNX_E_SPEC, "figure=%s does not go with %s[...]\nleave it out", names[s->option], in[0]->kind);
}

static int64_t
figure_of (const fnx_buf *b)
{
  const fnx_spec *s = buffer_spec (b);

  if (is_table (s))
    return buffer_meta (b, PAIRS_META) ? COMPARE : buffer_meta (b, SEARCH_META) ? SEARCH : SCORES;
  return !strcmp (s->axes[1]->name, "freq") || !strcmp (s->axes[1]->name, "time") ? LINES : MATRIX;
}

static char *
draw_search (const fnx_buf *b, fault *f)
{
  size_t n;
  const char *json = buffer_meta (b, SEARCH_META);
  search *s;
  char *picture;

  if (!json) {
    fault_set (f, EXIT_CHAIN, FNX_E_SPEC, "there was no search\nwrite  try:  in a sub-chain of evaluate");
    return NULL;
  }
  s = search_read_json (json, &n, f);
  picture = s ? figure_search (s, n, f) : NULL;
  searches_free (s, n);
  return picture;
}

static fnx_status
put_file (fnx_call *c, const char *path, const char *picture)
{
  const char *to = c->output (c, path);
  FILE *f = to ? fopen (to, "w") : NULL;

  if (!to)
    return FNX_E_IO;
  return writer_done (c, path, writer_close (f, f && fputs (picture, f) >= 0));
}

static fnx_status
run (fnx_call *c, fnx_step *s, const fnx_buf *const *in, const fnx_buf **out)
{
  static char *(*const draw[]) (const fnx_buf *, fault *)
      = { NULL, figure_scores, draw_search, figure_compare, figure_matrix, figure_lines };
  fault f = FAULT_INIT;
  const fnx_spec *spec = buffer_spec (in[0]);
  char *picture;
  fnx_status st;

  (void)out;
  for (int i = 0; !is_table (spec) && i < spec->ndim; i++)
    if (spec->axes[i]->size < 1)
      return c->fail (c, FNX_E_DATA, "there is nothing to draw: no %s", spec->axes[i]->name);
  picture = draw[s->option == AUTO ? figure_of (in[0]) : s->option](in[0], &f);
  st = picture ? put_file (c, s->path, picture) : c->fail (c, f.code, "%s", f.text ? f.text : "it cannot be drawn");
  free (picture);
  fault_clear (&f);
  return st;
}

WRITER (".svg");

static const fnx_param_desc p_path = WRITER_PATH ("the file to write, .svg");
static const fnx_param_desc p_figure
    = { .struct_size = sizeof p_figure,
        .type = FNX_T_ENUM,
        .name = "figure",
        .fallback = "auto",
        .choices = names,
        .doc = "what is drawn: of a table scores, search or compare; of two axes matrix or lines" };
static const fnx_param_desc *const params[] = { &p_path, &p_figure, NULL };
static const fnx_port_desc in_port
    = { .struct_size = sizeof in_port,
        .name = "in",
        .what = "table[row] or spectrum[channel,freq] or signal[channel,time] or any[region,region] "
                "or any[channel,channel] or any[trial,trial] or any[region,time] or any[component,time]",
        .doc = "scores of evaluate or compare, a spectrum, signals, a matrix" };
static const fnx_port_desc *const in_ports[] = { &in_port, NULL }, *const out_ports[] = { NULL };

const fnx_step_desc svg_desc = {
  .struct_size = sizeof svg_desc,
  .flags = FNX_S_SINK | FNX_S_DETERMINISTIC,
  .threads = FNX_THREADS_PARALLEL,
  .revision = 1,
  .id = "org.fornix.host.write.svg",
  .name = "write.svg",
  .title = "draw scores, searches, spectra, signals and matrices",
  .doc
  = "The scores of evaluate become a row a group with a dot a fold, the mean, its interval and the chance level; with "
    "a search (try:) the heat map of what it reached: one tried setting is drawn as dots, of more than two the two "
    "with "
    "the most values, and each cell shows the best over the others. Cells that a fold chose are framed, with the "
    "number "
    "of folds. The scores of compare become a row a pipeline, with lines between what was paired.\n\n"
    "A spectrum is one line a channel on a logarithmic scale, signals stand one below the other, and a matrix over "
    "regions, channels or trials becomes a heat map, diverging around zero where it has both signs.\n\n"
    "The files hold text as text, have no script and no font, and are the same bytes for the same numbers; several can "
    "stand in one HTML page. rsvg-convert makes PNG or PDF of them. Colours: viridis, RdBu, Okabe & Ito's.",
  .cite = "Okabe & Ito 2008; viridis (CC0)",
  .example = "fornix run sim:fists ! psd ! write psd.svg",
  .inputs = in_ports,
  .outputs = out_ports,
  .params = params,
  .create = create,
  .destroy = writer_destroy,
  .negotiate = negotiate,
  .run = run,
  .extension = extension,
};
