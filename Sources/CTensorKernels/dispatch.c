// Cuts a request at block borders and calls the chosen path for the whole blocks between.

#include <string.h>

#include "half.h"
#include "kernels.h"
#include "portable_math64.h"

#pragma STDC FP_CONTRACT OFF

enum { tile_blocks = 64, tile_elements = 4 * tile_blocks };

nascent_path nascent_best_path(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
    return NASCENT_PATH_AVX512;
  }
  if (__builtin_cpu_supports("avx2")) return NASCENT_PATH_AVX2;
#endif
  return NASCENT_PATH_BASELINE;
}

static const kernel_table *kernels(nascent_path path) {
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

// A run of blocks that covers part of a request: `skip` elements of the first block are not asked
// for, `take` elements are.
typedef struct tile {
  uint64_t first_block, blocks, skip, take;
} tile;

// The next tile of at most tile_blocks blocks for elements start ..< start + count, four a block.
static tile next_tile(uint64_t start, uint64_t count) {
  tile t;
  t.first_block = start / 4;
  t.skip = start % 4;
  uint64_t wanted = tile_elements - t.skip;
  t.take = count < wanted ? count : wanted;
  t.blocks = (t.skip + t.take + 3) / 4;
  return t;
}

// True where the tile's blocks lie wholly inside the request and can be written in place.
static int is_whole(tile t) { return t.skip == 0 && t.take == 4 * t.blocks; }

void nascent_philox_words(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, uint32_t *out) {
  uint32_t spare[tile_elements];
  while (count > 0) {
    tile t = next_tile(start, count);
    uint32_t *target = is_whole(t) ? out : spare;
    kernels(path)->words(stream, t.first_block, t.blocks, target);
    if (target == spare) memcpy(out, spare + t.skip, t.take * sizeof *out);
    start += t.take, count -= t.take, out += t.take;
  }
}

void nascent_uniform_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float low,
    float range, float *out) {
  float spare[4];
  if (start % 4 != 0 && count > 0) {
    uint64_t skip = start % 4, take = count < 4 - skip ? count : 4 - skip;
    kernels(path)->uniform_f32(stream, start / 4, 1, low, range, spare);
    memcpy(out, spare + skip, take * sizeof *out);
    start += take, count -= take, out += take;
  }
  kernels(path)->uniform_f32(stream, start / 4, count / 4, low, range, out);
  if (count % 4 != 0) {
    kernels(path)->uniform_f32(stream, (start + count) / 4, 1, low, range, spare);
    memcpy(out + (count - count % 4), spare, (count % 4) * sizeof *out);
  }
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
  uint32_t words[tile_elements];
  while (count > 0) {
    uint64_t take = count < tile_elements / 2 ? count : tile_elements / 2;
    nascent_philox_words(path, stream, 2 * start, 2 * take, words);
    for (uint64_t i = 0; i < take; i++) {
      out[i] = unit_f64(words[2 * i], words[2 * i + 1]) * range + low;
    }
    start += take, count -= take, out += take;
  }
}

void nascent_uniform_u16(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count,
    const uint16_t *table, uint32_t mask, uint16_t *out) {
  uint32_t words[tile_elements];
  while (count > 0) {
    tile t = next_tile(start, count);
    kernels(path)->words(stream, t.first_block, t.blocks, words);
    for (uint64_t i = 0; i < t.take; i++) out[i] = table[words[t.skip + i] & mask];
    start += t.take, count -= t.take, out += t.take;
  }
}

void nascent_normal_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float *out) {
  float spare[tile_elements];
  while (count > 0) {
    tile t = next_tile(start, count);
    float *target = is_whole(t) ? out : spare;
    kernels(path)->normal_f32(stream, t.first_block, 1, t.blocks, target);
    if (target == spare) memcpy(out, spare + t.skip, t.take * sizeof *out);
    start += t.take, count -= t.take, out += t.take;
  }
}

// Fills `out` with the four truncated normals of groups first ..< first + groups.
//
// The first block of every group is drawn in one sweep; five groups in six are full after it. The
// others are drawn again together, block by block, until none is left.
static void truncated_groups(
    const kernel_table *table, nascent_philox stream, uint64_t first, uint64_t groups, float *out) {
  enum { blocks_a_group = 256 };
  float drawn[tile_elements];
  uint64_t block[tile_blocks];
  uint16_t open[tile_blocks];
  uint8_t filled[tile_blocks];
  uint64_t waiting = 0;
  table->normal_f32(stream, first * blocks_a_group, blocks_a_group, groups, drawn);
  for (uint64_t g = 0; g < groups; g++) {
    const float *z = drawn + 4 * g;
    unsigned accepted = 0;
    for (int j = 0; j < 4; j++) {
      out[4 * g + accepted] = z[j];
      accepted += __builtin_fabsf(z[j]) < 2.0f;
    }
    if (accepted < 4) {
      filled[waiting] = (uint8_t)accepted;
      open[waiting] = (uint16_t)g;
      block[waiting] = (first + g) * blocks_a_group;
      waiting++;
    }
  }
  while (waiting > 0) {
    for (uint64_t i = 0; i < waiting; i++) block[i] += 1;
    table->normal_f32_at(stream, block, waiting, drawn);
    uint64_t still = 0;
    for (uint64_t i = 0; i < waiting; i++) {
      unsigned accepted = filled[i];
      for (int j = 0; j < 4 && accepted < 4; j++) {
        out[4 * (uint64_t)open[i] + accepted] = drawn[4 * i + j];
        accepted += __builtin_fabsf(drawn[4 * i + j]) < 2.0f;
      }
      if (accepted < 4) {
        filled[still] = (uint8_t)accepted;
        open[still] = open[i];
        block[still] = block[i];
        still++;
      }
    }
    waiting = still;
  }
}

void nascent_truncated_f32(
    nascent_path path, nascent_philox stream, uint64_t start, uint64_t count, float *out) {
  float spare[tile_elements];
  while (count > 0) {
    tile t = next_tile(start, count);
    float *target = is_whole(t) ? out : spare;
    truncated_groups(kernels(path), stream, t.first_block, t.blocks, target);
    if (target == spare) memcpy(out, spare + t.skip, t.take * sizeof *out);
    start += t.take, count -= t.take, out += t.take;
  }
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
  enum { blocks_a_group = 128 };
  while (count > 0) {
    uint64_t block = start / 2 * blocks_a_group;
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
  kernels(path)->terms(first_mantissa, count, logarithm, sine, cosine);
}
