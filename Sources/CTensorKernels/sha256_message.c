// SHA-256 (FIPS 180-4) of a message that is all there, also without the processor's instructions.

#include <string.h>

#include "CTensorKernels.h"
#include "sha256_constants.h"

// The rounds as FIPS 180-4, section 6.2.2, has them.
static uint32_t rotated(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void advance_plainly(uint32_t words[8], const uint8_t block[64]) {
  uint32_t w[64], v[8];
  for (int t = 0; t < 16; t++) {
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
           (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
  }
  for (int t = 16; t < 64; t++) {
    uint32_t a = w[t - 15], b = w[t - 2];
    w[t] = (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10) + w[t - 7] +
           (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[t - 16];
  }
  memcpy(v, words, sizeof v);
  for (int t = 0; t < 64; t++) {
    uint32_t sum1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25);
    uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    uint32_t first = v[7] + sum1 + choice + round_constants[t] + w[t];
    uint32_t sum0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22);
    uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    memmove(v + 1, v, 7 * sizeof *v);
    v[4] += first;
    v[0] = first + sum0 + majority;
  }
  for (int i = 0; i < 8; i++) words[i] += v[i];
}

void nascent_sha256(
    nascent_path path, const void *message, uint64_t bytes, uint8_t digest[32]) {
  // FIPS 180-4, section 5.3.3.
  nascent_sha256_state state = {
      {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
  const uint8_t *data = (const uint8_t *)message;
  const uint64_t blocks = bytes / 64, rest = bytes % 64;
  if (path != NASCENT_PATH_BASELINE && nascent_sha256_is_available()) {
    nascent_sha256_blocks(&state, data, blocks);
    nascent_sha256_end(&state, data + 64 * blocks, rest, bytes);
  } else {
    for (uint64_t i = 0; i < blocks; i++) advance_plainly(state.words, data + 64 * i);
    // The rest, a bit that is set, zeros, and the number of bits.
    uint8_t padded[128] = {0};
    if (rest > 0) memcpy(padded, data + 64 * blocks, rest);
    padded[rest] = 0x80;
    const uint64_t last = rest < 56 ? 1 : 2;
    for (int i = 0; i < 8; i++) padded[64 * last - 1 - (uint64_t)i] = (uint8_t)(bytes * 8 >> 8 * i);
    for (uint64_t i = 0; i < last; i++) advance_plainly(state.words, padded + 64 * i);
  }
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(state.words[i / 4] >> (24 - 8 * (i % 4)));
}
