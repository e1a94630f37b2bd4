#include "replay/flow_service.h"

#include "replay/service/service.h"

static bool have_detector(struct fb_flow *f, bool partial)
{
    if (f->service)
        return true;
    struct fb_service_flow sf = {.proto = f->proto,
                                 .orig_p = f->port[FB_ORIG],
                                 .resp_p = f->port[FB_RESP],
                                 .orig_h = f->addr[FB_ORIG],
                                 .resp_h = f->addr[FB_RESP],
                                 .partial = partial};
    f->service = fb_service_new(&sf);
    if (!f->service)
        f->flags |= FB_FLOW_SERVICE_DONE;
    return f->service != NULL;
}

unsigned fb_flow_service_data(struct fb_flow *f, int dir, const uint8_t *p, size_t n, uint64_t total_bytes,
                              bool partial)
{
    if (!have_detector(f, partial))
        return 0;
    unsigned r = fb_service_data(f->service, dir == FB_ORIG, p, n, total_bytes);
    if (r & FB_SVC_DONE)
        f->flags |= FB_FLOW_SERVICE_DONE;
    return r;
}

unsigned fb_flow_service_gap(struct fb_flow *f, int dir, uint64_t n, bool partial)
{
    if (!have_detector(f, partial))
        return 0;
    unsigned r = fb_service_gap(f->service, dir == FB_ORIG, n);
    if (r & FB_SVC_DONE)
        f->flags |= FB_FLOW_SERVICE_DONE;
    return r;
}

void fb_flow_service_confirm(struct fb_flow *f, enum fb_tunnel kind)
{
    static const char *const name[] = {
        [FB_TUN_VXLAN] = "vxlan", [FB_TUN_GENEVE] = "geneve", [FB_TUN_TEREDO] = "teredo",
        [FB_TUN_AYIYA] = "ayiya", [FB_TUN_GTPV1] = "gtpv1",
    };
    if ((size_t)kind < sizeof name / sizeof *name && name[kind] && have_detector(f, false))
        fb_service_confirm(f->service, name[kind]);
}
