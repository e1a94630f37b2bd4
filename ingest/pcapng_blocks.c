/* pcapng blocks that hold no packet: draft-ietf-opsawg-pcapng 4.1 (section), 4.2 (interface), 4.5
 * (names), 4.6 (statistics), 4.7 (journal), 4.8 (secrets), 4.9 (custom). Ignored on purpose: section lengths
 * (blocks are walked anyway), hardware and application strings, filters in byte code, what secrets and custom
 * blocks hold. */
#include "ingest/pcapng_int.h"

#include "base/addr.h"
#include "base/buf.h"

#define OPT_COMMENT   1
#define OPT_IF_IPV4   4 /* address and mask; may be given several times, as may the next */
#define OPT_IF_IPV6   5
#define OPT_IF_MAC    6
#define NAME_TEXT_MAX 4096

bool fb_ng_option(const struct fb_reader *r, struct fb_cur *c, uint16_t *code, struct fb_span *value,
                  bool *lie)
{
    *lie = false;
    if (fb_cur_left(c) < 4)
        return false;
    *code = fb_ng_u16(r, c);
    size_t n = fb_ng_u16(r, c);
    if (*code == 0)
        return false;
    if (n > fb_cur_left(c)) {
        *lie = true;
        return false;
    }
    value->n = n;
    value->p = fb_cur_take(c, n);
    size_t pad = -n & 3;
    fb_cur_skip(c, pad < fb_cur_left(c) ? pad : fb_cur_left(c));
    return true;
}

static enum fb_status note(struct fb_reader *r, uint64_t off, uint64_t pkt_no, const char *kind,
                           const void *p, size_t n, struct fb_err *err)
{
    return fb_evidence_add_note(&r->ev, off, pkt_no, kind, p, n) == FB_OK ? FB_OK
                                                                          : fb_err_nomem(err, "notes");
}

static enum fb_status option_lie(struct fb_reader *r, uint64_t off, struct fb_err *err)
{
    return fb_evidence_add_damage(
               &r->ev, off, r->ev.pkts,
               "an option claims more bytes than its block has left; the rest of the options is "
               "passed over") == FB_OK
               ? FB_OK
               : fb_err_nomem(err, "damage records");
}

enum fb_status fb_ng_packet_options(struct fb_reader *r, struct fb_cur *c, uint64_t off, uint64_t pkt_no,
                                    struct fb_err *err)
{
    uint16_t code;
    struct fb_span v;
    bool lie;
    while (fb_ng_option(r, c, &code, &v, &lie))
        if (code == OPT_COMMENT)
            FB_TRY(note(r, off, pkt_no, "comment", v.p, v.n, err));
    return lie ? option_lie(r, off, err) : FB_OK;
}

static uint64_t opt_u64(const struct fb_reader *r, struct fb_span v)
{
    return r->ng.big_endian ? fb_load_be64(v.p) : fb_load_le64(v.p);
}

/* Keeps a copy of an interface's text, as long as all of them together stay in bounds. */
static bool keep_text(struct fb_reader *r, char **slot, struct fb_span v)
{
    if (v.n > FB_IFACE_TEXT_MAX - r->ng.text_bytes)
        return true;
    char *t = strndup((const char *)v.p, v.n);
    if (!t)
        return false;
    r->ng.text_bytes += v.n;
    free(*slot);
    *slot = t;
    return true;
}

/* Addresses of the interface that captured, as a note: "0.1 ipv4 192.0.2.5/24", section and number in front.
 */
static enum fb_status iface_addr(struct fb_reader *r, const struct fb_iface *f, uint16_t code,
                                 struct fb_span v, const struct fb_ng_block *b, struct fb_err *err)
{
    char text[FB_ADDR_STRLEN + 48], addr[FB_ADDR_STRLEN];
    struct fb_addr a;
    int n = snprintf(text, sizeof text, "%u.%u ", f->section, f->id);
    if (code == OPT_IF_MAC && v.n == 6) {
        n += snprintf(text + n, sizeof text - (size_t)n, "mac %02x:%02x:%02x:%02x:%02x:%02x", v.p[0], v.p[1],
                      v.p[2], v.p[3], v.p[4], v.p[5]);
    } else if (code == OPT_IF_IPV4 && v.n == 8) {
        uint32_t mask = fb_load_be32(v.p + 4);
        bool plain = (~mask & (~mask + 1)) == 0;
        a = fb_addr_v4(v.p);
        fb_addr_format(&a, addr);
        n += snprintf(text + n, sizeof text - (size_t)n, "ipv4 %s/%d", addr,
                      plain ? __builtin_popcount(mask) : 32);
    } else if (code == OPT_IF_IPV6 && v.n == 17 && v.p[16] <= 128) {
        a = fb_addr_v6(v.p);
        fb_addr_format(&a, addr);
        n += snprintf(text + n, sizeof text - (size_t)n, "ipv6 %s/%u", addr, v.p[16]);
    } else {
        return FB_OK;
    }
    return note(r, b->off, r->ev.pkts, FB_NOTE_IFACE_ADDR, text, (size_t)n, err);
}

static enum fb_status iface_option(struct fb_reader *r, struct fb_iface *f, uint16_t code, struct fb_span v,
                                   const struct fb_ng_block *b, struct fb_err *err)
{
    bool ok = true;
    switch (code) {
    case OPT_COMMENT:
        return note(r, b->off, r->ev.pkts, "comment", v.p, v.n, err);
    case 2:
        ok = keep_text(r, &f->name, v);
        break;
    case 3:
        ok = keep_text(r, &f->description, v);
        break;
    case OPT_IF_IPV4:
    case OPT_IF_IPV6:
    case OPT_IF_MAC:
        return iface_addr(r, f, code, v, b, err);
    case 9:
        if (v.n == 1)
            f->tsresol = v.p[0];
        break;
    case 11: /* the first byte says what kind of filter: 0 is libpcap text */
        if (v.n > 1 && v.p[0] == 0)
            ok = keep_text(r, &f->filter, (struct fb_span){v.p + 1, v.n - 1});
        break;
    case 12:
        ok = keep_text(r, &f->os, v);
        break;
    case 14:
        if (v.n == 8)
            f->ts_offset_s = (int64_t)opt_u64(r, v);
        break;
    default:
        break;
    }
    return ok ? FB_OK : fb_err_nomem(err, "interface descriptions");
}

static void iface_drop(struct fb_iface *f)
{
    free(f->name);
    free(f->description);
    free(f->filter);
    free(f->os);
}

static enum fb_status take_iface(struct fb_reader *r, const struct fb_ng_block *b, struct fb_err *err)
{
    if (r->ng.ifaces_refused)
        return FB_OK;
    if (b->nbody < 8 || r->ev.nifaces >= FB_IFACES_MAX) {
        r->ng.ifaces_refused = b->nbody >= 8;
        enum fb_status st =
            b->nbody < 8
                ? fb_evidence_add_damage(&r->ev, b->off, r->ev.pkts,
                                         "an interface block has %zu bytes of body, expected at least 8",
                                         b->nbody)
                : fb_evidence_add_damage(&r->ev, b->off, r->ev.pkts,
                                         "more than %zu interfaces; packets of the others are passed over",
                                         FB_IFACES_MAX);
        return st == FB_OK ? FB_OK : fb_err_nomem(err, "damage records");
    }
    struct fb_cur c = fb_cur_init(b->body, b->nbody);
    struct fb_iface f = {
        .section = (uint32_t)(r->ng.sections - 1), .id = (uint32_t)r->ng.count, .tsresol = 6};
    f.linktype = fb_linktype_map(fb_ng_u16(r, &c));
    fb_cur_skip(&c, 2);
    f.snaplen = fb_ng_u32(r, &c);
    uint16_t code;
    struct fb_span v;
    bool lie;
    while (fb_ng_option(r, &c, &code, &v, &lie)) {
        enum fb_status st = iface_option(r, &f, code, v, b, err);
        if (st != FB_OK) {
            iface_drop(&f);
            return st;
        }
    }
    FB_TRY(fb_reader_add_iface(r, &f, err));
    FB_TRY(fb_reader_add_meta(r, b->off, err));
    r->ng.count++;
    return lie ? option_lie(r, b->off, err) : FB_OK;
}

static enum fb_status take_section(struct fb_reader *r, const struct fb_ng_block *b, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(b->body, b->nbody);
    fb_cur_skip(&c, 4); /* byte order, looked at already */
    unsigned major = fb_ng_u16(r, &c), minor = fb_ng_u16(r, &c);
    fb_cur_skip(&c, 8);
    r->ng.sections++;
    r->ng.base = r->ev.nifaces;
    r->ng.count = 0;
    FB_TRY(fb_reader_add_meta(r, b->off, err));
    if ((major != 1 || (minor != 0 && minor != 2)) &&
        fb_evidence_add_damage(&r->ev, b->off, r->ev.pkts,
                               "the section header says version %u.%u, expected 1.0; it is read as 1.0",
                               major, minor) != FB_OK)
        return fb_err_nomem(err, "damage records");
    return fb_ng_packet_options(r, &c, b->off, r->ev.pkts, err);
}

/* Address and names of one record as text: "192.0.2.1 host.example alias.example". */
static enum fb_status name_record(struct fb_reader *r, const struct fb_ng_block *b, uint16_t type,
                                  struct fb_span v, struct fb_err *err)
{
    size_t alen = type == 1 ? 4 : 16;
    if (type > 2 || v.n <= alen)
        return FB_OK;
    char addr[FB_ADDR_STRLEN];
    struct fb_addr a = type == 1 ? fb_addr_v4(v.p) : fb_addr_v6(v.p);
    fb_addr_format(&a, addr);
    struct fb_buf t;
    fb_buf_init(&t, NAME_TEXT_MAX);
    fb_buf_puts(&t, addr);
    const uint8_t *p = v.p + alen, *end = v.p + v.n;
    while (p < end && !t.failed) {
        size_t n = strnlen((const char *)p, (size_t)(end - p));
        if (n) {
            fb_buf_putc(&t, ' ');
            fb_buf_put(&t, p, n);
        }
        p += n < (size_t)(end - p) ? n + 1 : n;
    }
    enum fb_status st = note(r, b->off, r->ev.pkts, "name", t.data, t.len, err);
    fb_buf_release(&t);
    return st;
}

static enum fb_status take_names(struct fb_reader *r, const struct fb_ng_block *b, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(b->body, b->nbody);
    uint16_t type;
    struct fb_span v;
    bool lie;
    /* Records have the framing of options; type 0 ends them, real options follow. */
    while (fb_ng_option(r, &c, &type, &v, &lie))
        FB_TRY(name_record(r, b, type, v, err));
    return lie ? option_lie(r, b->off, err) : fb_ng_packet_options(r, &c, b->off, r->ev.pkts, err);
}

static enum fb_status take_stats(struct fb_reader *r, const struct fb_ng_block *b, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(b->body, b->nbody);
    uint32_t id = fb_ng_u32(r, &c);
    fb_cur_skip(&c, 8);
    if (!fb_cur_ok(&c) || id >= r->ng.count)
        return fb_evidence_add_damage(
                   &r->ev, b->off, r->ev.pkts,
                   "interface statistics for interface %u, expected one of the %zu of this section", id,
                   r->ng.count) == FB_OK
                   ? FB_OK
                   : fb_err_nomem(err, "damage records");
    struct fb_iface *f = &r->ev.ifaces[r->ng.base + id];
    uint16_t code;
    struct fb_span v;
    bool lie;
    while (fb_ng_option(r, &c, &code, &v, &lie)) {
        if (code == OPT_COMMENT)
            FB_TRY(note(r, b->off, r->ev.pkts, "comment", v.p, v.n, err));
        if ((code != 4 && code != 5) || v.n != 8)
            continue;
        *(code == 4 ? &f->if_recv : &f->if_drop) = opt_u64(r, v);
        f->has_stats = true;
    }
    return lie ? option_lie(r, b->off, err) : FB_OK;
}

static const char *secrets_name(uint32_t kind)
{
    switch (kind) {
    case 0x544c534b:
        return "TLS key log";
    case 0x53534845:
        return "SSH key log";
    case 0x57474b4c:
        return "WireGuard key log";
    case 0x5a4e574b:
        return "ZigBee network key";
    case 0x5a415053:
        return "ZigBee APS key";
    default:
        return "unknown kind";
    }
}

/* Says that secrets are there and how many bytes; never what they are. */
static enum fb_status take_secrets(struct fb_reader *r, const struct fb_ng_block *b, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(b->body, b->nbody);
    uint32_t kind = fb_ng_u32(r, &c), len = fb_ng_u32(r, &c);
    size_t left = fb_cur_left(&c);
    if ((!fb_cur_ok(&c) || len > left) &&
        fb_evidence_add_damage(&r->ev, b->off, r->ev.pkts,
                               "decryption secrets claim %u bytes, the block has %zu", len, left) != FB_OK)
        return fb_err_nomem(err, "damage records");
    char t[120];
    int n = snprintf(t, sizeof t, "%s (0x%08x), %u bytes", secrets_name(kind), kind, len);
    return note(r, b->off, r->ev.pkts, "secrets", t, (size_t)n, err);
}

static enum fb_status take_other(struct fb_reader *r, const struct fb_ng_block *b, struct fb_err *err)
{
    char t[120];
    int n;
    const char *kind = "unknown-block";
    struct fb_cur c = fb_cur_init(b->body, b->nbody);
    if (b->type == FB_NG_CUSTOM || b->type == FB_NG_CUSTOM_NOCOPY) {
        kind = "custom";
        uint32_t pen = fb_ng_u32(r, &c);
        n = snprintf(t, sizeof t, "private enterprise number %u, %zu bytes", pen, fb_cur_left(&c));
    } else if (b->type == FB_NG_JOURNAL) {
        kind = "journal";
        n = snprintf(t, sizeof t, "systemd journal entry, %zu bytes", b->nbody);
    } else {
        n = snprintf(t, sizeof t, "block type 0x%08x, %zu bytes", b->type, b->nbody);
    }
    return note(r, b->off, r->ev.pkts, kind, t, (size_t)n, err);
}

enum fb_status fb_ng_take_block(struct fb_reader *r, const struct fb_ng_block *b, struct fb_err *err)
{
    switch (b->type) {
    case FB_NG_SHB:
        return take_section(r, b, err);
    case FB_NG_IDB:
        return take_iface(r, b, err);
    case FB_NG_NRB:
        return take_names(r, b, err);
    case FB_NG_ISB:
        return take_stats(r, b, err);
    case FB_NG_DSB:
        return take_secrets(r, b, err);
    default:
        return take_other(r, b, err);
    }
}
