#include "ingest/reader_int.h"

#include "ingest/pathtext.h"

#define MAX_CAPLEN_DEFAULT 262144 /* libpcap's MAXIMUM_SNAPLEN */
#define MAX_CAPLEN_LIMIT   ((uint32_t)8 << 20)

/* Room for one more element; doubles. */
static bool grow(void **p, size_t n, size_t *cap, size_t elem)
{
    if (n < *cap)
        return true;
    size_t want = *cap ? *cap * 2 : 16;
    void *q = realloc(*p, want * elem);
    if (!q)
        return false;
    *p = q;
    *cap = want;
    return true;
}

enum fb_status fb_reader_add_iface(struct fb_reader *r, struct fb_iface *iface, struct fb_err *err)
{
    void *p = r->ev.ifaces;
    if (!grow(&p, r->ev.nifaces, &r->ifaces_cap, sizeof *iface)) {
        free(iface->name);
        free(iface->description);
        free(iface->filter);
        free(iface->os);
        return fb_err_nomem(err, "interface descriptions");
    }
    r->ev.ifaces = p;
    r->ev.ifaces[r->ev.nifaces++] = *iface;
    return FB_OK;
}

enum fb_status fb_reader_add_meta(struct fb_reader *r, uint64_t off, struct fb_err *err)
{
    if (r->ev.nmeta_offs >= FB_METAS_MAX)
        r->metas_refused = true;
    if (r->metas_refused)
        return FB_OK;
    void *p = r->ev.meta_offs;
    if (!grow(&p, r->ev.nmeta_offs, &r->metas_cap, sizeof *r->ev.meta_offs))
        return fb_err_nomem(err, "section offsets");
    r->ev.meta_offs = p;
    r->ev.meta_offs[r->ev.nmeta_offs++] = off;
    return FB_OK;
}

enum fb_status fb_reader_add_checkpoint(struct fb_reader *r, uint64_t pkt_no, uint64_t off,
                                        struct fb_err *err)
{
    /* Without all section headers before it, a checkpoint could not be started from. */
    if (r->metas_refused)
        return FB_OK;
    void *p = r->ev.checkpoints;
    if (!grow(&p, r->ev.ncheckpoints, &r->checkpoints_cap, sizeof *r->ev.checkpoints))
        return fb_err_nomem(err, "checkpoints");
    r->ev.checkpoints = p;
    r->ev.checkpoints[r->ev.ncheckpoints++] = (struct fb_checkpoint){.pkt_no = pkt_no, .byte_off = off};
    return FB_OK;
}

uint32_t fb_linktype_map(uint32_t lt)
{
    switch (lt) {
    case 11:
        return 100; /* DLT_ATM_RFC1483 */
    case 12:        /* DLT_RAW on most systems */
    case 14:        /* DLT_RAW on OpenBSD */
        return 101;
    case 15:
        return 102; /* DLT_SLIP_BSDOS */
    case 16:
        return 103; /* DLT_PPP_BSDOS */
    case 19:
        return 106; /* DLT_ATM_CLIP on Linux */
    default:
        return lt;
    }
}

static enum fb_status no_capture(struct fb_reader *r, const char *name, struct fb_err *err)
{
    if (r->in.status != FB_OK) {
        *err = *fb_input_error(&r->in);
        return fb_err_wrap(err, "%s", name);
    }
    if (r->in.n == 0 && fb_input_damage(&r->in))
        return fb_err_set(err, FB_ERR_INPUT, "%s: %s; nothing could be read", name, fb_input_damage(&r->in));
    if (r->in.n == 0)
        return fb_err_set(err, FB_ERR_INPUT, "%s is empty, expected a pcap or pcapng capture", name);
    char hex[9] = "";
    for (size_t i = 0; i < 4 && i < r->in.n; i++)
        snprintf(hex + 2 * i, 3, "%02x", r->in.p[i]);
    return fb_err_set(err, FB_ERR_INPUT,
                      "%s is no capture: it starts with the bytes %s, expected pcap or pcapng (plain, gzip, "
                      "zstd, lz4 or xz)",
                      name, hex);
}

static enum fb_status begin(struct fb_reader *r, const char *name, struct fb_err *err)
{
    enum fb_status st = fb_pcapng_begin(r, err);
    if (st == FB_EOF)
        st = fb_pcap_begin(r, err);
    if (st == FB_EOF)
        return no_capture(r, name, err);
    return st == FB_OK ? FB_OK : fb_err_wrap(err, "%s", name);
}

enum fb_status fb_reader_open_input(const char *path, const struct fb_input_opts *io,
                                    const struct fb_reader_opts *opts, struct fb_reader **out,
                                    struct fb_err *err)
{
    char name[FB_PATHTEXT_MAX];
    struct fb_err local;
    if (!err)
        err = &local;
    fb_pathtext(strcmp(path, "-") == 0 ? "standard input" : path, name);
    *out = NULL;
    struct fb_reader *r = calloc(1, sizeof *r);
    if (!r)
        return fb_err_nomem(err, "a reader");
    r->max_caplen = opts && opts->max_caplen ? opts->max_caplen : MAX_CAPLEN_DEFAULT;
    if (r->max_caplen > MAX_CAPLEN_LIMIT)
        r->max_caplen = MAX_CAPLEN_LIMIT;
    r->ev.path = strdup(path);
    enum fb_status st = r->ev.path ? fb_input_open(&r->in, path, io, err) : fb_err_nomem(err, "a path");
    if (st == FB_OK) {
        r->ev.compression = fb_input_compression(&r->in);
        r->ev.size_bytes = fb_input_raw_size(&r->in);
        st = begin(r, name, err);
    }
    if (st != FB_OK) {
        fb_reader_close(r);
        return st;
    }
    *out = r;
    return FB_OK;
}

enum fb_status fb_reader_open(const char *path, const struct fb_reader_opts *opts, struct fb_reader **out,
                              struct fb_err *err)
{
    struct fb_input_opts io = {.no_sha256 = opts && opts->no_sha256};
    return fb_reader_open_input(path, &io, opts, out, err);
}

enum fb_status fb_reader_ended(struct fb_reader *r, struct fb_err *err)
{
    r->ended = true;
    if (r->in.status != FB_OK) {
        if (err)
            *err = *fb_input_error(&r->in);
        return r->in.status;
    }
    const char *damage = fb_input_damage(&r->in);
    if (damage && fb_evidence_add_damage(&r->ev, r->in.off + r->in.n, r->ev.pkts,
                                         "%s; what came before byte %llu of the uncompressed data is used",
                                         damage, (unsigned long long)(r->in.off + r->in.n)) != FB_OK)
        return fb_err_nomem(err, "damage records");
    return FB_EOF;
}

enum fb_status fb_reader_next(struct fb_reader *r, struct fb_record *rec, struct fb_err *err)
{
    if (r->ended || r->finished)
        return r->in.status != FB_OK ? fb_err_set(err, r->in.status, "%s", fb_input_error(&r->in)->msg)
                                     : FB_EOF;
    return r->ev.format == FB_FORMAT_PCAP ? fb_pcap_next(r, rec, err) : fb_pcapng_next(r, rec, err);
}

/* Brings the window to an absolute offset, by reading on when it is near. */
static bool go_to(struct fb_reader *r, uint64_t off)
{
    if (off >= r->in.off && off - r->in.off <= r->in.n) {
        fb_in_skip(&r->in, (size_t)(off - r->in.off));
        return true;
    }
    return fb_input_seek(&r->in, off);
}

/* Parses what stands before the checkpoint and starts there. FB_EOF when only reading through can get there.
 */
static enum fb_status start_at(struct fb_reader *r, const struct fb_evidence *known,
                               const struct fb_checkpoint *cp, struct fb_err *err)
{
    if (!fb_input_seek(&r->in, 0))
        return FB_EOF;
    /* From here on the reader is new: what opening it took in is taken in again in order. */
    for (size_t i = 0; i < r->ev.nifaces; i++) {
        free(r->ev.ifaces[i].name);
        free(r->ev.ifaces[i].description);
        free(r->ev.ifaces[i].filter);
        free(r->ev.ifaces[i].os);
    }
    r->ev.nifaces = r->ev.nmeta_offs = 0;
    memset(&r->ng, 0, sizeof r->ng);
    for (size_t i = 0; i < known->nmeta_offs && known->meta_offs[i] <= cp->byte_off; i++) {
        enum fb_status st = FB_ERR_INPUT;
        if (go_to(r, known->meta_offs[i]))
            st = r->ev.format == FB_FORMAT_PCAP ? fb_pcap_meta(r, err) : fb_pcapng_meta(r, err);
        if (st != FB_OK)
            return fb_err_set(err, FB_ERR_INPUT,
                              "the evidence is not what it was: no section or interface header at byte %llu",
                              (unsigned long long)known->meta_offs[i]);
    }
    if (r->ev.nifaces == 0 || !go_to(r, cp->byte_off))
        return fb_err_set(err, FB_ERR_INPUT, "the evidence is not what it was: it ends before byte %llu",
                          (unsigned long long)cp->byte_off);
    r->ev.pkts = cp->pkt_no - 1;
    r->last_ts_ns = r->ev.first_ts_ns = known->first_ts_ns;
    r->ev.last_ts_ns = known->last_ts_ns;
    return FB_OK;
}

enum fb_status fb_reader_seek(struct fb_reader *r, const struct fb_evidence *known, uint64_t pkt_no,
                              struct fb_err *err)
{
    FB_BUG(r->ev.pkts != 0 || r->ended);
    const struct fb_checkpoint *cp = NULL;
    for (size_t lo = 0, hi = known->ncheckpoints; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        if (known->checkpoints[mid].pkt_no <= pkt_no) {
            cp = &known->checkpoints[mid];
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (cp && cp->pkt_no > 1 && known->nmeta_offs && known->meta_offs[0] == 0) {
        enum fb_status st = start_at(r, known, cp, err);
        if (st != FB_OK && st != FB_EOF)
            return st;
    }
    struct fb_record rec;
    while (r->ev.pkts + 1 < pkt_no) {
        enum fb_status st = fb_reader_next(r, &rec, err);
        if (st == FB_EOF)
            break;
        FB_TRY(st);
    }
    return FB_OK;
}

enum fb_status fb_reader_finish(struct fb_reader *r, struct fb_err *err)
{
    if (r->finished)
        return FB_OK;
    FB_TRY(fb_input_finish(&r->in, r->ev.sha256, err));
    r->finished = true;
    if (fb_input_raw_done(&r->in) > r->ev.size_bytes)
        r->ev.size_bytes = fb_input_raw_done(&r->in);
    return FB_OK;
}

const struct fb_evidence *fb_reader_evidence(const struct fb_reader *r)
{
    return &r->ev;
}

void fb_reader_take_evidence(struct fb_reader *r, struct fb_evidence *out)
{
    FB_BUG(!r->finished);
    *out = r->ev;
    memset(&r->ev, 0, sizeof r->ev);
}

uint64_t fb_reader_bytes_done(const struct fb_reader *r)
{
    return fb_input_raw_done(&r->in);
}

void fb_reader_close(struct fb_reader *r)
{
    if (!r)
        return;
    fb_input_release(&r->in);
    fb_evidence_release(&r->ev);
    free(r);
}
