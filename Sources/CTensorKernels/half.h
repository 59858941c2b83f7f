#ifndef NASCENT_HALF_H
#define NASCENT_HALF_H

// Conversions between binary32, binary64 and the two 16-bit formats in integer arithmetic, so that
// every processor rounds alike (to nearest, ties to even).

#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint64_t double_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Processors differ in the sign of the NaN that they make: this is the positive quiet one.
static inline float one_nan_f32(float value) {
  return value == value ? value : float_from_bits(0x7fc00000);
}

static inline double one_nan_f64(double value) {
  const uint64_t bits = 0x7ff8000000000000;
  double nan;
  memcpy(&nan, &bits, sizeof nan);
  return value == value ? value : nan;
}

static inline uint16_t bf16_from_f32(float value) {
  uint32_t bits = float_bits(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)((bits >> 16) | 0x40);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static inline float f32_from_bf16(uint16_t bits) { return float_from_bits((uint32_t)bits << 16); }

static inline uint16_t f16_from_f32(float value) {
  uint32_t bits = float_bits(value);
  uint16_t sign = (uint16_t)((bits >> 16) & 0x8000);
  uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00);
  if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
  if (magnitude < 0x38800000) {
    // Subnormal: adding 2^-1 leaves the rounded multiple of 2^-24 in the low bits of the sum.
    float sum = float_from_bits(magnitude) + 0.5f;
    return (uint16_t)(sign | (float_bits(sum) - 0x3f000000));
  }
  uint32_t rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1);
  return (uint16_t)(sign | (rounded >> 13));
}

static inline float f32_from_f16(uint16_t bits) {
  uint32_t sign = (uint32_t)(bits & 0x8000) << 16;
  uint32_t magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00) return float_from_bits(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  if (magnitude < 0x400) {
    // Subnormal: a multiple of 2^-24, exact in binary32.
    float value = (float)magnitude * 0x1p-24f;
    return float_from_bits(sign | float_bits(value));
  }
  return float_from_bits(sign | ((magnitude << 13) + 0x38000000));
}

// Rounds a double to float so that a second rounding to fewer bits is still right: to odd.
static inline float f32_round_to_odd(double value) {
  float nearest = (float)value;
  uint32_t bits = float_bits(nearest);
  if ((double)nearest == value || value != value || (bits & 0x7fffffff) >= 0x7f800000) {
    return nearest;
  }
  double magnitude = value < 0 ? -value : value;
  double found = nearest < 0 ? -(double)nearest : (double)nearest;
  if (found > magnitude) bits -= 1;
  return float_from_bits(bits | 1);
}

static inline uint16_t f16_from_f64(double value) { return f16_from_f32(f32_round_to_odd(value)); }

static inline uint16_t bf16_from_f64(double value) {
  return bf16_from_f32(f32_round_to_odd(value));
}

#endif
