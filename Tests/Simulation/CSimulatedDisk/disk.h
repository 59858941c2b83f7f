// The files below the calls of vfs.c.

#ifndef NASCENT_SIMULATED_DISK_H
#define NASCENT_SIMULATED_DISK_H

#include "CSimulatedDisk.h"

#include <sqlite3.h>
#include <stddef.h>

/// Bytes that grow.
struct content {
  unsigned char *bytes;
  int64_t size, capacity;
};

/// What was done to a file since its last sync: `length` bytes at `offset`, or for `bytes` null its new size.
struct change {
  int64_t offset, length;
  unsigned char *bytes;
};

/// A file's content. It outlives its name for as long as somebody has it open, or a name on the durable disk
/// leads to it.
struct inode {
  struct content seen, durable;
  struct change *changes;
  int change_count, change_capacity;
  int uses;
  struct open_file *openings;
};

/// A name in the folder: where it leads to now, and where after a power loss if nobody syncs the folder.
struct entry {
  char *path;
  struct inode *seen, *durable;
  struct entry *next;
};

struct open_file {
  sqlite3_file base;
  struct inode *inode;
  struct entry *entry;
  struct open_file *next;
  uint64_t process;
  int lock, deletes_at_end, syncs_folder;
};

struct disk {
  struct entry *entries;
  struct simulated_counts counts;
  uint64_t random, process, countdown;
  enum simulated_fault fault;
  uint32_t kinds;
  int has_happened, is_down, lost_power, sector_size;
};

extern struct disk simulated_disk;

uint64_t disk_random(void);
struct entry *disk_find(const char *path, int makes);
struct inode *disk_new_inode(void);
void disk_release(struct inode *inode);
/// Leads a name to a file, or with null to nothing.
void disk_lead(struct inode **name, struct inode *inode);
void disk_write(struct inode *inode, const void *bytes, int64_t length, int64_t offset);
void disk_truncate(struct inode *inode, int64_t size);
void disk_sync(struct inode *inode);
void disk_lose_power(void);

#endif
