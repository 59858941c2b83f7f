#include "CStoreExtension.h"

#include <sqlite3ext.h>

#include "stats.h"
#include "values.h"

SQLITE_EXTENSION_INIT1

int sqlite3_nascentsqlite_init(
    sqlite3 *connection, char **message, const sqlite3_api_routines *routines) {
  (void)message;
  SQLITE_EXTENSION_INIT2(routines);
  int code = nascent_register_values(connection);
  return code == SQLITE_OK ? nascent_register_stats(connection) : code;
}
