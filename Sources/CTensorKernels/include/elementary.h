#ifndef NASCENT_ELEMENTARY_H
#define NASCENT_ELEMENTARY_H

// Elementary functions of doubles with the same bits on every platform.
//
// They use nothing but + - * / sqrt, fused multiply-add and integers, in a fixed order, so that
// tables and scales made with them may be stored. Each is within 1 unit in the last place (ulp) of
// the true value; the worst that was found against mpmath stands with each function.

/// e^x. Worst found: 0.509 ulp. Overflows to infinity, underflows through subnormal numbers to 0.
double nascent_exp(double x);

/// e^x - 1, without cancellation near 0. Worst found: 0.63 ulp.
double nascent_expm1(double x);

/// The natural logarithm. Worst found: 0.55 ulp. NaN below 0, -infinity at 0.
double nascent_ln(double x);

/// x^y for x >= 0. Worst found: 0.52 ulp. NaN for x < 0.
double nascent_power(double x, double y);

/// Sine and cosine of any finite angle in radians. Worst found: 0.56 ulp. NaN for others.
double nascent_sine(double x);
double nascent_cosine(double x);

#endif
