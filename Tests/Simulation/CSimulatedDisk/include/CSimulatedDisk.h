// A disk in memory under SQLite: what is written, what is durable, who holds which lock, and the faults of
// all of it. One disk a process, since SQLite has one default file system a process.

#ifndef NASCENT_C_SIMULATED_DISK_H
#define NASCENT_C_SIMULATED_DISK_H

#include <stdint.h>

/// What a call of SQLite asks of the disk; a fault says which calls it may hit.
enum simulated_call {
  SIMULATED_OPEN = 1 << 0,
  SIMULATED_READ = 1 << 1,
  SIMULATED_WRITE = 1 << 2,
  SIMULATED_SYNC = 1 << 3,
  SIMULATED_TRUNCATE = 1 << 4,
  SIMULATED_DELETE = 1 << 5,
  SIMULATED_LOCK = 1 << 6,
  SIMULATED_SIZE = 1 << 7,
  SIMULATED_ACCESS = 1 << 8,
  SIMULATED_ANY = (1 << 9) - 1,
  SIMULATED_CHANGING =
    SIMULATED_WRITE | SIMULATED_SYNC | SIMULATED_TRUNCATE | SIMULATED_DELETE,
};

/// What happens at a call.
enum simulated_fault {
  SIMULATED_NO_FAULT,
  /// The process ends: nothing it asks for is done any more, what it wrote stays in the system's memory.
  SIMULATED_CRASH,
  /// Power fails: of what is not durable any part may be there afterwards.
  SIMULATED_POWER_LOSS,
  /// This call fails, once.
  SIMULATED_FAILURE,
  /// This call and all of its kinds fail until the fault is disarmed.
  SIMULATED_LASTING_FAILURE,
  /// No byte more than there is may be written, until the fault is disarmed.
  SIMULATED_FULL_DISK,
};

/// What happened since the last reset.
struct simulated_counts {
  uint64_t calls, reads, writes, syncs, faults, crashes, power_losses, failures, full_disks, flips, lost_writes,
    torn_writes;
  /// A digest of all calls in order: equal for two runs of one seed.
  uint64_t trace;
};

/// Registers the disk as SQLite's default file system, for the rest of the process, and keeps the process on
/// one core, so that no call depends on which thread is faster. Returns SQLite's result code.
int simulated_disk_register(int core);

/// An empty disk; every choice that it makes follows from the seed.
void simulated_disk_reset(uint64_t seed);

/// Lets a fault happen at the `countdown`-th of the calls of these kinds from now on, 1 being the next.
void simulated_disk_arm(enum simulated_fault fault, uint32_t kinds, uint64_t countdown);

/// Takes the fault back. Returns whether it had happened.
int simulated_disk_disarm(void);

/// Whether the process "has ended": every call fails until `simulated_disk_restart`.
int simulated_disk_is_down(void);

/// Ends the process now, or lets power fail now.
void simulated_disk_stop(int is_power_loss);

/// The next process starts: locks are gone, open files stay closed, and after a power loss the disk has what
/// the loss left.
void simulated_disk_restart(void);

/// Turns one bit of a file round, in memory and on the disk; for a negative `bit` one that the seed chooses.
/// Returns the bit's number, -1 where there is no such file or it is empty.
int64_t simulated_disk_flip(const char *path, int64_t bit);

/// The size of a file, -1 where there is none.
int64_t simulated_disk_size(const char *path);

/// Copies a file to the real disk, to be looked at. Returns 0 where it could.
int simulated_disk_copy_out(const char *path, const char *to);

struct simulated_counts simulated_disk_counts(void);

#endif
