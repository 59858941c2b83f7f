#include "CStoreAccess.h"

#include <CTensorKernels.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

// What a seal is of: each value as a byte that says its type, for text and BLOBs the number of bytes, then the
// bytes; numbers in eight bytes. All are little-endian.
enum { TYPE = 1, WORD = 8 };

static uint64_t encoded_size(int count, sqlite3_value **values) {
  uint64_t size = 0;
  for (int i = 0; i < count; i++) {
    size += TYPE;
    int type = sqlite3_value_type(values[i]);
    if (type != SQLITE_NULL) size += WORD;
    if (type == SQLITE_TEXT || type == SQLITE_BLOB) size += (uint64_t)sqlite3_value_bytes(values[i]);
  }
  return size;
}

static unsigned char *put_word(unsigned char *to, uint64_t word) {
  for (int i = 0; i < WORD; i++) *to++ = (unsigned char)(word >> 8 * i);
  return to;
}

static unsigned char *put_value(unsigned char *to, sqlite3_value *value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      *to++ = 1;
      return put_word(to, (uint64_t)sqlite3_value_int64(value));
    case SQLITE_FLOAT: {
      double number = sqlite3_value_double(value);
      uint64_t bits;
      memcpy(&bits, &number, sizeof bits);
      *to++ = 2;
      return put_word(to, bits);
    }
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      int is_text = sqlite3_value_type(value) == SQLITE_TEXT;
      const void *bytes = is_text ? (const void *)sqlite3_value_text(value) : sqlite3_value_blob(value);
      int count = sqlite3_value_bytes(value);
      *to++ = is_text ? 3 : 4;
      to = put_word(to, (uint64_t)count);
      if (bytes && count > 0) memcpy(to, bytes, (size_t)count);
      return to + count;
    }
    default:
      *to++ = 0;
      return to;
  }
}

static void row_seal(sqlite3_context *context, int count, sqlite3_value **values) {
  unsigned char local[4096];
  uint64_t size = encoded_size(count, values);
  unsigned char *message = size <= sizeof local ? local : sqlite3_malloc64(size);
  if (!message) return sqlite3_result_error_nomem(context);
  unsigned char *end = message;
  for (int i = 0; i < count; i++) end = put_value(end, values[i]);
  uint8_t digest[32];
  nascent_sha256(nascent_best_path(), message, (uint64_t)(end - message), digest);
  if (message != local) sqlite3_free(message);
  sqlite3_result_blob(context, digest, sizeof digest, SQLITE_TRANSIENT);
}

int nascent_add_row_seal(void *connection) {
  return sqlite3_create_function(
      connection, "row_seal", -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL, row_seal,
      NULL, NULL);
}
