#ifndef NASCENT_KERNELS_H
#define NASCENT_KERNELS_H

#include "CTensorKernels.h"

// What one instruction-set path provides. Each works on whole Philox blocks; `dispatch.c` cuts the
// borders of a request, so that the paths hold nothing but the loops.
typedef struct kernel_table {
  // Words and uniform samples of blocks first ..< first + blocks, which share the upper half of their
  // 64-bit index.
  void (*words)(nascent_philox stream, uint64_t first, uint64_t blocks, uint32_t *out);
  void (*uniform_f32)(
      nascent_philox stream, uint64_t first, uint64_t blocks, float low, float range, float *out);
  void (*uniform_f16)(
      nascent_philox stream, uint64_t first, uint64_t blocks, float low, float range,
      uint16_t *out);
  void (*uniform_bf16)(
      nascent_philox stream, uint64_t first, uint64_t blocks, float low, float range,
      uint16_t *out);
  // Four normals a block, for blocks first + i * stride.
  void (*normal_f32)(
      nascent_philox stream, uint64_t first, uint64_t stride, uint64_t blocks, float *out);
  // Four normals a block, for the listed blocks.
  void (*normal_f32_at)(
      nascent_philox stream, const uint64_t *block_indices, uint64_t blocks, float *out);
  void (*terms)(
      uint32_t first_mantissa, uint32_t count, float *logarithm, float *sine, float *cosine);
  // Moments of floating-point elements; the mean is not finite where one of them is not.
  nascent_moments (*measure_finite)(
      nascent_element element, uint64_t count, const void *values);
  // q sign(diag r) of a QR decomposition; see qr_body.h.
  void (*orthonormal_f32)(
      uint64_t rows, uint64_t columns, float *matrix, float *q, float *workspace);
  void (*orthonormal_f64)(
      uint64_t rows, uint64_t columns, double *matrix, double *q, double *workspace);
} kernel_table;

// The shape of the blocks of a QR decomposition: reflectors a block, columns and rows at work at once.
enum { QR_BLOCK = 32, QR_COLUMNS = 6, QR_ROWS = 64 };

// From one column to the next: not a multiple of 4 KiB, at which columns would displace each other in
// the cache.
static inline uint64_t qr_stride(uint64_t rows) { return (rows + 15) / 16 * 16 + 8; }


// The loops of a path.
const kernel_table *nascent_kernels(nascent_path path);


extern const kernel_table nascent_kernels_baseline;
#if defined(__x86_64__)
extern const kernel_table nascent_kernels_avx2;
extern const kernel_table nascent_kernels_avx512;
#endif

#endif
