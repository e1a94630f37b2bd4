/* Calls that have no place here become compile errors. Forced into every translation unit by the Makefile
 * (-include base/banned.h), after the system headers that declare them have been seen. */
#ifndef FB_BASE_BANNED_H
#define FB_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define FB_BANNED(func) fb_banned_##func##_see_base_banned_h

#undef strcpy
#define strcpy FB_BANNED(strcpy)
#undef strcat
#define strcat FB_BANNED(strcat)
#undef strncpy
#define strncpy FB_BANNED(strncpy)
#undef strncat
#define strncat FB_BANNED(strncat)
#undef sprintf
#define sprintf FB_BANNED(sprintf)
#undef vsprintf
#define vsprintf FB_BANNED(vsprintf)
#undef strtok
#define strtok FB_BANNED(strtok)
#undef gmtime
#define gmtime FB_BANNED(gmtime)
#undef localtime
#define localtime FB_BANNED(localtime)
#undef ctime
#define ctime FB_BANNED(ctime)
#undef asctime
#define asctime FB_BANNED(asctime)
#undef rand
#define rand FB_BANNED(rand)
#undef srand
#define srand FB_BANNED(srand)
#undef atoi
#define atoi FB_BANNED(atoi)
#undef atol
#define atol FB_BANNED(atol)
#undef alloca
#define alloca FB_BANNED(alloca)

#endif
