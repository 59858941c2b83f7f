#include "CStoreAccess.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

// Opening a connection takes about 140 blocks of this size, and of GRDB's none is larger.
enum { BLOCK = 256, BLOCKS = 512 };

union block {
  unsigned char bytes[BLOCK];
  union block *next;
};

static sqlite3_mem_methods system_memory;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(16) union block reserve[BLOCKS];
/// The blocks that were given back, and how many were never given out.
static union block *unused;
static int fresh = BLOCKS;
static _Thread_local int openings;

static int is_reserved(const void *bytes) {
  const unsigned char *place = bytes;
  return place >= reserve[0].bytes && place < reserve[0].bytes + sizeof reserve;
}

static int size_of(void *bytes) { return is_reserved(bytes) ? BLOCK : system_memory.xSize(bytes); }

/// A block of the reserve, where one may be taken and is left; else null.
static void *take(int size) {
  if (openings == 0 || size < 0 || size > BLOCK) return NULL;
  pthread_mutex_lock(&lock);
  union block *block = unused;
  if (block) {
    unused = block->next;
  } else if (fresh > 0) {
    block = &reserve[--fresh];
  }
  pthread_mutex_unlock(&lock);
  return block;
}

static void *allocate(int size) {
  void *bytes = system_memory.xMalloc(size);
  return bytes ? bytes : take(size);
}

static void release(void *bytes) {
  if (!is_reserved(bytes)) return system_memory.xFree(bytes);
  union block *block = bytes;
  pthread_mutex_lock(&lock);
  block->next = unused;
  unused = block;
  pthread_mutex_unlock(&lock);
}

static void *resize(void *bytes, int size) {
  void *resized;
  if (is_reserved(bytes)) {
    resized = allocate(size);
  } else {
    resized = system_memory.xRealloc(bytes, size);
    if (resized) return resized;
    resized = take(size);
  }
  if (!resized) return NULL;
  int old = size_of(bytes);
  memcpy(resized, bytes, (size_t)(old < size ? old : size));
  release(bytes);
  return resized;
}

int nascent_keep_reserve(void) {
  static int is_kept;
  pthread_mutex_lock(&lock);
  int code = is_kept ? SQLITE_OK : sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_memory);
  if (!is_kept && code == SQLITE_OK) {
    sqlite3_mem_methods reserving = system_memory;
    reserving.xMalloc = allocate;
    reserving.xFree = release;
    reserving.xRealloc = resize;
    reserving.xSize = size_of;
    code = sqlite3_config(SQLITE_CONFIG_MALLOC, &reserving);
    is_kept = code == SQLITE_OK;
  }
  pthread_mutex_unlock(&lock);
  return code;
}

void nascent_begin_opening(void) { openings++; }

void nascent_end_opening(void) { openings--; }
