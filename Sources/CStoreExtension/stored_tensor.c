#include "stored_tensor.h"

#include <string.h>

SQLITE_EXTENSION_INIT3

enum { CHUNK_BYTES = 1048576 };

static const tensor_type types[] = {
    {"float16", 2, NASCENT_F16}, {"bfloat16", 2, NASCENT_BF16}, {"float32", 4, NASCENT_F32},
    {"float64", 8, NASCENT_F64}, {"int8", 1, NASCENT_I8},       {"int16", 2, NASCENT_I16},
    {"int32", 4, NASCENT_I32},   {"int64", 8, NASCENT_I64},     {"uint8", 1, NASCENT_U8},
    {"uint16", 2, NASCENT_U16},  {"uint32", 4, NASCENT_U32},    {"uint64", 8, NASCENT_U64},
    {"bool", 1, NASCENT_U8}};

static const tensor_type *type_named(const char *name) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (name && strcmp(types[i].name, name) == 0) return &types[i];
  }
  return NULL;
}

static int failed(char **message, int code, char *text) {
  sqlite3_free(*message);
  *message = text;
  return text ? code : SQLITE_NOMEM;
}

static int failed_by_sqlite(sqlite3 *connection, char **message) {
  return failed(message, sqlite3_errcode(connection), sqlite3_mprintf("%s", sqlite3_errmsg(connection)));
}

// Prepares a statement whose text has the schema's name in it as %w.
static int prepare(
    stored_tensor *tensor, const char *format, sqlite3_stmt **statement, char **message) {
  char *sql = sqlite3_mprintf(format, tensor->schema, tensor->schema, tensor->schema, tensor->schema);
  if (!sql) return SQLITE_NOMEM;
  int code = sqlite3_prepare_v2(tensor->connection, sql, -1, statement, NULL);
  sqlite3_free(sql);
  return code == SQLITE_OK ? code : failed_by_sqlite(tensor->connection, message);
}

// The payload of a name, an alias's being its target's.
static int find_payload(
    stored_tensor *tensor, sqlite3_value *name, const char *checkpoint, char **message) {
  sqlite3_stmt *find = NULL;
  int code = prepare(
      tensor,
      "SELECT target.payload_id FROM \"%w\".checkpoint AS c"
      " JOIN \"%w\".variable AS v ON v.checkpoint_id = c.id AND v.name = ?1"
      " JOIN \"%w\".variable AS target ON target.checkpoint_id = c.id"
      " AND target.name = coalesce(v.alias_of, v.name) WHERE c.name = ?2",
      &find, message);
  if (code != SQLITE_OK) return code;
  sqlite3_bind_value(find, 1, name);
  sqlite3_bind_text(find, 2, checkpoint, -1, SQLITE_TRANSIENT);
  code = sqlite3_step(find);
  const char *text = (const char *)sqlite3_value_text(name);
  if (code == SQLITE_DONE) {
    code = failed(
        message, SQLITE_ERROR,
        sqlite3_mprintf("checkpoint \"%s\" has no variable \"%s\"", checkpoint, text));
  } else if (code != SQLITE_ROW) {
    code = failed_by_sqlite(tensor->connection, message);
  } else if (sqlite3_column_type(find, 0) != SQLITE_INTEGER) {
    code = failed(
        message, SQLITE_ERROR,
        sqlite3_mprintf("\"%s\" has no value yet; `nascent materialize` makes it", text));
  } else {
    tensor->payload = sqlite3_column_int64(find, 0);
    code = SQLITE_OK;
  }
  sqlite3_finalize(find);
  return code;
}

static int read_payload(stored_tensor *tensor, char **message) {
  sqlite3_stmt *find = NULL;
  int code = prepare(
      tensor,
      "SELECT dtype, byte_count, is_recipe, sha256 IS NULL FROM \"%w\".payload WHERE id = ?1",
      &find, message);
  if (code != SQLITE_OK) return code;
  sqlite3_bind_int64(find, 1, tensor->payload);
  code = sqlite3_step(find);
  if (code == SQLITE_ROW) {
    code = SQLITE_OK;
    tensor->type = type_named((const char *)sqlite3_column_text(find, 0));
    tensor->bytes = sqlite3_column_int64(find, 1);
    if (sqlite3_column_int(find, 2)) {
      code = failed(
          message, SQLITE_ERROR,
          sqlite3_mprintf(
              "payload %lld is a recipe: its digests are stored, its bytes are not; `nascent "
              "materialize` stores them", tensor->payload));
    } else if (sqlite3_column_int(find, 3)) {
      code = failed(
          message, SQLITE_ERROR, sqlite3_mprintf("payload %lld is not whole", tensor->payload));
    } else if (
        !tensor->type || tensor->bytes < 0 || tensor->bytes % tensor->type->width != 0) {
      code = failed(
          message, SQLITE_CORRUPT,
          sqlite3_mprintf(
              "payload %lld is damaged: its type or its %lld bytes cannot be", tensor->payload,
              tensor->bytes));
    } else {
      tensor->count = tensor->bytes / tensor->type->width;
    }
  } else if (code == SQLITE_DONE) {
    code = failed(
        message, SQLITE_ERROR, sqlite3_mprintf("there is no payload %lld", tensor->payload));
  } else {
    code = failed_by_sqlite(tensor->connection, message);
  }
  sqlite3_finalize(find);
  return code;
}

int stored_tensor_open(
    stored_tensor *tensor, sqlite3 *connection, const char *schema, sqlite3_value *name,
    const char *checkpoint, char **message) {
  memset(tensor, 0, sizeof *tensor);
  tensor->connection = connection;
  tensor->chunk = -1;
  tensor->schema = sqlite3_mprintf("%s", schema);
  if (!tensor->schema) return SQLITE_NOMEM;
  int code = SQLITE_OK;
  if (sqlite3_value_type(name) == SQLITE_INTEGER) {
    tensor->payload = sqlite3_value_int64(name);
  } else {
    code = find_payload(tensor, name, checkpoint, message);
  }
  if (code == SQLITE_OK) code = read_payload(tensor, message);
  if (code != SQLITE_OK || tensor->count == 0) return code;
  tensor->buffer = sqlite3_malloc(CHUNK_BYTES);
  if (!tensor->buffer) return SQLITE_NOMEM;
  return prepare(
      tensor,
      "SELECT sha256, byte_count, block_id, block_offset FROM \"%w\".chunk"
      " WHERE payload_id = ?1 AND number = ?2",
      &tensor->find_chunk, message);
}

static int damaged(stored_tensor *tensor, int64_t chunk, const char *what, char **message) {
  tensor->chunk = -1;
  return failed(
      message, SQLITE_CORRUPT,
      sqlite3_mprintf("chunk %lld of payload %lld is damaged: %s", chunk, tensor->payload, what));
}

// Reads a part of a block into the buffer.
static int read_block(
    stored_tensor *tensor, int64_t chunk, int64_t block, int64_t offset, int64_t bytes,
    char **message) {
  sqlite3_blob *blob = NULL;
  int code = sqlite3_blob_open(tensor->connection, tensor->schema, "block", "bytes", block, 0, &blob);
  if (code != SQLITE_OK) {
    sqlite3_blob_close(blob);
    return code == SQLITE_ERROR ? damaged(tensor, chunk, "its block is missing", message)
                                : failed_by_sqlite(tensor->connection, message);
  }
  if (offset < 0 || offset > sqlite3_blob_bytes(blob) - bytes) {
    code = damaged(tensor, chunk, "it does not lie in its block", message);
  } else {
    code = sqlite3_blob_read(blob, tensor->buffer, (int)bytes, (int)offset);
    if (code != SQLITE_OK) code = failed_by_sqlite(tensor->connection, message);
  }
  sqlite3_blob_close(blob);
  return code;
}

static int load_chunk(stored_tensor *tensor, int64_t chunk, char **message) {
  const int64_t left = tensor->bytes - chunk * CHUNK_BYTES;
  const int64_t bytes = left < CHUNK_BYTES ? left : CHUNK_BYTES;
  tensor->chunk = -1;
  sqlite3_reset(tensor->find_chunk);
  sqlite3_bind_int64(tensor->find_chunk, 1, tensor->payload);
  sqlite3_bind_int64(tensor->find_chunk, 2, chunk);
  int code = sqlite3_step(tensor->find_chunk);
  if (code == SQLITE_DONE) return damaged(tensor, chunk, "it is missing", message);
  if (code != SQLITE_ROW) return failed_by_sqlite(tensor->connection, message);
  unsigned char expected[32], found[32];
  if (sqlite3_column_bytes(tensor->find_chunk, 0) != sizeof expected ||
      sqlite3_column_int64(tensor->find_chunk, 1) != bytes ||
      sqlite3_column_type(tensor->find_chunk, 2) != SQLITE_INTEGER ||
      sqlite3_column_type(tensor->find_chunk, 3) != SQLITE_INTEGER) {
    return damaged(tensor, chunk, "its row cannot be", message);
  }
  memcpy(expected, sqlite3_column_blob(tensor->find_chunk, 0), sizeof expected);
  code = read_block(
      tensor, chunk, sqlite3_column_int64(tensor->find_chunk, 2),
      sqlite3_column_int64(tensor->find_chunk, 3), bytes, message);
  if (code != SQLITE_OK) return code;
  nascent_sha256(nascent_best_path(), tensor->buffer, (uint64_t)bytes, found);
  if (memcmp(expected, found, sizeof found) != 0) {
    return damaged(tensor, chunk, "its bytes do not have its SHA-256", message);
  }
  tensor->chunk = chunk;
  return SQLITE_OK;
}

int stored_tensor_result(
    stored_tensor *tensor, int64_t index, sqlite3_context *context, char **message) {
  const int64_t per_chunk = CHUNK_BYTES / tensor->type->width;
  if (tensor->chunk != index / per_chunk) {
    int code = load_chunk(tensor, index / per_chunk, message);
    if (code != SQLITE_OK) return code;
  }
  const unsigned char *place = tensor->buffer + index % per_chunk * tensor->type->width;
  if (tensor->type->element <= NASCENT_F64) {
    double value;
    nascent_convert(tensor->type->element, NASCENT_F64, 1, place, &value);
    sqlite3_result_double(context, value);
    return SQLITE_OK;
  }
  int64_t value;
  nascent_convert(tensor->type->element, NASCENT_I64, 1, place, &value);
  if (tensor->type->element == NASCENT_U64 && value < 0) {
    // SQLite's integers end at 2^63 - 1: a larger one comes as the nearest real number.
    sqlite3_result_double(context, (double)(uint64_t)value);
  } else {
    sqlite3_result_int64(context, value);
  }
  return SQLITE_OK;
}

void stored_tensor_close(stored_tensor *tensor) {
  sqlite3_finalize(tensor->find_chunk);
  sqlite3_free(tensor->buffer);
  sqlite3_free(tensor->schema);
  memset(tensor, 0, sizeof *tensor);
}
