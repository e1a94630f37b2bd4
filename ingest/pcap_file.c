/* pcap files: draft-ietf-opsawg-pcap and what libpcap and Wireshark read beyond it: nanosecond and Ixia
 * magics, the modified formats of 1999 (Kuznetzov's and Red Hat's patches), Nokia's, swapped lengths of
 * versions before 2.3, AIX. Ignored on purpose: the time zone and accuracy fields, which no program ever
 * filled usefully. */
#include "ingest/reader_int.h"

#include "base/cursor.h"

#define FILE_HDR   24
#define RUN_WANTED 3 /* records that must follow each other for a place to count as the start of records */
#define NEAR_NS    (86400 * (int64_t)1000000000)
/* Records of nothing but zeros are counted, as Wireshark does; so many in a row are the rest of a
 * preallocated file. */
#define ZERO_RECORDS_MAX 4096

struct file_hdr {
    struct fb_pcap_state st;
    uint32_t bytes; /* of the header: 24, or 28 for Ixia's */
    uint32_t linktype, snaplen, fcs_bytes;
    uint32_t class_bits; /* reserved bits of the link type word */
    uint32_t magic;
    uint16_t major, minor;
    int32_t zone;
    uint32_t sigfigs;
};

struct rec_hdr {
    uint32_t sec, frac, caplen, wirelen;
};

static uint32_t load32(const uint8_t *p, bool be)
{
    return be ? fb_load_be32(p) : fb_load_le32(p);
}

/* What the magic number says; false when it is none. */
static bool magic_parse(uint32_t m, struct file_hdr *h)
{
    h->magic = m;
    h->bytes = FILE_HDR;
    h->st.rec_hdr = 16;
    h->st.frac_ns = 1000;
    switch (m) {
    case 0xa1b2c3d4:
        break;
    case 0xa1b23c4d:
        h->st.frac_ns = 1;
        break;
    case 0xa1b2cd34:
        h->st.rec_hdr = 24;
        break;
    case 0x1c0001ac: /* Ixia hardware: nanoseconds, and the bytes of all records after the header */
        h->st.frac_ns = 1;
        h->bytes = FILE_HDR + 4;
        break;
    case 0x1c0001ab: /* Ixia software */
        h->bytes = FILE_HDR + 4;
        break;
    default:
        return false;
    }
    return true;
}

/* AIX writes version 2.2 with ifType numbers (RFC 1573) for the link type, and nanoseconds. */
static void aix_fixup(struct file_hdr *h)
{
    if (h->magic != 0xa1b2c3d4 || h->major != 2 || h->minor != 2)
        return;
    switch (h->linktype) {
    case 6:
        h->linktype = 1;
        break;
    case 9:
        h->linktype = 6;
        break;
    case 15:
        h->linktype = 10;
        break;
    case 24:
        h->linktype = 0;
        break;
    default:
        return;
    }
    h->st.frac_ns = 1;
}

static bool file_hdr_parse(const uint8_t *p, struct file_hdr *h)
{
    memset(h, 0, sizeof *h);
    if (!magic_parse(fb_load_le32(p), h)) {
        if (!magic_parse(fb_load_be32(p), h))
            return false;
        h->st.big_endian = true;
    }
    bool be = h->st.big_endian;
    h->major = be ? fb_load_be16(p + 4) : fb_load_le16(p + 4);
    h->minor = be ? fb_load_be16(p + 6) : fb_load_le16(p + 6);
    h->zone = (int32_t)load32(p + 8, be);
    h->sigfigs = load32(p + 12, be);
    h->snaplen = load32(p + 16, be);
    uint32_t lt = load32(p + 20, be);
    h->linktype = lt & 0xffff;
    h->class_bits = lt & 0x03ff0000;
    h->fcs_bytes = lt & 0x04000000 ? (lt >> 28) * 2 : 0;
    if ((h->major == 2 && h->minor < 3) || h->major == 543)
        h->st.order = FB_LEN_SWAPPED;
    else if (h->major == 2 && h->minor == 3)
        h->st.order = FB_LEN_MAYBE_SWAPPED;
    aix_fixup(h);
    h->linktype = fb_linktype_map(h->linktype);
    h->st.frac_limit = h->st.frac_ns == 1 ? 1000000000 : 1000000;
    return true;
}

static struct rec_hdr rec_parse(const uint8_t *p, const struct fb_pcap_state *s)
{
    bool be = s->big_endian;
    struct rec_hdr h = {load32(p, be), load32(p + 4, be), load32(p + 8, be), load32(p + 12, be)};
    if (s->order == FB_LEN_SWAPPED || (s->order == FB_LEN_MAYBE_SWAPPED && h.caplen > h.wirelen)) {
        uint32_t t = h.caplen;
        h.caplen = h.wirelen;
        h.wirelen = t;
    }
    return h;
}

static int64_t rec_time(const struct rec_hdr *h, const struct fb_pcap_state *s)
{
    return (int64_t)h->sec * 1000000000 + (int64_t)h->frac * s->frac_ns;
}

/* Stricter than the format: what a record looks like when nothing is known about the place. */
static bool plausible(const struct rec_hdr *h, const struct fb_pcap_state *s, uint32_t max_caplen)
{
    return h->caplen > 0 && h->caplen <= max_caplen && h->wirelen >= h->caplen &&
           h->wirelen <= (uint32_t)16 << 20 && h->frac < s->frac_limit;
}

static bool near_time(int64_t a, int64_t b)
{
    return a - b <= NEAR_NS && b - a <= NEAR_NS;
}

enum run { RUN_NO, RUN_CUT, RUN_YES };

/* Do records follow each other at window offset `off`? YES: RUN_WANTED of them, or at least one up to the
 * very end (with `to_end` only the latter). CUT: all were good until the stream ended. `anchor`: the time
 * they must be near to, NULL for any. */
static enum run run_here(struct fb_reader *r, size_t off, const struct fb_pcap_state *s,
                         const int64_t *anchor, bool to_end)
{
    struct fb_input *in = &r->in;
    int64_t t;
    for (unsigned k = 0; k < RUN_WANTED || to_end; k++) {
        if (!fb_in_have(in, off + s->rec_hdr))
            return k > 0 && (off == in->n || (k > 1 && !to_end)) ? RUN_YES : RUN_CUT;
        struct rec_hdr h = rec_parse(in->p + off, s);
        if (!plausible(&h, s, r->max_caplen) || (anchor && !near_time(rec_time(&h, s), *anchor)))
            return RUN_NO;
        t = rec_time(&h, s);
        anchor = &t;
        off += s->rec_hdr + h.caplen;
        if (!fb_in_have(in, off))
            return k > 1 && !to_end ? RUN_YES : RUN_CUT;
    }
    return RUN_YES;
}

/* Three formats share a magic number; the records tell which one it is (as Wireshark does). */
static void guess_variant(struct fb_reader *r, struct file_hdr *h)
{
    static const uint32_t standard[] = {16, 24, 20}, modified[] = {24, 28};
    const uint32_t *v = h->magic == 0xa1b2cd34 ? modified : standard;
    size_t n = h->magic == 0xa1b2cd34 ? 2 : 3;
    if ((h->magic != 0xa1b2c3d4 && h->magic != 0xa1b2cd34) || h->major != 2 || h->minor != 4)
        return;
    for (size_t i = 0; i < n; i++) {
        struct fb_pcap_state s = h->st;
        s.rec_hdr = v[i];
        enum run run = run_here(r, h->bytes, &s, NULL, false);
        /* The ordinary form stands unless its records contradict it. */
        if (run == RUN_YES || (i == 0 && run == RUN_CUT)) {
            h->st.rec_hdr = v[i];
            return;
        }
    }
}

static enum fb_status header_notes(struct fb_reader *r, const struct file_hdr *h, uint64_t off,
                                   struct fb_err *err)
{
    char t[120];
    enum fb_status st = FB_OK;
    if (h->major != 543 && (h->major != 2 || h->minor > 4))
        st = fb_evidence_add_damage(&r->ev, off, r->ev.pkts,
                                    "the pcap header says version %u.%u, expected 2.4; it is read as 2.4",
                                    h->major, h->minor);
    if (st == FB_OK && h->fcs_bytes) {
        int n = snprintf(t, sizeof t, "packets end in a frame check sequence of %u bytes", h->fcs_bytes);
        st = fb_evidence_add_note(&r->ev, off, r->ev.pkts, "fcs", t, (size_t)n);
    }
    if (st == FB_OK && h->class_bits) {
        int n = snprintf(t, sizeof t, "reserved bits 0x%08x of the link type are set and were ignored",
                         h->class_bits);
        st = fb_evidence_add_note(&r->ev, off, r->ev.pkts, "link-type", t, (size_t)n);
    }
    return st == FB_OK ? FB_OK : fb_err_nomem(err, "notes");
}

static enum fb_status take_header(struct fb_reader *r, struct file_hdr *h, struct fb_err *err)
{
    guess_variant(r, h);
    r->pcap = h->st;
    struct fb_iface ifc = {.section = (uint32_t)r->ev.nifaces,
                           .linktype = h->linktype,
                           .snaplen = h->snaplen,
                           .tsresol = h->st.frac_ns == 1 ? 9 : 6};
    FB_TRY(fb_reader_add_iface(r, &ifc, err));
    FB_TRY(fb_reader_add_meta(r, r->in.off, err));
    FB_TRY(header_notes(r, h, r->in.off, err));
    fb_in_skip(&r->in, h->bytes);
    return FB_OK;
}

enum fb_status fb_pcap_meta(struct fb_reader *r, struct fb_err *err)
{
    struct file_hdr h;
    if (!fb_in_have(&r->in, FILE_HDR) || !file_hdr_parse(r->in.p, &h) || !fb_in_have(&r->in, h.bytes))
        return FB_EOF;
    return take_header(r, &h, err);
}

enum fb_status fb_pcap_begin(struct fb_reader *r, struct fb_err *err)
{
    struct file_hdr h = {0};
    if (!fb_in_have(&r->in, 4) ||
        (!magic_parse(fb_load_le32(r->in.p), &h) && !magic_parse(fb_load_be32(r->in.p), &h)))
        return FB_EOF;
    if (!fb_in_have(&r->in, h.bytes)) {
        if (r->in.status != FB_OK)
            return FB_EOF;
        return fb_err_set(err, FB_ERR_INPUT,
                          "the file ends inside the pcap header: %zu of %u bytes are there", r->in.n,
                          h.bytes);
    }
    r->ev.format = FB_FORMAT_PCAP;
    return fb_pcap_meta(r, err);
}

/* Leaves bytes behind until records follow each other again, at most FB_RESYNC_MAX. */
static bool resync(struct fb_reader *r, bool to_end)
{
    struct fb_input *in = &r->in;
    const struct fb_pcap_state *s = &r->pcap;
    for (uint64_t k = 0; k < FB_RESYNC_MAX; k++) {
        if (!fb_in_have(in, 1))
            return false;
        fb_in_skip(in, 1);
        if (!fb_in_have(in, s->rec_hdr))
            return false;
        struct rec_hdr h = rec_parse(in->p, s);
        if (plausible(&h, s, r->max_caplen) &&
            run_here(r, 0, s, s->has_anchor ? &s->anchor_ns : NULL, to_end) == RUN_YES)
            return true;
    }
    return false;
}

/* `what` was found at `off`; looks for the next records and writes one damage record that says how it went
 * on. */
static enum fb_status damaged(struct fb_reader *r, uint64_t off, const char *what, bool to_end,
                              struct fb_err *err)
{
    uint64_t last = r->ev.pkts;
    bool found = resync(r, to_end);
    if (r->in.status != FB_OK)
        return fb_reader_ended(r, err);
    enum fb_status st =
        found ? fb_evidence_add_damage(&r->ev, off, last, "%s; reading goes on with the records at byte %llu",
                                       what, (unsigned long long)r->in.off)
              : fb_evidence_add_damage(&r->ev, off, last, "%s; no more records were found after it", what);
    if (st != FB_OK)
        return fb_err_nomem(err, "damage records");
    return found ? FB_OK : fb_reader_ended(r, err);
}

/* The file stops inside a record. */
static enum fb_status cut_here(struct fb_reader *r, const struct rec_hdr *h, struct fb_err *err)
{
    if (r->in.status != FB_OK || r->in.n == 0)
        return fb_reader_ended(r, err);
    char what[200];
    unsigned long long no = r->ev.pkts + 1;
    if (!h)
        snprintf(what, sizeof what,
                 "the file ends inside the header of packet %llu: %zu of %u bytes are there", no, r->in.n,
                 r->pcap.rec_hdr);
    else
        snprintf(what, sizeof what, "the file ends inside packet %llu: %zu of %u bytes are there", no,
                 r->in.n - r->pcap.rec_hdr, h->caplen);
    if (fb_input_damage(&r->in)) {
        enum fb_status st = fb_reader_ended(r, err);
        if (st != FB_EOF)
            return st;
        return fb_evidence_add_damage(&r->ev, r->in.off, r->ev.pkts, "%s", what) == FB_OK
                   ? FB_EOF
                   : fb_err_nomem(err, "damage records");
    }
    return damaged(r, r->in.off, what, true, err);
}

/* An empty record without length may be a real one, the zeros of a preallocated file, or a second file
 * header. FB_OK: take it as a record; FB_EOF: the window moved on, look again. */
static enum fb_status empty_record(struct fb_reader *r, const struct rec_hdr *hdr, struct fb_err *err)
{
    struct fb_pcap_state *s = &r->pcap;
    struct fb_input *in = &r->in;
    struct file_hdr h;
    if (fb_in_have(in, FILE_HDR + 4) && file_hdr_parse(in->p, &h) && h.major == 2 && h.minor == 4 &&
        h.zone == 0 && h.sigfigs == 0 && h.class_bits == 0 && r->ev.nifaces < FB_IFACES_MAX) {
        if (fb_evidence_add_damage(
                &r->ev, in->off, r->ev.pkts,
                "a second pcap file header stands inside the file, expected a packet; the files were "
                "joined and both are read") != FB_OK)
            return fb_err_nomem(err, "damage records");
        FB_TRY(take_header(r, &h, err));
        return FB_EOF;
    }
    s->zero_records = hdr->sec == 0 && hdr->frac == 0 ? s->zero_records + 1 : 0;
    if (s->zero_records > ZERO_RECORDS_MAX) {
        s->zero_records = 0;
        enum fb_status st =
            damaged(r, in->off, "zero bytes stand where a packet record was expected", false, err);
        return st == FB_OK ? FB_EOF : st;
    }
    return FB_OK;
}

static enum fb_status bad_length(struct fb_reader *r, const struct rec_hdr *h, struct fb_err *err)
{
    char what[200];
    snprintf(what, sizeof what, "packet record %llu claims %u captured bytes, expected at most %u",
             (unsigned long long)r->ev.pkts + 1, h->caplen, r->max_caplen);
    return damaged(r, r->in.off, what, false, err);
}

/* A fraction out of range is odd, but such files exist. With no record behind it, it is taken for what it is:
 * damage. */
static bool leads_nowhere(struct fb_reader *r, const struct rec_hdr *h)
{
    size_t next = r->pcap.rec_hdr + h->caplen;
    if (!fb_in_have(&r->in, next + r->pcap.rec_hdr))
        return false;
    return rec_parse(r->in.p + next, &r->pcap).caplen > r->max_caplen;
}

static enum fb_status bad_fraction(struct fb_reader *r, const struct rec_hdr *h, struct fb_err *err)
{
    char what[200];
    snprintf(what, sizeof what,
             "packet record %llu has a time fraction of %u, expected less than %u, and no record follows it",
             (unsigned long long)r->ev.pkts + 1, h->frac, r->pcap.frac_limit);
    return damaged(r, r->in.off, what, false, err);
}

static enum fb_status note_fraction(struct fb_reader *r, const struct rec_hdr *h, struct fb_err *err)
{
    char t[160];
    r->pcap.frac_noted = true;
    int n = snprintf(
        t, sizeof t,
        "packet %llu has %u %s in its time, expected less than %u; the excess is added to the seconds",
        (unsigned long long)r->ev.pkts + 1, h->frac, r->pcap.frac_ns == 1 ? "nanoseconds" : "microseconds",
        r->pcap.frac_limit);
    return fb_evidence_add_note(&r->ev, r->in.off, r->ev.pkts, "time", t, (size_t)n) == FB_OK
               ? FB_OK
               : fb_err_nomem(err, "notes");
}

enum fb_status fb_pcap_next(struct fb_reader *r, struct fb_record *rec, struct fb_err *err)
{
    struct fb_input *in = &r->in;
    for (;;) {
        const struct fb_pcap_state *s = &r->pcap;
        if (!fb_in_have(in, s->rec_hdr)) {
            FB_TRY(cut_here(r, NULL, err));
            continue;
        }
        struct rec_hdr h = rec_parse(in->p, s);
        if (h.caplen > r->max_caplen) {
            FB_TRY(bad_length(r, &h, err));
            continue;
        }
        if (h.caplen == 0 && h.wirelen == 0) {
            enum fb_status st = empty_record(r, &h, err);
            if (r->ended)
                return st;
            if (st == FB_EOF)
                continue;
            FB_TRY(st);
        } else {
            r->pcap.zero_records = 0;
        }
        if (!fb_in_have(in, s->rec_hdr + h.caplen)) {
            FB_TRY(cut_here(r, &h, err));
            continue;
        }
        if (h.frac < s->frac_limit) {
            r->pcap.anchor_ns = rec_time(&h, s);
            r->pcap.has_anchor = true;
        } else if (leads_nowhere(r, &h)) {
            FB_TRY(bad_fraction(r, &h, err));
            continue;
        } else if (!s->frac_noted) {
            FB_TRY(note_fraction(r, &h, err));
        }
        rec->data = in->p + s->rec_hdr;
        rec->caplen = h.caplen;
        rec->wirelen = h.wirelen < h.caplen ? h.caplen : h.wirelen;
        rec->iface = (uint32_t)r->ev.nifaces - 1;
        rec->linktype = r->ev.ifaces[rec->iface].linktype;
        rec->ts_ns = rec_time(&h, s);
        rec->byte_off = in->off;
        fb_in_skip(in, s->rec_hdr + h.caplen);
        return fb_reader_count(r, rec, s->zero_records == 0, err);
    }
}
