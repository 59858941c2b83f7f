#ifndef NASCENT_MERSENNE_H
#define NASCENT_MERSENNE_H

// PyTorch's random numbers on a CPU: the Mersenne Twister MT19937 and what is made of its words.
//
// Source: Matsumoto and Nishimura (1998), "Mersenne Twister: a 623-dimensionally equidistributed
// uniform pseudo-random number generator"; PyTorch 2.13's `DistributionsHelper.h`,
// `DistributionTemplates.h` and `avx_mathfun.h` for words to samples.

#include <stdint.h>

enum { nascent_mt_size = 624 };

// A `state` is a place in the stream: 624 consecutive words of the recurrence, from which all later
// ones follow. Of the first word only the highest bit counts; the others are 0.

/// The beginning of the stream that `torch.manual_seed` gives for a seed with these low 32 bits.
void nascent_mt_seed(uint32_t seed, uint32_t *state);

/// Writes the next `count` words of the stream, and moves on behind them.
void nascent_mt_words(nascent_path path, uint32_t *state, uint64_t count, uint32_t *out);

/// Moves on by `count` words, one after another: O(count).
void nascent_mt_step(nascent_path path, uint32_t *state, uint64_t count);

/// Moves on by `count` words at once: O(log count) products of polynomials of degree 19937.
void nascent_mt_jump(nascent_path path, uint32_t *state, uint64_t count);

/// fma(u, high - low, low), and `low` where that reaches `high`. u is of a word's low 24 bits, in
/// float64 of the low 53 bits of two words; 16-bit types are made in float32 and rounded.
void nascent_mt_uniform(
    nascent_path path, nascent_element element, const uint32_t *words, uint64_t count, double low,
    double high, void *out);

/// Normals by blocks: 16 uniforms make 16 values, the first eight with the cosines, then the sines.
void nascent_mt_normal(
    nascent_path path, nascent_element element, const uint32_t *words, uint64_t blocks,
    double mean, double deviation, void *out);
void nascent_mt_normal_f64(
    const uint32_t *words, uint64_t blocks, double mean, double deviation, double *out);

/// Two standard normals of four words, as short tensors are filled: the cosine's, then the sine's.
void nascent_mt_normal_pair(const uint32_t words[4], double out[2]);

/// fma(normal, deviation, mean), rounded to the type; to 16-bit types by way of float32.
void nascent_mt_short_normal(
    nascent_element element, uint64_t count, const double *normals, double mean, double deviation,
    void *out);

/// value * factor + addend in place, both operations and the addend rounded to the type, the factor to
/// float32 where it stands beside a type of 16 bits.
void nascent_mt_scale(
    nascent_element element, uint64_t count, double factor, double addend, void *values);

/// One round of rejection over elements whose place in `pending` is not 0: they become those of
/// `fresh`, and stay pending where those lie outside [low, high]. Returns how many do.
///
/// `values` may be null where only the count matters.
uint64_t nascent_reject(
    nascent_element element, uint64_t count, const void *fresh, double low, double high,
    uint8_t *pending, void *values);

/// One round of PyTorch's rejection of uniform candidates against a normal density, every step
/// rounded to the element's type: pending elements become the candidates, and stay pending where
/// log(u) > -((candidate - mean) / deviation)^2 / 2 - peak. Returns how many do.
uint64_t nascent_reject_density(
    nascent_element element, uint64_t count, const void *candidates, const void *uniforms,
    double mean, double deviation, double peak, uint8_t *pending, void *values);

/// Of each four values the first between the bounds; the first of all where none is.
void nascent_mt_first_inside(
    nascent_element element, uint64_t count, const void *normals, double lower, double upper,
    void *out);

/// log(1 + x) for x in (-1, 0], bit for bit glibc 2.36's on x86-64. For the comparison with it.
double nascent_log1p64(double x);

#endif
