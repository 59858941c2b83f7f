// Runs one kernel over so many elements: instructions KERNEL COUNT. `KernelInstructionTests` counts the
// instructions of two counts and takes the difference.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CTensorKernels.h"

int main(int count, char **arguments) {
  if (count != 3) return 64;
  const char *kernel = arguments[1];
  uint64_t elements = strtoull(arguments[2], NULL, 10);
  void *out = calloc(elements, 8);
  nascent_philox stream = {1, 2, 3};
  // Valgrind does not know AVX-512.
  nascent_path path = nascent_best_path() < NASCENT_PATH_AVX2 ? nascent_best_path() : NASCENT_PATH_AVX2;
  if (!strcmp(kernel, "uniform_f32")) {
    nascent_uniform_f32(path, stream, 0, elements, -1, 2, out);
  } else if (!strcmp(kernel, "uniform_f16")) {
    nascent_uniform_f16(path, stream, 0, elements, -1, 2, out);
  } else if (!strcmp(kernel, "uniform_bf16")) {
    nascent_uniform_bf16(path, stream, 0, elements, -1, 2, out);
  } else if (!strcmp(kernel, "uniform_f64")) {
    nascent_uniform_f64(path, stream, 0, elements, -1, 2, out);
  } else if (!strcmp(kernel, "normal_f32")) {
    nascent_normal_f32(path, stream, 0, elements, out);
  } else if (!strcmp(kernel, "truncated_f32")) {
    nascent_truncated_f32(path, stream, 0, elements, out);
  } else if (!strcmp(kernel, "moments_f32")) {
    nascent_moments m = nascent_measure(path, NASCENT_F32, elements, out);
    if (m.count != elements) return 1;
  } else {
    return 64;
  }
  free(out);
  return 0;
}
