/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A tile of targets through all alphas at once: predictions are made, scored
 * and forgotten, so nothing of size alphas x samples x targets ever exists.
 */
#include "plugins/encoding/ridge.h"

#include <cblas.h>
#include <math.h>

#define REAL float
#define GEMM cblas_sgemm
#define NAME(x) x##_f
#include "plugins/encoding/tile_of.h"
#undef REAL
#undef GEMM
#undef NAME

#define REAL double
#define GEMM cblas_dgemm
#define NAME(x) x##_d
#include "plugins/encoding/tile_of.h"
