#include "intel/devices/device_rules.h"

#include "base/escape.h"
#include "base/memory.h"
#include "intel/devices/devices.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

/* The file as it lies in the tree, put into the program by the assembler. */
__asm__(".pushsection .rodata\n"
        "fb_builtin_device_rules:\n"
        ".incbin \"intel/data/device.rules\"\n"
        "fb_builtin_device_rules_end:\n"
        ".byte 0\n"
        ".popsection\n");
extern const uint8_t fb_builtin_device_rules[] __attribute__((visibility("hidden")));
extern const uint8_t fb_builtin_device_rules_end[] __attribute__((visibility("hidden")));

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool fb_device_glob(struct fb_span pattern, struct fb_span text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.n && (pattern.p[p] == '?' || lower(pattern.p[p]) == lower(text.p[t]))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static bool field_of(struct fb_span word, int *field)
{
    static const struct {
        const char *word;
        int field;
    } more[] = {{"vendor", FB_DEVICE_FIELD_VENDOR},
                {"os", FB_DEVICE_FIELD_OS},
                {"local", FB_DEVICE_FIELD_LOCAL},
                {"mac", FB_DEVICE_FIELD_MAC}};
    for (int i = 0; i < FB_DI_KINDS; i++)
        if (fb_wire_is(word, fb_device_item_word((enum fb_device_item_kind)i))) {
            *field = i;
            return true;
        }
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (fb_wire_is(word, more[i].word)) {
            *field = more[i].field;
            return true;
        }
    return false;
}

static enum fb_status bad(const char *name, unsigned line, const char *why, struct fb_span what,
                          struct fb_err *err)
{
    struct fb_buf b;
    fb_buf_init(&b, 512);
    fb_escape_term(&b, what.p, what.n < 60 ? what.n : 60);
    enum fb_status st =
        fb_err_set(err, FB_ERR_INPUT, "%s: line %u: %s: \"%s\"", name, line, why, fb_buf_cstr(&b));
    fb_buf_release(&b);
    return st;
}

static enum fb_status read_conditions(const char *name, struct fb_device_rule *r, struct fb_span rest,
                                      struct fb_err *err)
{
    while (rest.n) {
        struct fb_span part = fb_wire_trim(fb_wire_split(&rest, '&'));
        struct fb_span pattern = part, word;
        word = fb_wire_trim(fb_wire_split(&pattern, '='));
        pattern = fb_wire_trim(pattern);
        if (r->ncond == FB_DEVICE_CONDITIONS_MAX)
            return bad(name, r->line, "more than 8 conditions", part, err);
        if (!pattern.n)
            return bad(name, r->line, "no FIELD=PATTERN", part, err);
        if (!field_of(word, &r->cond[r->ncond].field))
            return bad(name, r->line, "no such field", word, err);
        if (!r->is_type && r->cond[r->ncond].field == FB_DEVICE_FIELD_OS)
            return bad(name, r->line, "a rule of os cannot ask for os", part, err);
        r->cond[r->ncond++].pattern = pattern;
    }
    return r->ncond ? FB_OK : bad(name, r->line, "a rule without a condition", r->result, err);
}

static enum fb_status read_line(struct fb_device_rules *out, struct fb_span line, unsigned number,
                                struct fb_err *err)
{
    struct fb_device_rule r = {.line = number};
    struct fb_span rest = fb_wire_trim(line), kind;
    if (!rest.n || rest.p[0] == '#')
        return FB_OK;
    kind = fb_wire_split(&rest, ' ');
    r.is_type = fb_wire_is(kind, "type");
    if (!r.is_type && !fb_wire_is(kind, "os"))
        return bad(out->name, number, "a rule begins with os or type", kind, err);
    if (!memchr(rest.p, ':', rest.n))
        return bad(out->name, number, "no colon behind the result", rest, err);
    r.result = fb_wire_trim(fb_wire_split(&rest, ':'));
    if (!r.result.n || r.result.n > 64)
        return bad(out->name, number, "a result has 1 to 64 bytes", r.result, err);
    FB_TRY(read_conditions(out->name, &r, rest, err));
    if (out->n == FB_DEVICE_RULES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "%s: more than %d rules", out->name, FB_DEVICE_RULES_MAX);
    struct fb_device_rule *grown = fb_realloc(out->rule, (out->n + 1) * sizeof r);
    if (!grown)
        return fb_err_nomem(err, "rules of devices");
    out->rule = grown;
    out->rule[out->n++] = r;
    return FB_OK;
}

enum fb_status fb_device_rules_read(const char *name, struct fb_span text, struct fb_device_rules *out,
                                    struct fb_err *err)
{
    size_t len = strlen(name);
    *out = (struct fb_device_rules){.name = fb_malloc(len + 1), .text = fb_malloc(text.n + 1)};
    enum fb_status st = out->name && out->text ? FB_OK : fb_err_nomem(err, "rules of devices");
    if (st == FB_OK) {
        memcpy(out->name, name, len + 1);
        memcpy(out->text, text.p, text.n);
    }
    struct fb_span rest = {out->text, text.n};
    for (unsigned line = 1; st == FB_OK && rest.n; line++)
        st = read_line(out, fb_wire_split(&rest, '\n'), line, err);
    if (st != FB_OK)
        fb_device_rules_release(out);
    return st;
}

enum fb_status fb_device_rules_builtin(struct fb_device_rules *out, struct fb_err *err)
{
    struct fb_span text = {fb_builtin_device_rules,
                           (size_t)(fb_builtin_device_rules_end - fb_builtin_device_rules)};
    return fb_device_rules_read("device.rules", text, out, err);
}

void fb_device_rules_release(struct fb_device_rules *r)
{
    free(r->name);
    free(r->text);
    free(r->rule);
    *r = (struct fb_device_rules){0};
}
