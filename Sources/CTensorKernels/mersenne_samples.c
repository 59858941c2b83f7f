// Words of MT19937 to samples, in each element type.

#include <string.h>

#include "half.h"
#include "mersenne_kernels.h"

#pragma STDC FP_CONTRACT OFF

const mersenne_table *nascent_mersenne_kernels(nascent_path path) {
#if defined(__x86_64__)
  // The AVX2 path uses fused multiply-add instructions as well.
  __builtin_cpu_init();
  if (path != NASCENT_PATH_BASELINE && __builtin_cpu_supports("avx2") &&
      __builtin_cpu_supports("fma")) {
    return &nascent_mersenne_avx2;
  }
#endif
  (void)path;
  return &nascent_mersenne_baseline;
}

enum { block_size = 16 };

static uint16_t narrowed(nascent_element element, float value) {
  return element == NASCENT_F16 ? f16_from_f32(value) : bf16_from_f32(value);
}

static float widened(nascent_element element, uint16_t bits) {
  return element == NASCENT_F16 ? f32_from_f16(bits) : f32_from_bf16(bits);
}

static void uniform_u16(
    const mersenne_table *kernels, nascent_element element, const uint32_t *words, uint64_t count,
    float low, float high, uint16_t *out) {
  uint16_t bottom = narrowed(element, low);
  float top = widened(element, narrowed(element, high));
  while (count > 0) {
    float values[256];
    uint64_t take = count < 256 ? count : 256;
    kernels->uniform_f32(words, take, low, high - low, values);
    for (uint64_t i = 0; i < take; i++) {
      uint16_t bits = narrowed(element, values[i]);
      out[i] = widened(element, bits) == top ? bottom : bits;
    }
    words += take, out += take, count -= take;
  }
}

void nascent_mt_uniform(
    nascent_path path, nascent_element element, const uint32_t *words, uint64_t count, double low,
    double high, void *out) {
  const mersenne_table *kernels = nascent_mersenne_kernels(path);
  if (element == NASCENT_F64) {
    double *values = out;
    kernels->uniform_f64(words, count, low, high - low, values);
    for (uint64_t i = 0; i < count; i++) values[i] = values[i] == high ? low : values[i];
  } else if (element == NASCENT_F32) {
    float *values = out, bottom = (float)low, top = (float)high;
    kernels->uniform_f32(words, count, bottom, top - bottom, values);
    for (uint64_t i = 0; i < count; i++) values[i] = values[i] == top ? bottom : values[i];
  } else {
    uniform_u16(kernels, element, words, count, (float)low, (float)high, out);
  }
}

void nascent_mt_normal(
    nascent_path path, nascent_element element, const uint32_t *words, uint64_t blocks,
    double mean, double deviation, void *out) {
  const mersenne_table *kernels = nascent_mersenne_kernels(path);
  if (element == NASCENT_F64) {
    nascent_mt_normal_f64(words, blocks, mean, deviation, out);
  } else if (element == NASCENT_F32) {
    kernels->normal_f32(words, blocks, (float)mean, (float)deviation, out);
  } else {
    uint16_t *halves = out;
    for (uint64_t block = 0; block < blocks; block++) {
      float values[block_size];
      kernels->normal_f32(words + block_size * block, 1, (float)mean, (float)deviation, values);
      for (int i = 0; i < block_size; i++) *halves++ = narrowed(element, values[i]);
    }
  }
}

void nascent_mt_short_normal(
    nascent_element element, uint64_t count, const double *normals, double mean, double deviation,
    void *out) {
  for (uint64_t i = 0; i < count; i++) {
    double value = __builtin_fma(normals[i], deviation, mean);
    if (element == NASCENT_F64) {
      ((double *)out)[i] = value;
    } else if (element == NASCENT_F32) {
      ((float *)out)[i] = (float)value;
    } else {
      // By way of float: two roundings.
      ((uint16_t *)out)[i] = narrowed(element, (float)value);
    }
  }
}

void nascent_mt_scale(
    nascent_element element, uint64_t count, double factor, double addend, void *values) {
  for (uint64_t i = 0; i < count; i++) {
    if (element == NASCENT_F64) {
      double *value = (double *)values + i;
      *value = *value * factor + addend;
    } else if (element == NASCENT_F32) {
      float *value = (float *)values + i;
      *value = *value * (float)factor + (float)addend;
    } else {
      uint16_t *value = (uint16_t *)values + i;
      float product = widened(element, *value) * (float)factor;
      // PyTorch rounds the number that it adds to the type, but not the one that it multiplies by.
      float rounded = widened(element, narrowed(element, (float)addend));
      float sum = widened(element, narrowed(element, product)) + rounded;
      *value = narrowed(element, sum);
    }
  }
}
