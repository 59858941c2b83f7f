#ifndef NASCENT_MERSENNE_H
#define NASCENT_MERSENNE_H

// PyTorch's random numbers on a CPU: the Mersenne Twister MT19937 and what is made of its words.
//
// Source: Matsumoto and Nishimura (1998), "Mersenne Twister: a 623-dimensionally equidistributed
// uniform pseudo-random number generator"; PyTorch 2.13's `DistributionsHelper.h`,
// `DistributionTemplates.h` and `avx_mathfun.h` for words to samples.

#include <stdint.h>

enum { nascent_mt_size = 624 };

/// A place in the stream: 624 consecutive words of the recurrence, from which all later ones follow.
/// Of the first word only the highest bit counts; the others are 0.
typedef struct nascent_mt {
  uint32_t word[nascent_mt_size];
} nascent_mt;

/// The beginning of the stream that `torch.manual_seed` gives for a seed with these low 32 bits.
void nascent_mt_seed(uint32_t seed, nascent_mt *state);

/// Writes the next `count` words of the stream, and moves on behind them.
void nascent_mt_words(nascent_path path, nascent_mt *state, uint64_t count, uint32_t *out);

/// Moves on by `count` words, one after another: O(count).
void nascent_mt_step(nascent_path path, nascent_mt *state, uint64_t count);

/// Moves on by `count` words at once: O(log count) products of polynomials of degree 19937.
void nascent_mt_jump(nascent_path path, nascent_mt *state, uint64_t count);

/// fma(u, width, low) with u of a word's low 24 bits, in [0, 1).
void nascent_mt_uniform_f32(
    nascent_path path, const uint32_t *words, uint64_t count, float low, float width, float *out);

/// fma(u, width, low) with u of 53 bits of two words, the first of which is the high half.
void nascent_mt_uniform_f64(
    nascent_path path, const uint32_t *words, uint64_t count, double low, double width,
    double *out);

/// Normals by blocks: 16 words make 16 values, the first eight with the cosines, then the sines.
void nascent_mt_normal_f32(
    nascent_path path, const uint32_t *words, uint64_t blocks, float mean, float deviation,
    float *out);

/// The same in double: 32 words make 16 values.
void nascent_mt_normal_f64(
    const uint32_t *words, uint64_t blocks, double mean, double deviation, double *out);

/// Two standard normals of four words, as short tensors are filled: the cosine's, then the sine's.
void nascent_mt_normal_pair(const uint32_t words[4], double out[2]);

/// z * deviation + mean, rounded once.
double nascent_fma(double factor, double other, double addend);

/// log(1 + x) for x in (-1, 0], bit for bit glibc 2.36's on x86-64. For the comparison with it.
double nascent_log1p64(double x);

#endif
