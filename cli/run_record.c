#include "cli/run_record.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/user_name.h"
#include "cli/versions.h"

#include <unistd.h>

static void put_time_or_null(struct fb_buf *out, int64_t ns, int64_t none)
{
    char t[FB_TIME_STRLEN];
    if (ns == none) {
        fb_buf_puts(out, "null");
        return;
    }
    fb_escape_json(out, t, fb_time_format(ns, t));
}

void fb_run_params_json(struct fb_buf *out, const struct fb_ingest_opts *o)
{
    fb_buf_puts(out, "{\"after\":");
    put_time_or_null(out, o->after_ns, INT64_MIN);
    fb_buf_puts(out, ",\"before\":");
    put_time_or_null(out, o->before_ns, INT64_MAX);
    fb_buf_puts(out, ",\"filter\":");
    if (o->filter)
        fb_escape_json(out, o->filter, strlen(o->filter));
    else
        fb_buf_puts(out, "null");
    fb_buf_printf(out, ",\"ignore_checksums\":%s,\"memory_bytes\":", o->ignore_checksums ? "true" : "false");
    fb_buf_put_u64dec(out, o->memory_bytes ? o->memory_bytes : (uint64_t)1 << 30);
    fb_buf_putc(out, '}');
}

static void put_text_field(struct fb_buf *out, const char *key, const char *value)
{
    fb_buf_printf(out, ",\"%s\":", key);
    fb_escape_json(out, value, strlen(value));
}

void fb_run_custody_json(struct fb_buf *out, int argc, char **argv)
{
    char t[FB_TIME_STRLEN], host[256] = "", cwd[4096], user[FB_USER_NAME_MAX];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    fb_time_format((int64_t)now.tv_sec * FB_NS_PER_S + now.tv_nsec, t);
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = '\0';
    fb_user_name(user);

    fb_buf_puts(out, "{\"argv\":[");
    for (int i = 0; i < argc; i++) {
        if (i)
            fb_buf_putc(out, ',');
        fb_escape_json(out, argv[i], strlen(argv[i]));
    }
    fb_buf_puts(out, "]");
    put_text_field(out, "cwd", getcwd(cwd, sizeof cwd) ? cwd : "");
    put_text_field(out, "host", host);
    fb_buf_puts(out, ",\"libraries\":{");
    struct fb_lib_version v;
    for (size_t i = 0; fb_lib_version(i, &v); i++) {
        fb_buf_printf(out, "%s\"%s\":", i ? "," : "", v.name);
        fb_escape_json(out, v.version, strlen(v.version));
    }
    fb_buf_putc(out, '}');
    put_text_field(out, "started", t);
    put_text_field(out, "user", user);
    fb_buf_putc(out, '}');
}
