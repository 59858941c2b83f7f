#ifndef NASCENT_KERNELS_H
#define NASCENT_KERNELS_H

#include "CTensorKernels.h"

// What one instruction-set path provides. Each works on whole Philox blocks; `dispatch.c` cuts the
// borders of a request, so that the paths hold nothing but the loops.
typedef struct kernel_table {
  // Words of blocks first ..< first + blocks.
  void (*words)(nascent_philox stream, uint64_t first, uint64_t blocks, uint32_t *out);
  void (*uniform_f32)(
      nascent_philox stream, uint64_t first, uint64_t blocks, float low, float range, float *out);
  // Four normals a block, for blocks first + i * stride.
  void (*normal_f32)(
      nascent_philox stream, uint64_t first, uint64_t stride, uint64_t blocks, float *out);
  // Four normals a block, for the listed blocks.
  void (*normal_f32_at)(
      nascent_philox stream, const uint64_t *block_indices, uint64_t blocks, float *out);
  void (*terms)(
      uint32_t first_mantissa, uint32_t count, float *logarithm, float *sine, float *cosine);
} kernel_table;

extern const kernel_table nascent_kernels_baseline;
#if defined(__x86_64__)
extern const kernel_table nascent_kernels_avx2;
extern const kernel_table nascent_kernels_avx512;
#endif

#endif
