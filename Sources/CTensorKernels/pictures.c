// Histograms and grids of elements.

#include <math.h>

#include "half.h"
#include "kernels.h"

#pragma STDC FP_CONTRACT OFF

#define AS_DOUBLE(x) ((double)(x))
#define AS_F16(x) ((double)f32_from_f16(x))
#define AS_BF16(x) ((double)f32_from_bf16(x))

#define EACH_ELEMENT(DO)                                                                           \
  DO(F16, uint16_t, AS_F16)                                                                        \
  DO(BF16, uint16_t, AS_BF16)                                                                      \
  DO(F32, float, AS_DOUBLE)                                                                        \
  DO(F64, double, AS_DOUBLE)                                                                       \
  DO(I8, int8_t, AS_DOUBLE)                                                                        \
  DO(I16, int16_t, AS_DOUBLE)                                                                      \
  DO(I32, int32_t, AS_DOUBLE)                                                                      \
  DO(I64, int64_t, AS_DOUBLE)                                                                      \
  DO(U8, uint8_t, AS_DOUBLE)                                                                       \
  DO(U16, uint16_t, AS_DOUBLE)                                                                     \
  DO(U32, uint32_t, AS_DOUBLE)                                                                     \
  DO(U64, uint64_t, AS_DOUBLE)

#define COUNT_CELLS(NAME, TYPE, READ)                                                              \
  static void count_cells_##NAME(                                                                  \
      uint64_t count, const TYPE *values, double low, double scale, uint32_t bins,                 \
      uint64_t *counts) {                                                                          \
    const double last = bins - 1;                                                                  \
    for (uint64_t i = 0; i < count; i++) {                                                         \
      double x = READ(values[i]);                                                                  \
      if (!(__builtin_fabs(x) < INFINITY)) continue;                                               \
      double place = (x - low) * scale;                                                            \
      place = place > 0 ? (place < last ? place : last) : 0;                                       \
      counts[(uint32_t)place]++;                                                                   \
    }                                                                                              \
  }

EACH_ELEMENT(COUNT_CELLS)

#define COUNT_CASE(NAME, TYPE, READ)                                                               \
  case NASCENT_##NAME: return count_cells_##NAME(count, values, low, scale, bins, counts);

void nascent_count_cells(
    nascent_element element, uint64_t count, const void *values, double low, double scale,
    uint32_t bins, uint64_t *counts) {
  switch (element) { EACH_ELEMENT(COUNT_CASE) }
}

// The first of `size` rows or columns that lies in cell `cell` of `cells`.
static uint64_t cell_start(uint64_t cell, uint64_t size, uint32_t cells) {
  return (uint64_t)(((unsigned __int128)cell * size + cells - 1) / cells);
}

#define SUM_CELLS(NAME, TYPE, READ)                                                                \
  static void sum_cells_##NAME(                                                                    \
      nascent_grid grid, uint64_t first, uint64_t count, const TYPE *values, double *sums,         \
      uint64_t *counts) {                                                                          \
    uint64_t row = first / grid.columns, column = first % grid.columns, i = 0;                     \
    while (i < count) {                                                                            \
      uint64_t cell_row = (uint64_t)((unsigned __int128)row * grid.grid_rows / grid.rows);         \
      uint64_t cell = (uint64_t)((unsigned __int128)column * grid.grid_columns / grid.columns);    \
      while (column < grid.columns && i < count) {                                                 \
        uint64_t end = cell_start(cell + 1, grid.columns, grid.grid_columns);                      \
        if (end > grid.columns) end = grid.columns;                                                \
        uint64_t stop = end - column < count - i ? end - column : count - i;                       \
        double sum = 0;                                                                            \
        uint64_t finite = 0;                                                                       \
        for (uint64_t j = 0; j < stop; j++) {                                                      \
          double x = READ(values[i + j]);                                                          \
          int ok = __builtin_fabs(x) < INFINITY;                                                   \
          sum += ok ? x : 0;                                                                       \
          finite += (uint64_t)ok;                                                                  \
        }                                                                                          \
        sums[cell_row * grid.grid_columns + cell] += sum;                                          \
        counts[cell_row * grid.grid_columns + cell] += finite;                                     \
        i += stop;                                                                                 \
        column += stop;                                                                            \
        cell++;                                                                                    \
      }                                                                                            \
      column = 0;                                                                                  \
      row++;                                                                                       \
    }                                                                                              \
  }

EACH_ELEMENT(SUM_CELLS)

#define SUM_CASE(NAME, TYPE, READ)                                                                 \
  case NASCENT_##NAME: return sum_cells_##NAME(grid, first, count, values, sums, counts);

void nascent_sum_cells(
    nascent_element element, nascent_grid grid, uint64_t first, uint64_t count,
    const void *values, double *sums, uint64_t *counts) {
  switch (element) { EACH_ELEMENT(SUM_CASE) }
}
