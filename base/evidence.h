/* What is known about one evidence file. A plain record: ingest fills it, the case keeps it, the command line
 * prints it.
 *
 * Owned by whoever filled it; fb_evidence_release frees what it points to. Nothing in it depends on the wall
 * clock. `path` is where the file lay when it was read and is not part of any digest. */
#ifndef FB_BASE_EVIDENCE_H
#define FB_BASE_EVIDENCE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum fb_evidence_format { FB_FORMAT_UNKNOWN = 0, FB_FORMAT_PCAP = 1, FB_FORMAT_PCAPNG = 2 };
enum fb_compression { FB_COMP_NONE = 0, FB_COMP_GZIP = 1, FB_COMP_ZSTD = 2, FB_COMP_LZ4 = 3, FB_COMP_XZ = 4 };

/* One place where evidence did not follow its format. Ingest goes on where the format allows it. */
struct fb_damage {
    uint64_t byte_off; /* offset in the uncompressed stream */
    uint64_t pkt_no;   /* number of the last good packet before it, 0 for none */
    char *what;        /* what was found and what was expected, escaped for a terminal */
};

/* One capture interface of a pcapng section, or the only one of a pcap file. */
struct fb_iface {
    uint32_t section; /* 0-based section of the file */
    uint32_t id;      /* number within its section */
    uint32_t linktype;
    uint32_t snaplen;    /* bytes; 0 = no limit */
    uint8_t tsresol;     /* as pcapng's if_tsresol: 10^-n s, or 2^-(n & 0x7f) s with the top bit set */
    int64_t ts_offset_s; /* pcapng's if_tsoffset */
    char *name, *description, *filter, *os; /* raw bytes as UTF-8 text; NULL when absent */
    uint64_t pkts;
    uint64_t if_recv, if_drop; /* from the last ISB; valid with has_stats */
    bool has_stats;
};

/* A note about something recognised that is not a packet: comments, name records, secrets, custom blocks. */
#define FB_NOTE_IFACE_ADDR "interface-address" /* "SECTION.ID mac|ipv4|ipv6 VALUE[/BITS]" of fb_iface */
struct fb_evidence_note {
    uint64_t byte_off;
    uint64_t pkt_no;
    char *kind; /* "comment", "name", "secrets", "custom", "journal", "unknown-block", "huge-block" ...,
                   FB_NOTE_IFACE_ADDR */
    char *text;
};

/* Where a reader can start again: the uncompressed offset of a packet record, every FB_CHECKPOINT_PKTS
 * packets. */
struct fb_checkpoint {
    uint64_t pkt_no;
    uint64_t byte_off;
};
#define FB_CHECKPOINT_PKTS 4096

struct fb_evidence {
    char *path;
    uint64_t size_bytes; /* of the file as read, compressed or not */
    uint8_t sha256[32];  /* of the file as read: what sha256sum prints */
    enum fb_evidence_format format;
    enum fb_compression compression;
    uint64_t pkts;                   /* packet records */
    uint64_t cap_bytes;              /* sum of captured lengths */
    uint64_t wire_bytes;             /* sum of original lengths */
    int64_t first_ts_ns, last_ts_ns; /* smallest and largest packet time; valid when pkts > 0 */
    uint64_t backward_pkts;          /* packets earlier than the one before them in the file */
    struct fb_damage *damage;
    size_t ndamage;
    uint64_t damage_total; /* also counts what was not kept: at most FB_DAMAGE_MAX records are */
    struct fb_iface *ifaces;
    size_t nifaces;
    struct fb_evidence_note *notes;
    size_t nnotes;
    uint64_t notes_total;
    struct fb_checkpoint *checkpoints;
    size_t ncheckpoints;
    /* Offsets of section header and interface blocks, which a reader that starts in the middle must parse
     * first. */
    uint64_t *meta_offs;
    size_t nmeta_offs;
};
#define FB_DAMAGE_MAX 256
#define FB_NOTES_MAX  4096

void fb_evidence_release(struct fb_evidence *e); /* accepts a zeroed record */

/* Names as the command line prints them: "pcap", "pcapng"; "none", "gzip", "zstd", "lz4", "xz". */
const char *fb_evidence_format_name(enum fb_evidence_format f);
const char *fb_compression_name(enum fb_compression c);

/* Appends a damage record (a formatted sentence); counts only, past FB_DAMAGE_MAX. */
enum fb_status fb_evidence_add_damage(struct fb_evidence *e, uint64_t byte_off, uint64_t pkt_no,
                                      const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Appends a note; its text is cut at 4096 bytes and at the first NUL. Counts only, past FB_NOTES_MAX. */
enum fb_status fb_evidence_add_note(struct fb_evidence *e, uint64_t byte_off, uint64_t pkt_no,
                                    const char *kind, const void *text, size_t n);

#endif
