#include "tests/support/list_build.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct fb_list_read_opts lenient;

struct fb_list_file *list_read(const char *text, const char *name)
{
    struct fb_list_file *f = NULL;
    struct fb_err err = {0};
    if (fb_list_read(text, strlen(text), name, &lenient, &f, &err) != FB_OK)
        fail_msg("%s", err.msg);
    return f;
}

struct fb_list_set *list_set(const char *text, const struct fb_list_set_opts *o)
{
    static const struct fb_list_set_opts none;
    struct fb_list_set *s = NULL;
    struct fb_err err = {0};
    assert_int_equal(fb_list_set_new(o ? o : &none, &s, &err), FB_OK);
    assert_int_equal(fb_list_set_add(s, list_read(text, "list.json"), &err), FB_OK);
    if (fb_list_set_build(s, &err) != FB_OK)
        fail_msg("%s", err.msg);
    return s;
}

const char *list_refused(const char *text)
{
    static struct fb_err err;
    static const struct fb_list_set_opts none;
    struct fb_list_file *f = NULL;
    struct fb_list_set *s = NULL;
    err = (struct fb_err){0};
    if (fb_list_read(text, strlen(text), "list.json", &lenient, &f, &err) != FB_OK)
        return err.msg;
    enum fb_status st = fb_list_set_new(&none, &s, &err);
    if (st == FB_OK)
        st = fb_list_set_add(s, f, &err);
    if (st == FB_OK)
        st = fb_list_set_build(s, &err);
    fb_list_set_free(s);
    return st == FB_OK ? NULL : err.msg;
}

void list_subject(struct list_subject *x, const char *resp, uint16_t port, uint8_t proto, const char *name)
{
    *x = (struct list_subject){.s = {.ip_proto = proto}};
    assert_true(fb_addr_parse("10.0.0.5", &x->s.orig.h));
    assert_true(fb_addr_parse(resp, &x->s.resp.h));
    x->s.orig.local = true;
    x->s.orig.port = 40000;
    x->s.resp.port = port;
    if (name) {
        x->name = (struct fb_list_name){name, strlen(name), FB_LIST_PROVEN};
        x->s.resp.name = &x->name;
        x->s.resp.nnames = 1;
    }
}

const char *list_judge_text(const struct fb_list_set *s, const struct fb_list_subject *x)
{
    static char text[400];
    struct fb_list_judge *j = NULL;
    struct fb_list_verdict v;
    const struct fb_list_active *a;
    const struct fb_list_black_active *b;
    assert_int_equal(fb_list_judge_new(s, &j, NULL), FB_OK);
    fb_list_judge(j, x, &v);
    fb_list_set_endpoints(s, &a);
    fb_list_set_blacklists(s, &b);
    int n = snprintf(text, sizeof text, "%s", fb_list_conformance_name(v.conformance));
    if (v.conformance == FB_LIST_CONFORMING)
        n +=
            snprintf(text + n, sizeof text - (size_t)n, " %s %u %s", a[v.active].list->name,
                     a[v.active].endpoint->number, v.criterion ? fb_list_criterion_name(v.criterion) : "any");
    for (size_t i = 0; i < v.nhits; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, " +%s:%u", b[v.hit[i].black].list->name,
                      v.hit[i].line);
    fb_list_judge_free(j);
    return text;
}
