// The recurrence of MT19937, and how to go far ahead in it.
//
// The sequence x[0], x[1], … of 32-bit words begins with 624 words made of the seed; output w is
// x[624 + w], tempered. A place in the stream keeps 624 consecutive words, before tempering.

#include <string.h>

#include "mersenne_kernels.h"

enum { size = nascent_mt_size };

static void forget_low_bits(uint32_t *state) { state[0] &= 0x80000000; }

void nascent_mt_seed(uint32_t seed, uint32_t *state) {
  uint32_t x = seed;
  state[0] = x;
  for (uint32_t i = 1; i < size; i++) {
    x = 1812433253 * (x ^ (x >> 30)) + i;
    state[i] = x;
  }
  forget_low_bits(state);
}

void nascent_mt_words(nascent_path path, uint32_t *state, uint64_t count, uint32_t *out) {
  enum { tile = 2048 };
  uint32_t sequence[size + tile];
  memcpy(sequence, state, size * sizeof *state);
  while (count > 0) {
    uint64_t take = count < tile ? count : tile;
    nascent_mersenne_kernels(path)->extend(sequence, take);
    if (out) {
      nascent_mersenne_kernels(path)->temper(sequence + size, take, out);
      out += take;
    }
    memmove(sequence, sequence + take, size * sizeof *state);
    count -= take;
  }
  memcpy(state, sequence, size * sizeof *state);
  forget_low_bits(state);
}

void nascent_mt_step(nascent_path path, uint32_t *state, uint64_t count) {
  nascent_mt_words(path, state, count, 0);
}

// MARK: Jumping
//
// Every bit of the sequence obeys the linear recurrence over GF(2) whose characteristic polynomial
// is phi. So x[n + j] is the sum of the x[i + j] for which the polynomial t^n mod phi has the term
// t^i: Haramoto, Matsumoto, Nishimura, Panneton and L'Ecuyer (2008), "Efficient jump ahead for
// F2-linear random number generators".

enum { degree = 19937, limbs = (degree + 63) / 64 };

// The exponents of phi below its degree. They are found by the Berlekamp-Massey algorithm from any
// 2 * 19937 successive bits of the sequence; the paper of 1998 counts 135 terms as well.
static const uint16_t lower_terms[134] = {
  0, 1189, 1416, 1585, 1643, 1870, 2493, 2773, 3000, 3227, 3454, 3681, 3908, 4135, 4362, 4753,
  5661, 6337, 6569, 7129, 7477, 7525, 7583, 7752, 7979, 8206, 9505, 9901, 9969, 10128, 10693,
  10761, 10920, 11089, 11147, 11157, 11215, 11321, 11374, 11384, 11485, 11611, 11712, 11717, 11838,
  11881, 11944, 11997, 12277, 12335, 12393, 12504, 12509, 12620, 12673, 12731, 12736, 12789, 12905,
  12958, 12963, 13137, 13185, 13190, 13243, 13301, 13412, 13528, 13533, 13639, 13697, 13760, 13813,
  13866, 14093, 14151, 14209, 14320, 14325, 14436, 14547, 14552, 14605, 14721, 14774, 14779, 14953,
  15001, 15006, 15059, 15117, 15228, 15344, 15349, 15455, 15513, 15576, 15629, 15682, 15909, 15967,
  16025, 16136, 16141, 16252, 16363, 16368, 16421, 16537, 16590, 16595, 16817, 16822, 16875, 16933,
  17044, 17160, 17271, 17329, 17445, 17498, 17725, 17783, 17841, 17952, 18068, 18179, 18237, 18406,
  18633, 18691, 18860, 19087, 19314,
};

typedef struct polynomial {
  uint64_t limb[limbs];
} polynomial;

// Bits 0 … 31 of `half` at the even places of a 64-bit number.
static uint64_t spread(uint64_t half) {
  half = (half | half << 16) & 0x0000ffff0000ffff;
  half = (half | half << 8) & 0x00ff00ff00ff00ff;
  half = (half | half << 4) & 0x0f0f0f0f0f0f0f0f;
  half = (half | half << 2) & 0x3333333333333333;
  return (half | half << 1) & 0x5555555555555555;
}

// value ^= bits * t^place
static void add_shifted(uint64_t *value, uint64_t bits, unsigned place) {
  value[place / 64] ^= bits << (place % 64);
  if (place % 64 != 0) value[place / 64 + 1] ^= bits >> (64 - place % 64);
}

// Replaces t^degree and above by phi's lower terms. Those end 623 places below the degree, so a
// whole limb can be replaced at once: nothing of it returns into the same limb.
static void reduce(uint64_t wide[2 * limbs + 1], polynomial *out) {
  for (unsigned i = 2 * limbs; i >= degree / 64; i--) {
    uint64_t bits = wide[i];
    unsigned base = 64 * i;
    if (i == degree / 64) {
      bits &= ~(uint64_t)0 << (degree % 64);
      wide[i] ^= bits;
      // These bits begin at degree - degree % 64, below the degree: the terms are moved up for it.
      bits >>= degree % 64;
      base = degree;
    } else {
      wide[i] = 0;
    }
    if (bits == 0) continue;
    for (unsigned term = 0; term < 134; term++) {
      add_shifted(wide, bits, base - degree + lower_terms[term]);
    }
  }
  memcpy(out->limb, wide, sizeof out->limb);
}

// t^exponent mod phi.
static void power_of_t(uint64_t exponent, polynomial *out) {
  // The leading binary digits whose number is below the degree are a plain power.
  unsigned rest = 0;
  while (exponent >> rest >= degree) rest++;
  memset(out, 0, sizeof *out);
  uint64_t leading = exponent >> rest;
  out->limb[leading / 64] = (uint64_t)1 << (leading % 64);
  while (rest-- > 0) {
    uint64_t wide[2 * limbs + 1];
    unsigned up = (exponent >> rest) & 1;
    uint64_t carry = 0;
    for (unsigned i = 0; i < 2 * limbs; i++) {
      uint64_t square = spread(i % 2 == 0 ? out->limb[i / 2] & 0xffffffff : out->limb[i / 2] >> 32);
      wide[i] = square << up | carry;
      carry = up ? square >> 63 : 0;
    }
    wide[2 * limbs] = carry;
    reduce(wide, out);
  }
}

void nascent_mt_jump(nascent_path path, uint32_t *state, uint64_t count) {
  enum { tile = 2048 };
  polynomial power;
  power_of_t(count, &power);
  uint32_t sequence[size + tile];
  uint32_t sum[size] = {0};
  memcpy(sequence, state, size * sizeof *state);
  for (unsigned first = 0; first < degree; first += tile) {
    nascent_mersenne_kernels(path)->extend(sequence, tile);
    for (unsigned i = 0; i < tile && first + i < degree; i++) {
      if (power.limb[(first + i) / 64] >> ((first + i) % 64) & 1) {
        nascent_mersenne_kernels(path)->add(sequence + i, sum);
      }
    }
    memmove(sequence, sequence + tile, size * sizeof *state);
  }
  memcpy(state, sum, sizeof sum);
  forget_low_bits(state);
}
