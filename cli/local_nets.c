#include "cli/local_nets.h"

#include "base/memory.h"
#include "cli/device_facts.h"
#include "cli/message.h"
#include "intel/devices/device_rules.h"

#include <stdlib.h>
#include <string.h>

void fb_local_nets_release(struct fb_local_nets *l)
{
    free(l->range);
    *l = (struct fb_local_nets){NULL, 0};
}

static bool put(struct fb_local_nets *l, const struct fb_list_range *r)
{
    struct fb_list_range *grown = fb_realloc(l->range, (l->n + 1) * sizeof *grown);
    if (!grown)
        return false;
    l->range = grown;
    l->range[l->n++] = *r;
    return true;
}

static enum fb_status put_words(const char *words, struct fb_local_nets *out, struct fb_err *err)
{
    const char *why = "";
    for (const char *p = words;; p++) {
        size_t len = strcspn(p, ",");
        struct fb_list_range r;
        if (!fb_list_range_parse(p, len, &r, &why))
            return fb_err_set(err, FB_ERR_USAGE, "--local %.*s: %s", (int)(len < 80 ? len : 80), p, why);
        if (!put(out, &r))
            return fb_err_nomem(err, "local networks");
        p += len;
        if (*p == '\0')
            return FB_OK;
    }
}

enum fb_status fb_local_nets_parse(const struct fb_opt_list *values, struct fb_local_nets *out,
                                   struct fb_err *err)
{
    enum fb_status st = FB_OK;
    *out = (struct fb_local_nets){NULL, 0};
    for (size_t i = 0; i < values->n && st == FB_OK; i++)
        st = put_words(values->item[i], out, err);
    if (st != FB_OK)
        fb_local_nets_release(out);
    return st;
}

int fb_local_nets_read(const char *verb, const struct fb_opt_list *values, struct fb_local_nets *out)
{
    struct fb_err err = {0};
    enum fb_status st = fb_local_nets_parse(values, out, &err);
    if (st == FB_OK)
        return -1;
    return st == FB_ERR_USAGE ? fb_cli_usage(verb, "%s", err.msg) : fb_cli_fail(&err);
}

static enum fb_status take_nets(const struct fb_devices *d, struct fb_local_nets *out, struct fb_err *err)
{
    struct fb_device_net net;
    for (size_t i = 0; fb_devices_net(d, i, &net); i++)
        if (!put(out, &net.range))
            return fb_err_nomem(err, "local networks");
    return FB_OK;
}

enum fb_status fb_local_nets_of_case(struct fb_case *c, struct fb_local_nets *out, struct fb_err *err)
{
    struct fb_device_rules rules;
    struct fb_devices *d = NULL;
    *out = (struct fb_local_nets){NULL, 0};
    FB_TRY(fb_device_rules_builtin(&rules, err));
    enum fb_status st = fb_devices_new(&(struct fb_devices_opts){0}, &d, err);
    if (st == FB_OK)
        st = fb_device_facts(c, d, err);
    if (st == FB_OK)
        st = fb_devices_finish(d, NULL, &rules, err);
    if (st == FB_OK)
        st = take_nets(d, out, err);
    fb_devices_free(d);
    fb_device_rules_release(&rules);
    if (st != FB_OK)
        fb_local_nets_release(out);
    return st;
}

bool fb_local_nets_have(const struct fb_local_nets *l, const struct fb_addr *a)
{
    for (size_t i = 0; i < l->n; i++)
        if (fb_list_range_has(&l->range[i], a))
            return true;
    return l->n == 0 && fb_list_addr_is_local(a);
}
