#include "cli/options.h"

#include "base/nearest.h"
#include "base/timefmt.h"
#include "cli/message.h"
#include "cli/wrap.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define OPTS_MAX 64
#define LEFT     33 /* columns of --help in front of what an option does */

void fb_opt_list_release(struct fb_opt_list *l)
{
    free(l->item);
    *l = (struct fb_opt_list){0};
}

#define WORD_MAX 48

const char *fb_cli_nearest(const char *word, const char *const *names, size_t n)
{
    return fb_nearest(word, names, n);
}

static int unknown(const struct fb_cli_help *help, const struct fb_opt *opts, const char *given,
                   const char *name)
{
    const char *names[OPTS_MAX];
    size_t n = 0;
    for (const struct fb_opt *o = opts; o->name && n < OPTS_MAX - 1; o++)
        names[n++] = o->name;
    names[n++] = "help";
    const char *near = name ? fb_cli_nearest(name, names, n) : NULL;
    if (near)
        return fb_cli_usage(help->verb, "unknown option %s; did you mean --%s?", given, near);
    return fb_cli_usage(help->verb, "unknown option %s", given);
}

static bool parse_u64(const char *text, uint64_t *out, const char **end)
{
    char *e = NULL;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long v = strtoull(text, &e, 10);
    if (errno)
        return false;
    *out = v;
    *end = e;
    return true;
}

static bool parse_size(const char *text, uint64_t *out)
{
    const char *end;
    uint64_t v;
    if (!parse_u64(text, &v, &end))
        return false;
    static const char units[] = "KMGT";
    const char *u = *end ? strchr(units, *end >= 'a' ? *end - 'a' + 'A' : *end) : NULL;
    if (u) {
        unsigned shift = 10 * (unsigned)(u - units + 1);
        if (v > UINT64_MAX >> shift)
            return false;
        v <<= shift;
        end++;
        if (strcmp(end, "iB") == 0 || strcmp(end, "B") == 0)
            end += strlen(end);
    }
    if (*end)
        return false;
    *out = v;
    return true;
}

static int bad_value(const struct fb_cli_help *help, const struct fb_opt *o, const char *value,
                     const char *want)
{
    return fb_cli_usage(help->verb, "--%s %s: expected %s", o->name, value, want);
}

static int set_choice(const struct fb_cli_help *help, const struct fb_opt *o, const char *value)
{
    char want[256];
    size_t at = 0;
    want[0] = '\0';
    for (int i = 0; o->choices[i]; i++) {
        if (strcmp(o->choices[i], value) == 0) {
            *(int *)o->target = i;
            return -1;
        }
        int n = snprintf(want + at, sizeof want - at, "%s%s", i ? ", " : "one of ", o->choices[i]);
        if (n > 0 && at + (size_t)n < sizeof want)
            at += (size_t)n;
    }
    return bad_value(help, o, value, want);
}

static int add_to_list(struct fb_opt_list *l, const char *value)
{
    const char **item = realloc(l->item, (l->n + 1) * sizeof *item);
    if (!item)
        return FB_EXIT_INTERNAL;
    l->item = item;
    l->item[l->n++] = value;
    return -1;
}

static int set_value(const struct fb_cli_help *help, const struct fb_opt *o, const char *value)
{
    const char *end;
    uint64_t v;
    switch (o->kind) {
    case FB_OPT_FLAG:
        *(bool *)o->target = true;
        break;
    case FB_OPT_TEXT:
        *(const char **)o->target = value;
        break;
    case FB_OPT_COUNT:
        if (!parse_u64(value, &v, &end) || *end)
            return bad_value(help, o, value, "a number");
        *(uint64_t *)o->target = v;
        break;
    case FB_OPT_SIZE:
        if (!parse_size(value, o->target))
            return bad_value(help, o, value, "bytes, or a number with K, M, G or T");
        break;
    case FB_OPT_TIME:
        if (!fb_time_parse(value, o->target))
            return bad_value(help, o, value, "a time such as 2024-01-31T12:00:00Z or seconds since 1970");
        break;
    case FB_OPT_CHOICE:
        return set_choice(help, o, value);
    case FB_OPT_LIST:
        return add_to_list(o->target, value);
    }
    return -1;
}

static const struct fb_opt *find(const struct fb_opt *opts, const char *name, size_t n, char letter)
{
    for (const struct fb_opt *o = opts; o->name; o++)
        if (name ? strlen(o->name) == n && memcmp(o->name, name, n) == 0 : o->letter && o->letter == letter)
            return o;
    return NULL;
}

static void print_codes(const struct fb_opt *opts)
{
    printf("\nexit codes: 0 done%s, 2 usage%s, 4 input unusable, 5 verification failed, 70 internal error\n",
           find(opts, "fail-on", 7, 0) ? ", 1 findings (--fail-on)" : "",
           find(opts, "ignore-checksums", 16, 0) ? ", 3 evidence damaged but used" : "");
}

/* The help of an option, behind LEFT columns; on a terminal its further lines stand below the first. */
static void print_option_help(const char *text)
{
    struct fb_out o = {.terminal = isatty(STDOUT_FILENO)};
    fb_buf_init(&o.buf, 4096);
    fb_put_wrapped(&o, text, strlen(text), LEFT);
    puts(fb_buf_cstr(&o.buf));
    fb_buf_release(&o.buf);
}

static void print_help(const struct fb_cli_help *help, const struct fb_opt *opts)
{
    printf("usage: fbforensics %s%s%s\n\n%s\n\noptions:\n", help->verb ? help->verb : "",
           help->verb ? " " : "", help->synopsis, help->about);
    for (const struct fb_opt *o = opts;; o++) {
        char left[64], letter[4] = "   ";
        if (o->name && o->letter)
            snprintf(letter, sizeof letter, "-%c,", o->letter);
        snprintf(left, sizeof left, "%s --%s%s%s", letter, o->name ? o->name : "help",
                 o->name && o->arg ? " " : "", o->name && o->arg ? o->arg : "");
        printf("  %-*s ", LEFT - 3, left);
        print_option_help(o->name ? o->help : "this text");
        if (!o->name)
            break;
    }
    print_codes(opts);
    if (help->examples)
        printf("\nexamples:\n%s", help->examples);
}

static int parse_long(const struct fb_cli_help *help, const struct fb_opt *opts, char **argv, int *i)
{
    const char *name = argv[*i] + 2, *eq = strchr(name, '=');
    size_t n = eq ? (size_t)(eq - name) : strlen(name);
    const struct fb_opt *o = find(opts, name, n, 0);
    if (!o) {
        char word[WORD_MAX];
        snprintf(word, sizeof word, "%.*s", n < sizeof word ? (int)n : (int)sizeof word - 1, name);
        return unknown(help, opts, argv[*i], word);
    }
    if (!o->arg)
        return eq ? fb_cli_usage(help->verb, "--%s takes no value", o->name) : set_value(help, o, NULL);
    const char *value = eq ? eq + 1 : argv[*i + 1];
    if (!value)
        return fb_cli_usage(help->verb, "--%s needs a value: %s", o->name, o->arg);
    *i += eq == NULL;
    return set_value(help, o, value);
}

static int parse_letters(const struct fb_cli_help *help, const struct fb_opt *opts, char **argv, int *i)
{
    const char *word = argv[*i];
    for (const char *l = word + 1; *l; l++) {
        const struct fb_opt *o = find(opts, NULL, 0, *l);
        if (!o)
            return unknown(help, opts, word, l == word + 1 && l[1] ? l : NULL);
        if (!o->arg) {
            int rc = set_value(help, o, NULL);
            if (rc >= 0)
                return rc;
            continue;
        }
        const char *value = l[1] ? l + 1 : argv[++*i];
        if (!value)
            return fb_cli_usage(help->verb, "-%c needs a value: %s", o->letter, o->arg);
        return set_value(help, o, value);
    }
    return -1;
}

int fb_cli_parse(const struct fb_cli_help *help, const struct fb_opt *opts, int argc, char **argv, int *nargs)
{
    *nargs = 0;
    bool only_args = false;
    for (int i = 1; i < argc; i++) {
        char *a = argv[i];
        if (only_args || a[0] != '-' || a[1] == '\0') {
            argv[(*nargs)++] = a;
            continue;
        }
        if (strcmp(a, "--") == 0) {
            only_args = true;
            continue;
        }
        if (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0) {
            print_help(help, opts);
            return FB_EXIT_OK;
        }
        int rc = a[1] == '-' ? parse_long(help, opts, argv, &i) : parse_letters(help, opts, argv, &i);
        if (rc >= 0)
            return rc;
    }
    return -1;
}
