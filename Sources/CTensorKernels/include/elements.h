#ifndef NASCENT_ELEMENTS_H
#define NASCENT_ELEMENTS_H

// Arithmetic on runs of elements, and copies of boxes of them. One order of operations, so that every
// processor gives the same bits; a NaN that arithmetic gives is the positive quiet one.

#include <stdint.h>

/// What `nascent_combine` does. Integers wrap; division is for floating-point elements.
typedef enum nascent_combination {
  NASCENT_ADD, NASCENT_SUBTRACT, NASCENT_MULTIPLY, NASCENT_DIVIDE,
} nascent_combination;

/// values[i] = values[i] (combination) operands[i]. 16-bit formats are computed in float and rounded
/// once.
void nascent_combine(
    nascent_combination combination, nascent_element element, uint64_t count, void *values,
    const void *operands);

/// values[i] = values[i] * factor, the factor first rounded to the element's format, which is a
/// floating-point one.
void nascent_scale_elements(
    nascent_element element, uint64_t count, double factor, void *values);

/// values[i] = -values[i]: the sign bit of a floating-point element; integers wrap.
void nascent_negate(nascent_element element, uint64_t count, void *values);

/// values[i] = sqrt(values[i]) of floating-point elements.
void nascent_square_root(nascent_element element, uint64_t count, void *values);

/// Converts elements. Between floating-point formats and from integers to them with one rounding to
/// nearest, ties to even, but for integers to 16-bit formats, which pass through float; between
/// integers modulo 2^n; from floating-point to integers towards zero.
///
/// Returns the number of elements converted: fewer than `count` where the next one has no value in an
/// integer type.
uint64_t nascent_convert(
    nascent_element from, nascent_element to, uint64_t count, const void *source, void *target);

/// target[i] = source[i] != 0, as 0 or 1; true for NaN.
void nascent_convert_to_bool(
    nascent_element from, uint64_t count, const void *source, uint8_t *target);

/// Copies a box of elements of `width` bytes: 1, 2, 4 or 8. Strides are in elements, the last axis is
/// the innermost. The rank is 1 to 256, counts are not zero.
void nascent_copy_box(
    uint64_t rank, const uint64_t *counts, const int64_t *source_strides,
    const int64_t *target_strides, uint64_t width, const void *source, void *target);

#endif
