#ifndef NASCENT_STORED_TENSOR_H
#define NASCENT_STORED_TENSOR_H

// One tensor of a store, read chunk by chunk. Rows may say what they like: types, sizes and places are
// checked before they are used, and the bytes against their digest.

#include <sqlite3ext.h>
#include <stdint.h>

#include "CTensorKernels.h"

// What a dtype means.
typedef struct tensor_type {
  const char *name;
  int64_t width; // bytes of an element
  nascent_element element;
} tensor_type;

typedef struct stored_tensor {
  sqlite3 *connection;
  char *schema;
  sqlite3_stmt *find_chunk;
  int64_t payload;
  const tensor_type *type;
  int64_t count; // elements
  int64_t bytes;
  int64_t chunk; // the number of the chunk in `buffer`; -1 for none
  unsigned char *buffer;
} stored_tensor;

// Finds a tensor by its payload, an integer, or by its variable's name in a checkpoint.
//
// Returns SQLite's result code; where it is not SQLITE_OK, `*message` may be a text for
// sqlite3_free. `stored_tensor_close` is to be called in any case.
int stored_tensor_open(
    stored_tensor *tensor, sqlite3 *connection, const char *schema, sqlite3_value *name,
    const char *checkpoint, char **message);

// Makes element `index`, which is less than `count`, the result of `context`: an integer for integers
// and bool, a real number else, and null for NaN, which SQLite does not have.
//
// Returns SQLite's result code, with a message as above.
int stored_tensor_result(
    stored_tensor *tensor, int64_t index, sqlite3_context *context, char **message);

void stored_tensor_close(stored_tensor *tensor);

#endif
