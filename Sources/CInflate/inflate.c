#include "CInflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct nascent_inflater {
  z_stream stream;
};

nascent_inflater *nascent_inflater_new(void) {
  nascent_inflater *inflater = calloc(1, sizeof *inflater);
  // Negative: no header, and the largest window that there is.
  if (inflater != NULL && inflateInit2(&inflater->stream, -MAX_WBITS) != Z_OK) {
    free(inflater);
    return NULL;
  }
  return inflater;
}

nascent_inflater *nascent_inflater_copy(const nascent_inflater *inflater) {
  nascent_inflater *copy = calloc(1, sizeof *copy);
  // zlib only reads what it copies.
  if (copy != NULL && inflateCopy(&copy->stream, (z_streamp)&inflater->stream) != Z_OK) {
    free(copy);
    return NULL;
  }
  return copy;
}

void nascent_inflater_free(nascent_inflater *inflater) {
  if (inflater == NULL) return;
  inflateEnd(&inflater->stream);
  free(inflater);
}

int nascent_inflate(
    nascent_inflater *inflater, const uint8_t *input, size_t input_count, size_t *consumed, uint8_t *output,
    size_t output_count, size_t *produced) {
  z_stream *stream = &inflater->stream;
  const uInt given = input_count > UINT_MAX ? UINT_MAX : (uInt)input_count;
  const uInt room = output_count > UINT_MAX ? UINT_MAX : (uInt)output_count;
  stream->next_in = (z_const Bytef *)input;
  stream->avail_in = given;
  stream->next_out = output;
  stream->avail_out = room;
  const int code = inflate(stream, Z_NO_FLUSH);
  *consumed = given - stream->avail_in;
  *produced = room - stream->avail_out;
  stream->next_in = NULL;
  stream->avail_in = 0;
  stream->next_out = NULL;
  stream->avail_out = 0;
  switch (code) {
  case Z_OK:
  // Nothing to do: no input, or no room.
  case Z_BUF_ERROR: return NASCENT_INFLATE_MORE;
  case Z_STREAM_END: return NASCENT_INFLATE_END;
  case Z_MEM_ERROR: return NASCENT_INFLATE_NO_MEMORY;
  default: return NASCENT_INFLATE_MALFORMED;
  }
}
