/* Functions that cannot be used safely do not compile. Included in front of every file by CMake. */
#ifndef COMMON_BASE_POISON_H
#define COMMON_BASE_POISON_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With FORTIFY under clang, glibc makes these a macro, which cannot be poisoned. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi gets

#endif
