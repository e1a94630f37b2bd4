#include "intel/wire/dhcp.h"

#include "base/memory.h"
#include "intel/wire/dhcp_def.h"
#include "intel/wire/dhcp_row.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

static bool is_v6(const struct fb_observed_flow *f)
{
    return f->orig_p == 546 || f->orig_p == 547 || f->resp_p == 546 || f->resp_p == 547;
}

static bool is_v4(const struct fb_observed_flow *f)
{
    return f->orig_p == 67 || f->orig_p == 68 || f->resp_p == 67 || f->resp_p == 68 || f->resp_p == 4011;
}

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (flow->ip_proto != 17)
        return FB_WISH_NO;
    if (is_v6(flow))
        return n >= 4 && p[0] >= 1 && p[0] <= 13 ? FB_WISH_YES : FB_WISH_NO;
    return is_v4(flow) && n >= 240 && (p[0] == 1 || p[0] == 2) ? FB_WISH_YES : FB_WISH_NO;
}

struct dhcp_state {
    bool v6;
};

static void *open_state(const struct fb_observed_flow *flow)
{
    struct dhcp_state *st = fb_calloc(1, sizeof *st);
    if (st)
        st->v6 = is_v6(flow);
    return st;
}

static void addr_cell(struct fb_buf *row, bool known, const struct fb_addr *a)
{
    if (known)
        fb_rec_addr(row, a);
    else
        fb_rec_null(row);
}

static void span_cell(struct fb_buf *row, struct fb_span s)
{
    if (s.p)
        fb_rec_bytes(row, s.p, s.n);
    else
        fb_rec_null(row);
}

static void codes_cell(struct fb_buf *row, const uint16_t *codes, size_t n)
{
    struct fb_buf b;
    fb_buf_init(&b, 6 * FB_DHCP_OPTIONS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            fb_buf_putc(&b, ',');
        fb_buf_put_u64dec(&b, codes[i]);
    }
    span_cell(row, (struct fb_span){b.data, b.len});
    fb_buf_release(&b);
}

static void addrs_cell(struct fb_buf *row, struct fb_span s, size_t bytes)
{
    struct fb_buf list;
    fb_buf_init(&list, FB_DHCP_ADDRS_MAX * (FB_ADDR_STRLEN + 1));
    for (size_t i = 0; i < FB_DHCP_ADDRS_MAX && s.n - i * bytes >= bytes; i++) {
        char text[FB_ADDR_STRLEN];
        const uint8_t *p = s.p + i * bytes;
        struct fb_addr a = bytes == 4 ? fb_addr_v4(p) : fb_addr_v6(p);
        fb_rec_item(&list, text, fb_addr_format(&a, text));
    }
    fb_wire_list_cell(row, &list);
    fb_buf_release(&list);
}

void fb_dhcp_put(const struct fb_dhcp_message *m, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_rec_int(&row, m->version);
    fb_rec_text(&row, m->type);
    fb_rec_int(&row, m->trans_id);
    if (m->has_mac)
        fb_wire_mac_cell(&row, m->mac);
    else
        fb_rec_null(&row);
    addr_cell(&row, m->has_client, &m->client);
    addr_cell(&row, m->has_assigned, &m->assigned);
    addr_cell(&row, m->has_requested, &m->requested);
    addr_cell(&row, m->has_server, &m->server);
    span_cell(&row, m->host_name);
    span_cell(&row, m->client_fqdn);
    span_cell(&row, m->domain);
    if (m->has_lease)
        fb_rec_int(&row, m->lease_s);
    else
        fb_rec_null(&row);
    span_cell(&row, m->client_message);
    span_cell(&row, m->server_message);
    span_cell(&row, m->vendor_class);
    span_cell(&row, m->user_class);
    span_cell(&row, m->client_id);
    span_cell(&row, m->server_id);
    codes_cell(&row, m->params, m->nparams);
    codes_cell(&row, m->options, m->noptions);
    addr_cell(&row, m->has_mask, &m->mask);
    addrs_cell(&row, m->routers, 4);
    addrs_cell(&row, m->dns_servers, m->version == 6 ? 16 : 4);
    fb_wire_put(out, &fb_dhcp_def, at, &row);
    fb_buf_release(&row);
}

void fb_dhcp_option(struct fb_dhcp_message *m, uint16_t code)
{
    if (m->noptions < FB_DHCP_OPTIONS_MAX)
        m->options[m->noptions++] = code;
}

void fb_dhcp_param(struct fb_dhcp_message *m, uint16_t code)
{
    if (m->nparams < FB_DHCP_OPTIONS_MAX)
        m->params[m->nparams++] = code;
}

void fb_dhcp_name(struct fb_dhcp_message *m, struct fb_span s)
{
    struct fb_cur c = fb_cur_init(s.p, s.n);
    size_t n = 0;
    while (fb_cur_left(&c) > 0) {
        uint8_t len = fb_cur_u8(&c);
        const uint8_t *label = fb_cur_take(&c, len);
        if (len == 0 || !label || len > 63 || n + len + 1 > sizeof m->fqdn)
            break;
        if (n > 0)
            m->fqdn[n++] = '.';
        memcpy(m->fqdn + n, label, len);
        n += len;
    }
    if (!fb_cur_ok(&c) && s.n > 0 && s.n <= sizeof m->fqdn) { /* no labels: text, as some clients send */
        memcpy(m->fqdn, s.p, s.n);
        n = s.n;
    }
    if (n > 0)
        m->client_fqdn = (struct fb_span){m->fqdn, n};
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    const struct dhcp_state *st = state;
    struct fb_dhcp_message m;
    memset(&m, 0, sizeof m);
    m.version = st->v6 ? 6 : 4;
    if (st->v6 ? fb_dhcp_v6_read(&m, p, n) : fb_dhcp_v4_read(&m, p, n))
        fb_dhcp_put(&m, at, out);
    return 0;
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    (void)at, (void)out;
    free(state);
}

static size_t bytes(const void *state)
{
    (void)state;
    return sizeof(struct dhcp_state);
}

const struct fb_intel_proto fb_proto_dhcp = {
    .name = "dhcp",
    .wants = wants,
    .ops = {.open = open_state, .data = data, .close = close_state, .bytes = bytes}};
