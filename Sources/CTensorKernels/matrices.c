// Products and singular values of matrices. Vectors hold independent elements, so that their width
// changes no bit; dots are eight interleaved sums, added in a tree.

#include "CTensorKernels.h"
#include "half.h"

#pragma STDC FP_CONTRACT OFF

typedef double four __attribute__((vector_size(32)));

enum { PANEL = 8, ROWS = 4 };

uint64_t nascent_product_workspace(uint64_t inner) { return inner * PANEL; }

// The columns of b from `first` on, padded with zeros to PANEL.
static void pack(
    uint64_t inner, uint64_t columns, uint64_t first, const double *b, double *panel) {
  uint64_t taken = columns - first < PANEL ? columns - first : PANEL;
  memset(panel, 0, inner * PANEL * sizeof *panel);
  for (uint64_t k = 0; k < inner; k++) {
    memcpy(panel + k * PANEL, b + k * columns + first, taken * sizeof *panel);
  }
}

static inline __attribute__((always_inline)) void strip(
    int rows, uint64_t inner, const double *a, const double *panel, double out[][PANEL]) {
  four sums[ROWS][2] = {0};
  for (uint64_t k = 0; k < inner; k++) {
    four low, high;
    memcpy(&low, panel + k * PANEL, sizeof low);
    memcpy(&high, panel + k * PANEL + 4, sizeof high);
    for (int i = 0; i < rows; i++) {
      double x = a[(uint64_t)i * inner + k];
      sums[i][0] += low * x;
      sums[i][1] += high * x;
    }
  }
  memcpy(out, sums, sizeof sums);
}

void nascent_product(
    uint64_t rows, uint64_t inner, uint64_t columns, const double *a, const double *b, double *out,
    double *workspace) {
  double made[ROWS][PANEL];
  for (uint64_t first = 0; first < columns; first += PANEL) {
    uint64_t taken = columns - first < PANEL ? columns - first : PANEL;
    pack(inner, columns, first, b, workspace);
    for (uint64_t i = 0; i < rows; i += ROWS) {
      uint64_t left = rows - i < ROWS ? rows - i : ROWS;
      const double *top = a + i * inner;
      if (left == ROWS) {
        strip(ROWS, inner, top, workspace, made);
      } else {
        for (uint64_t row = 0; row < left; row++) {
          double one[ROWS][PANEL];
          strip(1, inner, top + row * inner, workspace, one);
          memcpy(made[row], one[0], sizeof made[row]);
        }
      }
      for (uint64_t row = 0; row < left; row++) {
        for (uint64_t j = 0; j < taken; j++) {
          out[(i + row) * columns + first + j] = one_nan_f64(made[row][j]);
        }
      }
    }
  }
}

double nascent_dot(uint64_t count, const double *a, const double *b) {
  four sums[2] = {0};
  uint64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int j = 0; j < 2; j++) {
      four x, y;
      memcpy(&x, a + i + 4 * j, sizeof x);
      memcpy(&y, b + i + 4 * j, sizeof y);
      sums[j] += x * y;
    }
  }
  double s[8];
  memcpy(s, sums, sizeof s);
  for (int j = 0; i < count; i++, j++) s[j] += a[i] * b[i];
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

static void rotate(uint64_t count, double cosine, double sine, double *p, double *q) {
  for (uint64_t i = 0; i < count; i++) {
    double x = p[i], y = q[i];
    p[i] = cosine * x - sine * y;
    q[i] = sine * x + cosine * y;
  }
}

// Golub and Van Loan, "Matrix computations", 4th edition, algorithms 8.5.1 and 8.6.3; the bound below
// which columns count as orthogonal is that of LAPACK's dgesvj, eps * sqrt(rows).
void nascent_orthogonalize(uint64_t rows, uint64_t columns, double *matrix, double *v) {
  const double bound = 0x1p-52 * __builtin_sqrt((double)rows);
  enum { MAXIMUM_SWEEPS = 60 };
  for (int sweep = 0; sweep < MAXIMUM_SWEEPS; sweep++) {
    int is_rotated = 0;
    for (uint64_t i = 0; i + 1 < columns; i++) {
      double *p = matrix + i * rows;
      for (uint64_t j = i + 1; j < columns; j++) {
        double *q = matrix + j * rows;
        double product = nascent_dot(rows, p, q);
        if (product == 0) continue;
        double alpha = nascent_dot(rows, p, p), beta = nascent_dot(rows, q, q);
        if (__builtin_fabs(product) <= bound * (__builtin_sqrt(alpha) * __builtin_sqrt(beta))) continue;
        double zeta = (beta - alpha) / (2 * product);
        double root = __builtin_fabs(zeta) + __builtin_sqrt(1 + zeta * zeta);
        double tangent = (zeta < 0 ? -1.0 : 1.0) / root;
        if (tangent == 0) continue;
        double cosine = 1 / __builtin_sqrt(1 + tangent * tangent);
        double sine = cosine * tangent;
        rotate(rows, cosine, sine, p, q);
        rotate(columns, cosine, sine, v + i * columns, v + j * columns);
        is_rotated = 1;
      }
    }
    if (!is_rotated) return;
  }
}
