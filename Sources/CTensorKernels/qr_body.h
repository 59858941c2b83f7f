// Householder's QR decomposition in blocks, once for every path and for REAL float and double.
//
// A block of reflectors is applied as I - V T V^T (Schreiber and Van Loan 1989, "A storage-efficient
// WY representation for products of Householder transformations"). Sums run over one index in one
// order, and the lanes of a vector are independent elements, so that the width changes no bit; only
// the dots of single columns are eight interleaved sums of doubles, added in a tree.
//
// Matrices are kept by columns, `stride` values from one to the next.

#define QR_PASTE(name, real) name##_##real
#define QR_NAME(name, real) QR_PASTE(name, real)
#define QR(name) QR_NAME(qr_##name, REAL)

typedef REAL QR(vector) __attribute__((vector_size(8 * LANES)));

enum { QR(LANES) = 8 * LANES / sizeof(REAL) };

INLINE QR(vector) QR(load)(const REAL *place) {
  QR(vector) loaded;
  memcpy(&loaded, place, sizeof loaded);
  return loaded;
}

INLINE void QR(store)(REAL *place, QR(vector) value) { memcpy(place, &value, sizeof value); }

// A block of reflectors: V twice, unit lower triangular, and T, upper triangular, by rows.
typedef struct QR(block) {
  // Row i is at i * QR_BLOCK.
  REAL *by_rows;
  // Column k of the rows from r * QR_ROWS on is at (r * QR_BLOCK + k) * QR_ROWS.
  REAL *by_columns;
  REAL *factor;
} QR(block);

// w[j, k] += sum over i of v[i, k] * c[i, j], in the order of i.
INLINE void QR(products)(
    uint64_t rows, int columns, const REAL *v, const REAL *c, uint64_t stride, REAL *w) {
  for (int k = 0; k < QR_BLOCK; k += 2 * QR(LANES)) {
    QR(vector) sums[QR_COLUMNS][2];
    UNROLLED for (int j = 0; j < columns; j++) {
      sums[j][0] = QR(load)(w + j * QR_BLOCK + k);
      sums[j][1] = QR(load)(w + j * QR_BLOCK + k + QR(LANES));
    }
    for (uint64_t i = 0; i < rows; i++) {
      QR(vector) low = QR(load)(v + i * QR_BLOCK + (uint64_t)k);
      QR(vector) high = QR(load)(v + i * QR_BLOCK + (uint64_t)k + QR(LANES));
      UNROLLED for (int j = 0; j < columns; j++) {
        REAL x = c[(uint64_t)j * stride + i];
        sums[j][0] += low * x;
        sums[j][1] += high * x;
      }
    }
    UNROLLED for (int j = 0; j < columns; j++) {
      QR(store)(w + j * QR_BLOCK + k, sums[j][0]);
      QR(store)(w + j * QR_BLOCK + k + QR(LANES), sums[j][1]);
    }
  }
}

// c[i, j] -= sum over k of v[i, k] * w[j, k].
INLINE void QR(update)(
    uint64_t rows, int columns, const REAL *v, const REAL *w, REAL *c, uint64_t stride) {
  uint64_t i = 0;
  for (; i + 2 * QR(LANES) <= rows; i += 2 * QR(LANES)) {
    QR(vector) sums[QR_COLUMNS][2] = {};
    for (uint64_t k = 0; k < QR_BLOCK; k++) {
      QR(vector) low = QR(load)(v + k * QR_ROWS + i);
      QR(vector) high = QR(load)(v + k * QR_ROWS + i + QR(LANES));
      UNROLLED for (int j = 0; j < columns; j++) {
        REAL x = w[(uint64_t)j * QR_BLOCK + k];
        sums[j][0] += low * x;
        sums[j][1] += high * x;
      }
    }
    UNROLLED for (int j = 0; j < columns; j++) {
      REAL *place = c + (uint64_t)j * stride + i;
      QR(store)(place, QR(load)(place) - sums[j][0]);
      QR(store)(place + QR(LANES), QR(load)(place + QR(LANES)) - sums[j][1]);
    }
  }
  for (; i < rows; i++) {
    for (uint64_t j = 0; j < (uint64_t)columns; j++) {
      REAL sum = 0;
      for (uint64_t k = 0; k < QR_BLOCK; k++) sum += v[k * QR_ROWS + i] * w[j * QR_BLOCK + k];
      c[j * stride + i] -= sum;
    }
  }
}

// w[k] = sum over l of factor[l, k] * w[l], for a factor by rows.
INLINE void QR(factored)(const REAL *factor, REAL *w) {
  REAL made[QR_BLOCK];
  for (int k = 0; k < QR_BLOCK; k += QR(LANES)) {
    QR(vector) sum = {};
    for (int l = 0; l < QR_BLOCK; l++) sum += QR(load)(factor + l * QR_BLOCK + k) * w[l];
    QR(store)(made + k, sum);
  }
  memcpy(w, made, sizeof made);
}

// c -= V (F (V^T c)) with `factor` holding F^T by rows; w has room for QR_BLOCK values a column.
static void QR(reflect)(
    uint64_t rows, uint64_t columns, QR(block) block, const REAL *factor, REAL *c,
    uint64_t stride, REAL *w) {
  memset(w, 0, columns * QR_BLOCK * sizeof *w);
  // The rows of V that are at work stay in the cache while all columns pass by.
  for (uint64_t i = 0; i < rows; i += QR_ROWS) {
    uint64_t taken = rows - i < QR_ROWS ? rows - i : QR_ROWS;
    const REAL *v = block.by_rows + i * QR_BLOCK;
    uint64_t j = 0;
    for (; j + QR_COLUMNS <= columns; j += QR_COLUMNS) {
      QR(products)(taken, QR_COLUMNS, v, c + j * stride + i, stride, w + j * QR_BLOCK);
    }
    for (; j < columns; j++) QR(products)(taken, 1, v, c + j * stride + i, stride, w + j * QR_BLOCK);
  }
  for (uint64_t j = 0; j < columns; j++) QR(factored)(factor, w + j * QR_BLOCK);
  for (uint64_t i = 0; i < rows; i += QR_ROWS) {
    uint64_t taken = rows - i < QR_ROWS ? rows - i : QR_ROWS;
    const REAL *v = block.by_columns + i * QR_BLOCK;
    uint64_t j = 0;
    for (; j + QR_COLUMNS <= columns; j += QR_COLUMNS) {
      QR(update)(taken, QR_COLUMNS, v, w + j * QR_BLOCK, c + j * stride + i, stride);
    }
    for (; j < columns; j++) QR(update)(taken, 1, v, w + j * QR_BLOCK, c + j * stride + i, stride);
  }
}

static double QR(dot)(uint64_t count, const REAL *a, const REAL *b) {
  typedef REAL narrow_v __attribute__((vector_size(sizeof(REAL) * LANES)));
  doubles_v sums[8 / LANES] = {};
  uint64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    UNROLLED for (uint64_t j = 0; j < 8 / LANES; j++) {
      narrow_v x, y;
      memcpy(&x, a + i + j * LANES, sizeof x);
      memcpy(&y, b + i + j * LANES, sizeof y);
      sums[j] += __builtin_convertvector(x, doubles_v) * __builtin_convertvector(y, doubles_v);
    }
  }
  double s[8];
  memcpy(s, sums, sizeof s);
  for (int j = 0; i < count; i++, j++) s[j] += (double)a[i] * (double)b[i];
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

// Turns a column into the reflector that clears it below its head; the head becomes r's diagonal
// element, of which `sign` gets the sign, 0 for 0.
//
// Golub and Van Loan, "Matrix computations", 4th edition, algorithm 5.1.1, with LAPACK's choice of sign.
static double QR(reflector)(uint64_t rows, REAL *column, REAL *sign) {
  double head = column[0];
  double tail = QR(dot)(rows - 1, column + 1, column + 1);
  if (!(tail > 0)) {
    *sign = head > 0 ? 1 : head < 0 ? -1 : 0;
    return 0;
  }
  double norm = __builtin_sqrt(head * head + tail);
  double diagonal = head >= 0 ? -norm : norm;
  double first = head - diagonal;
  for (uint64_t i = 1; i < rows; i++) column[i] = (REAL)(column[i] / first);
  column[0] = (REAL)diagonal;
  *sign = diagonal > 0 ? 1 : -1;
  return -first / diagonal;
}

// Takes V out of a panel of `width` columns whose reflectors are below the diagonal.
static void QR(pack)(
    uint64_t rows, uint64_t width, const REAL *panel, uint64_t stride, QR(block) block) {
  for (uint64_t k = 0; k < QR_BLOCK; k++) {
    for (uint64_t i = 0; i < rows; i++) {
      REAL value = k >= width || i < k ? 0 : i == k ? 1 : panel[k * stride + i];
      block.by_rows[i * QR_BLOCK + k] = value;
      block.by_columns[i / QR_ROWS * QR_ROWS * QR_BLOCK + k * QR_ROWS + i % QR_ROWS] = value;
    }
  }
}

// T of the reflectors: T[j, j] = beta[j], T[.., j] = -beta[j] T (V^T v_j).
static void QR(triangle)(uint64_t rows, uint64_t width, const double *beta, QR(block) block) {
  REAL gram[QR_BLOCK * QR_BLOCK] = {0};
  for (uint64_t i = 0; i < rows; i += QR_ROWS) {
    uint64_t taken = rows - i < QR_ROWS ? rows - i : QR_ROWS;
    for (uint64_t j = 0; j < QR_BLOCK; j++) {
      QR(products)(
          taken, 1, block.by_rows + i * QR_BLOCK, block.by_columns + i * QR_BLOCK + j * QR_ROWS, 0,
          gram + j * QR_BLOCK);
    }
  }
  REAL *t = block.factor;
  memset(t, 0, sizeof gram);
  for (uint64_t j = 0; j < width; j++) {
    t[j * QR_BLOCK + j] = (REAL)beta[j];
    for (uint64_t l = 0; l < j; l++) {
      REAL sum = 0;
      for (uint64_t p = l; p < j; p++) sum += t[l * QR_BLOCK + p] * gram[j * QR_BLOCK + p];
      t[l * QR_BLOCK + j] = (REAL)-beta[j] * sum;
    }
  }
}

static void QR(panel)(
    uint64_t rows, uint64_t width, REAL *panel, uint64_t stride, REAL *signs, double *beta) {
  for (uint64_t j = 0; j < width; j++) {
    REAL *column = panel + j * stride + j;
    beta[j] = QR(reflector)(rows - j, column, signs + j);
    REAL head = column[0];
    column[0] = 1;
    for (uint64_t l = j + 1; l < width && beta[j] != 0; l++) {
      REAL *other = panel + l * stride + j;
      REAL factor = (REAL)(beta[j] * QR(dot)(rows - j, column, other));
      for (uint64_t i = 0; i < rows - j; i++) other[i] -= factor * column[i];
    }
    column[0] = head;
  }
}

// q sign(diag r) of a matrix with at least as many rows as columns.
//
// Both matrices have the stride qr_stride(rows); the workspace is that of nascent_orthonormal_workspace.
static void QR(orthonormal)(
    uint64_t rows, uint64_t columns, REAL *matrix, REAL *q, REAL *workspace) {
  const uint64_t stride = qr_stride(rows);
  const uint64_t blocks = (columns + QR_BLOCK - 1) / QR_BLOCK;
  REAL *by_columns = workspace + rows * QR_BLOCK;
  REAL *factors = by_columns + (rows + QR_ROWS) * QR_BLOCK;
  REAL *w = factors + blocks * QR_BLOCK * QR_BLOCK;
  REAL *signs = w + columns * QR_BLOCK;
  for (uint64_t b = 0; b < blocks; b++) {
    uint64_t k = b * QR_BLOCK;
    uint64_t width = columns - k < QR_BLOCK ? columns - k : QR_BLOCK;
    QR(block) block = {workspace, by_columns, factors + b * QR_BLOCK * QR_BLOCK};
    REAL *panel = matrix + k * stride + k;
    double beta[QR_BLOCK];
    QR(panel)(rows - k, width, panel, stride, signs + k, beta);
    QR(pack)(rows - k, width, panel, stride, block);
    QR(triangle)(rows - k, width, beta, block);
    QR(reflect)(
        rows - k, columns - k - width, block, block.factor, panel + width * stride, stride, w);
  }
  // q = H0 H1 ... applied to the first columns of the unit matrix, last block first.
  memset(q, 0, columns * stride * sizeof *q);
  for (uint64_t j = 0; j < columns; j++) q[j * stride + j] = 1;
  for (uint64_t b = blocks; b-- > 0;) {
    uint64_t k = b * QR_BLOCK;
    uint64_t width = columns - k < QR_BLOCK ? columns - k : QR_BLOCK;
    QR(block) block = {workspace, by_columns, factors + b * QR_BLOCK * QR_BLOCK};
    REAL transposed[QR_BLOCK * QR_BLOCK];
    for (int i = 0; i < QR_BLOCK; i++) {
      for (int j = 0; j < QR_BLOCK; j++) {
        transposed[j * QR_BLOCK + i] = block.factor[i * QR_BLOCK + j];
      }
    }
    QR(pack)(rows - k, width, matrix + k * stride + k, stride, block);
    QR(reflect)(rows - k, columns - k, block, transposed, q + k * stride + k, stride, w);
  }
  for (uint64_t j = 0; j < columns; j++) {
    for (uint64_t i = 0; i < rows; i++) q[j * stride + i] *= signs[j];
  }
}

#undef QR_PASTE
#undef QR_NAME
#undef QR
