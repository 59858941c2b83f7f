#define KERNEL_TABLE nascent_kernels_baseline
#define LANES 2
#include "kernels_body.h"
