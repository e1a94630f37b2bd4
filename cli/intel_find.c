#include "cli/intel_find.h"

#include <unistd.h>

static bool put_path(char path[static PATH_MAX], const char *dir, const char *rest)
{
    int n = snprintf(path, PATH_MAX, "%s%s", dir, rest);
    return n > 0 && n < PATH_MAX;
}

static bool user_path(char path[static PATH_MAX])
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (xdg && xdg[0] == '/')
        return put_path(path, xdg, "/fbforensics/intel.fbpack");
    return home && home[0] == '/' && put_path(path, home, "/.local/share/fbforensics/intel.fbpack");
}

bool fb_intel_find(const char *given, char path[static PATH_MAX])
{
    static const char *const dirs[] = {"/usr/local/share", "/usr/share"};
    if (!given || !given[0])
        given = getenv("FB_INTEL");
    path[0] = '\0';
    if (given && strcmp(given, "none") == 0)
        return false;
    if (given && given[0]) {
        if (!put_path(path, given, ""))
            path[0] = '\0';
        return true;
    }
    if (user_path(path) && access(path, R_OK) == 0)
        return true;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        if (put_path(path, dirs[i], "/fbforensics/intel.fbpack") && access(path, R_OK) == 0)
            return true;
    path[0] = '\0';
    return true;
}

bool fb_intel_home(char path[static PATH_MAX])
{
    const char *env = getenv("FB_INTEL");
    if (env && env[0] && strcmp(env, "none") != 0)
        return put_path(path, env, "");
    return user_path(path);
}

enum fb_status fb_intel_find_open(const char *given, char path[static PATH_MAX], struct fb_intel **out,
                                  struct fb_err *err)
{
    *out = NULL;
    if (!fb_intel_find(given, path))
        return FB_OK;
    return fb_intel_open(path[0] ? path : NULL, out, err);
}
