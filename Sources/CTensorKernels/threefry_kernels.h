#ifndef NASCENT_THREEFRY_KERNELS_H
#define NASCENT_THREEFRY_KERNELS_H

#include "CTensorKernels.h"

// What one instruction-set path provides; `threefry.c` cuts requests into tiles for it.
typedef struct threefry_table {
  // y0 ^ y1 of the counters first, first + 1, ...
  void (*words)(const uint32_t key[2], uint64_t first, uint64_t count, uint32_t *out);
  // y0 << 32 | y1 of the same counters.
  void (*long_words)(const uint32_t key[2], uint64_t first, uint64_t count, uint64_t *out);
  // The hashes of pairs of words, in place.
  void (*hash)(const uint32_t key[2], uint64_t count, uint32_t *x0, uint32_t *x1);
  void (*uniform_f32)(
      const uint32_t *bits, uint64_t count, float low, float range, float *out);
  void (*uniform_f64)(
      const uint64_t *bits, uint64_t count, double low, double range, double *out);
  // sqrt(2) erf_inv(u) between the bounds, in place.
  void (*normal_f32)(uint64_t count, float minimum, float maximum, float *values);
  void (*normal_f64)(uint64_t count, double minimum, double maximum, double *values);
  void (*erf_inv_f32)(uint64_t count, const float *x, float *out);
} threefry_table;

extern const threefry_table nascent_threefry_baseline;
#if defined(__x86_64__)
extern const threefry_table nascent_threefry_avx2;
extern const threefry_table nascent_threefry_avx512;
#endif

#endif
