#ifndef NASCENT_C_TENSOR_KERNELS_H
#define NASCENT_C_TENSOR_KERNELS_H

// The hot loops of Nascent: counters to random words to samples, and one-pass statistics.
//
// Every function is pure: it allocates nothing, keeps no state, and writes only `count` elements at
// `out`. Every path (baseline, AVX2, AVX-512) gives the same bits; a test compares them.

#include <stdint.h>

#include "elementary.h"

/// Which instruction set a kernel uses. Higher needs more of the processor.
typedef enum nascent_path {
  NASCENT_PATH_BASELINE = 0,
  NASCENT_PATH_AVX2 = 1,
  NASCENT_PATH_AVX512 = 2,
} nascent_path;

/// The fastest path that this processor can run. Constant for the life of the process.
nascent_path nascent_best_path(void);

/// A Philox 4x32-10 stream as TensorFlow keys it: block `i` has the counter
/// (i.lo, i.hi, counter_high.lo, counter_high.hi).
typedef struct nascent_philox {
  uint32_t key0;
  uint32_t key1;
  uint64_t counter_high;
} nascent_philox;

/// One Philox 4x32-10 block (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
void nascent_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/// Raw words: element `e` of the stream is word `e mod 4` of block `e / 4`.
void nascent_philox_words(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, uint32_t *out);

/// u * range + low, u in [0, 1) with 23 random bits, every operation rounded to float.
void nascent_uniform_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float low,
    float range, float *out);

/// u * range + low, u in [0, 1) with 52 random bits; element `e` takes words 2e and 2e + 1.
void nascent_uniform_f64(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, double low,
    double range, double *out);

/// u * range + low, u in [0, 1) with 10 (7 for bfloat16) random bits, every operation rounded to the
/// 16-bit format, of which `low` and `range` are values.
void nascent_uniform_f16(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float low,
    float range, uint16_t *out);
void nascent_uniform_bf16(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float low,
    float range, uint16_t *out);

/// Standard normals by the Box-Muller transform with TensorFlow's rounding.
void nascent_normal_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float *out);
void nascent_normal_f64(nascent_philox stream, uint64_t start, uint64_t count, double *out);

/// Standard normals with |z| < 2 by rejection; each group of four (two for f64) elements owns 256
/// (128) blocks, so any group can be made alone.
void nascent_truncated_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float *out);
void nascent_truncated_f64(nascent_philox stream, uint64_t start, uint64_t count, double *out);

/// values[i] * scale + offset in place, both operations rounded to the element's type.
void nascent_scale_f32(uint64_t count, float scale, float offset, float *values);
void nascent_scale_f64(uint64_t count, double scale, double offset, double *values);

/// Rounds each float to the 16-bit format, then * scale + offset with a rounding after each.
void nascent_scale_to_f16(
    uint64_t count, const float *values, float scale, float offset, uint16_t *out);
void nascent_scale_to_bf16(
    uint64_t count, const float *values, float scale, float offset, uint16_t *out);

/// Float to half precision bits and back; rounds to nearest, ties to even.
uint16_t nascent_f16_from_f32(float value);
uint16_t nascent_bf16_from_f32(float value);
uint16_t nascent_f16_from_f64(double value);
uint16_t nascent_bf16_from_f64(double value);
float nascent_f32_from_f16(uint16_t bits);
float nascent_f32_from_bf16(uint16_t bits);

/// logf, sinf and cosf on the inputs of the Box-Muller transform, as `nascent_normal_f32` evaluates
/// them: u = max(mantissa * 2^-23, 1e-7), v = 2 pi mantissa * 2^-23, mantissa < 2^23.
/// For the exhaustive comparison against a reference.
void nascent_box_muller_terms(
    nascent_path path, uint32_t first_mantissa, uint32_t count, float *logarithm, float *sine,
    float *cosine);

/// Element types that `nascent_moments` reads.
typedef enum nascent_element {
  NASCENT_F16, NASCENT_BF16, NASCENT_F32, NASCENT_F64,
  NASCENT_I8, NASCENT_I16, NASCENT_I32, NASCENT_I64,
  NASCENT_U8, NASCENT_U16, NASCENT_U32, NASCENT_U64,
} nascent_element;

/// Moments of the finite elements of a run of values, in an order of operations that does not
/// depend on the processor: eight interleaved sums, added in a fixed tree.
typedef struct nascent_moments {
  uint64_t count;      // finite elements
  uint64_t not_finite; // NaN and infinities
  double mean;
  double squared_deviations; // sum of (x - mean)^2
  double cubed_deviations;   // sum of (x - mean)^3
  double fourth_deviations;  // sum of (x - mean)^4
  double minimum;
  double maximum;
} nascent_moments;

/// Two passes over `count` elements at `values`.
nascent_moments nascent_measure(
    nascent_path path, nascent_element element, uint64_t count, const void *values);

/// The number of values in the workspace, and in either matrix, of the functions below.
uint64_t nascent_orthonormal_workspace(uint64_t rows, uint64_t columns);
uint64_t nascent_orthonormal_stride(uint64_t rows);

/// q sign(diag r) of the QR decomposition of a matrix with rows >= columns >= 1, by columns with the
/// stride above; the matrix is overwritten. Every path gives the same bits.
void nascent_orthonormal_f32(
    nascent_path path, uint64_t rows, uint64_t columns, float *matrix, float *q,
    float *workspace);
void nascent_orthonormal_f64(
    nascent_path path, uint64_t rows, uint64_t columns, double *matrix, double *q,
    double *workspace);

/// True where the processor has instructions for SHA-256 that the functions below use (x86 SHA).
int nascent_sha256_is_available(void);

/// The words a to h.
typedef struct nascent_sha256_state {
  uint32_t words[8];
} nascent_sha256_state;

/// The SHA-256 of a message; the baseline path does without the processor's instructions. For code that
/// has no cryptographic library at hand.
void nascent_sha256(
    nascent_path path, const void *message, uint64_t bytes, uint8_t digest[32]);

/// Advances a SHA-256 state over whole blocks of 64 bytes.
void nascent_sha256_blocks(nascent_sha256_state *state, const void *data, uint64_t blocks);

/// Ends a message of `message_bytes`, of which the last `rest_bytes`, fewer than 64, are at `rest`.
void nascent_sha256_end(
    nascent_sha256_state *state, const void *rest, uint64_t rest_bytes, uint64_t message_bytes);

/// Advances two states over the same blocks, in the time of one.
void nascent_sha256_shared_blocks(
    nascent_sha256_state *state, nascent_sha256_state *other, const void *data, uint64_t blocks);

/// Advances two states over two runs of blocks, in the time of one.
void nascent_sha256_paired_blocks(
    nascent_sha256_state *state, const void *data, nascent_sha256_state *other,
    const void *other_data,
    uint64_t blocks);

#include "elements.h"
#include "matrices.h"
#include "mersenne.h"
#include "pictures.h"
#include "threefry.h"

#endif
