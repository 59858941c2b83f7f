// What Swift cannot say to SQLite: calls with a variable number of arguments, and its own memory.

#ifndef NASCENT_C_STORE_ACCESS_H
#define NASCENT_C_STORE_ACCESS_H

/// Makes a connection refuse to damage its file: no writing to SQLite's own tables, whatever the SQL says,
/// no functions or virtual tables of an untrusted schema, and no triggers.
///
/// `connection` is an open `sqlite3 *`. Returns SQLite's result code.
int nascent_defend_connection(void *connection);

/// Gives a connection the SQL function `row_seal` of any number of values: SHA-256 over each value's type and
/// bytes, as FORMAT.md has it. It can be used in statements, not in a schema.
///
/// `connection` is an open `sqlite3 *`. Returns SQLite's result code.
int nascent_add_row_seal(void *connection);

/// Puts a reserve behind SQLite's memory, for the whole process: a thread gets small blocks from it where the
/// system has none left between `nascent_begin_opening` and `nascent_end_opening`.
///
/// Returns SQLite's result code: `SQLITE_MISUSE` where SQLite is in use already, which changes nothing.
int nascent_keep_reserve(void);

void nascent_begin_opening(void);
void nascent_end_opening(void);

#endif
