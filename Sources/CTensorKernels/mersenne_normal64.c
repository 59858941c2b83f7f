// Normals in double precision: the C library's log, log1p, sin and cos with fixed bits.

#include <string.h>

#include "CTensorKernels.h"
#include "portable_math64.h"

#pragma STDC FP_CONTRACT OFF

static double unit(const uint32_t *words) {
  uint64_t bits = (uint64_t)words[0] << 32 | words[1];
  return (double)(int64_t)(bits & 0x1fffffffffffff) * 0x1p-53;
}

/// log(1 + x) for x in (-1, 0], bit for bit glibc 2.36's `log1p` on x86-64 with FMA.
///
/// With 1 + x = 2^k (1 + f), √½ < 1 + f < √2, s = f / (2 + f) and z = s²:
/// log(1 + f) = f - (f²/2 - s (f²/2 + R(z))), and what 1 + x lost by rounding is added to k ln 2.
///
/// Source: FreeBSD's and glibc's `s_log1p.c`, Copyright 1993 by Sun Microsystems, Inc. Permission to
/// use, copy, modify, and distribute that software is freely granted, provided that this notice is
/// preserved.
double nascent_log1p64(double x) {
  // ln 2 in two parts, the upper of which ends in zeros.
  static const double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
  double f = x, k = 0.0, lost = 0.0;
  int is_tiny = 0;
  if (x > -0x1p-29) {
    return x > -0x1p-54 ? x : __builtin_fma(-(x * x), 0.5, x);
  }
  // The threshold is a little above √½ - 1; only the upper 32 bits of x are compared.
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  if ((uint32_t)(bits >> 32) > 0xbfd2bec3) {
    double sum = 1.0 + x;
    memcpy(&bits, &sum, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    lost = (exponent > 0 ? 1.0 - (sum - x) : x - (sum - 1.0)) / sum;
    uint32_t mantissa = (uint32_t)(bits >> 32) & 0xfffff;
    uint64_t scale = 1023;
    if (mantissa >= 0x6a09e) {
      exponent += 1;
      scale = 1022;
      mantissa = (0x100000 - mantissa) >> 2;
    }
    bits = (bits & 0x000fffffffffffff) | scale << 52;
    memcpy(&f, &bits, sizeof f);
    f -= 1.0;
    k = exponent;
    is_tiny = mantissa == 0;
  }
  double half_square = 0.5 * f * f;
  lost = k == 0.0 ? lost : __builtin_fma(k, ln2_low, lost);
  if (is_tiny) {
    if (f == 0.0) return k == 0.0 ? 0.0 : __builtin_fma(k, ln2_high, lost);
    double rest = half_square * __builtin_fma(-0x1.5555555555555p-1, f, 1.0);
    return k == 0.0 ? f - rest : __builtin_fma(k, ln2_high, -((rest - lost) - f));
  }
  double s = f / (2.0 + f);
  double z = s * s;
  double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2;
  double r2 = __builtin_fma(0x1.2492494229359p-2, z, 0x1.999999997fa04p-2);
  double r3 = __builtin_fma(0x1.7466496cb03dep-3, z, 0x1.c71c51d8e78afp-3);
  double r4 = __builtin_fma(0x1.2f112df3e5244p-3, z, 0x1.39a09d078c69fp-3);
  double r = __builtin_fma(z, 0x1.5555555555593p-1, z2 * r2);
  r = __builtin_fma(z6, r4, __builtin_fma(z4, r3, r));
  double correction = s * (r + half_square);
  if (k == 0.0) return f - (half_square - correction);
  return __builtin_fma(k, ln2_high, -((half_square - (lost + correction)) - f));
}

void nascent_mt_normal_pair(const uint32_t words[4], double out[2]) {
  double radius = __builtin_sqrt(-2.0 * nascent_log1p64(-unit(words + 2)));
  double sine, cosine;
  nascent_sincos64(0x1.921fb54442d18p2 * unit(words), &sine, &cosine);
  out[0] = radius * cosine;
  out[1] = radius * sine;
}

void nascent_mt_normal_f64(
    const uint32_t *words, uint64_t blocks, double mean, double deviation, double *out) {
  for (uint64_t block = 0; block < blocks; block++, words += 32, out += 16) {
    for (int j = 0; j < 8; j++) {
      double sine, cosine;
      double radius = __builtin_sqrt(-2.0 * nascent_log64(1.0 - unit(words + 2 * j)));
      nascent_sincos64(0x1.921fb54442d18p2 * unit(words + 2 * j + 16), &sine, &cosine);
      out[j] = __builtin_fma(radius * cosine, deviation, mean);
      out[j + 8] = __builtin_fma(radius * sine, deviation, mean);
    }
  }
}
