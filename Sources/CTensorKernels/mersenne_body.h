// The loops over MT19937's words, once for every path; the table is MERSENNE_TABLE.
//
// PyTorch fuses multiplications and additions in the places that say `fma`, and rounds after each
// operation everywhere else. Without such an instruction the compiler calls C's fma, which rounds
// once as well.

#include "mersenne_kernels.h"

#pragma STDC FP_CONTRACT OFF
// Vectors of eight are passed between functions of one file only.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float eight_floats __attribute__((vector_size(32)));
typedef int32_t eight_ints __attribute__((vector_size(32)));

#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define ALL(value) ((eight_floats){} + (value))

static void extend(uint32_t *sequence, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    uint32_t y = (sequence[i] & 0x80000000) | (sequence[i + 1] & 0x7fffffff);
    uint32_t matrix = -(y & 1) & 0x9908b0df;
    sequence[i + 624] = sequence[i + 397] ^ (y >> 1) ^ matrix;
  }
}

static void temper(const uint32_t *sequence, uint64_t count, uint32_t *restrict out) {
  for (uint64_t i = 0; i < count; i++) {
    uint32_t y = sequence[i];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    out[i] = y ^ (y >> 18);
  }
}

static void add(const uint32_t *words, uint32_t *restrict sum) {
  for (int i = 0; i < nascent_mt_size; i++) sum[i] ^= words[i];
}

static void uniform_f32(
    const uint32_t *restrict words, uint64_t count, float low, float width, float *restrict out) {
  for (uint64_t i = 0; i < count; i++) {
    float u = (float)(int32_t)(words[i] & 0xffffff) * 0x1p-24f;
    out[i] = __builtin_fmaf(u, width, low);
  }
}

static void uniform_f64(
    const uint32_t *restrict words, uint64_t count, double low, double width,
    double *restrict out) {
  for (uint64_t i = 0; i < count; i++) {
    uint64_t bits = (uint64_t)words[2 * i] << 32 | words[2 * i + 1];
    double u = (double)(int64_t)(bits & 0x1fffffffffffff) * 0x1p-53;
    out[i] = __builtin_fma(u, width, low);
  }
}

static inline eight_floats select(eight_ints mask, eight_floats yes, eight_floats no) {
  return (eight_floats)((mask & (eight_ints)yes) | (~mask & (eight_ints)no));
}

// The natural logarithm of x in [2^-24, 1].
//
// Source: Moshier's Cephes library, `logf`, as PyTorch's log256_ps evaluates it.
static inline eight_floats log8(eight_floats x) {
  static const float coefficients[9] = {
    7.0376836292E-2f,  -1.1514610310E-1f, 1.1676998740E-1f, -1.2420140846E-1f, 1.4249322787E-1f,
    -1.6668057665E-1f, 2.0000714765E-1f,  -2.4999993993E-1f, 3.3333331174E-1f,
  };
  eight_ints bits = (eight_ints)x;
  eight_floats exponent = __builtin_convertvector((bits >> 23) - 127, eight_floats) + 1.0f;
  x = (eight_floats)((bits & 0x007fffff) | 0x3f000000);
  // x in [0.5, 1): below √½ it is doubled.
  eight_ints is_low = x < 0.707106781186547524f;
  eight_floats doubling = select(is_low, x, ALL(0.0f));
  x = x - 1.0f;
  exponent = exponent - select(is_low, ALL(1.0f), ALL(0.0f));
  x = x + doubling;
  eight_floats z = x * x;
  eight_floats y = ALL(coefficients[0]);
#pragma clang loop unroll(full)
  for (int i = 1; i < 9; i++) y = FMA(y, x, ALL(coefficients[i]));
  y = y * x;
  y = FMA(y, z, exponent * -2.12194440e-4f);
  y = FMA(z, ALL(-0.5f), y);
  return FMA(exponent, ALL(0.693359375f), x + y);
}

// Sine and cosine of x in [0, 2 pi].
//
// Source: Moshier's Cephes library, `sinf` and `cosf`, as PyTorch's sincos256_ps evaluates them.
static inline void sincos8(eight_floats x, eight_floats *sine, eight_floats *cosine) {
  // The octant, made even, and the angle from its axis; pi/4 is the sum of three numbers.
  eight_ints octant = (__builtin_convertvector(x * 1.27323954473516f, eight_ints) + 1) & ~1;
  eight_floats y = __builtin_convertvector(octant, eight_floats);
  x = FMA(y, ALL(-0.78515625f), x);
  x = FMA(y, ALL(-2.4187564849853515625e-4f), x);
  x = FMA(y, ALL(-3.77489497744594108e-8f), x);
  eight_floats z = x * x;
  eight_floats c = FMA(ALL(2.443315711809948E-005f), z, ALL(-1.388731625493765E-003f));
  c = FMA(c, z, ALL(4.166664568298827E-002f));
  c = c * z;
  c = FMA(c, z, -(z * 0.5f));
  c = c + 1.0f;
  eight_floats s = FMA(ALL(-1.9515295891E-4f), z, ALL(8.3321608736E-3f));
  s = FMA(s, z, ALL(-1.6666654611E-1f));
  s = s * z;
  s = FMA(s, x, x);
  eight_ints is_plain = (octant & 2) == 0;
  eight_ints sine_sign = (octant & 4) << 29;
  eight_ints cosine_sign = (~(octant - 2) & 4) << 29;
  *sine = (eight_floats)((eight_ints)select(is_plain, s, c) ^ sine_sign);
  *cosine = (eight_floats)((eight_ints)select(is_plain, c, s) ^ cosine_sign);
}

static inline eight_floats unit8(const uint32_t *words) {
  eight_ints bits;
  __builtin_memcpy(&bits, words, sizeof bits);
  return __builtin_convertvector(bits & 0xffffff, eight_floats) * 0x1p-24f;
}

// The Box-Muller transform of eight pairs at once.
static void normal_f32(
    const uint32_t *words, uint64_t blocks, float mean, float deviation, float *out) {
  for (uint64_t block = 0; block < blocks; block++, words += 16, out += 16) {
    eight_floats squared = log8(1.0f - unit8(words)) * -2.0f;
    eight_floats radius = __builtin_elementwise_sqrt(squared);
    eight_floats sine, cosine;
    sincos8(unit8(words + 8) * 6.2831853071795864769f, &sine, &cosine);
    eight_floats first = FMA(radius * cosine, ALL(deviation), ALL(mean));
    eight_floats second = FMA(radius * sine, ALL(deviation), ALL(mean));
    __builtin_memcpy(out, &first, sizeof first);
    __builtin_memcpy(out + 8, &second, sizeof second);
  }
}

const mersenne_table MERSENNE_TABLE = {
  .extend = extend,
  .temper = temper,
  .add = add,
  .uniform_f32 = uniform_f32,
  .uniform_f64 = uniform_f64,
  .normal_f32 = normal_f32,
};
