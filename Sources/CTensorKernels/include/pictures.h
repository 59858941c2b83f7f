#ifndef NASCENT_PICTURES_H
#define NASCENT_PICTURES_H

// Coarse pictures of many elements: how many fall into each cell of a range, and the sums over the cells
// of a grid that is laid over a matrix. NaN and infinities count for nothing.

#include <stdint.h>

/// Adds elements to the counts of `bins` equal cells from `low` on, `scale` = bins / (high - low). What
/// lies below counts in the first cell, what lies above in the last.
void nascent_count_cells(
    nascent_element element, uint64_t count, const void *values, double low, double scale,
    uint32_t bins, uint64_t *counts);

/// A grid over a matrix: cell (i, j) covers rows with row * grid_rows / rows = i, and columns likewise.
typedef struct nascent_grid {
  uint64_t rows, columns;
  uint32_t grid_rows, grid_columns;
} nascent_grid;

/// Adds elements `first` and following, in row-major order, to the sums and counts of their cells.
void nascent_sum_cells(
    nascent_element element, nascent_grid grid, uint64_t first, uint64_t count,
    const void *values, double *sums, uint64_t *counts);

#endif
