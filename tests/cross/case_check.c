/* case_check CASE...: decodes every chunk of each case again and compares the three digests with the recorded
 * ones, in the way of fb_case_check. Exit code 0, or 5 when a case does not hold or cannot be opened. */
#include "store/case.h"

#include <stdio.h>

static enum fb_status check(const char *path, struct fb_err *err)
{
    struct fb_case *c;
    FB_TRY(fb_case_open(path, &c, err));
    enum fb_status st = fb_case_check(c, err);
    fb_case_close(c);
    return st;
}

int main(int argc, char **argv)
{
    int code = 0;
    for (int i = 1; i < argc; i++) {
        struct fb_err err = {0};
        if (check(argv[i], &err) == FB_OK) {
            printf("case %d holds\n", i);
            continue;
        }
        fprintf(stderr, "%s: %s\n", argv[i], err.msg);
        code = 5;
    }
    return code;
}
