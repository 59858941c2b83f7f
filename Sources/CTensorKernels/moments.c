// Statistics of a run of elements, with one order of operations on every processor.

#include <math.h>

#include "half.h"
#include "kernels.h"

#pragma STDC FP_CONTRACT OFF

#define TREE_SUM(s) (((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])))

// Element i goes to sum i mod 8; the sums are added in a fixed tree. Values that are not finite
// count apart and do not enter the sums.
#define MEASURE(NAME, TYPE, READ)                                                                  \
  static nascent_moments NAME(uint64_t count, const TYPE *values) {                                \
    nascent_moments m = {.minimum = INFINITY, .maximum = -INFINITY};                               \
    double sums[8] = {0}, low[8], high[8];                                                         \
    for (int j = 0; j < 8; j++) low[j] = INFINITY, high[j] = -INFINITY;                            \
    uint64_t finite[8] = {0};                                                                      \
    for (uint64_t i = 0; i < count; i += 8) {                                                      \
      int lanes = count - i < 8 ? (int)(count - i) : 8;                                            \
      for (int j = 0; j < lanes; j++) {                                                            \
        double x = READ(values[i + (uint64_t)j]);                                                  \
        int ok = __builtin_fabs(x) < INFINITY;                                                     \
        double kept = ok ? x : 0;                                                                  \
        sums[j] += kept;                                                                           \
        finite[j] += (uint64_t)ok;                                                                 \
        low[j] = ok && x < low[j] ? x : low[j];                                                    \
        high[j] = ok && x > high[j] ? x : high[j];                                                 \
      }                                                                                            \
    }                                                                                              \
    for (int j = 0; j < 8; j++) {                                                                  \
      m.count += finite[j];                                                                        \
      if (low[j] < m.minimum) m.minimum = low[j];                                                  \
      if (high[j] > m.maximum) m.maximum = high[j];                                                \
    }                                                                                              \
    m.not_finite = count - m.count;                                                                \
    if (m.count == 0) return m;                                                                    \
    m.mean = TREE_SUM(sums) / (double)m.count;                                                     \
    double squares[8] = {0}, cubes[8] = {0}, fourths[8] = {0};                                     \
    for (uint64_t i = 0; i < count; i += 8) {                                                      \
      int lanes = count - i < 8 ? (int)(count - i) : 8;                                            \
      for (int j = 0; j < lanes; j++) {                                                            \
        double x = READ(values[i + (uint64_t)j]);                                                  \
        double deviation = __builtin_fabs(x) < INFINITY ? x - m.mean : 0;                          \
        double square = deviation * deviation;                                                     \
        squares[j] += square;                                                                      \
        cubes[j] += square * deviation;                                                            \
        fourths[j] += square * square;                                                             \
      }                                                                                            \
    }                                                                                              \
    m.squared_deviations = TREE_SUM(squares);                                                      \
    m.cubed_deviations = TREE_SUM(cubes);                                                          \
    m.fourth_deviations = TREE_SUM(fourths);                                                       \
    return m;                                                                                      \
  }

#define AS_DOUBLE(x) ((double)(x))
#define AS_F16(x) ((double)f32_from_f16(x))
#define AS_BF16(x) ((double)f32_from_bf16(x))

MEASURE(measure_f16, uint16_t, AS_F16)
MEASURE(measure_bf16, uint16_t, AS_BF16)
MEASURE(measure_f32, float, AS_DOUBLE)
MEASURE(measure_f64, double, AS_DOUBLE)
MEASURE(measure_i8, int8_t, AS_DOUBLE)
MEASURE(measure_i16, int16_t, AS_DOUBLE)
MEASURE(measure_i32, int32_t, AS_DOUBLE)
MEASURE(measure_i64, int64_t, AS_DOUBLE)
MEASURE(measure_u8, uint8_t, AS_DOUBLE)
MEASURE(measure_u16, uint16_t, AS_DOUBLE)
MEASURE(measure_u32, uint32_t, AS_DOUBLE)
MEASURE(measure_u64, uint64_t, AS_DOUBLE)

nascent_moments nascent_measure(
    nascent_path path, nascent_element element, uint64_t count, const void *values) {
  // Finite elements, the usual case, without a question asked of each.
  if (element <= NASCENT_F64 && count > 0) {
    nascent_moments m = nascent_kernels(path)->measure_finite(element, count, values);
    if (__builtin_fabs(m.mean) < INFINITY) return m;
  }
  switch (element) {
  case NASCENT_F16: return measure_f16(count, values);
  case NASCENT_BF16: return measure_bf16(count, values);
  case NASCENT_F32: return measure_f32(count, values);
  case NASCENT_F64: return measure_f64(count, values);
  case NASCENT_I8: return measure_i8(count, values);
  case NASCENT_I16: return measure_i16(count, values);
  case NASCENT_I32: return measure_i32(count, values);
  case NASCENT_I64: return measure_i64(count, values);
  case NASCENT_U8: return measure_u8(count, values);
  case NASCENT_U16: return measure_u16(count, values);
  case NASCENT_U32: return measure_u32(count, values);
  case NASCENT_U64: return measure_u64(count, values);
  }
  return (nascent_moments){0};
}
