/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One inner loop compiled twice: for any processor, and for one with AVX2 and
 * fused multiply-add, chosen when it runs.  (GCC's target_clones does the same
 * through ifunc, which neither clang 14 nor the sanitizers take.)  The two may
 * differ in the last bits; one processor always takes the same one.
 *
 *   CLONES (sum, (const double *x, size_t n, double *out), (x, n, out))
 *   { ... }                             body; gives  static void sum (...)
 */
#ifndef FNX_COMMON_CLONES_H
#define FNX_COMMON_CLONES_H

#if defined __x86_64__ && (defined __GNUC__ || defined __clang__)
#define CLONES(name, params, args) CLONES_OF (name, params, args) /* name may be a macro */
#define CLONES_OF(name, params, args)                                                                                  \
  static inline __attribute__ ((always_inline)) void name##_body params;                                               \
  __attribute__ ((target ("avx2,fma"))) static void name##_avx2 params { name##_body args; }                           \
  static void name##_plain params { name##_body args; }                                                                \
  static void name params                                                                                              \
  {                                                                                                                    \
    if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))                                             \
      name##_avx2 args;                                                                                                \
    else                                                                                                               \
      name##_plain args;                                                                                               \
  }                                                                                                                    \
  static inline __attribute__ ((always_inline)) void name##_body params
#else
#define CLONES(name, params, args) static void name params
#endif

#endif
