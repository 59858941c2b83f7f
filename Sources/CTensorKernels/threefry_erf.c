// The error function, which makes the bounds of truncated normals: XLA's own in float, the C
// library's in double.

#include <string.h>

#include "CTensorKernels.h"
#include "portable_exp64.h"

#pragma STDC FP_CONTRACT OFF

// A rational function of x^2, up to the x from which it rounds to 1.
//
// Source: XLA's `math.cc` and its CPU code generator.
float nascent_erf_f32(float x) {
  static const float numerator[5] = {
      0x1.e05aa2p-13f, 0x1.bebb44p-9f, 0x1.a16dd6p-5f, 0x1.7b4e8p-3f, 0x1.20dd74p+0f};
  static const float denominator[7] = {
      -0x1.fa720cp-24f, 0x1.8b11bep-16f, 0x1.0ada5p-10f, 0x1.cd0fa8p-7f,
      0x1.c69842p-4f,   0x1.fd6894p-2f,  1.0f};
  if (x >= 0x1.df38dp+1f) return 1.0f;
  if (x <= -0x1.df38dp+1f) return -1.0f;
  float x2 = x * x;
  float above = numerator[0], below = denominator[0];
  for (int i = 1; i < 5; i++) above = __builtin_fmaf(above, x2, numerator[i]);
  for (int i = 1; i < 7; i++) below = __builtin_fmaf(below, x2, denominator[i]);
  return x * above / below;
}

// a + s b, rounded twice: this function of the C library has no fused build.
static double line(double s, const double pair[2]) { return pair[0] + s * pair[1]; }

// 1 - erf(x) over its leading term, for 1.25 <= x < 6: the exponential's second argument.
static double tail_terms(double x) {
  static const double near_above[8] = {
      -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
      -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
      -8.12874355063065934246e+01, -9.81432934416914548592e+00};
  static const double near_below[9] = {
      1.0, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02,
      6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02,
      6.57024977031928170135e+00, -6.04244152148580987438e-02};
  static const double far_above[7] = {
      -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
      -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
      -4.83519191608651397019e+02};
  static const double far_below[8] = {
      1.0, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03,
      3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02,
      -2.24409524465858183362e+01};
  double s = 1.0 / (x * x);
  double s2 = s * s, s4 = s2 * s2, s6 = s4 * s2;
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  if (bits >> 32 < 0x4006db6e) {
    double above = line(s, near_above) + s2 * line(s, near_above + 2) +
                   s4 * line(s, near_above + 4) + s6 * line(s, near_above + 6);
    double below = line(s, near_below) + s2 * line(s, near_below + 2) +
                   s4 * line(s, near_below + 4) + s6 * line(s, near_below + 6) +
                   s4 * s4 * near_below[8];
    return above / below;
  }
  double above = line(s, far_above) + s2 * line(s, far_above + 2) + s4 * line(s, far_above + 4) +
                 s6 * far_above[6];
  double below = line(s, far_below) + s2 * line(s, far_below + 2) + s4 * line(s, far_below + 4) +
                 s6 * line(s, far_below + 6);
  return above / below;
}

// Rational functions on four intervals.
//
// Source: FreeBSD's and glibc's `s_erf.c`, Copyright 1993 by Sun Microsystems, Inc. Permission to
// use, copy, modify, and distribute that software is freely granted, provided that this notice is
// preserved.
double nascent_erf64(double x) {
  static const double small_above[5] = {
      1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
      -5.77027029648944159157e-03, -2.37630166566501626084e-05};
  static const double small_below[6] = {
      1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
      1.32494738004321644526e-04, -3.96022827877536812320e-06};
  static const double one_above[7] = {
      -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
      3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
      -2.16637559486879084300e-03};
  static const double one_below[7] = {
      1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
      1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02};
  double magnitude = __builtin_fabs(x), sign = __builtin_copysign(1.0, x);
  if (x != x) return x;
  if (magnitude < 0.84375) {
    if (magnitude < 0x1p-28) return x + 1.28379167095512586316e-01 * x;
    double z = x * x, z2 = z * z, z4 = z2 * z2;
    double above = line(z, small_above) + z2 * line(z, small_above + 2) + z4 * small_above[4];
    double below =
        line(z, small_below) + z2 * line(z, small_below + 2) + z4 * line(z, small_below + 4);
    return x + x * (above / below);
  }
  if (magnitude < 1.25) {
    double s = magnitude - 1.0, s2 = s * s, s4 = s2 * s2, s6 = s4 * s2;
    double above = line(s, one_above) + s2 * line(s, one_above + 2) +
                   s4 * line(s, one_above + 4) + s6 * one_above[6];
    double below = line(s, one_below) + s2 * line(s, one_below + 2) +
                   s4 * line(s, one_below + 4) + s6 * one_below[6];
    return sign * (8.45062911510467529297e-01 + above / below);
  }
  if (magnitude >= 6.0) return sign;
  // The upper half of the digits, whose square is exact.
  uint64_t bits;
  memcpy(&bits, &magnitude, sizeof bits);
  bits &= 0xffffffff00000000;
  double z;
  memcpy(&z, &bits, sizeof z);
  double r = nascent_exp64(-z * z - 0.5625) *
             nascent_exp64((z - magnitude) * (z + magnitude) + tail_terms(magnitude));
  return sign * (1.0 - r / magnitude);
}
