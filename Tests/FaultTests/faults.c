// Loaded into `nascent` before the program starts (LD_PRELOAD): a SQLite VFS around the system's own
// that counts the calls that reach the disk, fails one of them, or records them all.
//
// NASCENT_FAULT         KIND:N:CODE or KIND:N:CODE:on: the N-th call of that kind, from 1, fails with the
//                       SQLite result CODE; with `on` every later one too. Kinds: see `kind_names`. A CODE
//                       such as e28 is an error number of the system, which SQLite's own VFS would meet.
//                       A write that fails has written its first half, as a full disk leaves it.
//                       `memory` makes SQLite's N-th allocation fail. CODE `unlink` deletes the main file
//                       before the call, which then goes on; CODE `kill` ends the process.
// NASCENT_FAULT_CLOCK   How many times as fast the clocks run that measure time, so that a short run has
//                       the commits of a long one.
// NASCENT_FAULT_COUNTS  A file: at the end it gets a line `KIND COUNT` for every kind.
// NASCENT_FAULT_LOG     A file: it gets a record for every call that changes the disk: the kind as one
//                       byte, the file's number among those opened, its name's length and the name, two
//                       64-bit numbers (offset and length; for a deletion, whether the folder was
//                       synced), then the bytes of a write.
//
// A process that loads it later, before it uses SQLite, has its allocations fail by `nascent_fail_allocation`;
// its files are the system's.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum kind { OPEN, READ, WRITE, SYNC, TRUNCATE, DELETE, MEMORY, KINDS };
static const char *const kind_names[KINDS] = {"open", "read", "write", "sync", "truncate", "delete", "memory"};

struct shim_file {
  sqlite3_file base;
  int64_t number;
  const char *name;
  sqlite3_file *real;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t counts[KINDS];
static int64_t opened;
static enum kind fault_kind = KINDS;
static int64_t fault_number;
static int fault_code;
static int fault_errno;
static int fault_goes_on;
static int fault_unlinks;
static int fault_kills;
static const char *main_name;
static const char *counts_path;
static FILE *record;
static sqlite3_vfs *real_vfs;
static sqlite3_mem_methods real_memory;

/// Counts a call; the code to fail with, or SQLITE_OK.
static int fault(enum kind kind) {
  pthread_mutex_lock(&lock);
  int64_t number = ++counts[kind];
  int is_due = kind == fault_kind && (number == fault_number || (fault_goes_on && number > fault_number));
  const char *victim = is_due && fault_unlinks ? main_name : NULL;
  pthread_mutex_unlock(&lock);
  if (!is_due) return SQLITE_OK;
  if (fault_kills) kill(getpid(), SIGKILL);
  if (victim) unlink(victim);
  if (fault_errno) errno = fault_errno;
  return fault_unlinks ? SQLITE_OK : fault_code;
}

static void write_record(char kind, const struct shim_file *file, const char *name, int64_t a, int64_t b,
                         const void *bytes, size_t count) {
  if (!record) return;
  int64_t number = file ? file->number : -1;
  int64_t name_length = (int64_t)strlen(name);
  pthread_mutex_lock(&lock);
  fwrite(&kind, 1, 1, record);
  fwrite(&number, 8, 1, record);
  fwrite(&name_length, 8, 1, record);
  fwrite(name, 1, (size_t)name_length, record);
  fwrite(&a, 8, 1, record);
  fwrite(&b, 8, 1, record);
  if (count > 0) fwrite(bytes, 1, count, record);
  fflush(record);
  pthread_mutex_unlock(&lock);
}

static struct shim_file *shim(sqlite3_file *file) { return (struct shim_file *)file; }
static sqlite3_file *real(sqlite3_file *file) { return shim(file)->real; }

static int shim_close(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }

static int shim_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
  int code = fault(READ);
  return code ? code : real(file)->pMethods->xRead(real(file), bytes, count, offset);
}

static int shim_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
  int code = fault(WRITE);
  int written = code ? count / 2 : count;
  if (written > 0) {
    int result = real(file)->pMethods->xWrite(real(file), bytes, written, offset);
    if (result) return result;
    write_record('W', shim(file), shim(file)->name, offset, written, bytes, (size_t)written);
  }
  return code;
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size) {
  int code = fault(TRUNCATE);
  if (code) return code;
  code = real(file)->pMethods->xTruncate(real(file), size);
  if (!code) write_record('T', shim(file), shim(file)->name, size, 0, NULL, 0);
  return code;
}

static int shim_sync(sqlite3_file *file, int flags) {
  int code = fault(SYNC);
  if (code) return code;
  code = real(file)->pMethods->xSync(real(file), flags);
  if (!code) write_record('S', shim(file), shim(file)->name, 0, 0, NULL, 0);
  return code;
}

static int shim_size(sqlite3_file *file, sqlite3_int64 *size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
static int shim_lock(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }
static int shim_unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
static int shim_reserved(sqlite3_file *file, int *result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
static int shim_control(sqlite3_file *file, int operation, void *argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
static int shim_sector(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }
static int shim_characteristics(sqlite3_file *file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

// Version 1: no shared memory and no mapping, so that every byte passes here.
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_characteristics,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
  (void)vfs;
  struct shim_file *opening = shim(file);
  memset(opening, 0, sizeof *opening);
  int code = fault(OPEN);
  if (code == SQLITE_READONLY) {
    flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
  } else if (code) {
    return code;
  }
  int is_new = name && access(name, F_OK) != 0;
  opening->real = (sqlite3_file *)(opening + 1);
  code = real_vfs->xOpen(real_vfs, name, opening->real, flags, out_flags);
  if (code) return code;
  opening->base.pMethods = &methods;
  opening->name = name ? name : "";
  pthread_mutex_lock(&lock);
  opening->number = opened++;
  if (flags & SQLITE_OPEN_MAIN_DB) main_name = name;
  pthread_mutex_unlock(&lock);
  write_record(is_new ? 'C' : 'O', opening, opening->name, 0, 0, NULL, 0);
  return SQLITE_OK;
}

static int shim_delete(sqlite3_vfs *vfs, const char *name, int syncs_folder) {
  (void)vfs;
  int code = fault(DELETE);
  if (code) return code;
  code = real_vfs->xDelete(real_vfs, name, syncs_folder);
  if (!code) write_record('D', NULL, name, syncs_folder, 0, NULL, 0);
  return code;
}

static void *shim_malloc(int count) { return fault(MEMORY) ? NULL : real_memory.xMalloc(count); }
static void *shim_realloc(void *old, int count) {
  return fault(MEMORY) ? NULL : real_memory.xRealloc(old, count);
}

/// From now on the allocation of that number, from 1, fails, and those after it where it goes on; with 0
/// none. Returns how many there were since the last such call.
int64_t nascent_fail_allocation(int64_t number, int goes_on) {
  pthread_mutex_lock(&lock);
  int64_t count = counts[MEMORY];
  counts[MEMORY] = 0;
  fault_kind = number > 0 ? MEMORY : KINDS;
  fault_number = number;
  fault_code = SQLITE_NOMEM;
  fault_goes_on = goes_on;
  pthread_mutex_unlock(&lock);
  return count;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real_time)(clockid_t, struct timespec *);
  static int64_t speed;
  if (!real_time) {
    const char *text = getenv("NASCENT_FAULT_CLOCK");
    speed = text ? atoll(text) : 1;
    real_time = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  }
  int result = real_time(clock, time);
  if (result == 0 && clock != CLOCK_REALTIME && speed > 1) {
    int64_t nanoseconds = (time->tv_sec * 1000000000LL + time->tv_nsec) * speed;
    time->tv_sec = nanoseconds / 1000000000LL;
    time->tv_nsec = nanoseconds % 1000000000LL;
  }
  return result;
}

/// What SQLite's VFS makes of the error number.
static int code_of_errno(enum kind kind) {
  switch (kind) {
    case OPEN: return SQLITE_CANTOPEN;
    case READ: return SQLITE_IOERR_READ;
    case WRITE: return fault_errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case SYNC: return SQLITE_IOERR_FSYNC;
    case TRUNCATE: return SQLITE_IOERR_TRUNCATE;
    case DELETE: return SQLITE_IOERR_DELETE;
    default: return SQLITE_ERROR;
  }
}

static void read_fault(const char *text) {
  char kind[16], code[16], on[8] = "";
  long long number = 0;
  if (sscanf(text, "%15[a-z]:%lld:%15[a-z0-9]:%7s", kind, &number, code, on) < 3) {
    fprintf(stderr, "NASCENT_FAULT is malformed: %s\n", text);
    exit(2);
  }
  for (int i = 0; i < KINDS; i++)
    if (strcmp(kind, kind_names[i]) == 0) fault_kind = (enum kind)i;
  fault_number = number;
  fault_unlinks = strcmp(code, "unlink") == 0;
  fault_kills = strcmp(code, "kill") == 0;
  fault_errno = code[0] == 'e' ? atoi(code + 1) : 0;
  fault_code = fault_errno ? code_of_errno(fault_kind) : atoi(code);
  fault_goes_on = strcmp(on, "on") == 0;
}

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("NASCENT_FAULT");
  if (text) read_fault(text);
  counts_path = getenv("NASCENT_FAULT_COUNTS");
  const char *record_path = getenv("NASCENT_FAULT_LOG");
  if (record_path) record = fopen(record_path, "wb");

  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
  sqlite3_mem_methods memory = real_memory;
  memory.xMalloc = shim_malloc;
  memory.xRealloc = shim_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
}

/// Before the first connection: registering begins SQLite, whose memory the program may set until then.
static void begin_vfs(void) {
  static sqlite3_vfs vfs;
  real_vfs = sqlite3_vfs_find(NULL);
  // Without memory there is none, and no connection either.
  if (!real_vfs) return;
  vfs = *real_vfs;
  vfs.zName = "faults";
  vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
  vfs.xOpen = shim_open;
  vfs.xDelete = shim_delete;
  sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_open_v2(const char *path, sqlite3 **connection, int flags, const char *vfs) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, begin_vfs);
  int (*real_open)(const char *, sqlite3 **, int, const char *) =
      (int (*)(const char *, sqlite3 **, int, const char *))dlsym(RTLD_NEXT, "sqlite3_open_v2");
  return real_open(path, connection, flags, vfs);
}

__attribute__((destructor)) static void end(void) {
  if (record) fclose(record);
  if (!counts_path) return;
  FILE *file = fopen(counts_path, "w");
  if (!file) return;
  for (int i = 0; i < KINDS; i++) fprintf(file, "%s %lld\n", kind_names[i], (long long)counts[i]);
  fclose(file);
}
