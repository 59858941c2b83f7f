#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx2,f16c,avx512f,avx512dq,avx512vl,avx512bw"))), apply_to = function)
#define KERNEL_TABLE nascent_kernels_avx512
#define LANES 8
#define HAS_F16_CONVERSION
#include "kernels_body.h"
#pragma clang attribute pop
#endif
