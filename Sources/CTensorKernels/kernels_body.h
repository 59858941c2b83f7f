// The loops, once for every path: LANES 64-bit lanes a vector, results in KERNEL_TABLE.
//
// No fused multiply-add anywhere: TensorFlow's kernels round after each operation.

#include <string.h>

#include "kernels.h"

#pragma STDC FP_CONTRACT OFF

typedef uint64_t words_v __attribute__((vector_size(8 * LANES)));
typedef double doubles_v __attribute__((vector_size(8 * LANES)));
typedef int32_t ints_v __attribute__((vector_size(4 * LANES)));
typedef float floats_v __attribute__((vector_size(4 * LANES)));
typedef uint32_t packed_words_v __attribute__((vector_size(8 * LANES)));
typedef float packed_floats_v __attribute__((vector_size(8 * LANES)));

static const uint64_t low_half = 0xffffffff;

static inline words_v iota_times(uint64_t stride) {
  words_v lanes;
  for (int lane = 0; lane < LANES; lane++) lanes[lane] = (uint64_t)lane * stride;
  return lanes;
}

// Ten rounds of Philox on LANES blocks. Each 64-bit lane carries a 32-bit word in its lower half;
// the upper half is rubbish until it is masked, because the multiplication ignores it.
static inline void philox(nascent_philox stream, words_v index, words_v out[4]) {
  words_v c0 = index;
  words_v c1 = index >> 32;
  words_v c2 = (words_v){} + stream.counter_high;
  words_v c3 = (words_v){} + (stream.counter_high >> 32);
  uint32_t k0 = stream.key0;
  uint32_t k1 = stream.key1;
#pragma clang loop unroll(full)
  for (int round = 0; round < 10; round++) {
    words_v p0 = (c0 & low_half) * (uint64_t)0xD2511F53;
    words_v p1 = (c2 & low_half) * (uint64_t)0xCD9E8D57;
    c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
    c1 = p1;
    c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
    c3 = p0;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

#if LANES == 2
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 2)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 1, 3)
#elif LANES == 4
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#else
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#endif

// The words of LANES consecutive blocks, in the stream's order, as two vectors of 2 x LANES words.
static inline void packed_blocks(
    nascent_philox stream, words_v index, packed_words_v *low, packed_words_v *high) {
  words_v w[4];
  philox(stream, index, w);
  words_v first = (w[0] & low_half) | (w[1] << 32);
  words_v second = (w[2] & low_half) | (w[3] << 32);
  *low = (packed_words_v)INTERLEAVE_LOW(first, second);
  *high = (packed_words_v)INTERLEAVE_HIGH(first, second);
}

static void words(nascent_philox stream, uint64_t first, uint64_t blocks, uint32_t *out) {
  words_v index = iota_times(1) + first;
  for (uint64_t done = 0; done < blocks; done += LANES, index += LANES) {
    packed_words_v pair[2];
    packed_blocks(stream, index, &pair[0], &pair[1]);
    uint64_t rest = blocks - done;
    memcpy(out + 4 * done, pair, rest < LANES ? 16 * rest : sizeof pair);
  }
}

static inline packed_floats_v unit_floats(packed_words_v word) {
  return (packed_floats_v)((word & 0x7fffff) | 0x3f800000) - 1.0f;
}

static void uniform_f32(
    nascent_philox stream, uint64_t first, uint64_t blocks, float low, float range, float *out) {
  words_v index = iota_times(1) + first;
  uint64_t done = 0;
  for (; done + LANES <= blocks; done += LANES, index += LANES) {
    packed_words_v a, b;
    packed_blocks(stream, index, &a, &b);
    packed_floats_v pair[2] = {unit_floats(a) * range + low, unit_floats(b) * range + low};
    memcpy(out + 4 * done, pair, sizeof pair);
  }
  if (done < blocks) {
    packed_words_v a, b;
    packed_blocks(stream, index, &a, &b);
    packed_floats_v pair[2] = {unit_floats(a) * range + low, unit_floats(b) * range + low};
    memcpy(out + 4 * done, pair, 16 * (blocks - done));
  }
}

// u in [0, 1) from the low 23 bits of each lane, as a double: exact, and equal to TensorFlow's float.
static inline doubles_v unit_doubles(words_v word) {
  return (doubles_v)(((word & 0x7fffff) << 29) | 0x3ff0000000000000) - 1.0;
}

// ARM optimized routines' logf (glibc 2.27 and later): a 16-entry table of 1/c and log c, and a
// cubic, in double. Rounded once to float it equals glibc on all 2^23 inputs, fused or not.
static const double log_inverse[16] = {
    0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0,  0x1.3c995b0b80385p+0,
    0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0,  0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
    0x1.0953f419900a7p+0, 0x1p+0,               0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
    0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1, 0x1.767dcf5534862p-1};
static const double log_value[16] = {
    -0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2, -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3,
    -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3,   -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4,
    -0x1.252f438e10c1ep-5, 0,                     0x1.aa5aa5df25984p-5,  0x1.c5e53aa362eb4p-4,
    0x1.526e57720db08p-3,  0x1.bc2860d22477p-3,   0x1.1058bc8a07ee1p-2,  0x1.4043057b6ee09p-2};

static inline doubles_v look_up(const double table[16], words_v index) {
#if LANES == 8
  // Sixteen doubles are two registers, and choosing among two registers is one instruction.
  doubles_v low, high;
  memcpy(&low, table, sizeof low);
  memcpy(&high, table + 8, sizeof high);
  typedef long long choice_v __attribute__((vector_size(64)));
  return (doubles_v)__builtin_ia32_vpermi2varpd512(low, (choice_v)index, high);
#else
  doubles_v found;
  for (int lane = 0; lane < LANES; lane++) found[lane] = table[index[lane]];
  return found;
#endif
}

// log of a double that is exactly a float in [1e-7f, 1), rounded to float.
static inline floats_v log_float(doubles_v u) {
  // The bits of the same value as a float, in a 64-bit lane.
  words_v bits = ((words_v)u >> 29) - ((uint64_t)(1023 - 127) << 23);
  words_v t = bits - 0x3f330000;
  words_v exponent_part = t & ~(uint64_t)0x7fffff;
  words_v index = (t >> 19) & 15;
  // k = t >> 23, between -24 and 0: biased by 64 to stay unsigned, made a double by the usual 2^52.
  words_v biased = ((t + ((uint64_t)64 << 23)) >> 23) & 0xff;
  doubles_v k = (doubles_v)(biased | 0x4330000000000000) - 0x1.0000000000040p52;
  doubles_v z = (doubles_v)(((bits - exponent_part) << 29) + ((uint64_t)(1023 - 127) << 52));
  doubles_v r = z * look_up(log_inverse, index) - 1.0;
  doubles_v y0 = look_up(log_value, index) + k * 0x1.62e42fefa39efp-1;
  doubles_v r2 = r * r;
  doubles_v y = r * 0x1.5575b0be00b6ap-2 + -0x1.ffffef20a4123p-2;
  y = r2 * -0x1.00ea348b88334p-2 + y;
  y = y * r2 + (y0 + r);
  return __builtin_convertvector(y, floats_v);
}

// ARM optimized routines' sinf and cosf for v in [0, 2 pi): v - n pi/2, then short polynomials in
// double. Rounded once to float they equal glibc on all 2^23 inputs. Below 2^-12 the polynomials
// round to v and 1 as the special case of the original does, so that it is not needed.
static inline void sine_cosine_float(doubles_v v, floats_v *sine, floats_v *cosine) {
  ints_v scaled = __builtin_convertvector(v * 0x1.45F306DC9C883p+23, ints_v);
  ints_v n = (scaled + 0x800000) >> 24;
  doubles_v x = v - __builtin_convertvector(n, doubles_v) * 0x1.921FB54442D18p0;
  doubles_v y = x * x;
  doubles_v x3 = x * y;
  doubles_v s = (x + x3 * -0x1.555545995a603p-3) +
                (x3 * y) * (0x1.1107605230bc4p-7 + y * -0x1.994eb3774cf24p-13);
  doubles_v y2 = y * y;
  doubles_v c = ((1.0 + y * -0x1.ffffffd0c621cp-2) + y2 * 0x1.55553e1068f19p-5) +
                (y2 * y) * (-0x1.6c087e89a359dp-10 + y * 0x1.99343027bf8c3p-16);
  ints_v s_bits = (ints_v)__builtin_convertvector(s, floats_v);
  ints_v c_bits = (ints_v)__builtin_convertvector(c, floats_v);
  ints_v swap = -(n & 1);
  ints_v sine_bits = (s_bits & ~swap) | (c_bits & swap);
  ints_v cosine_bits = (c_bits & ~swap) | (s_bits & swap);
  *sine = (floats_v)(sine_bits ^ ((n & 2) << 30));
  *cosine = (floats_v)(cosine_bits ^ (((n + 1) & 2) << 30));
}

static inline doubles_v clamped_unit(words_v word) {
  return __builtin_elementwise_max(unit_doubles(word), (doubles_v){} + (double)1e-7f);
}

static inline doubles_v angle(words_v word) {
  doubles_v v = unit_doubles(word) * 0x1.921FB54442D18p2;
  return __builtin_convertvector(__builtin_convertvector(v, floats_v), doubles_v);
}

static inline void box_muller(words_v x0, words_v x1, floats_v *first, floats_v *second) {
  floats_v radius = __builtin_elementwise_sqrt(log_float(clamped_unit(x0)) * -2.0f);
  floats_v sine, cosine;
  sine_cosine_float(angle(x1), &sine, &cosine);
  *first = sine * radius;
  *second = cosine * radius;
}

static inline void normal_blocks(nascent_philox stream, words_v index, float out[4 * LANES]) {
  words_v w[4];
  philox(stream, index, w);
  floats_v a, b, c, d;
  box_muller(w[0], w[1], &a, &b);
  box_muller(w[2], w[3], &c, &d);
  for (int lane = 0; lane < LANES; lane++) {
    out[4 * lane] = a[lane];
    out[4 * lane + 1] = b[lane];
    out[4 * lane + 2] = c[lane];
    out[4 * lane + 3] = d[lane];
  }
}

static void normal_f32(
    nascent_philox stream, uint64_t first, uint64_t stride, uint64_t blocks, float *out) {
  words_v index = iota_times(stride) + first;
  uint64_t done = 0;
  for (; done + LANES <= blocks; done += LANES, index += LANES * stride) {
    normal_blocks(stream, index, out + 4 * done);
  }
  if (done < blocks) {
    float spare[4 * LANES];
    normal_blocks(stream, index, spare);
    memcpy(out + 4 * done, spare, 16 * (blocks - done));
  }
}

static void normal_f32_at(
    nascent_philox stream, const uint64_t *block_indices, uint64_t blocks, float *out) {
  for (uint64_t done = 0; done < blocks; done += LANES) {
    uint64_t taken = blocks - done < LANES ? blocks - done : LANES;
    words_v index = {};
    for (uint64_t lane = 0; lane < taken; lane++) index[lane] = block_indices[done + lane];
    float spare[4 * LANES];
    normal_blocks(stream, index, spare);
    memcpy(out + 4 * done, spare, 16 * taken);
  }
}

static void terms(
    uint32_t first_mantissa, uint32_t count, float *logarithm, float *sine, float *cosine) {
  for (uint32_t done = 0; done < count; done += LANES) {
    words_v mantissa = iota_times(1) + (uint64_t)(first_mantissa + done);
    floats_v l = log_float(clamped_unit(mantissa));
    floats_v s, c;
    sine_cosine_float(angle(mantissa), &s, &c);
    uint64_t bytes = 4 * (count - done < LANES ? count - done : LANES);
    memcpy(logarithm + done, &l, bytes);
    memcpy(sine + done, &s, bytes);
    memcpy(cosine + done, &c, bytes);
  }
}

const kernel_table KERNEL_TABLE = {words, uniform_f32, normal_f32, normal_f32_at, terms};
