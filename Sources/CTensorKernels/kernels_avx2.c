#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,f16c"))), apply_to = function)
#define KERNEL_TABLE nascent_kernels_avx2
#define LANES 4
#define HAS_F16_CONVERSION
#include "kernels_body.h"
#pragma clang attribute pop
#endif
