/* The look-up of vulnerabilities. */
#include "intel/packs/risks.h"

#include "intel/packs/pack_def.h"

const char *fb_severity_name(enum fb_severity s)
{
    static const char *const name[FB_SEVERITIES] = {"none", "info", "low", "medium", "high", "critical"};
    return (unsigned)s < FB_SEVERITIES ? name[s] : "";
}

enum fb_severity fb_device_criticality(enum fb_severity ports, enum fb_severity vendor)
{
    if (ports == FB_SEVERITY_NONE)
        return vendor > FB_SEVERITY_LOW ? FB_SEVERITY_LOW : vendor;
    if (vendor >= FB_SEVERITY_HIGH && ports < FB_SEVERITY_CRITICAL)
        return (enum fb_severity)(ports + 1);
    return ports;
}

/* Port and protocol of a row as one number that ascends; UINT64_MAX for a row about a vendor. */
static uint64_t port_key(const struct fb_rec_cell *c)
{
    if (c[FB_RISK_PORT].null)
        return UINT64_MAX;
    return (uint64_t)c[FB_RISK_PORT].i << 8 | (c[FB_RISK_PROTO].null ? 0 : (uint64_t)c[FB_RISK_PROTO].i);
}

static bool row_ok(const struct fb_rec_cell *c)
{
    int64_t sev = c[FB_RISK_SEVERITY].i, port = c[FB_RISK_PORT].i, proto = c[FB_RISK_PROTO].i;
    if (c[FB_RISK_PORT].null == c[FB_RISK_VENDOR].null)
        return false;
    if (!c[FB_RISK_PORT].null && (port < 0 || port > 65535))
        return false;
    if (!c[FB_RISK_PROTO].null && (proto < 1 || proto > 255))
        return false;
    return !c[FB_RISK_SEVERITY].null && sev >= 0 && sev < FB_SEVERITIES && !c[FB_RISK_COUNT].null &&
           c[FB_RISK_COUNT].i >= 0;
}

enum fb_status fb_risks_open(struct fb_span body, struct fb_risks *out, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(body.p, body.n);
    struct fb_rec_cell cell[FB_RISK_COLS];
    *out = (struct fb_risks){0};
    FB_TRY(fb_row_view_open(&fb_risk_def, &c, &out->rows, err));
    bool good = fb_cur_left(&c) == 0;
    uint64_t before = 0;
    for (size_t i = 0; good && i < out->rows.n; i++) {
        fb_rec_read(&fb_risk_def, out->rows.row[i], cell);
        uint64_t key = port_key(cell);
        good = row_ok(cell) && (i == 0 || key > before || (key == UINT64_MAX && before == UINT64_MAX));
        before = key;
        out->nports += key != UINT64_MAX;
    }
    if (good)
        return FB_OK;
    fb_risks_release(out);
    return fb_err_set(err, FB_ERR_INPUT, "the vulnerabilities are not in the form of a pack");
}

void fb_risks_release(struct fb_risks *r)
{
    fb_row_view_release(&r->rows);
    *r = (struct fb_risks){0};
}

static struct fb_span text_cell(const struct fb_rec_cell *c)
{
    return c->null ? (struct fb_span){NULL, 0} : c->s;
}

static void fill(const struct fb_rec_cell *c, struct fb_risk *out)
{
    *out = (struct fb_risk){.severity = (enum fb_severity)c[FB_RISK_SEVERITY].i,
                            .count = (uint64_t)c[FB_RISK_COUNT].i,
                            .name = text_cell(&c[FB_RISK_NAME]),
                            .about = text_cell(&c[FB_RISK_ABOUT]),
                            .source = text_cell(&c[FB_RISK_SOURCE]),
                            .date = text_cell(&c[FB_RISK_DATE]),
                            .items = text_cell(&c[FB_RISK_ITEMS])};
}

static bool find_port(const struct fb_risks *r, uint64_t want, struct fb_risk *out)
{
    struct fb_rec_cell cell[FB_RISK_COLS];
    size_t lo = 0, hi = r->nports;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        fb_rec_read(&fb_risk_def, r->rows.row[mid], cell);
        uint64_t key = port_key(cell);
        if (key == want) {
            fill(cell, out);
            return true;
        }
        if (key < want)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

bool fb_risks_port(const struct fb_risks *r, uint8_t ip_proto, uint16_t port, struct fb_risk *out)
{
    return find_port(r, (uint64_t)port << 8 | ip_proto, out) || find_port(r, (uint64_t)port << 8, out);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_word_byte(uint8_t c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool begins_with(struct fb_span vendor, struct fb_span name)
{
    if (!name.n || name.n > vendor.n)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (lower(vendor.p[i]) != lower(name.p[i]))
            return false;
    return name.n == vendor.n || !is_word_byte(vendor.p[name.n]);
}

bool fb_risks_vendor(const struct fb_risks *r, struct fb_span vendor, struct fb_risk *out)
{
    struct fb_rec_cell cell[FB_RISK_COLS];
    size_t best = 0; /* the longest name that fits says most */
    for (size_t i = r->nports; i < r->rows.n; i++) {
        fb_rec_read(&fb_risk_def, r->rows.row[i], cell);
        if (cell[FB_RISK_VENDOR].s.n <= best || !begins_with(vendor, cell[FB_RISK_VENDOR].s))
            continue;
        best = cell[FB_RISK_VENDOR].s.n;
        fill(cell, out);
    }
    return best > 0;
}
