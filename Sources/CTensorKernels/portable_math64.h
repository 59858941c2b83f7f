#ifndef NASCENT_PORTABLE_MATH64_H
#define NASCENT_PORTABLE_MATH64_H

// Natural logarithm, sine and cosine of doubles with the same bits on every platform.
//
// TensorFlow draws float64 normals with the C library's log and sincos. Stored bytes must not
// depend on that library, so these functions repeat, operation by operation, what glibc 2.36
// computes on x86-64 processors with fused multiply-add. Every __builtin_fma is a place where that
// build fuses, every separate product and sum is one where it rounds twice; moving either changes
// last bits. Without such an instruction __builtin_fma is a call of fma, which rounds correctly as
// well, only slower.

#include <stdint.h>
#include <string.h>

#include "portable_math64_tables.h"

#if defined(__FAST_MATH__)
#error "portable_math64.h needs IEEE arithmetic in the written order"
#endif

#pragma STDC FP_CONTRACT OFF

/// log(u) for u in [0.9375, 1), where the table would lose digits to cancellation.
///
/// A polynomial in r = u - 1 whose first two terms, r - r^2/2, are kept as a sum of two doubles.
static inline double nascent_log64_near_one(double u) {
  double r = u - 1.0;
  double r2 = r * r;
  double r3 = r * r2;

  // Terms from r^3 on, in groups of three powers.
  double low = __builtin_fma(r, -0x1.ffffffffffdcbp-3, 0x1.5555555555577p-2);
  low = __builtin_fma(r2, 0x1.999999995dd0cp-3, low);
  double middle = __builtin_fma(r, 0x1.24924a344de3p-3, -0x1.55555556745a7p-3);
  middle = __builtin_fma(r2, -0x1.fffffa4423d65p-4, middle);
  double high = __builtin_fma(r, -0x1.999eb43b068ffp-4, 0x1.c7184282ad6cap-4);
  high = __builtin_fma(r2, 0x1.78182f7afd085p-4, high);
  high = __builtin_fma(r3, -0x1.5521375d145cdp-4, high);
  double tail = __builtin_fma(__builtin_fma(high, r3, middle), r3, low);

  // The upper half of r's digits: its square is exact.
  double upper = __builtin_fma(-0x1p27, r, __builtin_fma(r, 0x1p27, r));
  double square = upper * upper;
  double leading = __builtin_fma(square, -0.5, r);
  double lost = __builtin_fma(square, -0.5, r - leading);
  lost = __builtin_fma(-0.5 * (r - upper), r + upper, lost);
  return leading + __builtin_fma(tail, r3, lost);
}

/// The natural logarithm, bit for bit glibc 2.36's `log` on x86-64 with FMA.
///
/// - Range: u in [1e-7, 1). Neither zero, subnormal numbers, infinities nor NaN.
/// - Source: the algorithm and constants of ARM optimized routines log, as in glibc 2.28 and later.
///
/// With u = 2^k z and c near z from the table, log(u) = k ln2 + log(c) + log(1 + r), r = z/c - 1.
static inline double nascent_log64(double u) {
  if (u >= 0.9375) return nascent_log64_near_one(u);

  // Relative to 0x1.6p-1, where the table starts, the exponent field is k and the next 7 bits are
  // the row.
  uint64_t bits;
  memcpy(&bits, &u, sizeof bits);
  uint64_t offset = bits - 0x3fe6000000000000;
  nascent_log64_row row = nascent_log64_rows[(offset >> 45) & 127];
  bits -= offset & 0xfff0000000000000;
  double z;
  memcpy(&z, &bits, sizeof z);

  double exponent = (double)((int64_t)offset >> 52);
  double r = __builtin_fma(z, row.reciprocal, -1.0);
  double r2 = r * r;

  // The upper part of ln2 ends in zeros, so the first sum is exact.
  double coarse = __builtin_fma(exponent, 0x1.62e42fefa38p-1, row.logarithm);
  double leading = coarse + r;
  double lost = coarse - leading + r;
  lost = __builtin_fma(exponent, 0x1.ef35793c7673p-45, lost);
  lost = __builtin_fma(r2, -0x1.0000000000001p-1, lost);

  double low = __builtin_fma(r, -0x1.fffffffeb459p-3, 0x1.555555551305bp-2);
  double high = __builtin_fma(r, -0x1.55575e506c89fp-3, 0x1.999b324f10111p-3);
  double tail = __builtin_fma(high, r2, low);
  return __builtin_fma(r * r2, tail, lost) + leading;
}

/// An angle's absolute value split at the nearest multiple of 1/128.
///
/// The angle is head + tail with |tail| below head's last digit, |head| < 0.8556.
typedef struct {
  nascent_sincos64_row row;  // of the nearest multiple
  double rest;               // |head| minus that multiple, exact
  double tail;               // the tail, negated with the head
} nascent_angle64;

static inline nascent_angle64 nascent_split64(double head, double tail) {
  double magnitude = __builtin_fabs(head);
  // A number of this size has no digit below 1/128: the sum rounds, the difference is exact.
  double multiple = (magnitude + 0x1.8p45) - 0x1.8p45;
  return (nascent_angle64){
      nascent_sincos64_rows[(int)(multiple * 128.0)],
      magnitude - multiple,
      head < 0.0 ? -tail : tail,
  };
}

/// sin(x) - x over x^3 for |x| <= 1/256, from its square.
static inline double nascent_sine_terms64(double x2) {
  return __builtin_fma(x2, 0x1.11110e829872fp-7, -0x1.5555555555515p-3);
}

/// 1 - cos(x) for |x| <= 1/256, from its square.
static inline double nascent_versine64(double x2) {
  double terms = __builtin_fma(x2, 0x1.6c16bedd9e239p-10, -0x1.5555555555535p-5);
  return x2 * __builtin_fma(terms, x2, 0.5);
}

/// The sine of head + tail, |head| < 0.8556.
static inline double nascent_sine_sum64(double head, double tail) {
  if (__builtin_fabs(head) < 0.126) {
    // The Taylor series; the tail enters as tail (1 - head^2 / 2).
    double x2 = head * head;
    double terms = __builtin_fma(-0x1.addffc2fcdf59p-26, x2, 0x1.71de27b9a7ed9p-19);
    terms = __builtin_fma(terms, x2, -0x1.a01a019db08b8p-13);
    terms = __builtin_fma(terms, x2, 0x1.1111111110ecep-7);
    terms = __builtin_fma(terms, x2, -0x1.5555555555555p-3);
    return head + __builtin_fma(x2, __builtin_fma(terms, head, -(0.5 * tail)), tail);
  }
  // sin(m + x) = sin m + (sin x cos m - (1 - cos x) sin m).
  nascent_angle64 angle = nascent_split64(head, tail);
  nascent_sincos64_row row = angle.row;
  double x = angle.rest;
  double x2 = x * x;
  double sine = x + __builtin_fma(x * x2, nascent_sine_terms64(x2), angle.tail);
  double versine = __builtin_fma(x, angle.tail, nascent_versine64(x2));
  double correction = __builtin_fma(sine, row.cosine_low, row.sine_low);
  correction = __builtin_fma(-versine, row.sine, correction);
  correction = __builtin_fma(sine, row.cosine, correction);
  return __builtin_copysign(row.sine + correction, head);
}

/// The cosine of head + tail, |head| < 0.8556.
static inline double nascent_cosine_sum64(double head, double tail) {
  // cos(m + x) = cos m - (sin x sin m + (1 - cos x) cos m); the tail is part of x from the start.
  nascent_angle64 angle = nascent_split64(head, tail);
  nascent_sincos64_row row = angle.row;
  double x = angle.rest + angle.tail;
  double x2 = x * x;
  double sine = __builtin_fma(x * x2, nascent_sine_terms64(x2), x);
  double versine = nascent_versine64(x2);
  double correction = __builtin_fma(-sine, row.sine_low, row.cosine_low);
  correction = __builtin_fma(-versine, row.cosine, correction);
  correction = __builtin_fma(-sine, row.sine, correction);
  return row.cosine + correction;
}

/// Sine and cosine, bit for bit glibc 2.36's `sincos` on x86-64 with FMA.
///
/// - Range: v in [0, 2 pi); the double nearest 2 pi is included.
/// - Source: the algorithm and constants of the IBM Accurate Mathematical Library, as in glibc 2.28
///   and later.
///
/// Angles are brought below 0.8556 by subtracting a multiple of pi/2, as a sum of two doubles.
static inline void nascent_sincos64(double v, double *sine, double *cosine) {
  if (v < 0x1p-27) {
    *sine = v;
    *cosine = 1.0;
  } else if (v < 0x1.b6p-1) {
    *sine = nascent_sine_sum64(v, 0.0);
    *cosine = nascent_cosine_sum64(v, 0.0);
  } else if (v < 0x1.368fdp1) {
    // The complement: pi/2 is the sum of the two constants.
    double difference = 0x1.921fb54442d18p0 - v;
    double head = difference + 0x1.1a62633145c07p-54;
    double tail = (difference - head) + 0x1.1a62633145c07p-54;
    *sine = nascent_cosine_sum64(head, tail);
    *cosine = nascent_sine_sum64(head, tail);
  } else {
    // v / (pi/2) rounded to an integer, 2 to 4, by the same means as in nascent_split64.
    double turns = __builtin_fma(v, 0x1.45f306dc9c883p-1, 0x1.8p52) - 0x1.8p52;
    // pi/2 in four parts; what the last two subtractions lose goes into the tail.
    double rest = __builtin_fma(-turns, 0x1.921fb58p0, v);
    rest = __builtin_fma(-turns, -0x1.dde973cp-27, rest);
    double closer = __builtin_fma(-turns, -0x1.cb3b398p-55, rest);
    double lost = __builtin_fma(-turns, -0x1.cb3b398p-55, rest - closer);
    double head = __builtin_fma(-turns, -0x1.d747f23e32ed7p-83, closer);
    double tail = lost + __builtin_fma(-turns, -0x1.d747f23e32ed7p-83, closer - head);

    double same = nascent_sine_sum64(head, tail);
    double crossed = nascent_cosine_sum64(head, tail);
    switch ((int)turns) {
    case 2:
      *sine = -same;
      *cosine = -crossed;
      break;
    case 3:
      *sine = -crossed;
      *cosine = same;
      break;
    default:
      *sine = same;
      *cosine = crossed;
      break;
    }
  }
}

#endif
