/* The JSON form of whitelists. */
#include "intel/lists/list_read.h"

#define ENDPOINTS_MAX 1000000u

/* ---- protocols ---- */

static const struct {
    const char *name;
    int number;
} PROTOCOL[] = {
    {"TCP", 6},     {"UDP", 17},   {"ICMP", FB_LIST_PROTO_ICMP},
    {"ICMPV6", 58}, {"ICMP6", 58}, {"IPV6-ICMP", 58},
    {"IGMP", 2},    {"IPIP", 4},   {"IPV6", 41},
    {"GRE", 47},    {"ESP", 50},   {"AH", 51},
    {"OSPF", 89},   {"PIM", 103},  {"VRRP", 112},
    {"L2TP", 115},  {"SCTP", 132}, {"UDPLITE", 136},
};
#define NPROTOCOLS (sizeof PROTOCOL / sizeof *PROTOCOL)

int fb_list_protocol(const void *name, size_t n)
{
    const char *p = name;
    for (size_t i = 0; i < NPROTOCOLS; i++)
        if (strlen(PROTOCOL[i].name) == n && strncasecmp(PROTOCOL[i].name, p, n) == 0)
            return PROTOCOL[i].number;
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        if (n > 3 || p[i] < '0' || p[i] > '9')
            return FB_LIST_PROTO_NONE;
        v = v * 10 + (p[i] - '0');
    }
    return n && v <= 255 ? v : FB_LIST_PROTO_NONE;
}

const char *fb_list_protocol_name(int protocol, char own[static 12])
{
    for (size_t i = 0; i < NPROTOCOLS; i++)
        if (PROTOCOL[i].number == protocol)
            return PROTOCOL[i].name;
    snprintf(own, 12, "%d", protocol);
    return own;
}

bool fb_list_endpoint_says_nothing(const struct fb_list_endpoint *e)
{
    return !e->ndomains && !e->nips && !e->nports && e->protocol == FB_LIST_PROTO_NONE && !e->has_as_number &&
           !e->as_country && !e->as_owner && !e->process;
}

/* ---- values of an endpoint ---- */

/* A value, or an array of them: how many, and the i-th. */
static uint32_t nvalues(const struct fb_list_reader *r, uint32_t node)
{
    return r->j.node[node].type == FB_JSON_ARRAY ? fb_list_count(r, node) : 1;
}

/* Adds room for `more` elements to what the other form of the same key may have left: both are a union. */
static void *extend(struct fb_list_reader *r, const void *old, size_t n, size_t more, size_t size)
{
    uint8_t *v = fb_list_pool_take(&r->f->pool, (n + more) * size);
    if (v && n)
        memcpy(v, old, n * size);
    if (!v)
        fb_err_nomem(r->err, "a list");
    return v;
}

typedef enum fb_status (*element_reader)(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                         void *element);

static enum fb_status read_values(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                  const void **values, size_t *n, size_t size, element_reader read)
{
    bool array = r->j.node[node].type == FB_JSON_ARRAY;
    uint32_t more = nvalues(r, node), i = array ? node + 1 : node;
    if (more == 0)
        return FB_OK;
    uint8_t *v = extend(r, *values, *n, more, size);
    if (!v)
        return FB_ERR_NOMEM;
    *values = v;
    for (uint32_t k = 0; k < more; k++, i = r->j.node[i].after) {
        struct fb_list_at here = {at, NULL, k};
        FB_TRY(read(r, array ? &here : at, i, v + (*n + k) * size));
    }
    *n += more;
    return FB_OK;
}

static enum fb_status read_string(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                  struct fb_span *out)
{
    if (r->j.node[node].type != FB_JSON_STRING)
        return fb_list_fail(r, at, node, "expected a string, found %s",
                            fb_json_type_name(r->j.node[node].type));
    *out = fb_json_text(&r->j, node, &r->scratch);
    return FB_OK;
}

static enum fb_status one_domain(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 void *element)
{
    struct fb_span s;
    const char *why;
    FB_TRY(read_string(r, at, node, &s));
    return fb_list_pattern_parse(s.p, s.n, element, &why) ? FB_OK : fb_list_fail(r, at, node, "%s", why);
}

static enum fb_status one_ip(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                             void *element)
{
    struct fb_span s;
    const char *why;
    FB_TRY(read_string(r, at, node, &s));
    return fb_list_range_parse(s.p, s.n, element, &why) ? FB_OK : fb_list_fail(r, at, node, "%s", why);
}

static enum fb_status read_port_number(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                       int64_t *out)
{
    if (!fb_json_int(&r->j, node, out) || *out < 0 || *out > 65535)
        return fb_list_fail(r, at, node, "expected a port number, 0 to 65535");
    return FB_OK;
}

struct port_limits {
    int64_t start, end;
};

static enum fb_status read_start(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 void *target)
{
    return read_port_number(r, at, node, &((struct port_limits *)target)->start);
}

static enum fb_status read_end(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                               void *target)
{
    return read_port_number(r, at, node, &((struct port_limits *)target)->end);
}

static enum fb_status one_port(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                               void *element)
{
    static const struct fb_list_key KEYS[] = {{"start", read_start}, {"end", read_end}};
    struct port_limits l = {-1, -1};
    if (r->j.node[node].type == FB_JSON_OBJECT) {
        FB_TRY(fb_list_read_object(r, at, node, KEYS, 2, &l));
        if (l.start < 0 || l.end < 0)
            return fb_list_fail(r, at, node, "a range of ports has a start and an end");
    } else {
        FB_TRY(read_port_number(r, at, node, &l.start));
        l.end = l.start;
    }
    if (l.start > l.end)
        return fb_list_fail(r, at, node, "a reversed range: %d is above %d", (int)l.start, (int)l.end);
    *(struct fb_list_ports *)element = (struct fb_list_ports){(uint16_t)l.start, (uint16_t)l.end};
    return FB_OK;
}

#define ENDPOINT(target) ((struct fb_list_endpoint *)(target))

static enum fb_status read_domains(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   void *t)
{
    struct fb_list_endpoint *e = t;
    return read_values(r, at, node, (const void **)&e->domain, &e->ndomains, sizeof *e->domain, one_domain);
}

static enum fb_status read_ips(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node, void *t)
{
    struct fb_list_endpoint *e = t;
    return read_values(r, at, node, (const void **)&e->ip, &e->nips, sizeof *e->ip, one_ip);
}

static enum fb_status read_ports(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 void *t)
{
    struct fb_list_endpoint *e = t;
    return read_values(r, at, node, (const void **)&e->port, &e->nports, sizeof *e->port, one_port);
}

static enum fb_status read_protocol(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                    void *t)
{
    struct fb_span s;
    FB_TRY(read_string(r, at, node, &s));
    ENDPOINT(t)->protocol = fb_list_protocol(s.p, s.n);
    return ENDPOINT(t)->protocol != FB_LIST_PROTO_NONE
               ? FB_OK
               : fb_list_fail(r, at, node, "expected a protocol such as TCP, UDP or ICMP, or its number");
}

static enum fb_status read_as_number(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                     void *t)
{
    int64_t v;
    if (!fb_json_int(&r->j, node, &v) || v < 0 || v > UINT32_MAX)
        return fb_list_fail(r, at, node, "expected the number of an autonomous system, 0 to 4294967295");
    ENDPOINT(t)->has_as_number = true;
    ENDPOINT(t)->as_number = (uint32_t)v;
    return FB_OK;
}

/* A criterion that is an empty text would match nothing, or everything: nobody means it. */
static enum fb_status read_word(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                const char **out)
{
    FB_TRY(fb_list_read_text(r, at, node, out));
    return **out ? FB_OK : fb_list_fail(r, at, node, "an empty text; leave the key away");
}

static enum fb_status read_country(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   void *t)
{
    return read_word(r, at, node, &ENDPOINT(t)->as_country);
}

static enum fb_status read_owner(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 void *t)
{
    return read_word(r, at, node, &ENDPOINT(t)->as_owner);
}

static enum fb_status read_process(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   void *t)
{
    return read_word(r, at, node, &ENDPOINT(t)->process);
}

static enum fb_status read_description(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                       void *t)
{
    return fb_list_read_text(r, at, node, &ENDPOINT(t)->description);
}

static enum fb_status one_endpoint(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   void *element)
{
    static const struct fb_list_key KEYS[] = {
        {"domain", read_domains},    {"domains", read_domains},     {"ip", read_ips},
        {"ips", read_ips},           {"port", read_ports},          {"ports", read_ports},
        {"protocol", read_protocol}, {"as_number", read_as_number}, {"as_country", read_country},
        {"as_owner", read_owner},    {"process", read_process},     {"description", read_description},
    };
    struct fb_list_endpoint *e = element;
    e->protocol = FB_LIST_PROTO_NONE;
    e->number = at->index;
    e->line = fb_list_line(r, r->j.node[node].off);
    return fb_list_read_object(r, at, node, KEYS, sizeof KEYS / sizeof *KEYS, e);
}

/* ---- lists ---- */

static enum fb_status need_array(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node)
{
    return r->j.node[node].type == FB_JSON_ARRAY ? FB_OK
                                                 : fb_list_fail(r, at, node, "expected an array, found %s",
                                                                fb_json_type_name(r->j.node[node].type));
}

static enum fb_status read_endpoints(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                     void *t)
{
    struct fb_whitelist *w = t;
    FB_TRY(need_array(r, at, node));
    if (nvalues(r, node) > ENDPOINTS_MAX)
        return fb_list_fail(r, at, node, "more than %u endpoints", ENDPOINTS_MAX);
    return read_values(r, at, node, (const void **)&w->endpoint, &w->nendpoints, sizeof *w->endpoint,
                       one_endpoint);
}

static enum fb_status one_parent(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 void *element)
{
    return fb_list_read_name(r, at, node, element);
}

static enum fb_status read_extends(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   void *t)
{
    struct fb_whitelist *w = t;
    FB_TRY(need_array(r, at, node));
    return read_values(r, at, node, (const void **)&w->extends, &w->nextends, sizeof *w->extends, one_parent);
}

static enum fb_status read_list_name(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                     void *t)
{
    return fb_list_read_name(r, at, node, &((struct fb_whitelist *)t)->name);
}

static enum fb_status one_whitelist(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                    void *element)
{
    static const struct fb_list_key KEYS[] = {
        {"name", read_list_name}, {"extends", read_extends}, {"endpoints", read_endpoints}};
    struct fb_whitelist *w = element;
    w->line = fb_list_line(r, r->j.node[node].off);
    FB_TRY(fb_list_read_object(r, at, node, KEYS, 3, w));
    return w->name ? FB_OK : fb_list_fail(r, at, node, "a whitelist has a \"name\"");
}

static enum fb_status read_whitelists(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                      void *t)
{
    struct fb_list_file *f = t;
    FB_TRY(need_array(r, at, node));
    return read_values(r, at, node, (const void **)&f->white, &f->nwhite, sizeof *f->white, one_whitelist);
}

static enum fb_status read_date(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node, void *t)
{
    return fb_list_read_text(r, at, node, &((struct fb_list_file *)t)->date);
}

static enum fb_status read_signature(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                     void *t)
{
    return fb_list_read_text(r, at, node, &((struct fb_list_file *)t)->signature);
}

enum fb_status fb_list_read_white(struct fb_list_reader *r)
{
    static const struct fb_list_key KEYS[] = {
        {"date", read_date}, {"signature", read_signature}, {"whitelists", read_whitelists}};
    r->f->form = FB_LIST_WHITELIST;
    return fb_list_read_object(r, NULL, 0, KEYS, 3, r->f);
}
