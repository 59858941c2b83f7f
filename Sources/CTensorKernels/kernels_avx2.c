#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define KERNEL_TABLE nascent_kernels_avx2
#define LANES 4
#include "kernels_body.h"
#pragma clang attribute pop
#endif
