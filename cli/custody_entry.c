#include "cli/custody_entry.h"

#include "base/escape.h"
#include "cli/ingest_run.h"
#include "cli/user_name.h"
#include "cli/versions.h"

#include <unistd.h>

#ifdef __clang__
static const char compiler[] = __VERSION__;
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

static const char *user_name(void)
{
    static char name[FB_USER_NAME_MAX];
    fb_user_name(name);
    return name;
}

static const char *host_name(void)
{
    static char name[256];
    if (gethostname(name, sizeof name - 1) != 0)
        name[0] = '\0';
    return name;
}

static const char *build_json(void)
{
    static char text[2048];
    if (text[0])
        return text;
    struct fb_buf b;
    fb_buf_init(&b, sizeof text - 1);
    fb_buf_puts(&b, "{\"compiler\":");
    fb_escape_json(&b, compiler, strlen(compiler));
    fb_buf_puts(&b, ",\"libraries\":{");
    struct fb_lib_version v;
    for (size_t i = 0; fb_lib_version(i, &v); i++) {
        fb_buf_printf(&b, "%s\"%s\":", i ? "," : "", v.name);
        fb_escape_json(&b, v.version, strlen(v.version));
    }
    fb_buf_puts(&b, "}}");
    snprintf(text, sizeof text, "%s", b.failed ? "{}" : fb_buf_cstr(&b));
    fb_buf_release(&b);
    return text;
}

void fb_custody_entry_fill(struct fb_custody_entry *e, const char *what, const char *params_json,
                           const char *examiner)
{
    *e = (struct fb_custody_entry){.what = what,
                                   .params_json = params_json,
                                   .tool_version = FB_VERSION,
                                   .build_json = build_json(),
                                   .who = examiner && *examiner ? examiner : user_name(),
                                   .host = host_name()};
}

void fb_custody_put_params(struct fb_buf *out, const char *options_json)
{
    char **argv;
    int argc = fb_ingest_argv(&argv);
    fb_buf_puts(out, "{\"argv\":[");
    for (int i = 0; i < argc; i++) {
        fb_buf_puts(out, i ? "," : "");
        fb_escape_json(out, argv[i], strlen(argv[i]));
    }
    fb_buf_puts(out, "]");
    if (options_json) {
        fb_buf_puts(out, ",\"options\":");
        fb_buf_puts(out, options_json);
    }
    fb_buf_putc(out, '}');
}
