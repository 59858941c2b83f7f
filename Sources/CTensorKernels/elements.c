// Arithmetic and conversions of runs of elements.

#include "CTensorKernels.h"
#include "half.h"

#pragma STDC FP_CONTRACT OFF

static inline float load_f16(uint16_t bits) { return f32_from_f16(bits); }
static inline float load_bf16(uint16_t bits) { return f32_from_bf16(bits); }
static inline float load_f32(float x) { return x; }
static inline double load_f64(double x) { return x; }
static inline uint16_t store_f16(float x) { return f16_from_f32(one_nan_f32(x)); }
static inline uint16_t store_bf16(float x) { return bf16_from_f32(one_nan_f32(x)); }
static inline float store_f32(float x) { return one_nan_f32(x); }
static inline double store_f64(double x) { return one_nan_f64(x); }

#define COMBINE_FLOATS(TYPE, FORMAT, OPERATOR)                                                     \
  {                                                                                                \
    TYPE *a = values;                                                                              \
    const TYPE *b = operands;                                                                      \
    for (uint64_t i = 0; i < count; i++) {                                                         \
      a[i] = store_##FORMAT(load_##FORMAT(a[i]) OPERATOR load_##FORMAT(b[i]));                     \
    }                                                                                              \
    return;                                                                                        \
  }

// The low bits of a 64-bit result are those of a narrower one.
#define COMBINE_INTEGERS(TYPE, OPERATOR)                                                           \
  {                                                                                                \
    TYPE *a = values;                                                                              \
    const TYPE *b = operands;                                                                      \
    for (uint64_t i = 0; i < count; i++) {                                                         \
      a[i] = (TYPE)((uint64_t)a[i] OPERATOR(uint64_t) b[i]);                                       \
    }                                                                                              \
    return;                                                                                        \
  }

#define COMBINE_ANY_FLOAT(OPERATOR)                                                                \
  case NASCENT_F16: COMBINE_FLOATS(uint16_t, f16, OPERATOR)                                        \
  case NASCENT_BF16: COMBINE_FLOATS(uint16_t, bf16, OPERATOR)                                      \
  case NASCENT_F32: COMBINE_FLOATS(float, f32, OPERATOR)                                           \
  case NASCENT_F64: COMBINE_FLOATS(double, f64, OPERATOR)

#define COMBINE_ANY(OPERATOR)                                                                      \
  switch (element) {                                                                               \
    COMBINE_ANY_FLOAT(OPERATOR)                                                                    \
    case NASCENT_I8:                                                                               \
    case NASCENT_U8: COMBINE_INTEGERS(uint8_t, OPERATOR)                                           \
    case NASCENT_I16:                                                                              \
    case NASCENT_U16: COMBINE_INTEGERS(uint16_t, OPERATOR)                                         \
    case NASCENT_I32:                                                                              \
    case NASCENT_U32: COMBINE_INTEGERS(uint32_t, OPERATOR)                                         \
    case NASCENT_I64:                                                                              \
    case NASCENT_U64: COMBINE_INTEGERS(uint64_t, OPERATOR)                                         \
  }

void nascent_combine(
    nascent_combination combination, nascent_element element, uint64_t count, void *values,
    const void *operands) {
  switch (combination) {
    case NASCENT_ADD: COMBINE_ANY(+) break;
    case NASCENT_SUBTRACT: COMBINE_ANY(-) break;
    case NASCENT_MULTIPLY: COMBINE_ANY(*) break;
    case NASCENT_DIVIDE:
      switch (element) {
        COMBINE_ANY_FLOAT(/)
        default: return;
      }
  }
}

#define MAP_FLOATS(TYPE, FORMAT, RESULT)                                                           \
  {                                                                                                \
    TYPE *a = values;                                                                              \
    for (uint64_t i = 0; i < count; i++) {                                                         \
      __auto_type x = load_##FORMAT(a[i]);                                                         \
      a[i] = store_##FORMAT(RESULT);                                                               \
    }                                                                                              \
    return;                                                                                        \
  }

void nascent_scale_elements(
    nascent_element element, uint64_t count, double factor, void *values) {
  float half = f32_from_f16(f16_from_f64(factor));
  float brain = f32_from_bf16(bf16_from_f64(factor));
  float single = (float)factor;
  switch (element) {
    case NASCENT_F16: MAP_FLOATS(uint16_t, f16, x *half)
    case NASCENT_BF16: MAP_FLOATS(uint16_t, bf16, x *brain)
    case NASCENT_F32: MAP_FLOATS(float, f32, x *single)
    case NASCENT_F64: MAP_FLOATS(double, f64, x *factor)
    default: return;
  }
}

void nascent_square_root(nascent_element element, uint64_t count, void *values) {
  switch (element) {
    case NASCENT_F16: MAP_FLOATS(uint16_t, f16, __builtin_sqrtf(x))
    case NASCENT_BF16: MAP_FLOATS(uint16_t, bf16, __builtin_sqrtf(x))
    case NASCENT_F32: MAP_FLOATS(float, f32, __builtin_sqrtf(x))
    case NASCENT_F64: MAP_FLOATS(double, f64, __builtin_sqrt(x))
    default: return;
  }
}

#define NEGATE(TYPE, RESULT)                                                                       \
  {                                                                                                \
    TYPE *a = values;                                                                              \
    for (uint64_t i = 0; i < count; i++) a[i] = (TYPE)(RESULT);                                    \
    return;                                                                                        \
  }

void nascent_negate(nascent_element element, uint64_t count, void *values) {
  switch (element) {
    case NASCENT_F16:
    case NASCENT_BF16: NEGATE(uint16_t, a[i] ^ 0x8000)
    case NASCENT_F32: NEGATE(uint32_t, a[i] ^ 0x80000000)
    case NASCENT_F64: NEGATE(uint64_t, a[i] ^ 0x8000000000000000)
    case NASCENT_I8:
    case NASCENT_U8: NEGATE(uint8_t, -(uint32_t)a[i])
    case NASCENT_I16:
    case NASCENT_U16: NEGATE(uint16_t, -(uint32_t)a[i])
    case NASCENT_I32:
    case NASCENT_U32: NEGATE(uint32_t, -a[i])
    case NASCENT_I64:
    case NASCENT_U64: NEGATE(uint64_t, -a[i])
  }
}

// Elements on their way from one type to another: as doubles, which hold every floating-point element
// exactly, or as 64-bit integers.
enum { TILE = 512 };

typedef union tile {
  double floats[TILE];
  int64_t integers[TILE];
  uint64_t naturals[TILE];
} tile;

typedef enum kind { FLOATS, INTEGERS, NATURALS } kind;

#define READ_TILE(TYPE, MEMBER, KIND, VALUE)                                                       \
  {                                                                                                \
    const TYPE *a = source;                                                                        \
    a += first;                                                                                    \
    for (uint64_t i = 0; i < count; i++) out->MEMBER[i] = VALUE;                                   \
    return KIND;                                                                                   \
  }

static kind read_tile(
    nascent_element from, const void *source, uint64_t first, uint64_t count, tile *out) {
  switch (from) {
    case NASCENT_F16: READ_TILE(uint16_t, floats, FLOATS, f32_from_f16(a[i]))
    case NASCENT_BF16: READ_TILE(uint16_t, floats, FLOATS, f32_from_bf16(a[i]))
    case NASCENT_F32: READ_TILE(float, floats, FLOATS, a[i])
    case NASCENT_F64: READ_TILE(double, floats, FLOATS, a[i])
    case NASCENT_I8: READ_TILE(int8_t, integers, INTEGERS, a[i])
    case NASCENT_I16: READ_TILE(int16_t, integers, INTEGERS, a[i])
    case NASCENT_I32: READ_TILE(int32_t, integers, INTEGERS, a[i])
    case NASCENT_I64: READ_TILE(int64_t, integers, INTEGERS, a[i])
    case NASCENT_U8: READ_TILE(uint8_t, naturals, NATURALS, a[i])
    case NASCENT_U16: READ_TILE(uint16_t, naturals, NATURALS, a[i])
    case NASCENT_U32: READ_TILE(uint32_t, naturals, NATURALS, a[i])
    case NASCENT_U64: READ_TILE(uint64_t, naturals, NATURALS, a[i])
  }
}

#define WRITE_FLOATS(TYPE, FROM_DOUBLE, FROM_INTEGER)                                              \
  {                                                                                                \
    TYPE *a = target;                                                                              \
    a += first;                                                                                    \
    if (held == FLOATS) {                                                                          \
      for (uint64_t i = 0; i < count; i++) a[i] = FROM_DOUBLE(in->floats[i]);                      \
    } else if (held == INTEGERS) {                                                                 \
      for (uint64_t i = 0; i < count; i++) a[i] = FROM_INTEGER(in->integers[i]);                   \
    } else {                                                                                       \
      for (uint64_t i = 0; i < count; i++) a[i] = FROM_INTEGER(in->naturals[i]);                   \
    }                                                                                              \
    return count;                                                                                  \
  }

// A value is in range when its integer part is. LOW - 1 is not a double for 64 bits: then it rounds to
// LOW, which the first comparison takes.
#define WRITE_INTEGERS(TYPE, LOW, HIGH)                                                            \
  {                                                                                                \
    TYPE *a = target;                                                                              \
    a += first;                                                                                    \
    if (held == FLOATS) {                                                                          \
      for (uint64_t i = 0; i < count; i++) {                                                       \
        double x = in->floats[i];                                                                  \
        if (!((x >= LOW || x > LOW - 1.0) && x < HIGH)) return i;                                  \
        a[i] = (TYPE)x;                                                                            \
      }                                                                                            \
    } else {                                                                                       \
      for (uint64_t i = 0; i < count; i++) a[i] = (TYPE)in->naturals[i];                           \
    }                                                                                              \
    return count;                                                                                  \
  }

#define AS_FLOAT(x) (float)(x)
#define AS_DOUBLE(x) (double)(x)
#define F16_OF(x) f16_from_f32((float)(x))
#define BF16_OF(x) bf16_from_f32((float)(x))

static uint64_t write_tile(
    nascent_element to, void *target, uint64_t first, uint64_t count, kind held, const tile *in) {
  switch (to) {
    case NASCENT_F16: WRITE_FLOATS(uint16_t, f16_from_f64, F16_OF)
    case NASCENT_BF16: WRITE_FLOATS(uint16_t, bf16_from_f64, BF16_OF)
    case NASCENT_F32: WRITE_FLOATS(float, AS_FLOAT, AS_FLOAT)
    case NASCENT_F64: WRITE_FLOATS(double, AS_DOUBLE, AS_DOUBLE)
    case NASCENT_I8: WRITE_INTEGERS(int8_t, -0x1p7, 0x1p7)
    case NASCENT_I16: WRITE_INTEGERS(int16_t, -0x1p15, 0x1p15)
    case NASCENT_I32: WRITE_INTEGERS(int32_t, -0x1p31, 0x1p31)
    case NASCENT_I64: WRITE_INTEGERS(int64_t, -0x1p63, 0x1p63)
    case NASCENT_U8: WRITE_INTEGERS(uint8_t, 0.0, 0x1p8)
    case NASCENT_U16: WRITE_INTEGERS(uint16_t, 0.0, 0x1p16)
    case NASCENT_U32: WRITE_INTEGERS(uint32_t, 0.0, 0x1p32)
    case NASCENT_U64: WRITE_INTEGERS(uint64_t, 0.0, 0x1p64)
  }
}

uint64_t nascent_convert(
    nascent_element from, nascent_element to, uint64_t count, const void *source, void *target) {
  tile held;
  for (uint64_t first = 0; first < count; first += TILE) {
    uint64_t taken = count - first < TILE ? count - first : TILE;
    kind kind = read_tile(from, source, first, taken, &held);
    uint64_t written = write_tile(to, target, first, taken, kind, &held);
    if (written < taken) return first + written;
  }
  return count;
}

void nascent_convert_to_bool(
    nascent_element from, uint64_t count, const void *source, uint8_t *target) {
  tile held;
  for (uint64_t first = 0; first < count; first += TILE) {
    uint64_t taken = count - first < TILE ? count - first : TILE;
    if (read_tile(from, source, first, taken, &held) == FLOATS) {
      for (uint64_t i = 0; i < taken; i++) target[first + i] = held.floats[i] != 0;
    } else {
      for (uint64_t i = 0; i < taken; i++) target[first + i] = held.naturals[i] != 0;
    }
  }
}
