#include "cli/user_name.h"

#include <pwd.h>
#include <unistd.h>

#define LINE_BYTES 4096

void fb_user_name(char out[static FB_USER_NAME_MAX])
{
    char line[LINE_BYTES];
    struct passwd pw, *found = NULL;
    FILE *f = fopen("/etc/passwd", "re");
    snprintf(out, FB_USER_NAME_MAX, "uid %lu", (unsigned long)geteuid());
    while (f && fgetpwent_r(f, &pw, line, sizeof line, &found) == 0)
        if (pw.pw_uid == geteuid() && *pw.pw_name) {
            snprintf(out, FB_USER_NAME_MAX, "%s", pw.pw_name);
            break;
        }
    if (f)
        fclose(f);
}
