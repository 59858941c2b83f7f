#ifndef NASCENT_THREEFRY_H
#define NASCENT_THREEFRY_H

// JAX's random numbers on a CPU: Threefry 2x32-20 and what XLA makes of its words.
//
// Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3";
// JAX's `prng.py` and `random/core.py` for keys and samples; XLA's CPU code generator for the
// arithmetic, which fuses multiplications and additions in fixed places.

#include <stdint.h>

/// The bits of one draw: a key, the mode, and what the older mode needs to know of the whole draw.
typedef struct nascent_threefry {
  uint32_t key0;
  uint32_t key1;
  /// 1: element i is made of the hash of i. 0: the older mode, where words are the hashes of
  /// 0, 1, ... in two halves.
  uint32_t is_partitionable;
  /// 8, 16, 32 or 64 bits an element.
  uint32_t width;
  /// The number of elements of the whole draw.
  uint64_t element_count;
} nascent_threefry;

/// Twenty rounds of Threefry on one pair of words.
void nascent_threefry_block(const uint32_t key[2], const uint32_t counter[2], uint32_t out[2]);

/// Words start ..< start + count of the `total` words that the older mode makes of 0, 1, ..., total - 1.
void nascent_threefry_original_words(
    nascent_path path, const uint32_t key[2], uint64_t total, uint64_t start, uint64_t count,
    uint32_t *out);

/// The bits of elements of at most 32 bits, one element a word, higher bits 0.
void nascent_threefry_bits32(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, uint32_t *out);
/// The bits of elements of 64 bits.
void nascent_threefry_bits64(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, uint64_t *out);

/// max(low, fma(f, range, low)), f of 23 (52) random bits in [0, 1).
void nascent_threefry_uniform_f32(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, float low,
    float range, float *out);
void nascent_threefry_uniform_f64(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, double low,
    double range, double *out);

/// sqrt(2) erf_inv(u), u as in the uniform draw, brought into [minimum, maximum].
void nascent_threefry_normal_f32(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, float low,
    float range, float minimum, float maximum, float *out);
void nascent_threefry_normal_f64(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count, double low,
    double range, double minimum, double maximum, double *out);

/// table[bits >> shift]: a draw in a 16-bit format has so few values that they are tabulated.
void nascent_threefry_table_u16(
    nascent_path path, nascent_threefry draw, uint64_t start, uint64_t count,
    const uint16_t *table, uint32_t shift, uint16_t *out);

/// XLA's inverse error function in float.
void nascent_erf_inv_f32(nascent_path path, uint64_t count, const float *x, float *out);
/// XLA's error function in float.
float nascent_erf_f32(float x);
/// The C library's error function, bit for bit glibc 2.36's on x86-64 with FMA.
double nascent_erf64(double x);

/// values[i] * scale in place.
void nascent_multiply_f32(uint64_t count, float scale, float *values);
void nascent_multiply_f64(uint64_t count, double scale, double *values);

/// Sets subnormal values to zero, as the processor does in the mode that XLA runs in. The sign stays.
void nascent_flush_f32(uint64_t count, float *values);
void nascent_flush_f64(uint64_t count, double *values);

#endif
