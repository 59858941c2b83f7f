// The loops of JAX's random numbers, once for every path: LANES 32-bit lanes a vector, results in
// THREEFRY_TABLE.
//
// XLA's code generator fuses a product that is used once into the addition after it. FMA marks those
// places; everything else rounds after each operation. Without such an instruction the compiler calls
// C's fma, which rounds once as well.

#include <string.h>

#include "threefry_erf_inv64.h"
#include "threefry_kernels.h"

#pragma STDC FP_CONTRACT OFF
// Vectors are passed between functions of one file only.
#pragma clang diagnostic ignored "-Wpsabi"

typedef uint32_t words_v __attribute__((vector_size(4 * LANES)));
typedef int32_t ints_v __attribute__((vector_size(4 * LANES)));
typedef float floats_v __attribute__((vector_size(4 * LANES)));

#define ALL(value) ((floats_v){} + (value))
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)

static inline floats_v select(ints_v mask, floats_v yes, floats_v no) {
  return (floats_v)((mask & (ints_v)yes) | (~mask & (ints_v)no));
}

static inline words_v rotated(words_v x, int by) { return (x << by) | (x >> (32 - by)); }

// Independent vectors at once: a round waits for the one before.
enum { abreast = 2, step = abreast * LANES };

// Twenty rounds on each vector: five groups of four, a part of the key after each.
static inline void threefry(const uint32_t key[2], words_v a[abreast], words_v b[abreast]) {
  const uint32_t schedule[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA};
  static const int rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
#pragma clang loop unroll(full)
  for (int i = 0; i < abreast; i++) {
    a[i] += schedule[0];
    b[i] += schedule[1];
  }
#pragma clang loop unroll(full)
  for (int group = 0; group < 5; group++) {
#pragma clang loop unroll(full)
    for (int round = 0; round < 4; round++) {
      const int by = rotations[group % 2][round];
#pragma clang loop unroll(full)
      for (int i = 0; i < abreast; i++) {
        a[i] += b[i];
        b[i] = a[i] ^ rotated(b[i], by);
      }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < abreast; i++) {
      a[i] += schedule[(group + 1) % 3];
      b[i] += schedule[(group + 2) % 3] + (uint32_t)(group + 1);
    }
  }
}

static inline words_v lanes(void) {
  words_v lane;
  for (int i = 0; i < LANES; i++) lane[i] = (uint32_t)i;
  return lane;
}

// The hashes of the 64-bit counters first ..< first + step.
static inline void hash_counters(
    const uint32_t key[2], uint64_t first, words_v x0[abreast], words_v x1[abreast]) {
#pragma clang loop unroll(full)
  for (int i = 0; i < abreast; i++) {
    x1[i] = lanes() + (uint32_t)(first + (uint64_t)(i * LANES));
    // A lane whose lower word went past the end carries into the upper one.
    words_v carry = (words_v)(x1[i] < (uint32_t)first);
    x0[i] = (words_v){} + (uint32_t)(first >> 32) - carry;
  }
  threefry(key, x0, x1);
}

static void words(const uint32_t key[2], uint64_t first, uint64_t count, uint32_t *out) {
  for (uint64_t done = 0; done < count; done += step) {
    words_v x0[abreast], x1[abreast];
    hash_counters(key, first + done, x0, x1);
    for (int i = 0; i < abreast; i++) x0[i] ^= x1[i];
    if (count - done >= step) {
      memcpy(out + done, x0, sizeof x0);
    } else {
      memcpy(out + done, x0, 4 * (count - done));
    }
  }
}

static void long_words(const uint32_t key[2], uint64_t first, uint64_t count, uint64_t *out) {
  for (uint64_t done = 0; done < count; done += step) {
    words_v x0[abreast], x1[abreast];
    hash_counters(key, first + done, x0, x1);
    const uint32_t *high = (const uint32_t *)x0, *low = (const uint32_t *)x1;
    uint64_t taken = count - done < step ? count - done : step;
    for (uint64_t i = 0; i < taken; i++) out[done + i] = (uint64_t)high[i] << 32 | low[i];
  }
}

static void hash(const uint32_t key[2], uint64_t count, uint32_t *x0, uint32_t *x1) {
  for (uint64_t done = 0; done < count; done += step) {
    words_v a[abreast] = {}, b[abreast] = {};
    uint64_t bytes = 4 * (count - done < step ? count - done : step);
    memcpy(a, x0 + done, bytes);
    memcpy(b, x1 + done, bytes);
    threefry(key, a, b);
    memcpy(x0 + done, a, bytes);
    memcpy(x1 + done, b, bytes);
  }
}

// A vector of the elements at `from`, of which `rest` are there.
static inline floats_v loaded(const void *from, uint64_t rest) {
  floats_v value = {};
  if (rest >= LANES) {
    memcpy(&value, from, sizeof value);
  } else {
    memcpy(&value, from, 4 * rest);
  }
  return value;
}

static inline void stored(floats_v value, void *to, uint64_t rest) {
  if (rest >= LANES) {
    memcpy(to, &value, sizeof value);
  } else {
    memcpy(to, &value, 4 * rest);
  }
}

static void uniform_f32(
    const uint32_t *bits, uint64_t count, float low, float range, float *out) {
  for (uint64_t done = 0; done < count; done += LANES) {
    words_v word = (words_v)loaded(bits + done, count - done);
    floats_v f = (floats_v)((word >> 9) | 0x3f800000) - 1.0f;
    floats_v u = FMA(f, ALL(range), ALL(low));
    stored(__builtin_elementwise_max(u, ALL(low)), out + done, count - done);
  }
}

static void uniform_f64(
    const uint64_t *bits, uint64_t count, double low, double range, double *out) {
  for (uint64_t i = 0; i < count; i++) {
    uint64_t pattern = bits[i] >> 12 | (uint64_t)1023 << 52;
    double f;
    memcpy(&f, &pattern, sizeof f);
    double u = __builtin_fma(f - 1.0, range, low);
    out[i] = u > low ? u : low;
  }
}

// Cephes' logf, as XLA evaluates it: three interleaved polynomials of degree 2 in x^3.
static inline floats_v log_float(floats_v u) {
  u = select(u > 0x1p-126f, u, ALL(0x1p-126f));
  words_v bits = (words_v)u;
  floats_v exponent = __builtin_convertvector((ints_v)(bits >> 23) - 127, floats_v) + 1.0f;
  floats_v m = (floats_v)((bits & 0x807fffff) | 0x3f000000);
  // Below √½ the mantissa is doubled and the exponent lowered.
  ints_v is_low = m < 0x1.6a09e6p-1f;
  floats_v x = (m - 1.0f) + select(is_low, m, ALL(0.0f));
  exponent -= select(is_low, ALL(1.0f), ALL(0.0f));
  floats_v x2 = x * x;
  floats_v x3 = x2 * x;
  floats_v p = FMA(x, ALL(0x1.204376p-4f), ALL(-0x1.d7a37p-4f));
  floats_v q = FMA(x, ALL(-0x1.fcba9ep-4f), ALL(0x1.23d37ep-3f));
  floats_v r = FMA(x, ALL(0x1.999d58p-3f), ALL(-0x1.fffff8p-3f));
  p = FMA(p, x, ALL(0x1.de4a34p-4f));
  q = FMA(q, x, ALL(-0x1.555cap-3f));
  r = FMA(r, x, ALL(0x1.555554p-2f));
  floats_v y = FMA(FMA(p, x3, q), x3, r);
  // ln 2 in two parts, the upper of which has few digits.
  y = FMA(y, x3, exponent * -0x1.bd0106p-13f);
  y = FMA(x2, ALL(-0.5f), x) + y;
  return FMA(exponent, ALL(0x1.63p-1f), y);
}

// Horner's rule, highest coefficient first.
static inline floats_v horner(const float *coefficient, int count, floats_v x) {
  floats_v y = ALL(coefficient[0]);
#pragma clang loop unroll(full)
  for (int i = 1; i < count; i++) y = FMA(y, x, ALL(coefficient[i]));
  return y;
}

// log(1 + t): Cephes' rational function near 0, else the logarithm of the rounded sum.
static inline floats_v log1p_float(floats_v t) {
  static const float denominator[7] = {
      1.0f,           0x1.e2035ap+3f, 0x1.4c30b6p+6f, 0x1.bb865ap+7f,
      0x1.351946p+8f, 0x1.b0db14p+7f, 0x1.e0f304p+5f};
  static const float numerator[7] = {
      4.527000e-05f,  0x1.fe818ap-2f, 0x1.a509f4p+2f, 0x1.de9738p+4f,
      0x1.e798ecp+5f, 0x1.c8e75ap+5f, 0x1.40a202p+4f};
  floats_v t2 = t * t;
  floats_v ratio = horner(numerator, 7, t) / horner(denominator, 7, t);
  floats_v near = t + FMA(t2, ALL(-0.5f), (t * t2) * ratio);
  floats_v far = log_float(t + 1.0f);
  return select(__builtin_elementwise_abs(t) < 0x1.a8279ap-2f, near, far);
}

// Giles (2012), "Approximating the erfinv function", single precision: one polynomial for the middle
// and one for the tails, in w of -log(1 - x^2).
static inline floats_v erf_inv_float(floats_v x) {
  static const float middle[9] = {
      0x1.e2cb1p-26f,   0x1.70966cp-22f, -0x1.d8e6aep-19f, -0x1.26b582p-18f, 0x1.ca65b6p-13f,
      -0x1.48a81p-10f,  -0x1.11c9dep-8f, 0x1.f91ec6p-3f,   0x1.805c5ep+0f};
  static const float tail[9] = {
      -0x1.a3e136p-13f, 0x1.a76ad6p-14f, 0x1.61b8e4p-10f,  -0x1.e17bcep-9f,  0x1.7824f6p-8f,
      -0x1.f38baep-8f,  0x1.354afcp-7f,  0x1.006db6p+0f,   0x1.6a9efcp+1f};
  floats_v logarithm = log1p_float(x * -x);
  ints_v is_middle = logarithm > -5.0f;
  floats_v w = -2.5f - logarithm;
  floats_v y;
  if (__builtin_reduce_and(is_middle) != 0) {
    // 97 vectors in 100 of eight lanes.
    y = horner(middle, 9, w);
  } else {
    w = select(is_middle, w, __builtin_elementwise_sqrt(-logarithm) - 3.0f);
    y = select(is_middle, ALL(middle[0]), ALL(tail[0]));
#pragma clang loop unroll(full)
    for (int i = 1; i < 9; i++) y = FMA(y, w, select(is_middle, ALL(middle[i]), ALL(tail[i])));
    y = select(__builtin_elementwise_abs(x) == 1.0f, ALL(__builtin_inff()), y);
  }
  return x * y;
}

static void normal_f32(uint64_t count, float minimum, float maximum, float *values) {
  for (uint64_t done = 0; done < count; done += LANES) {
    floats_v z = erf_inv_float(loaded(values + done, count - done)) * 0x1.6a09e6p+0f;
    z = __builtin_elementwise_max(z, ALL(minimum));
    z = __builtin_elementwise_min(z, ALL(maximum));
    stored(z, values + done, count - done);
  }
}

static void normal_f64(uint64_t count, double minimum, double maximum, double *values) {
  for (uint64_t i = 0; i < count; i++) {
    double z = nascent_erf_inv64(values[i]) * 0x1.6a09e667f3bcdp+0;
    z = z < minimum ? minimum : z;
    values[i] = z > maximum ? maximum : z;
  }
}

static void erf_inv_f32(uint64_t count, const float *x, float *out) {
  for (uint64_t done = 0; done < count; done += LANES) {
    stored(erf_inv_float(loaded(x + done, count - done)), out + done, count - done);
  }
}

const threefry_table THREEFRY_TABLE = {words,       long_words, hash,       uniform_f32,
                                       uniform_f64, normal_f32, normal_f64, erf_inv_f32};
