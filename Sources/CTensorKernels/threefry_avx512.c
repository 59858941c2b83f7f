#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,avx512f,avx512dq,avx512vl,avx512bw"))), apply_to = function)
#define THREEFRY_TABLE nascent_threefry_avx512
#define LANES 16
#include "threefry_body.h"
#pragma clang attribute pop
#endif
