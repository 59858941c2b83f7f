#define MERSENNE_TABLE nascent_mersenne_baseline
#include "mersenne_body.h"
