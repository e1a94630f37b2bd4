/* LISTS, "Does endpoint E match session S?": everything that E states must hold. */
#include "intel/lists/list_match.h"

static void put_normal(const struct fb_list_name *name, struct fb_list_normal *out)
{
    struct fb_list_normal_name *to = &out->name[out->all];
    to->n = fb_list_name_normal(name->name, name->n, to->text);
    out->all += to->n > 0;
}

void fb_list_normalize(const struct fb_list_end *end, bool trust_ptr, struct fb_list_normal *out)
{
    const struct fb_list_name *name = end->name;
    out->all = 0;
    for (size_t i = 0; i < end->nnames && out->all < FB_LIST_SUBJECT_NAMES; i++)
        if (name[i].proof == FB_LIST_PROVEN || (trust_ptr && name[i].proof == FB_LIST_PTR))
            put_normal(&name[i], out);
    out->n = out->all;
    for (size_t i = 0; i < end->nnames && out->all < FB_LIST_SUBJECT_NAMES; i++)
        if (name[i].proof == FB_LIST_ALIAS)
            put_normal(&name[i], out);
}

unsigned fb_list_stated(const struct fb_list_endpoint *e)
{
    return (e->ndomains ? FB_LIST_BY_DOMAIN : 0u) | (e->nips ? FB_LIST_BY_IP : 0u) |
           (e->nports ? FB_LIST_BY_PORT : 0u) |
           (e->protocol != FB_LIST_PROTO_NONE ? FB_LIST_BY_PROTOCOL : 0u) |
           (e->process ? FB_LIST_BY_PROCESS : 0u) | (e->has_as_number ? FB_LIST_BY_AS_NUMBER : 0u) |
           (e->as_country ? FB_LIST_BY_AS_COUNTRY : 0u) | (e->as_owner ? FB_LIST_BY_AS_OWNER : 0u);
}

static bool protocol_holds(int want, uint8_t ip_proto)
{
    return want == FB_LIST_PROTO_ICMP ? ip_proto == 1 || ip_proto == 58 : want == ip_proto;
}

/* What other protocols have in the place of ports (types, codes) is none. */
static bool has_ports(uint8_t ip_proto)
{
    return ip_proto == 6 || ip_proto == 17 || ip_proto == 33 || ip_proto == 132 || ip_proto == 136;
}

static bool port_holds(const struct fb_list_endpoint *e, const struct fb_list_subject *s)
{
    for (size_t i = 0; has_ports(s->ip_proto) && i < e->nports; i++)
        if (e->port[i].first <= s->resp.port && s->resp.port <= e->port[i].last)
            return true;
    return false;
}

static bool text_holds(const char *want, const char *is)
{
    return is && strcasecmp(want, is) == 0; /* the program's locale is C: ASCII letters alone are folded */
}

/* Process and AS are known of some sessions only. */
static unsigned text_fails(unsigned criterion, const char *want, const char *is)
{
    if (!want || text_holds(want, is))
        return 0;
    return is ? criterion : criterion | FB_LIST_NOT_KNOWN(criterion);
}

/* Domain first; the IP is the fallback. */
static bool place_holds(const struct fb_list_endpoint *e, const struct fb_list_subject *s,
                        const struct fb_list_normal *resp, struct fb_list_place *place)
{
    for (size_t i = 0; i < e->ndomains; i++)
        for (size_t k = 0; k < resp->n; k++)
            if (fb_list_pattern_match(&e->domain[i], resp->name[k].text, resp->name[k].n)) {
                place->domain = &e->domain[i];
                return true;
            }
    for (size_t i = 0; i < e->nips; i++)
        if (fb_list_range_has(&e->ip[i], &s->resp.h)) {
            place->ip = &e->ip[i];
            return true;
        }
    return false;
}

unsigned fb_list_failures(const struct fb_list_endpoint *e, const struct fb_list_subject *s,
                          const struct fb_list_normal *resp, bool with_place, struct fb_list_place *place)
{
    struct fb_list_place own = {NULL, NULL}, *to = place ? place : &own;
    const struct fb_list_as *as = &s->resp.as;
    unsigned failed = 0;
    *to = own;
    if (e->protocol != FB_LIST_PROTO_NONE && !protocol_holds(e->protocol, s->ip_proto))
        failed |= FB_LIST_BY_PROTOCOL;
    if (e->nports && !port_holds(e, s))
        failed |= FB_LIST_BY_PORT;
    failed |= text_fails(FB_LIST_BY_PROCESS, e->process, s->process);
    if (e->has_as_number && !as->known)
        failed |= FB_LIST_BY_AS_NUMBER | FB_LIST_NOT_KNOWN(FB_LIST_BY_AS_NUMBER);
    else if (e->has_as_number && as->number != e->as_number)
        failed |= FB_LIST_BY_AS_NUMBER;
    failed |= text_fails(FB_LIST_BY_AS_COUNTRY, e->as_country, as->known ? as->country : NULL);
    failed |= text_fails(FB_LIST_BY_AS_OWNER, e->as_owner, as->known ? as->owner : NULL);
    if (with_place && (e->ndomains || e->nips) && !place_holds(e, s, resp, to))
        failed |= fb_list_stated(e) & FB_LIST_BY_PLACE;
    return failed;
}

unsigned fb_list_endpoint_failures(const struct fb_list_endpoint *e, const struct fb_list_subject *subject,
                                   bool trust_ptr)
{
    struct fb_list_normal resp;
    fb_list_normalize(&subject->resp, trust_ptr, &resp);
    return fb_list_failures(e, subject, &resp, true, NULL);
}
