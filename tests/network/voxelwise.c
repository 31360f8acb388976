/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Degree, weight sum and degree by distance of real volumes against
 * oracles/network_voxelwise.json, whose numbers were made by numpy and checked
 * with igraph and networkx. Integers are compared as SHA-256 of the whole map,
 * in float64 and in float32 products.
 */
#include <jansson.h>

#include "core/sha256.h"
#include "tests/harness.h"

/* One column of maps[voxel,feature] as the oracle hashes it: the full volume, x
 * fastest, little-endian uint64, 0 outside the mask. */
static bool
same_map (const fnx_buf *maps, int64_t feature, const int64_t n[3], const char *hex)
{
  const fnx_spec *s = buffer_spec (maps);
  int64_t rows = s->axes[0]->size, cols = s->axes[1]->size;
  size_t all = (size_t)(n[0] * n[1] * n[2]);
  uint64_t *map = calloc (all, sizeof *map);
  const double *xyz[3], *v = t_values (maps);
  char text[65];
  for (int k = 0; k < 3; k++)
    xyz[k] = buffer_column (maps, "voxel", (const char *[]){ "x", "y", "z" }[k])->reals;
  for (int64_t i = 0; i < rows; i++)
    map[(int64_t)xyz[0][i] + n[0] * ((int64_t)xyz[1][i] + n[1] * (int64_t)xyz[2][i])] = (uint64_t)v[i * cols + feature];
  sha256_of (map, all * sizeof *map, text);
  free (map);
  return !strcmp (text, hex);
}

static void
check_tau (const char *file, const fnx_buf *voxels, const int64_t n[3], const char *tau, const json_t *want)
{
  const json_t *degree = json_object_get (want, "degree"), *bins = json_object_get (want, "vdd_snapped"), *bin;
  const char *hex = json_string_value (json_object_get (degree, "sha256_volume"));
  char line[256];
  size_t b;
  for (int f4 = 0; f4 < 2; f4++) {
    snprintf (line, sizeof line, "degree tau=%s bins=20mm,40mm,60mm,80mm,100mm,120mm,140mm,160mm precision=%s", tau,
              f4 ? "f4" : "f8");
    const fnx_buf *maps = t_run (line, voxels);
    const fnx_spec *s = buffer_spec (maps);
    const double *v = t_values (maps);
    double sum = 0, weight[10];
    t_ok (same_map (maps, 0, n, hex), "%s tau=%s %s: degrees", file, tau, f4 ? "f4" : "f8");
    json_array_foreach (bins, b, bin)
        t_ok (same_map (maps, 2 + (int64_t)b, n, json_string_value (json_object_get (bin, "sha256_volume"))),
              "%s tau=%s %s: %s", file, tau, f4 ? "f4" : "f8", s->axes[1]->labels[2 + b]);
    for (int64_t i = 0; i < s->axes[0]->size; i++)
      sum += v[i * s->axes[1]->size + 1];
    for (size_t i = 0; i < 10; i++)
      weight[i] = v[i * (size_t)s->axes[1]->size + 1];
    const json_t *w = json_object_get (want, "weight_sum");
    double expected = json_real_value (json_object_get (w, "sum")), first[10];
    for (size_t i = 0; i < 10; i++)
      first[i] = json_real_value (json_array_get (json_object_get (w, "first10"), i));
    t_near (&sum, &expected, 1, f4 ? 1e-6 : 1e-9, "sum of weights");
    t_near (weight, first, 10, f4 ? 1e-6 : 1e-9, "first weights");
    buffer_unref (maps);
  }
}

static void
check_file (const char *file, const json_t *want)
{
  char path[256], line[4352];
  double above = 0;
  const char *rule = strstr (json_string_value (json_object_get (want, "mask_rule")), "mean>");
  int64_t n[3], sum = 0;
  snprintf (path, sizeof path, "data/fmri/%s", file);
  const char *full = t_shared (path);
  if (!rule || sscanf (rule, "mean>%lf", &above) != 1 || !full) {
    t_ok (false, "%s: unreadable rule or file", file);
    return;
  }
  snprintf (line, sizeof line, "nifti path=%s", full);
  const fnx_buf *image = t_read (line, 0);
  for (int k = 0; k < 3; k++)
    n[k] = buffer_spec (image)->axes[k]->size;
  for (int i = 0; i < 16; i++) {
    double a = buffer_spec (image)->affine[i];
    double b = json_number_value (
        json_array_get (json_array_get (json_object_get (want, "affine"), (size_t)i / 4), (size_t)i % 4));
    if (fabs (a - b) > 1e-12)
      t_ok (false, "%s: affine[%d] is %.17g, not %.17g", file, i, a, b);
  }
  snprintf (line, sizeof line, "voxels above=%.17g", above);
  const fnx_buf *voxels = t_run (line, image);
  const double *x = buffer_column (voxels, "voxel", "x")->reals, *y = buffer_column (voxels, "voxel", "y")->reals,
               *z = buffer_column (voxels, "voxel", "z")->reals;
  int64_t rows = buffer_spec (voxels)->axes[0]->size;
  for (int64_t i = 0; i < rows; i++)
    sum += (int64_t)x[i] + n[0] * ((int64_t)y[i] + n[1] * (int64_t)z[i]);
  t_ok (rows == json_integer_value (json_object_get (want, "n_voxels"))
            && sum == json_integer_value (json_object_get (want, "mask_sum_of_linear_index")),
        "%s: %ld voxels", file, (long)rows);
  const char *tau;
  json_t *v;
  json_object_foreach (json_object_get (want, "taus"), tau, v) check_tau (file, voxels, n, tau, v);
  buffer_unref (voxels);
  buffer_unref (image);
}

int
main (void)
{
  const char *path = t_shared ("oracles/network_voxelwise.json"), *file;
  json_t *all = path ? json_load_file (path, 0, NULL) : NULL, *want;
  if (!all)
    t_skip ("oracles/network_voxelwise.json is not here");
  t_begin ();
  json_object_foreach (json_object_get (all, "files"), file, want) check_file (file, want);
  json_decref (all);
  return t_end ();
}
