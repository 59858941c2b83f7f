#ifndef NASCENT_MATRICES_H
#define NASCENT_MATRICES_H

// Products and singular values of matrices, with one order of operations on every processor.

#include <stdint.h>

/// The number of doubles of workspace that a product needs.
uint64_t nascent_product_workspace(uint64_t inner);

/// out[i, j] = the sum of a[i, k] * b[k, j] in the order of k from 0 on, rounded after each operation; a
/// NaN is the positive quiet one. All row-major.
void nascent_product(
    uint64_t rows, uint64_t inner, uint64_t columns, const double *a, const double *b, double *out,
    double *workspace);

/// One-sided Jacobi rotations: turns the columns of a matrix with rows >= columns >= 1 into orthogonal
/// ones, and applies the same rotations to `v`, a square matrix. Both by columns.
///
/// Columns are paired in the order (0, 1), (0, 2), … until no pair of a sweep is rotated, or after 60
/// sweeps.
void nascent_orthogonalize(uint64_t rows, uint64_t columns, double *matrix, double *v);

/// The sum of a[i] * b[i]: eight interleaved sums, added in a tree.
double nascent_dot(uint64_t count, const double *a, const double *b);

#endif
