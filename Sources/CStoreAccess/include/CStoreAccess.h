// SQLite's calls with a variable number of arguments, which Swift cannot call.

#ifndef NASCENT_C_STORE_ACCESS_H
#define NASCENT_C_STORE_ACCESS_H

/// Makes a connection refuse to damage its file: no writing to SQLite's own tables, whatever the SQL says,
/// and no functions or virtual tables of an untrusted schema.
///
/// `connection` is an open `sqlite3 *`. Returns SQLite's result code.
int nascent_defend_connection(void *connection);

#endif
