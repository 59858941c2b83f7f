// The table-valued function `nascent_values(tensor [, checkpoint [, schema]])`: the elements of a tensor in
// row-major order, as rows (position, value).

#include "values.h"

#include <sqlite3ext.h>
#include <string.h>

#include "stored_tensor.h"

SQLITE_EXTENSION_INIT3

enum column { POSITION, VALUE, TENSOR, CHECKPOINT, SCHEMA };

// The arguments that `best_index` found, in the order in which `filter` gets them.
enum plan {
  HAS_TENSOR = 1, HAS_CHECKPOINT = 2, HAS_SCHEMA = 4, HAS_PLACE = 8, HAS_LOWEST = 16, HAS_HIGHEST = 32
};

typedef struct values_table {
  sqlite3_vtab base;
  sqlite3 *connection;
} values_table;

typedef struct values_cursor {
  sqlite3_vtab_cursor base;
  stored_tensor tensor;
  char *arguments; // those that `tensor` was opened for; null where it is not open
  int64_t position;
  int64_t end;
} values_cursor;

static int connect(
    sqlite3 *connection, void *client, int count, const char *const *arguments, sqlite3_vtab **table,
    char **message) {
  (void)client, (void)count, (void)arguments, (void)message;
  int code = sqlite3_declare_vtab(
      connection,
      "CREATE TABLE x(position INTEGER, value, tensor HIDDEN, checkpoint HIDDEN, schema HIDDEN)");
  if (code != SQLITE_OK) return code;
  values_table *made = sqlite3_malloc(sizeof *made);
  if (!made) return SQLITE_NOMEM;
  memset(made, 0, sizeof *made);
  made->connection = connection;
  *table = &made->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

// Without a tensor there is a plan too, of a cost that only a query without one chooses. Bounds of `position` choose what is read, and SQLite checks them again.
static int best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
  (void)table;
  int tensor = -1, checkpoint = -1, schema = -1, place = -1, lowest = -1, highest = -1;
  for (int i = 0; i < info->nConstraint; i++) {
    const unsigned char op = info->aConstraint[i].op;
    const int column = info->aConstraint[i].iColumn;
    const int is_equal = op == SQLITE_INDEX_CONSTRAINT_EQ;
    if (column >= TENSOR && is_equal && !info->aConstraint[i].usable) return SQLITE_CONSTRAINT;
    if (!info->aConstraint[i].usable) continue;
    if (column == TENSOR && is_equal) tensor = i;
    if (column == CHECKPOINT && is_equal) checkpoint = i;
    if (column == SCHEMA && is_equal) schema = i;
    if (column == POSITION) {
      if (is_equal) place = i;
      if (op == SQLITE_INDEX_CONSTRAINT_GE || op == SQLITE_INDEX_CONSTRAINT_GT) lowest = i;
      if (op == SQLITE_INDEX_CONSTRAINT_LE || op == SQLITE_INDEX_CONSTRAINT_LT) highest = i;
    }
  }
  int count = 0;
  info->idxNum = 0;
  const int found[] = {tensor, checkpoint, schema, place, lowest, highest};
  const int flags[] = {HAS_TENSOR, HAS_CHECKPOINT, HAS_SCHEMA, HAS_PLACE, HAS_LOWEST, HAS_HIGHEST};
  for (int i = 0; i < 6; i++) {
    if (found[i] < 0) continue;
    info->aConstraintUsage[found[i]].argvIndex = ++count;
    info->aConstraintUsage[found[i]].omit = i < 3;
    info->idxNum |= flags[i];
  }
  info->estimatedRows = place >= 0 ? 1 : lowest >= 0 && highest >= 0 ? 1000 : 1000000;
  info->estimatedCost = tensor >= 0 ? (double)info->estimatedRows : 1e99;
  info->orderByConsumed =
      info->nOrderBy == 1 && info->aOrderBy[0].iColumn == POSITION && !info->aOrderBy[0].desc;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor) {
  (void)table;
  values_cursor *made = sqlite3_malloc(sizeof *made);
  if (!made) return SQLITE_NOMEM;
  memset(made, 0, sizeof *made);
  *cursor = &made->base;
  return SQLITE_OK;
}

static void close_tensor(values_cursor *cursor) {
  stored_tensor_close(&cursor->tensor);
  sqlite3_free(cursor->arguments);
  cursor->arguments = NULL;
}

static int close_cursor(sqlite3_vtab_cursor *cursor) {
  close_tensor((values_cursor *)cursor);
  sqlite3_free(cursor);
  return SQLITE_OK;
}

// Opens a tensor, unless it is the one that is open: a join asks for one element after another.
static int open_tensor(
    values_cursor *cursor, const char *schema, const char *checkpoint, sqlite3_value *name) {
  sqlite3_vtab *table = cursor->base.pVtab;
  char *arguments = sqlite3_mprintf(
      "%d %Q %Q %Q", sqlite3_value_type(name), schema, checkpoint, sqlite3_value_text(name));
  if (!arguments) return SQLITE_NOMEM;
  if (cursor->arguments && strcmp(cursor->arguments, arguments) == 0) {
    sqlite3_free(arguments);
    return SQLITE_OK;
  }
  close_tensor(cursor);
  int code = stored_tensor_open(
      &cursor->tensor, ((values_table *)table)->connection, schema, name, checkpoint, &table->zErrMsg);
  if (code == SQLITE_OK) cursor->arguments = arguments;
  else sqlite3_free(arguments);
  return code;
}

// Cuts the rows at a bound, if it is an integer; another kind of number cuts nothing here, and SQLite
// compares it.
static void cut_below(values_cursor *cursor, sqlite3_value *bound) {
  if (sqlite3_value_type(bound) != SQLITE_INTEGER) return;
  const int64_t lowest = sqlite3_value_int64(bound);
  if (lowest > cursor->position) cursor->position = lowest;
}

static void cut_above(values_cursor *cursor, sqlite3_value *bound) {
  if (sqlite3_value_type(bound) != SQLITE_INTEGER) return;
  const int64_t highest = sqlite3_value_int64(bound);
  if (highest < cursor->end) cursor->end = highest < 0 ? 0 : highest + 1;
}

static int filter(
    sqlite3_vtab_cursor *base, int plan, const char *name, int count, sqlite3_value **arguments) {
  (void)name, (void)count;
  values_cursor *cursor = (values_cursor *)base;
  if (!(plan & HAS_TENSOR)) {
    sqlite3_free(base->pVtab->zErrMsg);
    base->pVtab->zErrMsg =
        sqlite3_mprintf("nascent_values needs a tensor: nascent_values('dense/kernel')");
    return SQLITE_ERROR;
  }
  int next = 1;
  const char *checkpoint = "initial", *schema = "main";
  if (plan & HAS_CHECKPOINT) checkpoint = (const char *)sqlite3_value_text(arguments[next++]);
  if (plan & HAS_SCHEMA) schema = (const char *)sqlite3_value_text(arguments[next++]);
  cursor->position = cursor->end = 0;
  // No tensor, no rows, as everywhere in SQL.
  if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || !checkpoint || !schema) return SQLITE_OK;
  int code = open_tensor(cursor, schema, checkpoint, arguments[0]);
  if (code != SQLITE_OK) return code;
  cursor->end = cursor->tensor.count;
  if (plan & HAS_PLACE) {
    cut_below(cursor, arguments[next]);
    cut_above(cursor, arguments[next++]);
  }
  if (plan & HAS_LOWEST) cut_below(cursor, arguments[next++]);
  if (plan & HAS_HIGHEST) cut_above(cursor, arguments[next++]);
  return SQLITE_OK;
}

static int step(sqlite3_vtab_cursor *cursor) {
  ((values_cursor *)cursor)->position++;
  return SQLITE_OK;
}

static int is_at_end(sqlite3_vtab_cursor *base) {
  values_cursor *cursor = (values_cursor *)base;
  return cursor->position >= cursor->end;
}

static int result(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
  values_cursor *cursor = (values_cursor *)base;
  if (column == POSITION) sqlite3_result_int64(context, cursor->position);
  if (column == TENSOR) sqlite3_result_int64(context, cursor->tensor.payload);
  if (column == SCHEMA) sqlite3_result_text(context, cursor->tensor.schema, -1, SQLITE_TRANSIENT);
  if (column != VALUE) return SQLITE_OK;
  return stored_tensor_result(
      &cursor->tensor, cursor->position, context, &base->pVtab->zErrMsg);
}

static int row_id(sqlite3_vtab_cursor *cursor, sqlite3_int64 *row) {
  *row = ((values_cursor *)cursor)->position;
  return SQLITE_OK;
}

// Without `xCreate` the table exists for its arguments only.
static sqlite3_module module = {
    .xConnect = connect,
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = step,
    .xEof = is_at_end,
    .xColumn = result,
    .xRowid = row_id,
};

int nascent_register_values(sqlite3 *connection) {
  return sqlite3_create_module_v2(connection, "nascent_values", &module, NULL, NULL);
}
