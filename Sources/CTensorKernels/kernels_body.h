// The loops, once for every path: LANES 64-bit lanes a vector, results in KERNEL_TABLE.
//
// No fused multiply-add anywhere: TensorFlow's kernels round after each operation.

#include <string.h>

#include "half.h"
#include "kernels.h"

#pragma STDC FP_CONTRACT OFF

typedef uint64_t words_v __attribute__((vector_size(8 * LANES)));
typedef double doubles_v __attribute__((vector_size(8 * LANES)));
typedef float floats_v __attribute__((vector_size(4 * LANES)));
typedef uint32_t packed_words_v __attribute__((vector_size(8 * LANES)));
typedef float packed_floats_v __attribute__((vector_size(8 * LANES)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")

// Vectors are worked on in pairs: a single chain of multiplications would wait for itself.
enum { PAIR = 2, STEP = PAIR * LANES };

static const uint64_t low_half = 0xffffffff;

// A key in the upper half as well: were it zero there, the compiler would drop the mask before the
// multiplication, forget why, and multiply 64 by 64 bits.
INLINE uint64_t in_both_halves(uint32_t key) { return key | (uint64_t)key << 32; }

// Ten rounds of Philox on STEP blocks, whose indices have the halves `low` and `high`. Each 64-bit
// lane carries a 32-bit word in its lower half; the upper half is rubbish until it is masked, because
// the multiplication ignores it.
INLINE void philox(
    nascent_philox stream, const words_v low[PAIR], const words_v high[PAIR],
    words_v out[PAIR][4]) {
  words_v c0[PAIR], c1[PAIR], c2[PAIR], c3[PAIR];
  UNROLLED for (int i = 0; i < PAIR; i++) {
    c0[i] = low[i];
    c1[i] = high[i];
    c2[i] = (words_v){} + stream.counter_high;
    c3[i] = (words_v){} + (stream.counter_high >> 32);
  }
  uint32_t k0 = stream.key0;
  uint32_t k1 = stream.key1;
  UNROLLED for (int round = 0; round < 10; round++) {
    UNROLLED for (int i = 0; i < PAIR; i++) {
      words_v p0 = (c0[i] & low_half) * (uint64_t)0xD2511F53;
      words_v p1 = (c2[i] & low_half) * (uint64_t)0xCD9E8D57;
      c0[i] = (p1 >> 32) ^ (c1[i] ^ in_both_halves(k0));
      c1[i] = p1;
      c2[i] = (p0 >> 32) ^ (c3[i] ^ in_both_halves(k1));
      c3[i] = p0;
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  UNROLLED for (int i = 0; i < PAIR; i++) {
    out[i][0] = c0[i];
    out[i][1] = c1[i];
    out[i][2] = c2[i];
    out[i][3] = c3[i];
  }
}

#if LANES == 2
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 2)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 1, 3)
#elif LANES == 4
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#else
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15)
#endif

// Lane 2j stands for block j and lane 2j + 1 for block j + LANES / 2, so that interleaving within 128
// bits, one instruction, brings the words of LANES blocks into the stream's order.
INLINE words_v block_order(void) {
  words_v lanes;
  for (int lane = 0; lane < LANES; lane++) {
    lanes[lane] = (uint64_t)(lane / 2 + lane % 2 * (LANES / 2));
  }
  return lanes;
}

// The indices of the blocks of vector i: one lane is `stride` blocks from the next.
INLINE words_v indices(uint64_t first, int i, uint64_t stride) {
  words_v lanes;
  for (int lane = 0; lane < LANES; lane++) {
    lanes[lane] = first + (uint64_t)(i * LANES + lane) * stride;
  }
  return lanes;
}

// The words of STEP consecutive blocks in the stream's order.
typedef struct packed_blocks {
  packed_words_v words[2 * PAIR];
} packed_blocks;

// `index` is `block_order` from the first block on. All blocks share the upper half of their index:
// it is no vector of its own then, and the compiler moves the arithmetic on it out of the loop.
INLINE packed_blocks blocks_at(nascent_philox stream, words_v index, uint64_t upper_half) {
  words_v low[PAIR], high[PAIR], w[PAIR][4];
  UNROLLED for (int i = 0; i < PAIR; i++) {
    low[i] = index + (uint64_t)(i * LANES);
    high[i] = (words_v){} + upper_half;
  }
  philox(stream, low, high, w);
  packed_blocks packed;
  UNROLLED for (int i = 0; i < PAIR; i++) {
    words_v first = (w[i][0] & low_half) | (w[i][1] << 32);
    words_v second = (w[i][2] & low_half) | (w[i][3] << 32);
    packed.words[2 * i] = (packed_words_v)INTERLEAVE_LOW(first, second);
    packed.words[2 * i + 1] = (packed_words_v)INTERLEAVE_HIGH(first, second);
  }
  return packed;
}

// What a block's words are made into. A constant in every call, so each kernel is compiled alone.
typedef enum sample_kind { RAW_WORDS, UNIFORM_F32, UNIFORM_F16 } sample_kind;

// Bytes of a block's four elements.
INLINE uint64_t block_bytes(sample_kind kind) {
  return kind == UNIFORM_F16 ? 8 : 16;
}

// The nearest float16 of a value that does not overflow it: adding 1.5 * 2^13 times the value's power
// of two, at least that of the subnormal numbers, leaves no bits below float16's last one.
INLINE packed_floats_v rounded_to_f16(packed_floats_v value) {
  packed_words_v magnitude = ((packed_words_v)value & 0x7f800000) + ((13 << 23) | 1 << 22);
  packed_words_v least = (packed_words_v){} + 0x3f400000;
  packed_floats_v shift = (packed_floats_v)__builtin_elementwise_max(magnitude, least);
  return (value + shift) - shift;
}

// The product of a draw of `bits` random bits, which is exact in binary32, and a range.
INLINE packed_floats_v short_product(packed_words_v word, unsigned bits, float range) {
  typedef int32_t packed_ints_v __attribute__((vector_size(8 * LANES)));
  packed_ints_v drawn = (packed_ints_v)(word & (((uint32_t)1 << bits) - 1));
  return __builtin_convertvector(drawn, packed_floats_v) * (range / (float)(1 << bits));
}

// Words as samples at `out`. A uniform draw of a 16-bit format has so few bits that its product with
// the range is exact in binary32, and the sum rounds there innocuously.
INLINE void store_samples(
    sample_kind kind, packed_words_v word, float low, float range, void *out) {
  if (kind == RAW_WORDS) {
    memcpy(out, &word, sizeof word);
  } else if (kind == UNIFORM_F32) {
    packed_words_v bits = (word & 0x7fffff) | 0x3f800000;
    packed_floats_v value = ((packed_floats_v)bits - 1.0f) * range + low;
    memcpy(out, &value, sizeof value);
  } else {
    packed_floats_v sum = rounded_to_f16(short_product(word, 10, range)) + low;
#ifdef HAS_F16_CONVERSION
    typedef _Float16 packed_f16_v __attribute__((vector_size(4 * LANES)));
    packed_f16_v value = __builtin_convertvector(sum, packed_f16_v);
#else
    uint16_t value[2 * LANES];
    for (int i = 0; i < 2 * LANES; i++) value[i] = f16_from_f32(sum[i]);
#endif
    memcpy(out, &value, sizeof value);
  }
}

// Fills `out` with the samples of blocks first ..< first + blocks, which share the upper half of
// their index.
INLINE void fill_blocks(
    sample_kind kind, nascent_philox stream, uint64_t first, uint64_t blocks, float low,
    float range, void *out) {
  const uint64_t vector_bytes = block_bytes(kind) * LANES / 2;
  words_v index = block_order() + first;
  char *target = out;
  for (uint64_t done = 0; done < blocks; done += STEP, index += STEP) {
    packed_blocks packed = blocks_at(stream, index, first >> 32);
    char spare[16 * STEP];
    uint64_t rest = blocks - done;
    char *place = rest < STEP ? spare : target;
    UNROLLED for (int i = 0; i < 2 * PAIR; i++) {
      store_samples(kind, packed.words[i], low, range, place + (uint64_t)i * vector_bytes);
    }
    if (rest < STEP) memcpy(target, spare, block_bytes(kind) * rest);
    target += block_bytes(kind) * STEP;
  }
}

static void words(nascent_philox stream, uint64_t first, uint64_t blocks, uint32_t *out) {
  fill_blocks(RAW_WORDS, stream, first, blocks, 0, 0, out);
}

static void uniform_f32(
    nascent_philox stream, uint64_t first, uint64_t blocks, float low, float range, float *out) {
  fill_blocks(UNIFORM_F32, stream, first, blocks, low, range, out);
}

static void uniform_f16(
    nascent_philox stream, uint64_t first, uint64_t blocks, float low, float range,
    uint16_t *out) {
  fill_blocks(UNIFORM_F16, stream, first, blocks, low, range, out);
}

// The nearest bfloat16 in the upper half of each float's bits, and rubbish in the lower.
INLINE packed_words_v rounded_to_bf16(packed_floats_v value) {
  packed_words_v bits = (packed_words_v)value;
  return bits + 0x7fff + ((bits >> 16) & 1);
}

INLINE packed_words_v bf16_sums(words_v even, words_v odd, float low, float range) {
  packed_words_v word = (packed_words_v)((even & low_half) | (odd << 32));
  packed_words_v product = rounded_to_bf16(short_product(word, 7, range)) & 0xffff0000;
  return rounded_to_bf16((packed_floats_v)product + low);
}

// A block's four samples are one 64-bit lane, so no words need be brought into the stream's order.
static void uniform_bf16(
    nascent_philox stream, uint64_t first, uint64_t blocks, float low, float range,
    uint16_t *out) {
  words_v index[PAIR], high[PAIR], w[PAIR][4];
  UNROLLED for (int i = 0; i < PAIR; i++) {
    index[i] = indices(first, i, 1);
    high[i] = (words_v){} + (first >> 32);
  }
  for (uint64_t done = 0; done < blocks; done += STEP) {
    philox(stream, index, high, w);
    packed_words_v samples[PAIR];
    UNROLLED for (int i = 0; i < PAIR; i++) {
      packed_words_v even = bf16_sums(w[i][0], w[i][2], low, range);
      packed_words_v odd = bf16_sums(w[i][1], w[i][3], low, range);
      samples[i] = (even >> 16) | (odd & 0xffff0000);
      index[i] += STEP;
    }
    uint64_t rest = blocks - done;
    if (rest >= STEP) {
      memcpy(out + 4 * done, samples, sizeof samples);
    } else {
      memcpy(out + 4 * done, samples, 8 * rest);
    }
  }
}

// u in [0, 1) from the low 23 bits of each lane, as a double: exact, and equal to TensorFlow's float.
INLINE doubles_v unit_doubles(words_v word) {
  return (doubles_v)(((word & 0x7fffff) << 29) | 0x3ff0000000000000) - 1.0;
}

// ARM optimized routines' logf (glibc 2.27 and later): a 16-entry table of 1/c and log c, and a
// cubic, in double. Rounded once to float it equals glibc on all 2^23 inputs, fused or not.
typedef struct log_term {
  double inverse, value;
} log_term;
static const log_term log_terms[16] __attribute__((aligned(64))) = {
    {0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2}, {0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
    {0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2},  {0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
    {0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3}, {0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
    {0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4}, {0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
    {0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5}, {0x1p+0, 0},
    {0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5},  {0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
    {0x1.b2036576afce6p-1, 0x1.526e57720db08p-3},  {0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
    {0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2},  {0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2}};

typedef double two_doubles __attribute__((vector_size(16)));

// Both terms of entry index[lane] in each lane.
INLINE void look_up(words_v index, doubles_v *inverse, doubles_v *value) {
  two_doubles term[LANES];
  UNROLLED for (int lane = 0; lane < LANES; lane++) memcpy(&term[lane], &log_terms[index[lane]], 16);
#if LANES == 2
  *inverse = __builtin_shufflevector(term[0], term[1], 0, 2);
  *value = __builtin_shufflevector(term[0], term[1], 1, 3);
#else
#define JOIN(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3)
#if LANES == 4
  doubles_v even = JOIN(term[0], term[2]), odd = JOIN(term[1], term[3]);
  *inverse = __builtin_shufflevector(even, odd, 0, 4, 2, 6);
  *value = __builtin_shufflevector(even, odd, 1, 5, 3, 7);
#else
#define JOIN_FOUR(a, b, c, d) \
  __builtin_shufflevector(JOIN(a, b), JOIN(c, d), 0, 1, 2, 3, 4, 5, 6, 7)
  doubles_v even = JOIN_FOUR(term[0], term[2], term[4], term[6]);
  doubles_v odd = JOIN_FOUR(term[1], term[3], term[5], term[7]);
  *inverse = __builtin_shufflevector(even, odd, 0, 8, 2, 10, 4, 12, 6, 14);
  *value = __builtin_shufflevector(even, odd, 1, 9, 3, 11, 5, 13, 7, 15);
#endif
#endif
}

// log of a double that is exactly a float in [1e-7f, 1), rounded to float.
INLINE floats_v log_float(doubles_v u) {
  words_v bits = (words_v)u;
  // The bits of 0x1.66p-1, where the table begins; what is above them says entry and exponent.
  words_v t = bits - 0x3fe6600000000000;
  // The exponent, between -24 and 0: biased by 64 to stay unsigned, made a double by the usual 2^52.
  words_v biased = (t + ((uint64_t)64 << 52)) >> 52;
  doubles_v k = (doubles_v)(biased | 0x4330000000000000) - 0x1.0000000000040p52;
  doubles_v z = (doubles_v)(bits - (t & 0xfff0000000000000));
  doubles_v inverse, value;
  look_up((t >> 48) & 15, &inverse, &value);
  doubles_v r = z * inverse - 1.0;
  doubles_v y0 = value + k * 0x1.62e42fefa39efp-1;
  doubles_v r2 = r * r;
  doubles_v y = r * 0x1.5575b0be00b6ap-2 + -0x1.ffffef20a4123p-2;
  y = r2 * -0x1.00ea348b88334p-2 + y;
  y = y * r2 + (y0 + r);
  return __builtin_convertvector(y, floats_v);
}

// Sine and cosine of a vector of angles, before the quadrant is applied.
typedef struct quadrant_terms {
  floats_v sine, cosine;
  words_v quadrant;
} quadrant_terms;

// ARM optimized routines' sinf and cosf of v = float(2 pi u), u = m 2^-23: v - n pi/2, then short
// polynomials in double. Rounded once to float they equal glibc on all 2^23 inputs. Below 2^-12 the
// polynomials round to v and 1 as the special case of the original does, so that it is not needed;
// and the nearest quadrant n follows from m, but for ties, where both neighbours give the same.
INLINE quadrant_terms sine_cosine(words_v word) {
  doubles_v exact = unit_doubles(word) * 0x1.921FB54442D18p2;
  doubles_v v = __builtin_convertvector(__builtin_convertvector(exact, floats_v), doubles_v);
  words_v n = ((word & 0x7fffff) + 0x100000) >> 21;
  doubles_v quarters = (doubles_v)(n | 0x4330000000000000) - 0x1p52;
  doubles_v x = v - quarters * 0x1.921FB54442D18p0;
  doubles_v y = x * x;
  doubles_v x3 = x * y;
  doubles_v s = (x + x3 * -0x1.555545995a603p-3) +
                (x3 * y) * (0x1.1107605230bc4p-7 + y * -0x1.994eb3774cf24p-13);
  doubles_v y2 = y * y;
  doubles_v c = ((1.0 + y * -0x1.ffffffd0c621cp-2) + y2 * 0x1.55553e1068f19p-5) +
                (y2 * y) * (-0x1.6c087e89a359dp-10 + y * 0x1.99343027bf8c3p-16);
  return (quadrant_terms){
      __builtin_convertvector(s, floats_v), __builtin_convertvector(c, floats_v), n};
}

INLINE doubles_v clamped_unit(words_v word) {
  return __builtin_elementwise_max(unit_doubles(word), (doubles_v){} + (double)1e-7f);
}

#if LANES == 2
#define CONCATENATED(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3)
#define BLOCKS_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define BLOCKS_HIGH(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#elif LANES == 4
#define CONCATENATED(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7)
#define BLOCKS_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 4, 12, 1, 9, 5, 13)
#define BLOCKS_HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 6, 14, 3, 11, 7, 15)
#else
#define CONCATENATED(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define BLOCKS_LOW(a, b) \
  __builtin_shufflevector(a, b, 0, 16, 8, 24, 1, 17, 9, 25, 2, 18, 10, 26, 3, 19, 11, 27)
#define BLOCKS_HIGH(a, b) \
  __builtin_shufflevector(a, b, 4, 20, 12, 28, 5, 21, 13, 29, 6, 22, 14, 30, 7, 23, 15, 31)
#endif

// The sines and cosines of two vectors of angles, the second behind the first.
INLINE void quadrant_applied(
    quadrant_terms a, quadrant_terms b, packed_floats_v *sine, packed_floats_v *cosine) {
  packed_words_v s = (packed_words_v)CONCATENATED(a.sine, b.sine);
  packed_words_v c = (packed_words_v)CONCATENATED(a.cosine, b.cosine);
  typedef uint32_t narrow_v __attribute__((vector_size(4 * LANES)));
  packed_words_v n = CONCATENATED(
      __builtin_convertvector(a.quadrant, narrow_v), __builtin_convertvector(b.quadrant, narrow_v));
  packed_words_v difference = (s ^ c) & -(n & 1);
  *sine = (packed_floats_v)(s ^ difference ^ ((n & 2) << 30));
  *cosine = (packed_floats_v)(c ^ difference ^ (((n + 1) & 2) << 30));
}

enum { TILE_BLOCKS = 128, TILE_VECTORS = TILE_BLOCKS / LANES };

// The normals of blocks whose indices are given, four a block: the Box-Muller transform of words
// (0, 1) and (2, 3). Three loops, since all constants of one would not stay in registers.
//
// `vectors` is a multiple of PAIR, TILE_VECTORS at the most.
static void normal_tile(
    nascent_philox stream, const words_v *index, uint64_t vectors, float *out) {
  words_v w[TILE_VECTORS][4];
  packed_floats_v radius[TILE_VECTORS];
  for (uint64_t v = 0; v < vectors; v += PAIR) {
    words_v high[PAIR];
    UNROLLED for (int i = 0; i < PAIR; i++) high[i] = index[v + (uint64_t)i] >> 32;
    philox(stream, index + v, high, w + v);
  }
  for (uint64_t v = 0; v < vectors; v++) {
    packed_floats_v logarithm =
        CONCATENATED(log_float(clamped_unit(w[v][0])), log_float(clamped_unit(w[v][2])));
    radius[v] = __builtin_elementwise_sqrt(logarithm * -2.0f);
  }
  for (uint64_t v = 0; v < vectors; v++) {
    packed_floats_v sine, cosine;
    quadrant_applied(sine_cosine(w[v][1]), sine_cosine(w[v][3]), &sine, &cosine);
    packed_floats_v first = sine * radius[v];
    packed_floats_v second = cosine * radius[v];
    packed_floats_v values[2] = {BLOCKS_LOW(first, second), BLOCKS_HIGH(first, second)};
    memcpy(out + v * 4 * LANES, values, sizeof values);
  }
}

// At most TILE_BLOCKS blocks, of which the last step's may not be wanted.
static void normal_blocks(
    nascent_philox stream, const words_v *index, uint64_t blocks, float *out) {
  uint64_t vectors = (blocks + STEP - 1) / STEP * PAIR;
  float spare[4 * TILE_BLOCKS];
  float *place = blocks % STEP == 0 ? out : spare;
  normal_tile(stream, index, vectors, place);
  if (place == spare) memcpy(out, spare, 16 * blocks);
}

static void normal_f32(
    nascent_philox stream, uint64_t first, uint64_t stride, uint64_t blocks, float *out) {
  words_v index[TILE_VECTORS];
  for (uint64_t done = 0; done < blocks; done += TILE_BLOCKS) {
    for (int v = 0; v < TILE_VECTORS; v++) index[v] = indices(first + done * stride, v, stride);
    uint64_t rest = blocks - done;
    normal_blocks(stream, index, rest < TILE_BLOCKS ? rest : TILE_BLOCKS, out + 4 * done);
  }
}

static void normal_f32_at(
    nascent_philox stream, const uint64_t *block_indices, uint64_t blocks, float *out) {
  words_v index[TILE_VECTORS];
  for (uint64_t done = 0; done < blocks; done += TILE_BLOCKS) {
    uint64_t rest = blocks - done < TILE_BLOCKS ? blocks - done : TILE_BLOCKS;
    memset(index, 0, sizeof index);
    memcpy(index, block_indices + done, 8 * rest);
    normal_blocks(stream, index, rest, out + 4 * done);
  }
}

static void terms(
    uint32_t first_mantissa, uint32_t count, float *logarithm, float *sine, float *cosine) {
  for (uint32_t done = 0; done < count; done += LANES) {
    words_v mantissa;
    for (int lane = 0; lane < LANES; lane++) mantissa[lane] = first_mantissa + done + (uint32_t)lane;
    floats_v l = log_float(clamped_unit(mantissa));
    quadrant_terms v = sine_cosine(mantissa);
    packed_floats_v s, c;
    quadrant_applied(v, v, &s, &c);
    uint64_t bytes = 4 * (count - done < LANES ? count - done : LANES);
    memcpy(logarithm + done, &l, bytes);
    memcpy(sine + done, &s, bytes);
    memcpy(cosine + done, &c, bytes);
  }
}

#include "moments_body.h"

#define REAL float
#include "qr_body.h"
#undef REAL
#define REAL double
#include "qr_body.h"
#undef REAL

const kernel_table KERNEL_TABLE = {
    words,         uniform_f32,   uniform_f16, uniform_bf16,   normal_f32,
    normal_f32_at, terms,         measure_finite, qr_orthonormal_float, qr_orthonormal_double};
