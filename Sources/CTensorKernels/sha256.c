// SHA-256 (FIPS 180-4) by the processor's own instructions, two states at once.
//
// A round depends on the round before, so one state keeps the processor waiting half the time. A
// second state, over the same blocks or over others, fills the gaps: two digests for the time of one.

#include "CTensorKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <stdatomic.h>
#include <string.h>

#include "sha256_constants.h"

int nascent_sha256_is_available(void) {
  // 0 until somebody has asked, then 1 for no and 2 for yes. A virtual machine leaves to its host for `cpuid`,
  // which takes ten times as long as the hash of a short message.
  static _Atomic int known = 0;
  int answer = atomic_load_explicit(&known, memory_order_relaxed);
  if (answer == 0) {
    // __builtin_cpu_supports does not know "sha": leaf 7, EBX bit 29.
    unsigned eax = 7, ebx, ecx = 0, edx;
    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    __builtin_cpu_init();
    answer = (ebx >> 29 & 1) && __builtin_cpu_supports("sse4.1") ? 2 : 1;
    atomic_store_explicit(&known, answer, memory_order_relaxed);
  }
  return answer == 2;
}

#define SHA_TARGET __attribute__((target("sha,sse4.1")))

// The instructions keep a state as the words (a, b, e, f) and (c, d, g, h), the first one on top.
typedef struct split_state {
  __m128i abef, cdgh;
} split_state;

SHA_TARGET static inline split_state split(const uint32_t words[8]) {
  __m128i dcba = _mm_loadu_si128((const __m128i *)words);
  __m128i hgfe = _mm_loadu_si128((const __m128i *)(words + 4));
  __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
  __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
  return (split_state){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

SHA_TARGET static inline void join(split_state state, uint32_t words[8]) {
  __m128i feba = _mm_shuffle_epi32(state.abef, 0x1b);
  __m128i dchg = _mm_shuffle_epi32(state.cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)words, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

// Advances `states` states over `streams` runs of blocks; with one stream both states take it.
SHA_TARGET static inline __attribute__((always_inline)) void advance(
    int states, int streams, uint32_t *const words[2], const uint8_t *const data[2],
    uint64_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  split_state state[2];
  for (int s = 0; s < states; s++) state[s] = split(words[s]);
  for (uint64_t block = 0; block < blocks; block++) {
    split_state before[2];
    __m128i schedule[2][4];
    for (int s = 0; s < states; s++) before[s] = state[s];
    for (int t = 0; t < streams; t++) {
      for (int i = 0; i < 4; i++) {
        const __m128i *place = (const __m128i *)(data[t] + 64 * block) + i;
        schedule[t][i] = _mm_shuffle_epi8(_mm_loadu_si128(place), big_endian);
      }
    }
#pragma clang loop unroll(full)
    for (int four = 0; four < 16; four++) {
      const __m128i constants = _mm_load_si128((const __m128i *)round_constants + four);
      __m128i added[2];
      for (int t = 0; t < streams; t++) {
        __m128i *w = schedule[t];
        if (four >= 4) {
          __m128i next = _mm_sha256msg1_epu32(w[four & 3], w[(four + 1) & 3]);
          next = _mm_add_epi32(next, _mm_alignr_epi8(w[(four + 3) & 3], w[(four + 2) & 3], 4));
          w[four & 3] = _mm_sha256msg2_epu32(next, w[(four + 3) & 3]);
        }
        added[t] = _mm_add_epi32(w[four & 3], constants);
      }
      for (int s = 0; s < states; s++) {
        __m128i two = added[streams == 1 ? 0 : s];
        state[s].cdgh = _mm_sha256rnds2_epu32(state[s].cdgh, state[s].abef, two);
      }
      for (int s = 0; s < states; s++) {
        __m128i two = _mm_shuffle_epi32(added[streams == 1 ? 0 : s], 0x0e);
        state[s].abef = _mm_sha256rnds2_epu32(state[s].abef, state[s].cdgh, two);
      }
    }
    for (int s = 0; s < states; s++) {
      state[s].abef = _mm_add_epi32(state[s].abef, before[s].abef);
      state[s].cdgh = _mm_add_epi32(state[s].cdgh, before[s].cdgh);
    }
  }
  for (int s = 0; s < states; s++) join(state[s], words[s]);
}

SHA_TARGET void nascent_sha256_blocks(nascent_sha256_state *state, const void *data, uint64_t blocks) {
  advance(
      1, 1, (uint32_t *const[2]){state->words, state->words},
      (const uint8_t *const[2]){(const uint8_t *)data, (const uint8_t *)data}, blocks);
}

SHA_TARGET void nascent_sha256_shared_blocks(
    nascent_sha256_state *state, nascent_sha256_state *other, const void *data, uint64_t blocks) {
  advance(
      2, 1, (uint32_t *const[2]){state->words, other->words},
      (const uint8_t *const[2]){(const uint8_t *)data, (const uint8_t *)data}, blocks);
}

SHA_TARGET void nascent_sha256_paired_blocks(
    nascent_sha256_state *state, const void *data, nascent_sha256_state *other,
    const void *other_data,
    uint64_t blocks) {
  advance(
      2, 2, (uint32_t *const[2]){state->words, other->words},
      (const uint8_t *const[2]){(const uint8_t *)data, (const uint8_t *)other_data}, blocks);
}

void nascent_sha256_end(
    nascent_sha256_state *state, const void *rest, uint64_t rest_bytes, uint64_t message_bytes) {
  uint8_t padded[128] = {0};
  if (rest_bytes > 0) memcpy(padded, rest, rest_bytes);
  padded[rest_bytes] = 0x80;
  uint64_t blocks = rest_bytes < 56 ? 1 : 2;
  for (int i = 0; i < 8; i++) {
    padded[64 * blocks - 1 - (uint64_t)i] = (uint8_t)(message_bytes * 8 >> 8 * i);
  }
  nascent_sha256_blocks(state, padded, blocks);
}

#else

int nascent_sha256_is_available(void) { return 0; }

// Never called where the instructions are missing; see `nascent_sha256_is_available`.
void nascent_sha256_blocks(nascent_sha256_state *state, const void *data, uint64_t blocks) {
  __builtin_trap();
}
void nascent_sha256_shared_blocks(
    nascent_sha256_state *state, nascent_sha256_state *other, const void *data, uint64_t blocks) {
  __builtin_trap();
}
void nascent_sha256_paired_blocks(
    nascent_sha256_state *state, const void *data, nascent_sha256_state *other,
    const void *other_data,
    uint64_t blocks) {
  __builtin_trap();
}
void nascent_sha256_end(
    nascent_sha256_state *state, const void *rest, uint64_t rest_bytes, uint64_t message_bytes) {
  __builtin_trap();
}

#endif
