/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Correlations of real ROI series against oracles/network_connectivity.json
 * (numpy), among them constant columns and fewer samples than regions; and the
 * graphs made of them against oracles/network_graph.json (igraph, bctpy).
 */
#include <jansson.h>

#include "core/sha256.h"
#include "tests/harness.h"

static double
number (const json_t *o, const char *key)
{
  return json_number_value (json_object_get (o, key));
}

static void
near1 (double a, double b, double tol, const char *file, const char *what)
{
  if (!(fabs (a - b) <= tol * fmax (1, fabs (b))))
    t_ok (false, "%s: %s is %.17g, not %.17g", file, what, a, b);
}

static const fnx_buf *
series_of (const char *file)
{
  char path[256], line[4352];
  snprintf (path, sizeof path, "data/fmri/%s", file);
  const char *full = t_shared (path);
  if (!full)
    return NULL;
  snprintf (line, sizeof line, "text path=%s", full);
  return t_read (line, 0);
}

static void
check_correlation (const char *file, const fnx_buf *series, const json_t *want)
{
  const json_t *p = json_object_get (want, "pearson"), *entry;
  const fnx_buf *r = t_run ("connectivity", series);
  const fnx_buf *z = t_run ("connectivity fisher=yes", series);
  const double *v = t_values (r), *f = t_values (z);
  int64_t n = buffer_spec (r)->axes[0]->size;
  double square = 0, off = 0, upper = 0, absolute = 0, fisher = 0;
  double valid = 0, negative = 0, constant = 0;
  for (int64_t i = 0; i < n; i++) {
    constant += v[i * n + i] == 0;
    for (int64_t j = 0; j < n; j++) {
      double x = v[i * n + j];
      square += x * x;
      off += i == j ? 0 : x * x;
      if (i < j) {
        upper += x, absolute += fabs (x), negative += x < 0, fisher += f[i * n + j];
        valid += v[i * n + i] != 0 && v[j * n + j] != 0;
      }
    }
  }
  t_ok ((double)n == number (want, "N") && constant == number (want, "n_constant")
            && valid == number (p, "n_valid_pairs") && negative == number (p, "n_negative"),
        "%s: %ld regions, %g constant, %g negative pairs", file, (long)n, constant, negative);
  near1 (sqrt (square), number (p, "fro"), 1e-9, file, "norm");
  near1 (sqrt (off), number (p, "fro_offdiag"), 1e-9, file, "norm off the diagonal");
  near1 (upper, number (p, "sum_upper"), 1e-9, file, "sum");
  near1 (absolute, number (p, "sum_abs_upper"), 1e-9, file, "absolute sum");
  near1 (fisher / valid, number (p, "fisher_z_mean_valid"), 1e-9, file, "mean z");
  size_t k;
  json_array_foreach (json_object_get (p, "entries"), k, entry)
  {
    int64_t i = json_integer_value (json_array_get (entry, 0)), j = json_integer_value (json_array_get (entry, 1));
    near1 (v[i * n + j], json_number_value (json_array_get (entry, 2)), 1e-12, file, "an entry");
  }
  buffer_unref (r);
  buffer_unref (z);
}

/* Edges as the oracle hashes them: pairs of little-endian uint32, i < j. */
static void
edge_hash (const fnx_buf *graph, char text[65])
{
  int64_t n = buffer_spec (graph)->axes[0]->size, m = 0;
  const double *v = t_values (graph);
  uint32_t *e = malloc ((size_t)(n * n) * sizeof *e);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i + 1; j < n; j++)
      if (v[i * n + j] != 0)
        e[m++] = (uint32_t)i, e[m++] = (uint32_t)j;
  sha256_of (e, (size_t)m * sizeof *e, text);
  free (e);
}

static void
check_graph (const char *file, const fnx_buf *series, const char *line, const json_t *want)
{
  const fnx_buf *r = t_run ("connectivity", series), *g = t_run (line, r), *d = t_run ("degree", g);
  int64_t n = buffer_spec (d)->axes[0]->size;
  uint64_t *k = malloc ((size_t)n * sizeof *k);
  char text[65];
  edge_hash (g, text);
  const char *edges = json_string_value (json_object_get (want, "edge_list_sha256_u32le"));
  if (edges)
    t_ok (!strcmp (text, edges), "%s: edges of %s", file, line);
  for (int64_t i = 0; i < n; i++)
    k[i] = (uint64_t)t_values (d)[2 * i];
  sha256_of (k, (size_t)n * sizeof *k, text);
  free (k);
  const char *degrees = json_string_value (json_object_get (want, "degree_sha256_u64le"));
  if (!degrees)
    degrees = json_string_value (json_object_get (json_object_get (want, "degree"), "sha256_u64le"));
  if (degrees)
    t_ok (!strcmp (text, degrees), "%s: degrees of %s", file, line);
  if (!edges && !degrees)
    t_ok (false, "%s: the oracle has neither edges nor degrees", file);
  buffer_unref (r);
  buffer_unref (g);
  buffer_unref (d);
}

int
main (void)
{
  const char *path = t_shared ("oracles/network_connectivity.json"), *file;
  json_t *all = path ? json_load_file (path, 0, NULL) : NULL, *want;
  path = t_shared ("oracles/network_graph.json");
  json_t *graphs = path ? json_load_file (path, 0, NULL) : NULL;
  if (!all || !graphs)
    t_skip ("oracles/network_connectivity.json and network_graph.json are not here");
  t_begin ();
  json_object_foreach (json_object_get (all, "subjects"), file, want)
  {
    const fnx_buf *s = series_of (file);
    if (t_ok (s != NULL, "%s is there", file))
      check_correlation (file, s, want);
    buffer_unref (s);
  }
  json_object_foreach (json_object_get (graphs, "subjects"), file, want)
  {
    const fnx_buf *s = series_of (file);
    if (t_ok (s != NULL, "%s is there", file)) {
      check_graph (file, s, "threshold density=0.1", json_object_get (want, "density_0.1"));
      check_graph (file, s, "threshold tau=0.3", json_object_get (want, "r_gt_0.3"));
    }
    buffer_unref (s);
  }
  json_decref (all);
  json_decref (graphs);
  return t_end ();
}
