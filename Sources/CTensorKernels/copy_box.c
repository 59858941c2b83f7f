// Copies of boxes of elements between two layouts.

#include <string.h>

#include "CTensorKernels.h"

enum { MAXIMUM_RANK = 256 };

#define COPY_LINE(TYPE)                                                                            \
  {                                                                                                \
    const TYPE *from = (const TYPE *)source + source_offset;                                       \
    TYPE *to = (TYPE *)target + target_offset;                                                     \
    for (int64_t i = 0; i < line; i++) to[i * target_step] = from[i * source_step];                \
    break;                                                                                         \
  }

void nascent_copy_box(
    uint64_t rank, const uint64_t *counts, const int64_t *source_strides,
    const int64_t *target_strides, uint64_t width, const void *source, void *target) {
  const uint64_t last = rank - 1;
  const int64_t line = (int64_t)counts[last];
  const int64_t source_step = source_strides[last];
  const int64_t target_step = target_strides[last];
  const int is_contiguous = source_step == 1 && target_step == 1;
  uint64_t place[MAXIMUM_RANK] = {0};
  int64_t source_offset = 0, target_offset = 0;
  while (1) {
    if (is_contiguous) {
      memcpy(
          (char *)target + target_offset * (int64_t)width,
          (const char *)source + source_offset * (int64_t)width, (uint64_t)line * width);
    } else {
      switch (width) {
        case 1: COPY_LINE(uint8_t)
        case 2: COPY_LINE(uint16_t)
        case 4: COPY_LINE(uint32_t)
        default: COPY_LINE(uint64_t)
      }
    }
    uint64_t axis = last;
    while (axis > 0) {
      axis -= 1;
      source_offset += source_strides[axis];
      target_offset += target_strides[axis];
      if (++place[axis] < counts[axis]) break;
      source_offset -= source_strides[axis] * (int64_t)counts[axis];
      target_offset -= target_strides[axis] * (int64_t)counts[axis];
      place[axis] = 0;
      if (axis == 0) return;
    }
    if (last == 0) return;
  }
}
