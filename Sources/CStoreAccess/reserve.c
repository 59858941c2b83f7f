#include "CStoreAccess.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

// A block of the reserve begins with its size, and is aligned as any other.
enum { RESERVE = 64 << 10, LARGEST = 1 << 10, HEADER = 16 };

static sqlite3_mem_methods system_memory;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(HEADER) unsigned char reserve[RESERVE];
static size_t used;
static int blocks;
static int openings;

static int is_reserved(const void *bytes) {
  const unsigned char *place = bytes;
  return place >= reserve && place < reserve + RESERVE;
}

static int size_of(void *bytes) {
  if (!is_reserved(bytes)) return system_memory.xSize(bytes);
  int size;
  memcpy(&size, (unsigned char *)bytes - HEADER, sizeof size);
  return size;
}

/// A block of the reserve, where one may be taken and is left; else null.
static void *take(int size) {
  if (size < 0 || size > LARGEST) return NULL;
  size_t whole = HEADER + ((size_t)size + HEADER - 1) / HEADER * HEADER;
  unsigned char *block = NULL;
  pthread_mutex_lock(&lock);
  if (openings > 0 && whole <= RESERVE - used) {
    block = reserve + used;
    used += whole;
    blocks++;
  }
  pthread_mutex_unlock(&lock);
  if (!block) return NULL;
  memcpy(block, &size, sizeof size);
  return block + HEADER;
}

static void *allocate(int size) {
  void *bytes = system_memory.xMalloc(size);
  return bytes ? bytes : take(size);
}

static void release(void *bytes) {
  if (!is_reserved(bytes)) return system_memory.xFree(bytes);
  pthread_mutex_lock(&lock);
  if (--blocks == 0) used = 0;
  pthread_mutex_unlock(&lock);
}

static void *resize(void *bytes, int size) {
  if (!is_reserved(bytes)) {
    void *resized = system_memory.xRealloc(bytes, size);
    if (resized) return resized;
  }
  void *resized = is_reserved(bytes) ? allocate(size) : take(size);
  if (!resized) return NULL;
  int old = size_of(bytes);
  memcpy(resized, bytes, (size_t)(old < size ? old : size));
  release(bytes);
  return resized;
}

int nascent_keep_reserve(void) {
  sqlite3_mem_methods present;
  int code = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &present);
  // A second time would put the reserve behind itself.
  if (code != SQLITE_OK || present.xMalloc == allocate) return code;
  sqlite3_mem_methods reserving = present;
  reserving.xMalloc = allocate;
  reserving.xFree = release;
  reserving.xRealloc = resize;
  reserving.xSize = size_of;
  system_memory = present;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &reserving);
}

void nascent_begin_opening(void) {
  pthread_mutex_lock(&lock);
  openings++;
  pthread_mutex_unlock(&lock);
}

void nascent_end_opening(void) {
  pthread_mutex_lock(&lock);
  openings--;
  pthread_mutex_unlock(&lock);
}
