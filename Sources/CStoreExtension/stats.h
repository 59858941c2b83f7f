#ifndef NASCENT_STATS_H
#define NASCENT_STATS_H

struct sqlite3;

// Adds the aggregate `nascent_stats(value)`. Returns SQLite's result code.
int nascent_register_stats(struct sqlite3 *connection);

#endif
