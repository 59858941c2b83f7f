#include <math.h>
static double nascent_log64(double x){return log(x);}
static void nascent_sincos64(double v,double*s,double*c){*s=sin(v);*c=cos(v);}
