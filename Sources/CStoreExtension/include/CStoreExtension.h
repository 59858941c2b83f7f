// A loadable extension of SQLite that shows the values of a store's tensors to any SQL.

#ifndef NASCENT_C_STORE_EXTENSION_H
#define NASCENT_C_STORE_EXTENSION_H

struct sqlite3;
struct sqlite3_api_routines;

/// The entry point: `.load libNascentSQLite` in the sqlite3 program, `load_extension` elsewhere.
///
/// It adds the table-valued function `nascent_values` and the aggregate function `nascent_stats`. Returns
/// SQLite's result code.
int sqlite3_nascentsqlite_init(
    struct sqlite3 *connection, char **message, const struct sqlite3_api_routines *routines);

#endif
