// Cuts a request into tiles that stay in the first cache.

#ifndef NASCENT_TILES_H
#define NASCENT_TILES_H

#include <stdint.h>

enum { tile_elements = 512 };

// Runs the statements for `taken` elements from `start` into `out`, until `count` are done.
#define FOR_TILES(...)                                                                             \
  while (count > 0) {                                                                              \
    const uint64_t taken = count < tile_elements ? count : tile_elements;                          \
    __VA_ARGS__                                                                                    \
    start += taken, count -= taken, out += taken;                                                  \
  }

#endif
