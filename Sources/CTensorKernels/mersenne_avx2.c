#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define MERSENNE_TABLE nascent_mersenne_avx2
#include "mersenne_body.h"
#pragma clang attribute pop
#endif
