#ifndef NASCENT_VALUES_H
#define NASCENT_VALUES_H

struct sqlite3;

// Adds `nascent_values(tensor [, checkpoint [, schema]])`. Returns SQLite's result code.
int nascent_register_values(struct sqlite3 *connection);

#endif
