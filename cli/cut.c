#include "cli/cut.h"

#include "base/escape.h"
#include "ingest/reader.h"

/* Packets further ahead than this are worth a fresh reader and a seek. */
#define SEEK_PKTS (16 * FB_CHECKPOINT_PKTS)

/* One evidence file that packets come from. */
struct origin {
    struct fb_evidence known;
    char *path;
    uint64_t pkts_left; /* of those wanted */
    struct fb_reader *r;
    uint64_t at;    /* number of the packet read last */
    int64_t *iface; /* interface of the output for each of the file; -1: not yet */
    size_t nifaces;
};

struct cut {
    struct origin *origin; /* by evidence index */
    size_t n;
    struct fb_capture_out *out;
};

static void origin_release(struct origin *o)
{
    fb_reader_close(o->r);
    fb_evidence_release(&o->known);
    free(o->path);
    free(o->iface);
    *o = (struct origin){0};
}

static enum fb_status find_origins(struct cut *k, struct fb_case *c, const struct fb_frames *f,
                                   const struct fb_evidence_find *how, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(c, &info, err));
    k->origin = calloc(info.nevidence ? info.nevidence : 1, sizeof *k->origin);
    if (!k->origin)
        return fb_err_nomem(err, "evidence");
    k->n = info.nevidence;
    for (size_t i = 0; i < f->n; i++) {
        if (f->ref[i].evidence >= k->n)
            return fb_err_set(err, FB_ERR_VERIFY, "the case names evidence %u, which it does not have",
                              f->ref[i].evidence);
        k->origin[f->ref[i].evidence].pkts_left++;
    }
    for (size_t i = 0; i < k->n; i++) {
        if (k->origin[i].pkts_left == 0)
            continue;
        FB_TRY(fb_case_evidence(c, i, &k->origin[i].known, err));
        FB_TRY(fb_evidence_find(how, &k->origin[i].known, &k->origin[i].path, err));
    }
    return FB_OK;
}

/* Brings the reader to where `pkt_no` is next or a little ahead. */
static enum fb_status approach(struct origin *o, uint64_t pkt_no, struct fb_err *err)
{
    bool far = pkt_no > o->at + SEEK_PKTS && o->known.compression == FB_COMP_NONE;
    if (o->r && !far)
        return FB_OK;
    fb_reader_close(o->r);
    o->r = NULL;
    struct fb_reader_opts ro = {.no_sha256 = true};
    FB_TRY(fb_reader_open(o->path, &ro, &o->r, err));
    return fb_reader_seek(o->r, &o->known, pkt_no, err);
}

static enum fb_status read_packet(struct origin *o, uint64_t pkt_no, struct fb_record *rec,
                                  struct fb_err *err)
{
    FB_TRY(approach(o, pkt_no, err));
    do {
        enum fb_status st = fb_reader_next(o->r, rec, err);
        if (st == FB_EOF || (st == FB_OK && rec->pkt_no > pkt_no)) {
            struct fb_buf name;
            fb_buf_init(&name, 4096);
            fb_escape_term(&name, o->path, strlen(o->path));
            st = fb_err_set(err, FB_ERR_VERIFY, "%s: packet %llu, which the case names, is not in it",
                            fb_buf_cstr(&name), (unsigned long long)pkt_no);
            fb_buf_release(&name);
        }
        if (st != FB_OK)
            return st;
    } while (rec->pkt_no < pkt_no);
    o->at = pkt_no;
    return FB_OK;
}

/* The interface of the output that stands for the record's. */
static enum fb_status output_iface(struct cut *k, struct origin *o, const struct fb_record *rec,
                                   uint32_t *iface, struct fb_err *err)
{
    if (rec->iface >= o->nifaces) {
        size_t n = (size_t)rec->iface + 1;
        int64_t *map = realloc(o->iface, n * sizeof *map);
        if (!map)
            return fb_err_nomem(err, "interfaces");
        for (size_t i = o->nifaces; i < n; i++)
            map[i] = -1;
        o->iface = map;
        o->nifaces = n;
    }
    if (o->iface[rec->iface] < 0) {
        const struct fb_evidence *e = fb_reader_evidence(o->r);
        const struct fb_iface *f = rec->iface < e->nifaces ? &e->ifaces[rec->iface] : NULL;
        FB_TRY(
            fb_capture_out_iface(k->out, rec->linktype, f ? f->snaplen : 0, f ? f->name : NULL, iface, err));
        o->iface[rec->iface] = *iface;
    }
    *iface = (uint32_t)o->iface[rec->iface];
    return FB_OK;
}

static enum fb_status copy_all(struct cut *k, const struct fb_frames *f, struct fb_err *err)
{
    for (size_t i = 0; i < f->n; i++) {
        struct origin *o = &k->origin[f->ref[i].evidence];
        struct fb_record rec;
        uint32_t iface;
        FB_TRY(read_packet(o, f->ref[i].pkt_no, &rec, err));
        FB_TRY(output_iface(k, o, &rec, &iface, err));
        FB_TRY(fb_capture_out_packet(k->out, iface, rec.ts_ns, rec.data, rec.caplen, rec.wirelen, err));
        if (--o->pkts_left == 0)
            origin_release(o);
    }
    return FB_OK;
}

enum fb_status fb_cut(struct fb_case *c, const struct fb_frames *f, const struct fb_evidence_find *how,
                      const char *path, enum fb_capture_kind kind, struct fb_err *err)
{
    struct cut k = {0};
    enum fb_status st = find_origins(&k, c, f, how, err);
    if (st == FB_OK)
        st = fb_capture_out_open(path, kind, &k.out, err);
    if (st == FB_OK) {
        st = copy_all(&k, f, err);
        enum fb_status closed = fb_capture_out_close(k.out, st == FB_OK ? err : NULL);
        st = st == FB_OK ? closed : st;
    }
    for (size_t i = 0; i < k.n; i++)
        origin_release(&k.origin[i]);
    free(k.origin);
    return st;
}
