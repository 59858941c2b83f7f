#define THREEFRY_TABLE nascent_threefry_baseline
#define LANES 4
#include "threefry_body.h"
