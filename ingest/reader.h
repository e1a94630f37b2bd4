/* Reads one evidence file: pcap or pcapng, plain or gzip, zstd, lz4 or xz, from a path or standard input.
 *
 * Damage never ends the program: what can be used is used, place and reason go into the evidence record, and
 * reading goes on where the format allows it. SHA-256 of the file as read is computed on a thread of its own
 * (unless told not to); the record is complete only after fb_reader_finish. A reader belongs to one thread.
 */
#ifndef FB_INGEST_READER_H
#define FB_INGEST_READER_H

#include "base/evidence.h"
#include "ingest/packet_record.h"

struct fb_reader;

struct fb_reader_opts {
    bool no_sha256;      /* do not hash (second pass over evidence whose digest is known) */
    uint32_t max_caplen; /* records that claim more are damage; 0 = 262144 */
};

/* Opens `path` ("-" is standard input). Refuses what is no regular file, pipe or standard input, and what is
 * not a capture (FB_ERR_INPUT with a sentence that names the file and what was expected). A named pipe must
 * have data within 10 s. */
enum fb_status fb_reader_open(const char *path, const struct fb_reader_opts *opts, struct fb_reader **out,
                              struct fb_err *err);

/* The next packet: FB_OK, FB_EOF at the end of what can be used, or FB_ERR_IO/FB_ERR_NOMEM. */
enum fb_status fb_reader_next(struct fb_reader *r, struct fb_record *rec, struct fb_err *err);

/* Continues at a checkpoint of an earlier pass over the same evidence (meta_offs and checkpoints of `known`).
 * The packet `pkt_no` is the next one that fb_reader_next gives. Plain files seek when no digest is to be
 * computed, all others are read through. FB_ERR_INPUT when `known` does not fit the file. Needs a fresh
 * reader. */
enum fb_status fb_reader_seek(struct fb_reader *r, const struct fb_evidence *known, uint64_t pkt_no,
                              struct fb_err *err);

/* Reads the rest of the file (for its digest), joins the hash thread and completes the evidence record.
 * Idempotent. */
enum fb_status fb_reader_finish(struct fb_reader *r, struct fb_err *err);

/* The record as far as it is known; interfaces appear as they are met. Borrowed from the reader. */
const struct fb_evidence *fb_reader_evidence(const struct fb_reader *r);

/* Moves the evidence record out of a finished reader; the caller releases it. */
void fb_reader_take_evidence(struct fb_reader *r, struct fb_evidence *out);

void fb_reader_close(struct fb_reader *r); /* accepts NULL */

#endif
