// Cuts a draw into tiles that stay in the first cache, and calls the chosen path for each.

#include <string.h>

#include "threefry_kernels.h"
#include "tiles.h"

#pragma STDC FP_CONTRACT OFF

static const threefry_table *kernels(nascent_path path) {
#if defined(__x86_64__)
  if (path == NASCENT_PATH_AVX512) return &nascent_threefry_avx512;
  // Processors with AVX2 and without FMA are rare; they are slower, not different.
  if (path == NASCENT_PATH_AVX2 && __builtin_cpu_supports("fma")) return &nascent_threefry_avx2;
#endif
  (void)path;
  return &nascent_threefry_baseline;
}

void nascent_threefry_block(const uint32_t key[2], const uint32_t counter[2], uint32_t out[2]) {
  out[0] = counter[0];
  out[1] = counter[1];
  nascent_threefry_baseline.hash(key, 1, &out[0], &out[1]);
}

// Words of one application of the older mode to 0 ..< total, total < 2^32: word i is the first output
// of the pair (i, i + half), word half + i the second; an odd total is padded with a 0.
static void halved_words(
    nascent_path path, const uint32_t key[2], uint64_t total, uint64_t start, uint64_t count,
    uint32_t *out) {
  uint64_t half = (total + 1) / 2;
  uint32_t x0[tile_elements], x1[tile_elements];
  while (count > 0) {
    uint64_t is_second = start >= half;
    uint64_t end = is_second ? total : half;
    uint64_t taken = end - start < count ? end - start : count;
    if (taken > tile_elements) taken = tile_elements;
    for (uint64_t i = 0; i < taken; i++) {
      uint64_t pair = start - is_second * half + i;
      x0[i] = (uint32_t)pair;
      x1[i] = pair + half < total ? (uint32_t)(pair + half) : 0;
    }
    kernels(path)->hash(key, taken, x0, x1);
    memcpy(out, is_second ? x1 : x0, taken * sizeof *out);
    start += taken, count -= taken, out += taken;
  }
}

void nascent_threefry_original_words(
    nascent_path path, const uint32_t key[2], uint64_t total, uint64_t start, uint64_t count,
    uint32_t *out) {
  // Counters have 32 bits: longer draws are made of blocks, each with a key of its own.
  const uint64_t block_words = 0xffffffff;
  uint64_t blocks = total / block_words;
  if (blocks == 0) {
    halved_words(path, key, total, start, count, out);
    return;
  }
  while (count > 0) {
    uint64_t block = start / block_words, place = start % block_words;
    uint64_t size = block < blocks ? block_words : total % block_words;
    uint64_t taken = size - place < count ? size - place : count;
    uint32_t own[2];
    halved_words(path, key, 2 * (blocks + 1), 2 * block, 2, own);
    halved_words(path, own, size, place, taken, out);
    start += taken, count -= taken, out += taken;
  }
}

static void original_bits32(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, uint32_t *out) {
  const uint32_t key[2] = {draw.key0, draw.key1};
  uint64_t in_word = 32 / draw.width;
  uint64_t total = (draw.element_count + in_word - 1) / in_word;
  if (in_word == 1) {
    nascent_threefry_original_words(path, key, total, start, count, out);
    return;
  }
  uint32_t words[tile_elements];
  uint32_t mask = ((uint32_t)1 << draw.width) - 1;
  while (count > 0) {
    uint64_t skip = start % in_word, room = tile_elements * in_word - skip;
    uint64_t taken = count < room ? count : room;
    nascent_threefry_original_words(
        path, key, total, start / in_word, (skip + taken + in_word - 1) / in_word, words);
    // The lowest bits of a word come first.
    for (uint64_t i = 0; i < taken; i++) {
      uint64_t place = skip + i;
      out[i] = words[place / in_word] >> (place % in_word * draw.width) & mask;
    }
    start += taken, count -= taken, out += taken;
  }
}

void nascent_threefry_bits32(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, uint32_t *out) {
  if (!draw.is_partitionable) {
    original_bits32(path, draw, start, count, out);
    return;
  }
  const uint32_t key[2] = {draw.key0, draw.key1};
  kernels(path)->words(key, start, count, out);
  if (draw.width == 32) return;
  uint32_t mask = ((uint32_t)1 << draw.width) - 1;
  for (uint64_t i = 0; i < count; i++) out[i] &= mask;
}

void nascent_threefry_bits64(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, uint64_t *out) {
  const uint32_t key[2] = {draw.key0, draw.key1};
  if (draw.is_partitionable) {
    kernels(path)->long_words(key, start, count, out);
    return;
  }
  // All upper words come before all lower ones.
  uint32_t high[tile_elements], low[tile_elements];
  uint64_t n = draw.element_count;
  FOR_TILES({
    nascent_threefry_original_words(path, key, 2 * n, start, taken, high);
    nascent_threefry_original_words(path, key, 2 * n, n + start, taken, low);
    for (uint64_t i = 0; i < taken; i++) out[i] = (uint64_t)high[i] << 32 | low[i];
  })
}

void nascent_threefry_uniform_f32(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, float low,
    float range, float *out) {
  uint32_t bits[tile_elements];
  FOR_TILES({
    nascent_threefry_bits32(path, draw, start, taken, bits);
    kernels(path)->uniform_f32(bits, taken, low, range, out);
  })
}

void nascent_threefry_uniform_f64(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, double low,
    double range, double *out) {
  uint64_t bits[tile_elements];
  FOR_TILES({
    nascent_threefry_bits64(path, draw, start, taken, bits);
    kernels(path)->uniform_f64(bits, taken, low, range, out);
  })
}

void nascent_threefry_normal_f32(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, float low,
    float range, float minimum, float maximum, float *out) {
  FOR_TILES({
    nascent_threefry_uniform_f32(path, draw, start, taken, low, range, out);
    kernels(path)->normal_f32(taken, minimum, maximum, out);
  })
}

void nascent_threefry_normal_f64(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, double low,
    double range, double minimum, double maximum, double *out) {
  FOR_TILES({
    nascent_threefry_uniform_f64(path, draw, start, taken, low, range, out);
    kernels(path)->normal_f64(taken, minimum, maximum, out);
  })
}

void nascent_threefry_table_u16(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count,
    const uint16_t *table, uint32_t shift, uint16_t *out) {
  uint32_t bits[tile_elements];
  FOR_TILES({
    nascent_threefry_bits32(path, draw, start, taken, bits);
    for (uint64_t i = 0; i < taken; i++) out[i] = table[bits[i] >> shift];
  })
}

void nascent_erf_inv_f32(nascent_path path, uint64_t count, const float *x, float *out) {
  kernels(path)->erf_inv_f32(count, x, out);
}

void nascent_multiply_f32(uint64_t count, float scale, float *values) {
  for (uint64_t i = 0; i < count; i++) values[i] *= scale;
}

void nascent_multiply_f64(uint64_t count, double scale, double *values) {
  for (uint64_t i = 0; i < count; i++) values[i] *= scale;
}

void nascent_flush_f32(uint64_t count, float *values) {
  for (uint64_t i = 0; i < count; i++) {
    if (__builtin_fabsf(values[i]) < 0x1p-126f) values[i] = __builtin_copysignf(0.0f, values[i]);
  }
}

void nascent_flush_f64(uint64_t count, double *values) {
  for (uint64_t i = 0; i < count; i++) {
    if (__builtin_fabs(values[i]) < 0x1p-1022) values[i] = __builtin_copysign(0.0, values[i]);
  }
}
