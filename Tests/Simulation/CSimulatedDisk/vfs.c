#if defined(__linux__)
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#endif

#include "disk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The calls of SQLite, as its documentation describes `sqlite3_io_methods` and `sqlite3_vfs`: no promise is
// made beyond them (no device characteristics, no shared memory, no mapping).

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
#define disk simulated_disk
#define LOCKED pthread_mutex_lock(&mutex)
#define UNLOCKED(code) return pthread_mutex_unlock(&mutex), (code)

static int is_told;

static void stop(int is_power_loss) {
  disk.is_down = 1;
  disk.lost_power = is_power_loss;
  disk.process++;
  if (is_power_loss) disk.counts.power_losses++;
  else disk.counts.crashes++;
}

/// What a call may do: go on, fail, or find no space.
enum verdict { GO, FAIL, FULL };

/// Counts a call, notes it in the trace, and lets the fault happen where it is the one that is meant.
static enum verdict begin(uint32_t kind, int64_t first, int64_t second, int is_alive) {
  disk.counts.calls++;
  if (is_told) fprintf(stderr, "        %u %lld %lld%s\n", kind, (long long)first, (long long)second, disk.is_down ? " down" : is_alive ? "" : " dead");
  uint64_t trace = disk.counts.trace ^ ((uint64_t)kind << 48) ^ ((uint64_t)first << 8) ^ (uint64_t)second;
  disk.counts.trace = (trace ^ (trace >> 29)) * 0xbf58476d1ce4e5b9;
  if (disk.is_down || !is_alive) return FAIL;
  if (disk.fault == SIMULATED_NO_FAULT || !(disk.kinds & kind)) return GO;
  if (disk.countdown > 1) {
    disk.countdown--;
    return GO;
  }
  if (disk.has_happened && disk.fault == SIMULATED_FAILURE) return GO;
  if (!disk.has_happened) {
    disk.has_happened = 1;
    disk.counts.faults++;
    if (disk.fault == SIMULATED_FULL_DISK) disk.counts.full_disks++;
    if (disk.fault == SIMULATED_FAILURE || disk.fault == SIMULATED_LASTING_FAILURE) disk.counts.failures++;
  }
  switch (disk.fault) {
    case SIMULATED_CRASH: return stop(0), FAIL;
    case SIMULATED_POWER_LOSS: return stop(1), FAIL;
    case SIMULATED_FULL_DISK: return FULL;
    default: return FAIL;
  }
}

static int is_alive(struct open_file *file) { return file->process == disk.process; }

static int close_file(sqlite3_file *base) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  struct open_file **place = &file->inode->openings;
  while (*place && *place != file) place = &(*place)->next;
  if (*place) *place = file->next;
  if (file->deletes_at_end && file->entry && is_alive(file) && !disk.is_down)
    disk_lead(&file->entry->seen, NULL);
  disk_release(file->inode);
  UNLOCKED(SQLITE_OK);
}

static int read_file(sqlite3_file *base, void *bytes, int length, sqlite3_int64 offset) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  disk.counts.reads++;
  if (begin(SIMULATED_READ, offset, length, is_alive(file)) != GO) UNLOCKED(SQLITE_IOERR_READ);
  int64_t there = file->inode->seen.size - offset;
  if (there < 0) there = 0;
  if (there > length) there = length;
  if (there) memcpy(bytes, file->inode->seen.bytes + offset, (size_t)there);
  if (there == length) UNLOCKED(SQLITE_OK);
  memset((char *)bytes + there, 0, (size_t)(length - there));
  UNLOCKED(SQLITE_IOERR_SHORT_READ);
}

static int write_file(sqlite3_file *base, const void *bytes, int length, sqlite3_int64 offset) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  disk.counts.writes++;
  int was_down = disk.is_down;
  enum verdict verdict = begin(SIMULATED_WRITE, offset, length, is_alive(file));
  if (verdict == FULL) {
    int64_t room = file->inode->seen.size - offset;
    if (room < length) {
      // As much as there is room for, rounded to where a system would stop, is written.
      if (room > 0) disk_write(file->inode, bytes, room, offset);
      UNLOCKED(SQLITE_FULL);
    }
  } else if (verdict == FAIL) {
    // The call at which the process or the power ends, or a write that fails, may have done some of its work.
    if (!was_down && disk.has_happened && disk_random() % 2) {
      int64_t part = (int64_t)(disk_random() % (uint64_t)(length + 1));
      if (part && (is_alive(file) || disk.is_down)) disk_write(file->inode, bytes, part, offset);
    }
    UNLOCKED(SQLITE_IOERR_WRITE);
  }
  disk_write(file->inode, bytes, length, offset);
  UNLOCKED(SQLITE_OK);
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  if (begin(SIMULATED_TRUNCATE, size, 0, is_alive(file)) == FAIL) UNLOCKED(SQLITE_IOERR_TRUNCATE);
  disk_truncate(file->inode, size);
  UNLOCKED(SQLITE_OK);
}

static int sync_file(sqlite3_file *base, int flags) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  disk.counts.syncs++;
  if (begin(SIMULATED_SYNC, flags, 0, is_alive(file)) == FAIL) UNLOCKED(SQLITE_IOERR_FSYNC);
  disk_sync(file->inode);
  // As SQLite's own system does it: a file that is new brings its name to the disk with its first sync.
  if (file->syncs_folder && file->entry) {
    disk_lead(&file->entry->durable, file->entry->seen);
    file->syncs_folder = 0;
  }
  UNLOCKED(SQLITE_OK);
}

static int size_of_file(sqlite3_file *base, sqlite3_int64 *size) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  if (begin(SIMULATED_SIZE, 0, 0, is_alive(file)) == FAIL) UNLOCKED(SQLITE_IOERR_FSTAT);
  *size = file->inode->seen.size;
  UNLOCKED(SQLITE_OK);
}

/// The highest lock that another opening of a living process holds.
static int lock_of_others(struct open_file *file) {
  int highest = SQLITE_LOCK_NONE;
  for (struct open_file *other = file->inode->openings; other; other = other->next)
    if (other != file && is_alive(other) && other->lock > highest) highest = other->lock;
  return highest;
}

static int lock_file(sqlite3_file *base, int level) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  if (level <= file->lock) UNLOCKED(SQLITE_OK);
  if (begin(SIMULATED_LOCK, level, file->lock, is_alive(file)) == FAIL) UNLOCKED(SQLITE_IOERR_LOCK);
  int others = lock_of_others(file);
  if (level == SQLITE_LOCK_SHARED) {
    if (others >= SQLITE_LOCK_PENDING) UNLOCKED(SQLITE_BUSY);
    file->lock = SQLITE_LOCK_SHARED;
  } else if (level == SQLITE_LOCK_RESERVED) {
    if (others >= SQLITE_LOCK_RESERVED) UNLOCKED(SQLITE_BUSY);
    file->lock = SQLITE_LOCK_RESERVED;
  } else {
    if (others >= SQLITE_LOCK_RESERVED) UNLOCKED(SQLITE_BUSY);
    file->lock = SQLITE_LOCK_PENDING;
    if (others >= SQLITE_LOCK_SHARED) UNLOCKED(SQLITE_BUSY);
    file->lock = SQLITE_LOCK_EXCLUSIVE;
  }
  UNLOCKED(SQLITE_OK);
}

static int unlock_file(sqlite3_file *base, int level) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  if (level < file->lock) file->lock = level;
  UNLOCKED(SQLITE_OK);
}

static int check_reserved(sqlite3_file *base, int *result) {
  struct open_file *file = (struct open_file *)base;
  LOCKED;
  if (begin(SIMULATED_LOCK, 0, 0, is_alive(file)) == FAIL) UNLOCKED(SQLITE_IOERR_CHECKRESERVEDLOCK);
  *result = file->lock >= SQLITE_LOCK_RESERVED || lock_of_others(file) >= SQLITE_LOCK_RESERVED;
  UNLOCKED(SQLITE_OK);
}

static int control(sqlite3_file *base, int operation, void *argument) {
  (void)base, (void)operation, (void)argument;
  return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base) {
  (void)base;
  return disk.sector_size;
}

static int characteristics(sqlite3_file *base) {
  (void)base;
  return 0;
}

static const sqlite3_io_methods methods = {
  .iVersion = 1,
  .xClose = close_file,
  .xRead = read_file,
  .xWrite = write_file,
  .xTruncate = truncate_file,
  .xSync = sync_file,
  .xFileSize = size_of_file,
  .xLock = lock_file,
  .xUnlock = unlock_file,
  .xCheckReservedLock = check_reserved,
  .xFileControl = control,
  .xSectorSize = sector_size,
  .xDeviceCharacteristics = characteristics,
};

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *given) {
  (void)vfs;
  struct open_file *file = (struct open_file *)base;
  memset(file, 0, sizeof *file);
  LOCKED;
  if (begin(SIMULATED_OPEN, flags, 0, 1) == FAIL) UNLOCKED(SQLITE_CANTOPEN);
  struct entry *entry = path ? disk_find(path, flags & SQLITE_OPEN_CREATE) : NULL;
  if (path && (!entry || (!entry->seen && !(flags & SQLITE_OPEN_CREATE)))) UNLOCKED(SQLITE_CANTOPEN);
  if (entry && entry->seen && (flags & SQLITE_OPEN_CREATE) && (flags & SQLITE_OPEN_EXCLUSIVE))
    UNLOCKED(SQLITE_CANTOPEN);
  if (!entry) {
    file->inode = disk_new_inode();
  } else {
    if (!entry->seen) {
      disk_lead(&entry->seen, disk_new_inode());
      file->syncs_folder = 1;
    }
    file->inode = entry->seen;
    if (entry->durable != entry->seen) file->syncs_folder = 1;
  }
  file->inode->uses++;
  file->entry = entry;
  file->process = disk.process;
  file->deletes_at_end = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  file->next = file->inode->openings;
  file->inode->openings = file;
  file->base.pMethods = &methods;
  if (given) *given = flags;
  UNLOCKED(SQLITE_OK);
}

static int delete_path(sqlite3_vfs *vfs, const char *path, int syncs_folder) {
  (void)vfs;
  LOCKED;
  int was_down = disk.is_down;
  struct entry *entry = disk_find(path, 0);
  if (begin(SIMULATED_DELETE, syncs_folder, 0, 1) == FAIL) {
    // The process may have ended between the deletion and the news of it.
    if (!was_down && disk.is_down && entry && disk_random() % 2) disk_lead(&entry->seen, NULL);
    UNLOCKED(SQLITE_IOERR_DELETE);
  }
  if (!entry || !entry->seen) UNLOCKED(SQLITE_IOERR_DELETE_NOENT);
  disk_lead(&entry->seen, NULL);
  if (syncs_folder)
    for (struct entry *each = disk.entries; each; each = each->next) disk_lead(&each->durable, each->seen);
  UNLOCKED(SQLITE_OK);
}

static int access_path(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
  (void)vfs;
  LOCKED;
  if (begin(SIMULATED_ACCESS, flags, 0, 1) == FAIL) UNLOCKED(SQLITE_IOERR_ACCESS);
  struct entry *entry = disk_find(path, 0);
  // As SQLite's own system does it, an empty file is none where existence is asked for.
  *result = entry && entry->seen && (flags != SQLITE_ACCESS_EXISTS || entry->seen->seen.size > 0);
  UNLOCKED(SQLITE_OK);
}

static int full_path(sqlite3_vfs *vfs, const char *path, int size, char *result) {
  (void)vfs;
  return snprintf(result, (size_t)size, "%s", path) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int random_bytes(sqlite3_vfs *vfs, int count, char *bytes) {
  (void)vfs;
  LOCKED;
  for (int i = 0; i < count; i++) bytes[i] = (char)disk_random();
  UNLOCKED(count);
}

static int sleep_for(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return microseconds;
}

static int current_time(sqlite3_vfs *vfs, double *days) {
  (void)vfs;
  *days = 2461000.5;
  return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int count, char *text) {
  (void)vfs, (void)count, (void)text;
  return 0;
}

static sqlite3_vfs simulated = {
  .iVersion = 1,
  .szOsFile = sizeof(struct open_file),
  .mxPathname = 1024,
  .zName = "simulated",
  .xOpen = open_file,
  .xDelete = delete_path,
  .xAccess = access_path,
  .xFullPathname = full_path,
  .xRandomness = random_bytes,
  .xSleep = sleep_for,
  .xCurrentTime = current_time,
  .xGetLastError = last_error,
};

static void tell(void *context, int code, const char *text) {
  (void)context;
  fprintf(stderr, "      SQLite (%d): %s\n", code, text);
}

/// Keeps all threads of the process on one of the cores that it may use. Those to come follow the one that makes
/// them; the process then also counts one core.
static void stay_on_core(int core) {
#if defined(__linux__)
  cpu_set_t allowed, chosen;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  int count = CPU_COUNT(&allowed), wanted = count > 0 ? core % count : 0;
  CPU_ZERO(&chosen);
  for (int i = 0; i < CPU_SETSIZE; i++) {
    if (!CPU_ISSET(i, &allowed) || wanted-- > 0) continue;
    CPU_SET(i, &chosen);
    break;
  }
  DIR *threads = opendir("/proc/self/task");
  for (struct dirent *thread; threads && (thread = readdir(threads));) {
    int number = atoi(thread->d_name);
    if (number > 0) sched_setaffinity(number, sizeof chosen, &chosen);
  }
  if (threads) closedir(threads);
#else
  (void)core;
#endif
}

int simulated_disk_register(int core) {
  is_told = getenv("NASCENT_SIMULATE_LOG") != NULL;
  if (is_told) sqlite3_config(SQLITE_CONFIG_LOG, tell, NULL);
  stay_on_core(core);
  return sqlite3_vfs_register(&simulated, 1);
}

void simulated_disk_reset(uint64_t seed) {
  LOCKED;
  for (struct entry *entry = disk.entries, *next; entry; entry = next) {
    next = entry->next;
    disk_lead(&entry->seen, NULL);
    disk_lead(&entry->durable, NULL);
    free(entry->path);
    free(entry);
  }
  uint64_t process = disk.process + 1;
  memset(&disk, 0, sizeof disk);
  disk.process = process;
  disk.random = seed;
  disk.sector_size = disk_random() % 2 ? 512 : 4096;
  pthread_mutex_unlock(&mutex);
  // SQLite's own random numbers, such as those of its journals, start again from this disk's.
  sqlite3_randomness(0, NULL);
}

void simulated_disk_arm(enum simulated_fault fault, uint32_t kinds, uint64_t countdown) {
  LOCKED;
  disk.fault = fault;
  disk.kinds = kinds;
  disk.countdown = countdown;
  disk.has_happened = 0;
  pthread_mutex_unlock(&mutex);
}

int simulated_disk_disarm(void) {
  LOCKED;
  int happened = disk.has_happened;
  disk.fault = SIMULATED_NO_FAULT;
  disk.has_happened = 0;
  UNLOCKED(happened);
}

int simulated_disk_is_down(void) {
  LOCKED;
  UNLOCKED(disk.is_down);
}

void simulated_disk_stop(int is_power_loss) {
  LOCKED;
  disk.counts.faults++;
  if (!disk.is_down) stop(is_power_loss);
  pthread_mutex_unlock(&mutex);
}

void simulated_disk_restart(void) {
  LOCKED;
  if (!disk.is_down) disk.process++;
  if (disk.lost_power) disk_lose_power();
  disk.is_down = disk.lost_power = 0;
  disk.fault = SIMULATED_NO_FAULT;
  disk.has_happened = 0;
  pthread_mutex_unlock(&mutex);
}

int64_t simulated_disk_flip(const char *path, int64_t bit) {
  LOCKED;
  struct entry *entry = disk_find(path, 0);
  if (!entry || !entry->seen || !entry->seen->seen.size) UNLOCKED(-1);
  struct inode *inode = entry->seen;
  if (bit < 0) {
    disk.counts.flips++;
    disk.counts.faults++;
    // Most of a small file is zeros that nobody reads: most often a byte that is something is meant.
    for (int tries = 0; tries < 64; tries++) {
      bit = (int64_t)(disk_random() % (uint64_t)(inode->seen.size * 8));
      if (inode->seen.bytes[bit / 8]) break;
    }
  }
  if (bit / 8 < inode->seen.size) inode->seen.bytes[bit / 8] ^= (unsigned char)(1 << (bit % 8));
  if (bit / 8 < inode->durable.size) inode->durable.bytes[bit / 8] ^= (unsigned char)(1 << (bit % 8));
  UNLOCKED(bit);
}

int64_t simulated_disk_size(const char *path) {
  LOCKED;
  struct entry *entry = disk_find(path, 0);
  UNLOCKED(entry && entry->seen ? entry->seen->seen.size : -1);
}

int simulated_disk_copy_out(const char *path, const char *to) {
  LOCKED;
  struct entry *entry = disk_find(path, 0);
  FILE *file = entry && entry->seen ? fopen(to, "wb") : NULL;
  if (!file) UNLOCKED(-1);
  size_t size = (size_t)entry->seen->seen.size;
  int failed = size && fwrite(entry->seen->seen.bytes, 1, size, file) != size;
  failed |= fclose(file) != 0;
  UNLOCKED(failed);
}

struct simulated_counts simulated_disk_counts(void) {
  LOCKED;
  struct simulated_counts counts = disk.counts;
  pthread_mutex_unlock(&mutex);
  return counts;
}
