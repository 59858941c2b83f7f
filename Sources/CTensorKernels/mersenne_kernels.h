#ifndef NASCENT_MERSENNE_KERNELS_H
#define NASCENT_MERSENNE_KERNELS_H

#include "CTensorKernels.h"

// What one instruction-set path provides for MT19937.
typedef struct mersenne_table {
  // Behind the 624 words at `sequence` writes the `count` that follow by the recurrence.
  void (*extend)(uint32_t *sequence, uint64_t count);
  void (*temper)(const uint32_t *sequence, uint64_t count, uint32_t *out);
  // sum[j] ^= words[j] for 624 words.
  void (*add)(const uint32_t *words, uint32_t *sum);
  void (*uniform_f32)(
      const uint32_t *words, uint64_t count, float low, float width, float *out);
  void (*uniform_f64)(
      const uint32_t *words, uint64_t count, double low, double width, double *out);
  void (*normal_f32)(
      const uint32_t *words, uint64_t blocks, float mean, float deviation, float *out);
} mersenne_table;

// The table of a path; the baseline's where the processor lacks what the path's needs.
const mersenne_table *nascent_mersenne_kernels(nascent_path path);

extern const mersenne_table nascent_mersenne_baseline;
#if defined(__x86_64__)
extern const mersenne_table nascent_mersenne_avx2;
#endif

#endif
