// The aggregate function `nascent_stats(value)`: count, mean, spread, shape and extremes, as JSON.

#include "stats.h"

#include <math.h>
#include <sqlite3ext.h>
#include <stddef.h>
#include <stdint.h>

SQLITE_EXTENSION_INIT3

#pragma STDC FP_CONTRACT OFF

typedef struct running_moments {
  int64_t count;
  int64_t not_finite;
  double mean, second, third, fourth; // sums of powers of the deviations from the mean
  double minimum, maximum;
} running_moments;

// One value more.
//
// Source: Pébay (2008), "Formulas for robust, one-pass parallel computation of covariances and
// arbitrary-order statistical moments", eq. 2.1 for a second set of one value.
static void add(running_moments *m, double x) {
  const double before = (double)m->count++;
  const double n = (double)m->count;
  const double delta = x - m->mean, part = delta / n, term = delta * part * before;
  m->mean += part;
  m->fourth += term * part * part * (n * n - 3 * n + 3) + 6 * part * part * m->second -
               4 * part * m->third;
  m->third += term * part * (n - 2) - 3 * part * m->second;
  m->second += term;
  if (m->count == 1 || x < m->minimum) m->minimum = x;
  if (m->count == 1 || x > m->maximum) m->maximum = x;
}

// Null stands for NaN, as `nascent_values` gives it; text and blobs are an error.
static void step(sqlite3_context *context, int count, sqlite3_value **arguments) {
  (void)count;
  running_moments *m = sqlite3_aggregate_context(context, sizeof *m);
  if (!m) {
    sqlite3_result_error_nomem(context);
    return;
  }
  const int type = sqlite3_value_type(arguments[0]);
  if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
    sqlite3_result_error(context, "nascent_stats takes numbers", -1);
    return;
  }
  const double x = sqlite3_value_double(arguments[0]);
  if (type == SQLITE_NULL || !isfinite(x)) m->not_finite++;
  else add(m, x);
}

static void finish(sqlite3_context *context) {
  static const running_moments none;
  const running_moments *m = sqlite3_aggregate_context(context, 0);
  if (!m) m = &none;
  char *text;
  if (m->count == 0) {
    text = sqlite3_mprintf("{\"count\":0,\"not_finite\":%lld}", (long long)m->not_finite);
  } else {
    const double n = (double)m->count, variance = m->second / n;
    // Values that are all alike have no shape.
    char *shape = variance > 0 ? sqlite3_mprintf(
                                     "\"skew\":%!.17g,\"excess_kurtosis\":%!.17g",
                                     m->third / n / (variance * sqrt(variance)),
                                     m->fourth / n / (variance * variance) - 3)
                               : sqlite3_mprintf("\"skew\":null,\"excess_kurtosis\":null");
    text = shape ? sqlite3_mprintf(
                       "{\"count\":%lld,\"not_finite\":%lld,\"mean\":%!.17g,"
                       "\"standard_deviation\":%!.17g,%s,\"minimum\":%!.17g,\"maximum\":%!.17g}",
                       (long long)m->count, (long long)m->not_finite, m->mean, sqrt(variance), shape,
                       m->minimum, m->maximum)
                 : NULL;
    sqlite3_free(shape);
  }
  if (!text) sqlite3_result_error_nomem(context);
  else sqlite3_result_text(context, text, -1, sqlite3_free);
}

int nascent_register_stats(sqlite3 *connection) {
  return sqlite3_create_function_v2(
      connection, "nascent_stats", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL, NULL,
      step, finish, NULL);
}
