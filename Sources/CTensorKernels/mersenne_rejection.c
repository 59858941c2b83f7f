// The rounds of `torch.nn.init.trunc_normal_`.

#include "CTensorKernels.h"
#include "half.h"
#include "portable_math64.h"

#pragma STDC FP_CONTRACT OFF

static double load(nascent_element element, const void *values, uint64_t i) {
  switch (element) {
  case NASCENT_F16: return f32_from_f16(((const uint16_t *)values)[i]);
  case NASCENT_BF16: return f32_from_bf16(((const uint16_t *)values)[i]);
  case NASCENT_F32: return ((const float *)values)[i];
  default: return ((const double *)values)[i];
  }
}

// to[i] = from[j]
static void copy(
    nascent_element element, const void *from, uint64_t j, void *to, uint64_t i) {
  switch (element) {
  case NASCENT_F16:
  case NASCENT_BF16: ((uint16_t *)to)[i] = ((const uint16_t *)from)[j]; break;
  case NASCENT_F32: ((float *)to)[i] = ((const float *)from)[j]; break;
  default: ((double *)to)[i] = ((const double *)from)[j]; break;
  }
}

// The result of an operation on the element's type: 16-bit types calculate in float.
static double rounded(nascent_element element, double value) {
  switch (element) {
  case NASCENT_F16: return f32_from_f16(f16_from_f32((float)value));
  case NASCENT_BF16: return f32_from_bf16(bf16_from_f32((float)value));
  case NASCENT_F32: return (float)value;
  default: return value;
  }
}

// A factor or divisor of Python beside a tensor of the type; what is added is rounded to the type.
static double factor(nascent_element element, double value) {
  return element == NASCENT_F64 ? value : (float)value;
}

uint64_t nascent_reject(
    nascent_element element, uint64_t count, const void *fresh, double low, double high,
    uint8_t *pending, void *values) {
  uint64_t left = 0;
  for (uint64_t i = 0; i < count; i++) {
    if (!pending[i]) continue;
    double value = load(element, fresh, i);
    if (values) copy(element, fresh, i, values, i);
    pending[i] = value < low || value > high;
    left += pending[i];
  }
  return left;
}

uint64_t nascent_reject_density(
    nascent_element element, uint64_t count, const void *candidates, const void *uniforms,
    double mean, double deviation, double peak, uint8_t *pending, void *values) {
  mean = rounded(element, mean);
  deviation = factor(element, deviation);
  peak = rounded(element, peak);
  uint64_t left = 0;
  for (uint64_t i = 0; i < count; i++) {
    if (!pending[i]) continue;
    if (values) copy(element, candidates, i, values, i);
    // Sums, products and quotients of two floats are rounded right by way of double.
    double density = rounded(element, load(element, candidates, i) - mean);
    density = rounded(element, density / deviation);
    density = rounded(element, density * density);
    density = rounded(element, density * -0.5);
    density = rounded(element, density - peak);
    double u = load(element, uniforms, i);
    // log(0) is less than every density; log(1) is 0.
    pending[i] = u > 0.0 && rounded(element, nascent_log64(u)) > density;
    left += pending[i];
  }
  return left;
}

void nascent_mt_first_inside(
    nascent_element element, uint64_t count, const void *normals, double lower, double upper,
    void *out) {
  for (uint64_t i = 0; i < count; i++) {
    uint64_t taken = 4 * i;
    for (uint64_t j = 4 * i; j < 4 * i + 4; j++) {
      double value = load(element, normals, j);
      if (value > lower && value < upper) {
        taken = j;
        break;
      }
    }
    copy(element, normals, taken, out, i);
  }
}
