/* Each datagram is a message of its own: a start line and headers as in HTTP. */
#include "intel/wire/ssdp.h"

#include "base/memory.h"
#include "intel/wire/ssdp_def.h"
#include "intel/wire/wire.h"

#include <stdlib.h>

#define TEXT_MAX 1024

static const char *method_of(const uint8_t *p, size_t n)
{
    struct fb_span s = {p, n};
    if (fb_wire_starts(s, "NOTIFY * HTTP/1"))
        return "NOTIFY";
    if (fb_wire_starts(s, "M-SEARCH * HTTP/1"))
        return "M-SEARCH";
    return fb_wire_starts(s, "HTTP/1.1 200") || fb_wire_starts(s, "HTTP/1.0 200") ? "RESPONSE" : NULL;
}

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    return flow->ip_proto == 17 && method_of(p, n) ? FB_WISH_YES : FB_WISH_NO;
}

/* Nothing is kept between datagrams. */
struct ssdp_state {
    char unused;
};

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    return fb_calloc(1, sizeof(struct ssdp_state));
}

/* CACHE-CONTROL: max-age = seconds */
static void max_age_cell(struct fb_buf *row, struct fb_span value)
{
    uint64_t seconds = 0;
    bool known = false;
    while (value.n > 0 && !known) {
        struct fb_span part = fb_wire_trim(fb_wire_split(&value, ',')), name = fb_wire_split(&part, '=');
        known = fb_wire_is(fb_wire_trim(name), "max-age") &&
                fb_wire_number(fb_wire_trim(part), UINT32_MAX, &seconds);
    }
    if (known)
        fb_rec_int(row, (int64_t)seconds);
    else
        fb_rec_null(row);
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    static const char *const headers[] = {"host",     "st",     "nt",         "nts", "usn",
                                          "location", "server", "user-agent", "man"};
    enum { NHEADERS = sizeof headers / sizeof headers[0] };
    struct fb_span value[NHEADERS] = {{0}}, cache = {NULL, 0}, rest = {p, n};
    struct fb_buf row;
    const char *method = method_of(p, n);
    (void)state;
    if (!method)
        return 0;
    (void)fb_wire_split(&rest, '\n');
    while (rest.n > 0) {
        struct fb_span v = fb_wire_split(&rest, '\n');
        if (v.n > 0 && v.p[v.n - 1] == '\r')
            v.n--;
        struct fb_span name = fb_wire_trim(fb_wire_split(&v, ':'));
        v = fb_wire_trim(v);
        for (size_t i = 0; i < NHEADERS; i++)
            if (fb_wire_is(name, headers[i]))
                value[i] = v;
        if (fb_wire_is(name, "cache-control"))
            cache = v;
    }
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_rec_text(&row, method);
    for (size_t i = 0; i < NHEADERS; i++) {
        if (value[i].p)
            fb_rec_bytes(&row, value[i].p, value[i].n < TEXT_MAX ? value[i].n : TEXT_MAX);
        else
            fb_rec_null(&row);
    }
    max_age_cell(&row, cache);
    fb_wire_put(out, &fb_ssdp_def, at, &row);
    fb_buf_release(&row);
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
    return sizeof(struct ssdp_state);
}

const struct fb_intel_proto fb_proto_ssdp = {
    .name = "ssdp",
    .wants = wants,
    .ops = {.open = open_state, .data = data, .close = close_state, .bytes = bytes}};
