// Deflated bytes back to what they were, by zlib.

#ifndef NASCENT_C_INFLATE_H
#define NASCENT_C_INFLATE_H

#include <stddef.h>
#include <stdint.h>

/// A place in a deflated stream, with all that is needed to go on from it: about 45 KB.
typedef struct nascent_inflater nascent_inflater;

enum {
  NASCENT_INFLATE_MORE = 0,
  NASCENT_INFLATE_END = 1,
  NASCENT_INFLATE_MALFORMED = 2,
  NASCENT_INFLATE_NO_MEMORY = 3,
};

/// The beginning of a raw stream, as ZIP archives have it; NULL where memory ran out.
nascent_inflater *nascent_inflater_new(void);

/// The same place again, which is not changed by it: many threads may copy one at once. NULL where memory ran out.
nascent_inflater *nascent_inflater_copy(const nascent_inflater *inflater);

void nascent_inflater_free(nascent_inflater *inflater);

/// Goes on from the place, until `input` is used up or `output` is full.
///
/// `consumed` and `produced` receive how many bytes of each that took. Returns one of the values above.
int nascent_inflate(
    nascent_inflater *inflater, const uint8_t *input, size_t input_count, size_t *consumed, uint8_t *output,
    size_t output_count, size_t *produced);

#endif
