// Cuts a request at block borders and calls the chosen path for the whole blocks between.

#include <string.h>

#include "half.h"
#include "kernels.h"
#include "portable_math64.h"
#include "tiles.h"

#pragma STDC FP_CONTRACT OFF

nascent_path nascent_best_path(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
    return NASCENT_PATH_AVX512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c")) return NASCENT_PATH_AVX2;
#endif
  return NASCENT_PATH_BASELINE;
}

const kernel_table *nascent_kernels(nascent_path path) {
#if defined(__x86_64__)
  if (path == NASCENT_PATH_AVX512) return &nascent_kernels_avx512;
  if (path == NASCENT_PATH_AVX2) return &nascent_kernels_avx2;
#endif
  (void)path;
  return &nascent_kernels_baseline;
}

void nascent_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  nascent_philox stream = {key[0], key[1], counter[2] | (uint64_t)counter[3] << 32};
  nascent_kernels_baseline.words(stream, counter[0] | (uint64_t)counter[1] << 32, 1, out);
}

// A part of a request for elements, four a block: whole blocks that are written in place, or some of
// the elements of one block at a border.
typedef struct piece {
  uint64_t first_block, blocks, skip, take;
} piece;

static int is_whole(piece p) { return p.take == 4 * p.blocks; }

// The first piece of elements start ..< start + count, at most `most` blocks whose indices share their
// upper half.
static piece next_piece(uint64_t start, uint64_t count, uint64_t most) {
  piece p = {start / 4, 1, start % 4, 0};
  uint64_t wanted = 4 - p.skip;
  if (p.skip != 0 || count < 4) {
    p.take = count < wanted ? count : wanted;
    return p;
  }
  uint64_t until_carry = ((uint64_t)1 << 32) - (p.first_block & 0xffffffff);
  p.blocks = count / 4;
  if (p.blocks > until_carry) p.blocks = until_carry;
  if (p.blocks > most) p.blocks = most;
  p.take = 4 * p.blocks;
  return p;
}

// Runs FILL(first block, number of blocks, target) over the pieces of a request.
#define FOR_PIECES(MOST, FILL)                                                                     \
  while (count > 0) {                                                                              \
    piece p = next_piece(start, count, MOST);                                                      \
    if (is_whole(p)) {                                                                             \
      FILL(p.first_block, p.blocks, out);                                                          \
    } else {                                                                                       \
      __typeof__(*out) spare[4];                                                                   \
      FILL(p.first_block, 1, spare);                                                               \
      memcpy(out, spare + p.skip, p.take * sizeof *out);                                           \
    }                                                                                              \
    start += p.take, count -= p.take, out += p.take;                                               \
  }

void nascent_philox_words(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, uint32_t *out) {
#define FILL_WORDS(first, blocks, target) nascent_kernels(path)->words(stream, first, blocks, target)
  FOR_PIECES(UINT64_MAX, FILL_WORDS)
}

void nascent_uniform_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float low,
    float range, float *out) {
#define FILL_F32(first, blocks, target) \
  nascent_kernels(path)->uniform_f32(stream, first, blocks, low, range, target)
  FOR_PIECES(UINT64_MAX, FILL_F32)
}

void nascent_uniform_f16(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float low,
    float range, uint16_t *out) {
#define FILL_F16(first, blocks, target) \
  nascent_kernels(path)->uniform_f16(stream, first, blocks, low, range, target)
  FOR_PIECES(UINT64_MAX, FILL_F16)
}

void nascent_uniform_bf16(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float low,
    float range, uint16_t *out) {
#define FILL_BF16(first, blocks, target) \
  nascent_kernels(path)->uniform_bf16(stream, first, blocks, low, range, target)
  FOR_PIECES(UINT64_MAX, FILL_BF16)
}

static double unit_f64(uint32_t high, uint32_t low) {
  uint64_t bits = ((uint64_t)(high & 0xfffff) << 32 | low) | (uint64_t)1023 << 52;
  double value;
  memcpy(&value, &bits, sizeof value);
  return value - 1.0;
}

void nascent_uniform_f64(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, double low,
    double range, double *out) {
  uint32_t words[2 * tile_elements];
  FOR_TILES({
    nascent_philox_words(path, stream, 2 * start, 2 * taken, words);
    for (uint64_t i = 0; i < taken; i++) {
      out[i] = unit_f64(words[2 * i], words[2 * i + 1]) * range + low;
    }
  })
}

void nascent_normal_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float *out) {
#define FILL_NORMAL(first, blocks, target) \
  nascent_kernels(path)->normal_f32(stream, first, 1, blocks, target)
  FOR_PIECES(UINT64_MAX, FILL_NORMAL)
}

// The most groups of truncated normals that are made together: their samples stay in the first cache.
enum { most_groups = 512, blocks_a_group = 256 };

// True for |z| < 2: the top bit of the exponent is clear then and only then.
static unsigned is_inside(float z) { return ~(float_bits(z) >> 30) & 1; }

static int are_inside(const float z[4]) {
  uint64_t pair[2];
  memcpy(pair, z, sizeof pair);
  return ((pair[0] | pair[1]) & 0x4000000040000000) == 0;
}

// Fills `out` with the four truncated normals of groups first ..< first + groups.
//
// The first block of every group is drawn in one sweep; five groups in six are full after it. The
// others are drawn again together, block by block, until none is left.
static void truncated_groups(
    const kernel_table *table, nascent_philox stream, uint64_t first, uint64_t groups, float *out) {
  float drawn[4 * most_groups];
  uint64_t block[most_groups];
  uint16_t open[most_groups];
  uint8_t filled[most_groups];
  table->normal_f32(stream, first * blocks_a_group, blocks_a_group, groups, out);
  uint64_t waiting = 0;
  for (uint64_t g = 0; g < groups; g++) {
    open[waiting] = (uint16_t)g;
    waiting += !are_inside(out + 4 * g);
  }
  for (uint64_t i = 0; i < waiting; i++) {
    float *z = out + 4 * open[i];
    unsigned accepted = 0;
    for (int j = 0; j < 4; j++) {
      float candidate = z[j];
      z[accepted] = candidate;
      accepted += is_inside(candidate);
    }
    filled[i] = (uint8_t)accepted;
    block[i] = (first + open[i]) * blocks_a_group;
  }
  while (waiting > 0) {
    for (uint64_t i = 0; i < waiting; i++) block[i] += 1;
    table->normal_f32_at(stream, block, waiting, drawn);
    uint64_t still = 0;
    for (uint64_t i = 0; i < waiting; i++) {
      float *z = out + 4 * open[i];
      unsigned accepted = filled[i];
      for (int j = 0; j < 4 && accepted < 4; j++) {
        z[accepted] = drawn[4 * i + j];
        accepted += is_inside(drawn[4 * i + j]);
      }
      filled[still] = (uint8_t)accepted;
      open[still] = open[i];
      block[still] = block[i];
      still += accepted < 4;
    }
    waiting = still;
  }
}

void nascent_truncated_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float *out) {
#define FILL_TRUNCATED(first, groups, target) \
  truncated_groups(nascent_kernels(path), stream, first, groups, target)
  FOR_PIECES(most_groups, FILL_TRUNCATED)
}

static void box_muller_f64(const uint32_t word[4], double out[2]) {
  double u = unit_f64(word[0], word[1]);
  if (u < 1e-7) u = 1e-7;
  double sine, cosine;
  nascent_sincos64(unit_f64(word[2], word[3]) * 0x1.921fb54442d18p2, &sine, &cosine);
  double radius = __builtin_sqrt(nascent_log64(u) * -2.0);
  out[0] = sine * radius;
  out[1] = cosine * radius;
}

void nascent_normal_f64(nascent_philox stream, uint64_t start, uint64_t count, double *out) {
  while (count > 0) {
    uint32_t word[4];
    double pair[2];
    nascent_kernels_baseline.words(stream, start / 2, 1, word);
    box_muller_f64(word, pair);
    uint64_t skip = start % 2, take = count < 2 - skip ? count : 2 - skip;
    memcpy(out, pair + skip, take * sizeof *out);
    start += take, count -= take, out += take;
  }
}

void nascent_truncated_f64(nascent_philox stream, uint64_t start, uint64_t count, double *out) {
  while (count > 0) {
    uint64_t block = start / 2 * (blocks_a_group / 2);
    double kept[2];
    unsigned accepted = 0;
    while (accepted < 2) {
      uint32_t word[4];
      double pair[2];
      nascent_kernels_baseline.words(stream, block++, 1, word);
      box_muller_f64(word, pair);
      for (int j = 0; j < 2 && accepted < 2; j++) {
        kept[accepted] = pair[j];
        accepted += __builtin_fabs(pair[j]) < 2.0;
      }
    }
    uint64_t skip = start % 2, take = count < 2 - skip ? count : 2 - skip;
    memcpy(out, kept + skip, take * sizeof *out);
    start += take, count -= take, out += take;
  }
}

void nascent_scale_f32(uint64_t count, float scale, float offset, float *values) {
  for (uint64_t i = 0; i < count; i++) values[i] = values[i] * scale + offset;
}

void nascent_scale_f64(uint64_t count, double scale, double offset, double *values) {
  for (uint64_t i = 0; i < count; i++) values[i] = values[i] * scale + offset;
}

// A product or sum of two 16-bit values is exact enough in binary32 that rounding it again to
// 16 bits equals one rounding (24 >= 2 * 11 + 2 bits).
void nascent_scale_to_f16(
    uint64_t count, const float *values, float scale, float offset, uint16_t *out) {
  for (uint64_t i = 0; i < count; i++) {
    float z = f32_from_f16(f16_from_f32(values[i]));
    float product = f32_from_f16(f16_from_f32(z * scale));
    out[i] = f16_from_f32(product + offset);
  }
}

void nascent_scale_to_bf16(
    uint64_t count, const float *values, float scale, float offset, uint16_t *out) {
  for (uint64_t i = 0; i < count; i++) {
    float z = f32_from_bf16(bf16_from_f32(values[i]));
    float product = f32_from_bf16(bf16_from_f32(z * scale));
    out[i] = bf16_from_f32(product + offset);
  }
}

uint16_t nascent_f16_from_f32(float value) { return f16_from_f32(value); }
uint16_t nascent_bf16_from_f32(float value) { return bf16_from_f32(value); }
uint16_t nascent_f16_from_f64(double value) { return f16_from_f64(value); }
uint16_t nascent_bf16_from_f64(double value) { return bf16_from_f64(value); }
float nascent_f32_from_f16(uint16_t bits) { return f32_from_f16(bits); }
float nascent_f32_from_bf16(uint16_t bits) { return f32_from_bf16(bits); }

void nascent_box_muller_terms(
    nascent_path path, uint32_t first_mantissa, uint32_t count, float *logarithm, float *sine,
    float *cosine) {
  nascent_kernels(path)->terms(first_mantissa, count, logarithm, sine, cosine);
}

uint64_t nascent_orthonormal_stride(uint64_t rows) { return qr_stride(rows); }

// V twice, a factor a block, products and signs a column; see `QR(orthonormal)`.
uint64_t nascent_orthonormal_workspace(uint64_t rows, uint64_t columns) {
  uint64_t blocks = (columns + QR_BLOCK - 1) / QR_BLOCK;
  return (2 * rows + QR_ROWS + blocks * QR_BLOCK + columns) * QR_BLOCK + columns;
}

void nascent_orthonormal_f32(
    nascent_path path, uint64_t rows, uint64_t columns, float *matrix, float *q,
    float *workspace) {
  nascent_kernels(path)->orthonormal_f32(rows, columns, matrix, q, workspace);
}

void nascent_orthonormal_f64(
    nascent_path path, uint64_t rows, uint64_t columns, double *matrix, double *q,
    double *workspace) {
  nascent_kernels(path)->orthonormal_f64(rows, columns, matrix, q, workspace);
}
