// Elementary functions on sums of two doubles; see elementary.h.

#include "elementary.h"

#include <stdint.h>
#include <string.h>

#include "portable_math64.h"

#if defined(__FAST_MATH__)
#error "elementary.c needs IEEE arithmetic in the written order"
#endif

#pragma STDC FP_CONTRACT OFF

/// high + low, |low| at most half of high's last digit.
typedef struct pair {
  double high, low;
} pair;

/// a + b exactly, for |a| >= |b| or a = 0 (Dekker 1971).
static pair fast_sum(double a, double b) {
  double sum = a + b;
  return (pair){sum, b - (sum - a)};
}

/// a + b exactly (Knuth, "Seminumerical algorithms", 4.2.2, theorem B).
static pair exact_sum(double a, double b) {
  double sum = a + b;
  double part = sum - a;
  return (pair){sum, (a - (sum - part)) + (b - part)};
}

/// a * b exactly.
static pair exact_product(double a, double b) {
  double product = a * b;
  return (pair){product, __builtin_fma(a, b, -product)};
}

static pair sum(pair a, pair b) {
  pair s = exact_sum(a.high, b.high);
  return fast_sum(s.high, s.low + (a.low + b.low));
}

static pair product(pair a, pair b) {
  pair p = exact_product(a.high, b.high);
  return fast_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}

static uint64_t bits_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/// 2^k for -1022 <= k <= 1023.
static double power_of_two(int k) { return from_bits((uint64_t)(k + 1023) << 52); }

/// x * 2^k with one rounding for a normal result.
static double scale(double x, int k) {
  if (k > 1023) return x * 0x1p1023 * power_of_two(k - 1023 > 1023 ? 1023 : k - 1023);
  if (k < -1021) return x * power_of_two(k + 200 < -1022 ? -1022 : k + 200) * 0x1p-200;
  return x * power_of_two(k);
}

/// 2^(j/32) as a sum of two doubles. Values: mpmath at 1600 bits.
static const pair exp2_rows[32] = {
  {0x1.0000000000000p0, 0.0},
  {0x1.059b0d3158574p0, 0x1.d73e2a475b465p-55},
  {0x1.0b5586cf9890fp0, 0x1.8a62e4adc610bp-54},
  {0x1.11301d0125b51p0, -0x1.6c51039449b3ap-54},
  {0x1.172b83c7d517bp0, -0x1.19041b9d78a76p-55},
  {0x1.1d4873168b9aap0, 0x1.e016e00a2643cp-54},
  {0x1.2387a6e756238p0, 0x1.9b07eb6c70573p-54},
  {0x1.29e9df51fdee1p0, 0x1.612e8afad1255p-55},
  {0x1.306fe0a31b715p0, 0x1.6f46ad23182e4p-55},
  {0x1.371a7373aa9cbp0, -0x1.63aeabf42eae2p-54},
  {0x1.3dea64c123422p0, 0x1.ada0911f09ebcp-55},
  {0x1.44e086061892dp0, 0x1.89b7a04ef80d0p-59},
  {0x1.4bfdad5362a27p0, 0x1.d4397afec42e2p-56},
  {0x1.5342b569d4f82p0, -0x1.07abe1db13cadp-55},
  {0x1.5ab07dd485429p0, 0x1.6324c054647adp-54},
  {0x1.6247eb03a5585p0, -0x1.383c17e40b497p-54},
  {0x1.6a09e667f3bcdp0, -0x1.bdd3413b26456p-54},
  {0x1.71f75e8ec5f74p0, -0x1.16e4786887a99p-55},
  {0x1.7a11473eb0187p0, -0x1.41577ee04992fp-55},
  {0x1.82589994cce13p0, -0x1.d4c1dd41532d8p-54},
  {0x1.8ace5422aa0dbp0, 0x1.6e9f156864b27p-54},
  {0x1.93737b0cdc5e5p0, -0x1.75fc781b57ebcp-57},
  {0x1.9c49182a3f090p0, 0x1.c7c46b071f2bep-56},
  {0x1.a5503b23e255dp0, -0x1.d2f6edb8d41e1p-54},
  {0x1.ae89f995ad3adp0, 0x1.7a1cd345dcc81p-54},
  {0x1.b7f76f2fb5e47p0, -0x1.5584f7e54ac3bp-56},
  {0x1.c199bdd85529cp0, 0x1.11065895048ddp-55},
  {0x1.cb720dcef9069p0, 0x1.503cbd1e949dbp-56},
  {0x1.d5818dcfba487p0, 0x1.2ed02d75b3707p-55},
  {0x1.dfc97337b9b5fp0, -0x1.1a5cd4f184b5cp-54},
  {0x1.ea4afa2a490dap0, -0x1.e9c23179c2893p-54},
  {0x1.f50765b6e4540p0, 0x1.9d3e12dd8a18bp-54},
};

/// The exponential of x.high + x.low as m * 2^k; returns m, between 0.98 and 2.03.
///
/// x = (32 k + j) ln2/32 + r with |r| <= ln2/64, so e^x = 2^k * 2^(j/32) * e^r.
static pair exp_parts(pair x, int *k) {
  // 1.5 * 2^52 has the last digit 1: the sum rounds to an integer.
  double n = (x.high * 0x1.71547652b82fep5 + 0x1.8p52) - 0x1.8p52;
  // The first part of ln2/32 has 34 digits and |n| < 2^16: its product is exact.
  pair r = exact_sum(__builtin_fma(-n, 0x1.62e42fef8p-6, x.high), x.low);
  pair rest = exact_product(-n, 0x1.1cf79abc9e3b4p-41);
  r = sum(r, (pair){rest.high, __builtin_fma(n, 0x1.9ff0342542fc3p-95, rest.low)});
  // e^r - 1 = r + r^2/2 + ... ; from r^2 on, double precision is enough because |r| < 0.011.
  double tail = __builtin_fma(r.high, 0x1.a01a01a01a01ap-13, 0x1.6c16c16c16c17p-10);
  tail = __builtin_fma(r.high, tail, 0x1.1111111111111p-7);
  tail = __builtin_fma(r.high, tail, 0x1.5555555555555p-5);
  tail = __builtin_fma(r.high, tail, 0x1.5555555555555p-3);
  tail = __builtin_fma(r.high, tail, 0.5);
  pair square = exact_product(r.high, r.high);
  double lost = __builtin_fma(square.high, tail - 0.5, 0.5 * square.low) + r.low * (1.0 + r.high);
  pair terms = exact_sum(r.high, 0.5 * square.high);
  terms = fast_sum(terms.high, terms.low + lost);

  int number = (int)n;
  pair row = exp2_rows[number & 31];
  *k = (number - (number & 31)) / 32;
  return sum(row, product(row, terms));
}

double nascent_exp(double x) {
  if (x != x) return x;
  if (x > 709.79) return __builtin_inf();
  if (x < -745.14) return 0.0;
  int k;
  pair e = exp_parts((pair){x, 0.0}, &k);
  return scale(e.high + e.low, k);
}

double nascent_expm1(double x) {
  if (x != x || x == 0.0) return x;
  if (x > 709.79) return __builtin_inf();
  if (x < -38.0) return -1.0;
  if (__builtin_fabs(x) < 0x1p-5) {
    // x + x^2/2 + ... ; the terms from x^2 on are below 1/64 of the result.
    double tail = __builtin_fma(x, 0x1.71de3a556c734p-19, 0x1.a01a01a01a01ap-16);
    tail = __builtin_fma(x, tail, 0x1.a01a01a01a01ap-13);
    tail = __builtin_fma(x, tail, 0x1.6c16c16c16c17p-10);
    tail = __builtin_fma(x, tail, 0x1.1111111111111p-7);
    tail = __builtin_fma(x, tail, 0x1.5555555555555p-5);
    tail = __builtin_fma(x, tail, 0x1.5555555555555p-3);
    pair square = exact_product(x, 0.5 * x);
    pair leading = exact_sum(x, square.high);
    return leading.high + (leading.low + __builtin_fma(x * x, x * tail, square.low));
  }
  int k;
  pair e = exp_parts((pair){x, 0.0}, &k);
  if (k > 1000) return scale(e.high + e.low, k);
  double two = power_of_two(k);
  pair difference = exact_sum(e.high * two, -1.0);
  return difference.high + (difference.low + e.low * two);
}

/// log(x) for a positive finite x as a sum of two doubles, to about 2^-64 of its size.
///
/// x = 2^k * m with m between sqrt(1/2) and sqrt(2); log m = 2 (s + s^3/3 + s^5/5 + ...) with
/// s = (m - 1) / (m + 1), |s| < 0.1716.
static pair log_pair(double x) {
  int k = 0;
  if (x < 0x1p-1022) x *= 0x1p54, k = -54;
  uint64_t bits = bits_of(x);
  // 0x1.6a09e667f3bcdp-1 is sqrt(1/2).
  uint64_t offset = bits - 0x3fe6a09e667f3bcd;
  int exponent = (int)((int64_t)offset >> 52);
  double m = from_bits(bits - ((uint64_t)(int64_t)exponent << 52));
  k += exponent;

  double numerator = m - 1.0;  // exact, as m is within [1/2, 2]
  pair denominator = fast_sum(m > 1.0 ? m : 1.0, m > 1.0 ? 1.0 : m);
  double quotient = numerator / denominator.high;
  double error = __builtin_fma(-quotient, denominator.high, numerator);
  error = __builtin_fma(-quotient, denominator.low, error);
  pair s = fast_sum(quotient, error / denominator.high);

  pair s2 = product(s, s);
  double z = s2.high;
  double tail = 0x1.47ae147ae147bp-4;
  tail = __builtin_fma(z, tail, 0x1.642c8590b2164p-4);
  tail = __builtin_fma(z, tail, 0x1.8618618618618p-4);
  tail = __builtin_fma(z, tail, 0x1.af286bca1af28p-4);
  tail = __builtin_fma(z, tail, 0x1.e1e1e1e1e1e1ep-4);
  tail = __builtin_fma(z, tail, 0x1.1111111111111p-3);
  tail = __builtin_fma(z, tail, 0x1.3b13b13b13b14p-3);
  tail = __builtin_fma(z, tail, 0x1.745d1745d1746p-3);
  tail = __builtin_fma(z, tail, 0x1.c71c71c71c71cp-3);
  tail = __builtin_fma(z, tail, 0x1.2492492492492p-2);
  // From here on sums of two doubles: 2/5 and 2/3 with their lower parts.
  pair p = exact_product(z, tail);
  p = sum((pair){0x1.999999999999ap-2, -0x1.999999999999ap-56}, p);
  p = sum((pair){0x1.5555555555555p-1, 0x1.5555555555555p-55}, product(s2, p));
  pair logarithm = sum((pair){2.0 * s.high, 2.0 * s.low}, product(product(s2, s), p));

  // The first part of ln2 has 31 digits: its product with k is exact.
  pair multiple = exact_sum((double)k * 0x1.62e42feep-1, (double)k * 0x1.a39ef35793c76p-33);
  multiple.low += __builtin_fma((double)k, 0x1.a39ef35793c76p-33,
                                -((double)k * 0x1.a39ef35793c76p-33));
  return sum(multiple, logarithm);
}

double nascent_ln(double x) {
  if (x != x || x == __builtin_inf()) return x;
  if (x < 0.0) return __builtin_nan("");
  if (x == 0.0) return -__builtin_inf();
  pair logarithm = log_pair(x);
  return logarithm.high + logarithm.low;
}

double nascent_power(double x, double y) {
  if (y == 0.0 || x == 1.0) return 1.0;
  if (x != x || y != y || x < 0.0) return __builtin_nan("");
  if (x == 0.0 || x == __builtin_inf()) {
    return (x == 0.0) == (y > 0.0) ? 0.0 : __builtin_inf();
  }
  if (y == __builtin_inf() || y == -__builtin_inf()) {
    return (x > 1.0) == (y > 0.0) ? __builtin_inf() : 0.0;
  }
  pair logarithm = log_pair(x);
  double estimate = logarithm.high * y;
  if (estimate > 709.79) return __builtin_inf();
  if (estimate < -745.14) return 0.0;
  pair exponent = exact_product(logarithm.high, y);
  exponent = fast_sum(exponent.high, __builtin_fma(logarithm.low, y, exponent.low));
  int k;
  pair e = exp_parts(exponent, &k);
  return scale(e.high + e.low, k);
}

/// The binary digits of 2/pi after the point, after 64 zeros. Values: mpmath at 1600 bits.
static const uint64_t two_over_pi[21] = {
  0,
  0xa2f9836e4e441529, 0xfc2757d1f534ddc0,
  0xdb6295993c439041, 0xfe5163abdebbc561,
  0xb7246e3a424dd2e0, 0x06492eea09d1921c,
  0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
  0xe99c7026b45f7e41, 0x3991d639835339f4,
  0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
  0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
  0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
  0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08,
  0x56033046fc7b6bab, 0xf0cfbc209af4361d,
};

/// An angle's quadrant and the rest of it, |rest| <= pi/4.
///
/// Exact multiplication by 2/pi: digits whose products are multiples of 4 are left out, 192 digits
/// are kept, so that at least 70 stay right where the angle is as near to a multiple of pi/2 as a
/// double can be (Payne and Hanek 1983, "Radian reduction for trigonometric functions").
static pair reduce(double x, unsigned *quadrant) {
  double magnitude = __builtin_fabs(x);
  if (magnitude <= 0x1.921fb54442d18p-1) {
    *quadrant = 0;
    return (pair){x, 0.0};
  }
  uint64_t bits = bits_of(magnitude);
  // magnitude = mantissa * 2^exponent, -53 <= exponent <= 971.
  int exponent = (int)(bits >> 52) - 1075;
  uint64_t mantissa = (bits & 0xfffffffffffff) | (uint64_t)1 << 52;
  // The window's first digit has the weight 2^(2 - exponent - 1); 64 leading zeros come before.
  unsigned first = (unsigned)(exponent - 2 + 64);
  unsigned word = first / 64, shift = first % 64;
  uint64_t window[3];
  for (unsigned i = 0; i < 3; i++) {
    window[i] = two_over_pi[word + i] << shift;
    if (shift > 0) window[i] |= two_over_pi[word + i + 1] >> (64 - shift);
  }
  // The product modulo 4, as 2 digits before the point and 190 after it.
  unsigned __int128 low = (unsigned __int128)mantissa * window[2];
  unsigned __int128 middle = (unsigned __int128)mantissa * window[1] + (uint64_t)(low >> 64);
  uint64_t high = mantissa * window[0] + (uint64_t)(middle >> 64);
  uint64_t digits[3] = {high, (uint64_t)middle, (uint64_t)low};

  unsigned turns = (unsigned)(digits[0] >> 62);
  digits[0] <<= 2, digits[0] |= digits[1] >> 62;
  digits[1] <<= 2, digits[1] |= digits[2] >> 62;
  digits[2] <<= 2;
  int negative = (int)(digits[0] >> 63);
  if (negative) {
    turns += 1;
    digits[2] = ~digits[2] + 1;
    digits[1] = ~digits[1] + (digits[2] == 0);
    digits[0] = ~digits[0] + (digits[2] == 0 && digits[1] == 0);
  }
  int zeros = 0;
  while (digits[0] >> 63 == 0 && zeros < 128) {
    digits[0] = digits[0] << 1 | digits[1] >> 63;
    digits[1] = digits[1] << 1 | digits[2] >> 63;
    digits[2] <<= 1;
    zeros++;
  }
  // 53 digits and the 53 after them.
  double upper = (double)(digits[0] >> 11);
  double lower = (double)((digits[0] & 0x7ff) << 42 | digits[1] >> 22);
  pair fraction = {upper * power_of_two(-53 - zeros), lower * power_of_two(-106 - zeros)};
  pair rest = product((pair){0x1.921fb54442d18p0, 0x1.1a62633145c07p-54}, fraction);
  if (negative) rest = (pair){-rest.high, -rest.low};
  if (x < 0.0) {
    turns = 0u - turns;
    rest = (pair){-rest.high, -rest.low};
  }
  *quadrant = turns & 3;
  return rest;
}

static double sine_of_quadrant(pair rest, unsigned quadrant) {
  double value = quadrant & 1 ? nascent_cosine_sum64(rest.high, rest.low)
                              : nascent_sine_sum64(rest.high, rest.low);
  return quadrant & 2 ? -value : value;
}

double nascent_sine(double x) {
  if (!(__builtin_fabs(x) < __builtin_inf())) return __builtin_nan("");
  if (__builtin_fabs(x) < 0x1p-27) return x;
  unsigned quadrant;
  pair rest = reduce(x, &quadrant);
  return sine_of_quadrant(rest, quadrant);
}

double nascent_cosine(double x) {
  if (!(__builtin_fabs(x) < __builtin_inf())) return __builtin_nan("");
  unsigned quadrant;
  pair rest = reduce(x, &quadrant);
  return sine_of_quadrant(rest, (quadrant + 1) & 3);
}
