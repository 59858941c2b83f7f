#ifndef NASCENT_THREEFRY_ERF_INV64_H
#define NASCENT_THREEFRY_ERF_INV64_H

// The inverse error function in double precision as XLA evaluates it on a CPU, with fused
// multiply-add where its code generator fuses. The logarithm is the C library's.

#include "portable_math64.h"

#pragma STDC FP_CONTRACT OFF

// Horner's rule, highest coefficient first.
static inline double horner64(const double *coefficient, int count, double x) {
  double y = coefficient[0];
  for (int i = 1; i < count; i++) y = __builtin_fma(y, x, coefficient[i]);
  return y;
}

// log(1 + t) for t in (-1, 0]: Cephes' rational function near 0, else the logarithm of the sum.
static inline double nascent_log1p_xla64(double t) {
  static const double denominator[7] = {
      0x1p+0, 0x1.e20359e903e37p+3, 0x1.4c30b52213498p+6, 0x1.bb86590fcfb56p+7,
      0x1.351945dc908a5p+8, 0x1.b0db13e48e066p+7, 0x1.e0f304466448ep+5};
  static const double numerator[7] = {
      0x1.7bc0962b395cap-15, 0x1.fe818a0fe1a83p-2, 0x1.a509f46f4fa53p+2, 0x1.de9738b8cb9c9p+4,
      0x1.e798eb86c3351p+5, 0x1.c8e7597479a1p+5, 0x1.40a202d99830ap+4};
  if (!(__builtin_fabs(t) < 0x1.a827999fcef32p-2)) return nascent_log64(t + 1.0);
  double t2 = t * t;
  double ratio = horner64(numerator, 7, t) / horner64(denominator, 7, t);
  return t + __builtin_fma(t2, -0.5, (t * t2) * ratio);
}

// Giles (2012), "Approximating the erfinv function", double precision: three polynomials in w of
// -log(1 - x^2), the last two in its root.
static inline double nascent_erf_inv64(double x) {
  static const double middle[23] = {
      -0x1.135d2e746e627p-68, -0x1.8ddf93324d327p-63, 0x1.7b83eef0b7c9fp-60,
      0x1.9ba72cd589b91p-57, -0x1.33689090a6b96p-53, 0x1.82e11898132ep-56, 0x1.de4acfd9e26bap-48,
      -0x1.6d33eed66c487p-45, -0x1.6f2167040d8e2p-44, 0x1.72a22c2d77e2p-39,
      -0x1.c8859c4e5c0afp-37, -0x1.dc583d118a561p-35, 0x1.20f47ccf46b3cp-30,
      -0x1.1a9e38dc84d6p-28, -0x1.f36cd6d3d46a9p-26, 0x1.c6b4f5d03b787p-22,
      -0x1.6e8a5434ae8a2p-20, -0x1.d1d1f7b8736f6p-17, 0x1.879c2a212f024p-13,
      -0x1.845769484fca8p-11, -0x1.8b6c33114f909p-8, 0x1.ebd80d9b13e28p-3, 0x1.a755e7c99ae86p+0};
  static const double tail[19] = {
      0x1.3040f87dbd932p-29, 0x1.85cbe52878635p-24, -0x1.2777453dd3955p-22, 0x1.395abcd554c6cp-26,
      0x1.936388a3790adp-20, -0x1.0d5db812b5083p-18, 0x1.8860cd5d652f6p-19, 0x1.a29a0cacdfb23p-17,
      -0x1.8cef1f80281f2p-15, 0x1.1e684d0b9188ap-14, 0x1.932cd54c8a222p-16,
      -0x1.7448a89ef8aa3p-12, 0x1.f3cc55ad40c25p-11, -0x1.ba924132f38b1p-10, 0x1.468eeca533cf8p-9,
      -0x1.ebadabb891bbdp-9, 0x1.5ffcfe5b76afcp-8, 0x1.0158a6d641d39p+0, 0x1.8abcc380d5a48p+1};
  static const double far_tail[17] = {
      -0x1.dcec3a7785389p-36, -0x1.18feec0e38727p-32, 0x1.9e6bf2dda45e3p-30,
      -0x1.0468fb24e2f5fp-28, 0x1.05ac6a8fba182p-27, -0x1.0102e495fb9cp-26, 0x1.f4c20e1334af8p-26,
      -0x1.22d220fdf9c3ep-24, 0x1.ebc8bb824cb54p-23, -0x1.0a8d40ea372ccp-20,
      0x1.2fbd29d093d2bp-18, -0x1.4a3497e1e0facp-16, 0x1.3ebf4eb00938fp-14,
      -0x1.c2f36a8fc5d53p-13, -0x1.22ea5df04047cp-13, 0x1.02a30d1fba0dcp+0, 0x1.3664ddd1ad7fbp+2};
  if (__builtin_fabs(x) == 1.0) return x * __builtin_inf();
  double logarithm = nascent_log1p_xla64(x * -x);
  if (logarithm > -6.25) return x * horner64(middle, 23, -3.125 - logarithm);
  double root = __builtin_sqrt(-logarithm);
  if (logarithm > -16.0) return x * horner64(tail, 19, root - 3.25);
  return x * horner64(far_tail, 17, root - 5.0);
}

#endif
