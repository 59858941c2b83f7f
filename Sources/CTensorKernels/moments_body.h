// Moments of floating-point elements of which all are finite, once for every path; `moments.c` has
// the same sums element by element for the others.

// An extended vector, which has the operator ?: lane by lane.
typedef double lanes_v __attribute__((ext_vector_type(LANES)));

// Eight sums, whatever the width of a vector is: element i goes to sum i mod 8.
enum { VECTORS = 8 / LANES };

// LANES elements from `values` on as doubles, which hold each of them exactly.
INLINE lanes_v load_lanes(nascent_element element, const char *values) {
  typedef uint16_t halves_v __attribute__((vector_size(2 * LANES)));
  typedef uint32_t narrow_v __attribute__((vector_size(4 * LANES)));
  if (element == NASCENT_F64) {
    doubles_v loaded;
    memcpy(&loaded, values, sizeof loaded);
    return (lanes_v)loaded;
  }
  floats_v floats;
  if (element == NASCENT_F32) {
    memcpy(&floats, values, sizeof floats);
  } else {
    halves_v halves;
    memcpy(&halves, values, sizeof halves);
    if (element == NASCENT_BF16) {
      floats = (floats_v)(__builtin_convertvector(halves, narrow_v) << 16);
    } else {
#ifdef HAS_F16_CONVERSION
      typedef _Float16 f16_v __attribute__((vector_size(2 * LANES)));
      floats = __builtin_convertvector((f16_v)halves, floats_v);
#else
      for (int j = 0; j < LANES; j++) floats[j] = f32_from_f16(halves[j]);
#endif
    }
  }
  return (lanes_v)__builtin_convertvector(floats, doubles_v);
}

INLINE double tree_sum(const double s[8]) {
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

// The fewer than eight elements behind the last whole group, as doubles.
INLINE void load_rest(nascent_element element, uint64_t rest, const char *values, double x[8]) {
  char padded[64] = {0};
  uint64_t bytes = element == NASCENT_F64 ? 8 : element == NASCENT_F32 ? 4 : 2;
  memcpy(padded, values, rest * bytes);
  UNROLLED for (uint64_t j = 0; j < VECTORS; j++) {
    lanes_v loaded = load_lanes(element, padded + j * LANES * bytes);
    memcpy(x + j * LANES, &loaded, sizeof loaded);
  }
}

// Measures `count` elements. A NaN or an infinity makes the mean not finite, and the rest of the
// result has no meaning then.
INLINE nascent_moments measure_elements(
    nascent_element element, uint64_t bytes, uint64_t count, const char *values) {
  const uint64_t stride = LANES * bytes, groups = count / 8, rest = count % 8;
  nascent_moments m = {
      .count = count, .minimum = __builtin_inf(), .maximum = -__builtin_inf()};
  double last[8], s[8];
  load_rest(element, rest, values + 8 * groups * bytes, last);
  lanes_v sums[VECTORS], low[VECTORS], high[VECTORS];
  UNROLLED for (int j = 0; j < VECTORS; j++) {
    sums[j] = (lanes_v)0.0;
    low[j] = (lanes_v)m.minimum;
    high[j] = (lanes_v)m.maximum;
  }
  const char *place = values;
  for (uint64_t i = 0; i < groups; i++) {
    UNROLLED for (int j = 0; j < VECTORS; j++, place += stride) {
      lanes_v x = load_lanes(element, place);
      sums[j] += x;
      low[j] = x < low[j] ? x : low[j];
      high[j] = x > high[j] ? x : high[j];
    }
  }
  for (int j = 0; j < 8; j++) {
    double l = low[j / LANES][j % LANES], h = high[j / LANES][j % LANES];
    if (l < m.minimum) m.minimum = l;
    if (h > m.maximum) m.maximum = h;
  }
  memcpy(s, sums, sizeof s);
  for (uint64_t j = 0; j < rest; j++) {
    s[j] += last[j];
    if (last[j] < m.minimum) m.minimum = last[j];
    if (last[j] > m.maximum) m.maximum = last[j];
  }
  m.mean = tree_sum(s) / (double)m.count;
  lanes_v squares[VECTORS], cubes[VECTORS], fourths[VECTORS];
  UNROLLED for (int j = 0; j < VECTORS; j++) squares[j] = cubes[j] = fourths[j] = (lanes_v)0.0;
  place = values;
  for (uint64_t i = 0; i < groups; i++) {
    UNROLLED for (int j = 0; j < VECTORS; j++, place += stride) {
      lanes_v deviation = load_lanes(element, place) - m.mean, square = deviation * deviation;
      squares[j] += square;
      cubes[j] += square * deviation;
      fourths[j] += square * square;
    }
  }
  double second[8], third[8], fourth[8];
  memcpy(second, squares, sizeof second);
  memcpy(third, cubes, sizeof third);
  memcpy(fourth, fourths, sizeof fourth);
  for (uint64_t j = 0; j < rest; j++) {
    double deviation = last[j] - m.mean, square = deviation * deviation;
    second[j] += square;
    third[j] += square * deviation;
    fourth[j] += square * square;
  }
  m.squared_deviations = tree_sum(second);
  m.cubed_deviations = tree_sum(third);
  m.fourth_deviations = tree_sum(fourth);
  return m;
}

static nascent_moments measure_finite(
    nascent_element element, uint64_t count, const void *values) {
  switch (element) {
  case NASCENT_F16: return measure_elements(NASCENT_F16, 2, count, values);
  case NASCENT_BF16: return measure_elements(NASCENT_BF16, 2, count, values);
  case NASCENT_F32: return measure_elements(NASCENT_F32, 4, count, values);
  default: return measure_elements(NASCENT_F64, 8, count, values);
  }
}
