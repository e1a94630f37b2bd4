#include "cli/intel_print.h"

#include "base/escape.h"

static void put_name(struct fb_buf *b, const char *prefix, const char *name, size_t width)
{
    size_t start = b->len;
    fb_buf_puts(b, prefix);
    fb_buf_puts(b, name);
    do
        fb_buf_putc(b, ' ');
    while (!b->failed && b->len - start < width);
}

static void put_source(struct fb_buf *b, const struct fb_dataset_info *set)
{
    fb_buf_puts(b, " [");
    fb_escape_term(b, set->name.p, set->name.n);
    if (set->version.n) {
        fb_buf_putc(b, ' ');
        fb_escape_term(b, set->version.p, set->version.n);
    }
    fb_buf_puts(b, "]\n");
}

void fb_intel_put_addr(struct fb_buf *b, const struct fb_intel *k, const struct fb_addr *a,
                       const char *prefix, size_t width)
{
    struct fb_addr_intel i;
    fb_intel_addr(k, a, &i);
    if (i.special) {
        put_name(b, prefix, "address", width);
        fb_buf_printf(b, "%s\n", i.special);
    }
    if (i.asn_set) {
        put_name(b, prefix, "asn", width);
        fb_buf_printf(b, "%u", i.asn);
        put_source(b, i.asn_set);
    }
    if (i.owner_set) {
        put_name(b, prefix, "owner", width);
        fb_escape_term(b, i.owner.p, i.owner.n);
        put_source(b, i.owner_set);
    }
    if (i.country_set) {
        put_name(b, prefix, "country", width);
        fb_buf_puts(b, i.country);
        put_source(b, i.country_set);
    }
}

void fb_intel_put_mac(struct fb_buf *b, const struct fb_intel *k, const uint8_t mac[static 6],
                      const char *prefix, size_t width)
{
    struct fb_mac_intel i;
    fb_intel_mac(k, mac, &i);
    if (i.group || i.local) {
        put_name(b, prefix, "mac", width);
        fb_buf_puts(b, i.group ? "group address (multicast or broadcast)\n"
                               : "locally administered (randomised or set by software)\n");
    }
    if (i.set) {
        put_name(b, prefix, "vendor", width);
        fb_escape_term(b, i.vendor.p, i.vendor.n);
        fb_buf_printf(b, " (/%u)", i.bits);
        put_source(b, i.set);
    }
}

void fb_intel_put_port(struct fb_buf *b, const struct fb_intel *k, uint8_t ip_proto, uint16_t port,
                       const char *prefix, size_t width)
{
    struct fb_port_intel i;
    fb_intel_port(k, ip_proto, port, &i);
    if (i.service_set) {
        put_name(b, prefix, "port_service", width);
        fb_escape_term(b, i.service.p, i.service.n);
        if (i.about.n) {
            fb_buf_puts(b, ", ");
            fb_escape_term(b, i.about.p, i.about.n);
        }
        put_source(b, i.service_set);
    }
    if (i.risk_set) {
        put_name(b, prefix, "port_risk", width);
        fb_buf_printf(b, "%s: ", fb_severity_name(i.risk.severity));
        fb_escape_term(b, i.risk.about.p, i.risk.about.n);
        put_source(b, i.risk_set);
    }
}

void fb_intel_put_pack(struct fb_buf *b, const struct fb_intel *k, const char *prefix)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_hex(fb_intel_digest(k)->b, FB_DIGEST_LEN, hex);
    fb_buf_printf(b, "%spack %s:", prefix, hex);
    for (size_t i = 0; i < fb_intel_sets(k); i++) {
        const struct fb_dataset_info *set = fb_intel_set(k, i);
        fb_buf_puts(b, i ? ", " : " ");
        fb_escape_term(b, set->name.p, set->name.n);
        fb_buf_puts(b, set->version.n ? " " : "");
        fb_escape_term(b, set->version.p, set->version.n);
    }
    fb_buf_putc(b, '\n');
}

void fb_json_span(struct fb_buf *b, struct fb_span s)
{
    if (s.n)
        fb_escape_json(b, s.p, s.n);
    else
        fb_buf_puts(b, "null");
}

static void json_set(struct fb_buf *b, const char *key, const struct fb_dataset_info *set)
{
    fb_buf_printf(b, "\"%s\":", key);
    fb_json_span(b, set ? set->name : (struct fb_span){NULL, 0});
    fb_buf_putc(b, ',');
}

void fb_intel_json_addr(struct fb_buf *b, const struct fb_intel *k, const struct fb_addr *a)
{
    struct fb_addr_intel i;
    fb_intel_addr(k, a, &i);
    fb_buf_printf(b, i.special ? "\"address\":\"%s\"," : "\"address\":null,", i.special);
    if (i.asn_set)
        fb_buf_printf(b, "\"asn\":%u,", i.asn);
    else
        fb_buf_puts(b, "\"asn\":null,");
    json_set(b, "asn_dataset", i.asn_set);
    fb_buf_puts(b, "\"owner\":");
    fb_json_span(b, i.owner);
    fb_buf_putc(b, ',');
    json_set(b, "owner_dataset", i.owner_set);
    fb_buf_printf(b, i.country[0] ? "\"country\":\"%s\"," : "\"country\":null,", i.country);
    json_set(b, "country_dataset", i.country_set);
}

void fb_intel_json_mac(struct fb_buf *b, const struct fb_intel *k, const uint8_t mac[static 6])
{
    struct fb_mac_intel i;
    fb_intel_mac(k, mac, &i);
    fb_buf_printf(b, "\"mac_group\":%s,\"mac_local\":%s,\"vendor\":", i.group ? "true" : "false",
                  i.local ? "true" : "false");
    fb_json_span(b, i.vendor);
    fb_buf_printf(b, i.set ? ",\"vendor_bits\":%u," : ",\"vendor_bits\":null,", i.bits);
    json_set(b, "vendor_dataset", i.set);
}

static void json_items(struct fb_buf *b, struct fb_span items)
{
    struct fb_cur c = fb_cur_init(items.p, items.n);
    struct fb_span name, about;
    bool any = false;
    while (fb_rec_next_item(&c, &name) && fb_rec_next_item(&c, &about)) {
        fb_buf_puts(b, any ? ",{\"name\":" : "{\"name\":");
        fb_json_span(b, name);
        fb_buf_puts(b, ",\"description\":");
        fb_json_span(b, about);
        fb_buf_putc(b, '}');
        any = true;
    }
}

void fb_intel_json_port(struct fb_buf *b, const struct fb_intel *k, uint8_t ip_proto, uint16_t port)
{
    struct fb_port_intel i;
    fb_intel_port(k, ip_proto, port, &i);
    fb_buf_puts(b, "\"port_service\":");
    fb_json_span(b, i.service);
    fb_buf_puts(b, ",\"port_service_description\":");
    fb_json_span(b, i.about);
    fb_buf_putc(b, ',');
    json_set(b, "port_service_dataset", i.service_set);
    if (!i.risk_set) {
        fb_buf_puts(b, "\"port_risk\":null,\"port_risk_dataset\":null,");
        return;
    }
    fb_buf_printf(b, "\"port_risk\":{\"severity\":\"%s\",\"count\":%llu,\"name\":",
                  fb_severity_name(i.risk.severity), (unsigned long long)i.risk.count);
    fb_json_span(b, i.risk.name);
    fb_buf_puts(b, ",\"description\":");
    fb_json_span(b, i.risk.about);
    fb_buf_puts(b, ",\"source\":");
    fb_json_span(b, i.risk.source);
    fb_buf_puts(b, ",\"date\":");
    fb_json_span(b, i.risk.date);
    fb_buf_puts(b, ",\"vulnerabilities\":[");
    json_items(b, i.risk.items);
    fb_buf_puts(b, "]},");
    json_set(b, "port_risk_dataset", i.risk_set);
}

void fb_intel_json_dataset(struct fb_buf *b, const struct fb_dataset_info *info)
{
    char hex[FB_DIGEST_HEXLEN];
    const struct {
        const char *key;
        struct fb_span value;
    } text[] = {{"version", info->version},
                {"date", info->date},
                {"source", info->source},
                {"licence", info->licence}};
    fb_buf_puts(b, "{\"name\":");
    fb_json_span(b, info->name);
    fb_buf_printf(b, ",\"kind\":\"%s\"", fb_dataset_kind_name(info->kind));
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        fb_buf_printf(b, ",\"%s\":", text[i].key);
        fb_json_span(b, text[i].value);
    }
    fb_hex(info->digest.b, FB_DIGEST_LEN, hex);
    fb_buf_printf(b, ",\"entries\":%llu,\"digest\":\"%s\",\"files\":[", (unsigned long long)info->entries,
                  hex);
    struct fb_cur c = fb_cur_init(info->files.p, info->files.n);
    struct fb_span name, sum;
    for (bool any = false; fb_rec_next_item(&c, &name) && fb_rec_next_item(&c, &sum); any = true) {
        fb_buf_puts(b, any ? ",{\"name\":" : "{\"name\":");
        fb_json_span(b, name);
        fb_buf_puts(b, ",\"sha256\":");
        fb_json_span(b, sum);
        fb_buf_putc(b, '}');
    }
    fb_buf_puts(b, "]}");
}

void fb_intel_json_pack(struct fb_buf *b, const struct fb_intel *k)
{
    char hex[FB_DIGEST_HEXLEN];
    bool any = false;
    const struct fb_digest *d = fb_intel_digest(k);
    if (d) {
        fb_hex(d->b, FB_DIGEST_LEN, hex);
        fb_buf_printf(b, "\"pack_digest\":\"%s\"", hex);
    } else {
        fb_buf_puts(b, "\"pack_digest\":null");
    }
    fb_buf_puts(b, ",\"missing\":[");
    for (int kind = FB_DATASET_ORIGINS; kind < FB_DATASET_RISKS; kind++) {
        if (fb_intel_has(k, (enum fb_dataset_kind)kind))
            continue;
        fb_buf_printf(b, "%s\"%s\"", any ? "," : "", fb_dataset_kind_name((enum fb_dataset_kind)kind));
        any = true;
    }
    fb_buf_puts(b, "],\"datasets\":[");
    for (size_t i = 0; i < fb_intel_sets(k); i++) {
        if (i)
            fb_buf_putc(b, ',');
        fb_intel_json_dataset(b, fb_intel_set(k, i));
    }
    fb_buf_putc(b, ']');
}
