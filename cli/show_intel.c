#include "cli/show_intel.h"

#include "cli/intel_print.h"
#include "cli/resolved_names.h"

#define WIDTH 24 /* of the names, as in the rest of what show prints */

/* The protocols that have ports; those of others in the record are something else (ICMP: types). */
static bool has_ports(const struct fb_session *s)
{
    return fb_ip_proto_name(s->ip_proto)[0] != '\0';
}

static void put_pack(struct fb_buf *b, const struct fb_intel *k)
{
    char missing[64], hex[FB_DIGEST_HEXLEN];
    const struct fb_digest *d = fb_intel_digest(k);
    fb_intel_missing(k, missing);
    if (!d) {
        fb_buf_printf(b,
                      "intel                   no pack found, so nothing of: %s (see: fbforensics intel "
                      "install)\n",
                      missing);
        return;
    }
    fb_hex(d->b, FB_DIGEST_LEN, hex);
    fb_buf_printf(b, "intel                   pack %s%s%s\n", hex, missing[0] ? "; it has nothing of: " : "",
                  missing);
}

void fb_show_intel_text(struct fb_buf *b, const struct fb_intel *k, const struct fb_session *s)
{
    if (!k)
        return;
    fb_buf_putc(b, '\n');
    fb_intel_put_addr(b, k, &s->orig_h, "orig_", WIDTH);
    if (s->has_macs)
        fb_intel_put_mac(b, k, s->orig_mac, "orig_", WIDTH);
    fb_intel_put_addr(b, k, &s->resp_h, "resp_", WIDTH);
    if (s->has_macs)
        fb_intel_put_mac(b, k, s->resp_mac, "resp_", WIDTH);
    if (has_ports(s))
        fb_intel_put_port(b, k, s->ip_proto, s->resp_p, "resp_", WIDTH);
    put_pack(b, k);
}

static void json_end(struct fb_buf *b, const struct fb_intel *k, const char *key, const struct fb_addr *a,
                     const uint8_t *mac)
{
    fb_buf_printf(b, "\"%s\":{", key);
    fb_intel_json_addr(b, k, a);
    if (mac)
        fb_intel_json_mac(b, k, mac);
    b->len -= b->len && !b->failed; /* the last comma */
    fb_buf_puts(b, "},");
}

void fb_show_intel_json(struct fb_buf *b, const struct fb_intel *k, const struct fb_session *s)
{
    if (!k) {
        fb_buf_puts(b, "null");
        return;
    }
    fb_buf_putc(b, '{');
    json_end(b, k, "orig", &s->orig_h, s->has_macs ? s->orig_mac : NULL);
    json_end(b, k, "resp", &s->resp_h, s->has_macs ? s->resp_mac : NULL);
    if (has_ports(s))
        fb_intel_json_port(b, k, s->ip_proto, s->resp_p);
    fb_intel_json_pack(b, k);
    fb_buf_putc(b, '}');
}

static void resolved_line(struct fb_buf *b, const struct fb_resolved_names *r, const char *label,
                          const struct fb_addr *a)
{
    struct fb_resolved_entry e;
    if (!fb_resolved_names_find(r, a, &e))
        return;
    fb_buf_printf(b, "%-*s", WIDTH, label);
    fb_resolved_put_text(b, &e);
    fb_buf_putc(b, '\n');
}

enum fb_status fb_show_resolved_text(struct fb_buf *b, struct fb_case *c, const struct fb_session *s,
                                     struct fb_err *err)
{
    struct fb_resolved_names *r;
    FB_TRY(fb_resolved_names_load(c, &r, err));
    resolved_line(b, r, "orig_resolved", &s->orig_h);
    resolved_line(b, r, "resp_resolved", &s->resp_h);
    fb_resolved_names_free(r);
    return FB_OK;
}

static void resolved_end(struct fb_buf *b, const struct fb_resolved_names *r, const char *key,
                         const struct fb_addr *a)
{
    struct fb_resolved_entry e;
    fb_buf_printf(b, "\"%s\":", key);
    if (fb_resolved_names_find(r, a, &e))
        fb_resolved_put_json(b, &e);
    else
        fb_buf_puts(b, "null");
}

enum fb_status fb_show_resolved_json(struct fb_buf *b, struct fb_case *c, const struct fb_session *s,
                                     struct fb_err *err)
{
    struct fb_resolved_names *r;
    FB_TRY(fb_resolved_names_load(c, &r, err));
    fb_buf_putc(b, '{');
    resolved_end(b, r, "orig", &s->orig_h);
    fb_buf_putc(b, ',');
    resolved_end(b, r, "resp", &s->resp_h);
    fb_buf_putc(b, '}');
    fb_resolved_names_free(r);
    return FB_OK;
}
