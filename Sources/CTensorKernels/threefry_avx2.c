#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define THREEFRY_TABLE nascent_threefry_avx2
#define LANES 8
#include "threefry_body.h"
#pragma clang attribute pop
#endif
