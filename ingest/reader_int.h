/* What the format readers (pcap_file.c, pcapng_*.c) share with reader.c. Internal to ingest/. */
#ifndef FB_INGEST_READER_INT_H
#define FB_INGEST_READER_INT_H

#include "ingest/input.h"
#include "ingest/reader.h"

/* After damage this many bytes are searched for a place where records follow each other again. */
#define FB_RESYNC_MAX ((uint64_t)64 << 20)
#define FB_IFACES_MAX ((size_t)1 << 20)
#define FB_METAS_MAX  ((size_t)1 << 21)
#define FB_IFACE_TEXT_MAX                                                                                    \
    ((size_t)64 << 20) /* of names, descriptions, filters of all interfaces together                         \
                        */

enum fb_len_order { FB_LEN_AS_IS, FB_LEN_SWAPPED, FB_LEN_MAYBE_SWAPPED };

struct fb_pcap_state {
    bool big_endian;
    uint32_t rec_hdr;    /* bytes of a record header: 16, 20, 24 or 28 */
    uint32_t frac_ns;    /* nanoseconds per unit of the time's fraction: 1000 or 1 */
    uint32_t frac_limit; /* fractions at or above are out of range */
    enum fb_len_order order;
    bool frac_noted;
    bool has_anchor; /* anchor_ns: time of the last packet whose header was in range; what is found again must
                        be near */
    int64_t anchor_ns;
    uint32_t
        zero_records; /* in a row; no checkpoint lies among them, so that counting starts at the same one */
};

struct fb_ng_state {
    bool big_endian;
    uint64_t sections;  /* headers met */
    size_t base, count; /* the section's interfaces: ev.ifaces[base .. base + count) */
    bool ifaces_refused;
    bool spb_seen; /* packets whose time is that of a packet before: no checkpoints from here on */
    size_t text_bytes;
};

struct fb_reader {
    struct fb_input in;
    struct fb_evidence ev;
    size_t ifaces_cap, checkpoints_cap, metas_cap;
    bool metas_refused;
    uint32_t max_caplen;
    bool ended, finished;
    int64_t last_ts_ns; /* of the packet before; valid when pkts > 0 */
    struct fb_pcap_state pcap;
    struct fb_ng_state ng;
};

/* Internal openings: tests choose small blocks or bytes in memory. `name` is what messages call it. */
enum fb_status fb_reader_open_input(const char *name, const struct fb_input_opts *io,
                                    const struct fb_reader_opts *opts, struct fb_reader **out,
                                    struct fb_err *err);

/* FB_OK when a header stands at the start and was taken in, FB_EOF when this is another format. */
enum fb_status fb_pcap_begin(struct fb_reader *r, struct fb_err *err);
enum fb_status fb_pcapng_begin(struct fb_reader *r, struct fb_err *err);

enum fb_status fb_pcap_next(struct fb_reader *r, struct fb_record *rec, struct fb_err *err);
enum fb_status fb_pcapng_next(struct fb_reader *r, struct fb_record *rec, struct fb_err *err);

/* Takes in the file header, section header or interface block that stands at the window (for seeking). */
enum fb_status fb_pcap_meta(struct fb_reader *r, struct fb_err *err);
enum fb_status fb_pcapng_meta(struct fb_reader *r, struct fb_err *err);

/* Appends to the evidence record. The interface's texts are taken over, also on failure. */
enum fb_status fb_reader_add_iface(struct fb_reader *r, struct fb_iface *iface, struct fb_err *err);
enum fb_status fb_reader_add_meta(struct fb_reader *r, uint64_t off, struct fb_err *err);
enum fb_status fb_reader_add_checkpoint(struct fb_reader *r, uint64_t pkt_no, uint64_t off,
                                        struct fb_err *err);

/* End of the stream: FB_EOF, or the error that ended it; records damage of the compression. */
enum fb_status fb_reader_ended(struct fb_reader *r, struct fb_err *err);

uint64_t fb_reader_bytes_done(const struct fb_reader *r); /* of the file as it lies on disk */

/* LINKTYPE_ for the numbers that old files and other systems used for the same thing
 * (tcpdump.org/linktypes.html). */
uint32_t fb_linktype_map(uint32_t lt);

/* Counts a packet and completes its record: number, time bookkeeping, checkpoint. */
static inline enum fb_status fb_reader_count(struct fb_reader *r, struct fb_record *rec, bool checkpoints,
                                             struct fb_err *err)
{
    struct fb_evidence *e = &r->ev;
    if (e->pkts == 0) {
        e->first_ts_ns = e->last_ts_ns = rec->ts_ns;
    } else {
        if (rec->ts_ns < r->last_ts_ns)
            e->backward_pkts++;
        if (rec->ts_ns < e->first_ts_ns)
            e->first_ts_ns = rec->ts_ns;
        if (rec->ts_ns > e->last_ts_ns)
            e->last_ts_ns = rec->ts_ns;
    }
    r->last_ts_ns = rec->ts_ns;
    rec->pkt_no = ++e->pkts;
    e->cap_bytes += rec->caplen;
    e->wire_bytes += rec->wirelen;
    e->ifaces[rec->iface].pkts++;
    if (checkpoints && rec->pkt_no % FB_CHECKPOINT_PKTS == 1 && rec->pkt_no > 1)
        return fb_reader_add_checkpoint(r, rec->pkt_no, rec->byte_off, err);
    return FB_OK;
}

#endif
