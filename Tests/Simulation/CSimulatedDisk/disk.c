#include "disk.h"

#include <stdlib.h>
#include <string.h>

struct disk simulated_disk;

// Source: Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
uint64_t disk_random(void) {
  uint64_t z = simulated_disk.random += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static void *grown(void *bytes, size_t size) {
  void *result = realloc(bytes, size);
  if (!result) abort();
  return result;
}

static void resize(struct content *content, int64_t size) {
  if (size > content->capacity) {
    int64_t capacity = size > 2 * content->capacity ? size : 2 * content->capacity;
    content->bytes = grown(content->bytes, (size_t)capacity);
    content->capacity = capacity;
  }
  if (size > content->size) memset(content->bytes + content->size, 0, (size_t)(size - content->size));
  content->size = size;
}

static void put(struct content *content, const void *bytes, int64_t length, int64_t offset) {
  if (offset + length > content->size) resize(content, offset + length);
  memcpy(content->bytes + offset, bytes, (size_t)length);
}

static void forget_changes(struct inode *inode) {
  for (int i = 0; i < inode->change_count; i++) free(inode->changes[i].bytes);
  inode->change_count = 0;
}

struct entry *disk_find(const char *path, int makes) {
  for (struct entry *entry = simulated_disk.entries; entry; entry = entry->next)
    if (strcmp(entry->path, path) == 0) return entry;
  if (!makes) return NULL;
  struct entry *entry = calloc(1, sizeof *entry);
  char *copy = entry ? strdup(path) : NULL;
  if (!copy) abort();
  entry->path = copy;
  entry->next = simulated_disk.entries;
  return simulated_disk.entries = entry;
}

struct inode *disk_new_inode(void) {
  struct inode *inode = calloc(1, sizeof *inode);
  if (!inode) abort();
  return inode;
}

void disk_release(struct inode *inode) {
  if (!inode || --inode->uses > 0) return;
  forget_changes(inode);
  free(inode->changes);
  free(inode->seen.bytes);
  free(inode->durable.bytes);
  free(inode);
}

void disk_lead(struct inode **name, struct inode *inode) {
  if (inode) inode->uses++;
  disk_release(*name);
  *name = inode;
}

static void note(struct inode *inode, int64_t offset, int64_t length, const void *bytes) {
  if (inode->change_count == inode->change_capacity) {
    inode->change_capacity = inode->change_capacity ? 2 * inode->change_capacity : 16;
    inode->changes = grown(inode->changes, (size_t)inode->change_capacity * sizeof *inode->changes);
  }
  unsigned char *copy = NULL;
  if (bytes) {
    copy = grown(NULL, (size_t)length + 1);
    memcpy(copy, bytes, (size_t)length);
  }
  inode->changes[inode->change_count++] = (struct change){offset, length, copy};
}

void disk_write(struct inode *inode, const void *bytes, int64_t length, int64_t offset) {
  put(&inode->seen, bytes, length, offset);
  note(inode, offset, length, bytes);
}

void disk_truncate(struct inode *inode, int64_t size) {
  resize(&inode->seen, size);
  note(inode, size, 0, NULL);
}

static void apply(struct content *content, const struct change *change) {
  if (change->bytes) {
    put(content, change->bytes, change->length, change->offset);
  } else {
    resize(content, change->offset);
  }
}

void disk_sync(struct inode *inode) {
  for (int i = 0; i < inode->change_count; i++) apply(&inode->durable, &inode->changes[i]);
  forget_changes(inode);
}

/// Makes durable what a power loss leaves of one change: all, nothing, or some of its sectors.
static void lose(struct content *durable, const struct change *change, unsigned kept) {
  struct simulated_counts *counts = &simulated_disk.counts;
  uint64_t choice = disk_random() % 100;
  if (choice < kept) return apply(durable, change);
  counts->lost_writes++;
  if (!change->bytes || choice >= kept + (100 - kept) / 2) {
    // The file may have grown without the bytes: they are then what the disk had there before.
    int64_t end = change->offset + change->length;
    if (change->bytes && end > durable->size && disk_random() % 2) {
      int64_t start = durable->size;
      resize(durable, end);
      if (disk_random() % 2)
        for (int64_t i = start; i < end; i++) durable->bytes[i] = (unsigned char)(i * 37 + 11);
    }
    return;
  }
  counts->torn_writes++;
  enum { SECTOR = 512 };
  for (int64_t done = 0; done < change->length;) {
    int64_t offset = change->offset + done;
    int64_t part = SECTOR - offset % SECTOR;
    if (part > change->length - done) part = change->length - done;
    if (disk_random() % 2) put(durable, change->bytes + done, part, offset);
    done += part;
  }
}

void disk_lose_power(void) {
  for (struct entry *entry = simulated_disk.entries; entry; entry = entry->next) {
    if (entry->seen != entry->durable)
      disk_lead(&entry->durable, disk_random() % 2 ? entry->seen : entry->durable);
    struct inode *inode = entry->durable;
    if (inode) {
      // A loss that keeps almost all or almost nothing is as likely as one in between.
      static const unsigned shares[] = {0, 10, 50, 90, 100};
      unsigned kept = shares[disk_random() % 5];
      for (int i = 0; i < inode->change_count; i++) lose(&inode->durable, &inode->changes[i], kept);
      forget_changes(inode);
      resize(&inode->seen, 0);
      if (inode->durable.size) put(&inode->seen, inode->durable.bytes, inode->durable.size, 0);
    }
    disk_lead(&entry->seen, inode);
  }
}
