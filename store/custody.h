/* The custody log: every action that changes a case appends one record, and each record holds the hash of the
 * one before (docs/case-format.md, "Custody"). The log stands in table `custody`, outside of the digests of
 * the case.
 *
 * Hash of a record: BLAKE2b-256 with the domain "fb custody" over seq and at (64-bit little endian), then
 * what, params, tool, build, who, host, inputs, outputs and prev, each with its length in front (64-bit
 * little endian). `prev` of the first record is 32 zero bytes, in a sidecar the chain head of the case that
 * it belongs to. One thread per case. */
#ifndef FB_STORE_CUSTODY_H
#define FB_STORE_CUSTODY_H

#include "store/case.h"

/* What an action says of itself. Texts are borrowed; NULL stands for "" and, in JSON members, for "{}". */
struct fb_custody_entry {
    const char *what;        /* "ingest", "note", "seal" ... */
    const char *params_json; /* every parameter; canonical: keys in order, no spaces */
    const char *tool_version;
    const char *build_json; /* compiler and library versions */
    const char *who, *host;
    const char *inputs_json, *outputs_json; /* digests before and after */
    int64_t at_ns;                          /* UTC; 0: now, by the wall clock */
};

/* A record as it stands in the log. Texts are borrowed until the callback returns. */
struct fb_custody_record {
    uint64_t seq; /* from 1, dense */
    struct fb_custody_entry e;
    struct fb_digest prev, hash;
};

/* ---- a case that is being written (between fb_case_begin and fb_case_finish) ---- */

/* Appends "WHAT-start" and keeps the entry: fb_case_finish appends "WHAT-finish" with the SHA-256 of all
 * evidence as inputs and the three digests as outputs. May be called again when a run is taken up again; the
 * last entry counts for the finish. The start record becomes durable with the first chunk. */
enum fb_status fb_custody_begin(struct fb_case *c, const struct fb_custody_entry *e, struct fb_err *err);

/* Appends one record as it is. */
enum fb_status fb_custody_append(struct fb_case *c, const struct fb_custody_entry *e, struct fb_err *err);

/* ---- reading; a case that exists is written to through store/edit.h ---- */

/* Records in order. A status other than FB_OK from `row` ends the walk and is returned. */
enum fb_status fb_custody_each(struct fb_case *c,
                               enum fb_status (*row)(void *ctx, const struct fb_custody_record *r), void *ctx,
                               struct fb_err *err);

/* Checks every link. FB_ERR_VERIFY names the first record that does not hold. `head` (may be NULL) gets the
 * hash of the last record, zeros when there is none; `nrecords` (may be NULL) their number. */
enum fb_status fb_custody_check(struct fb_case *c, struct fb_digest *head, uint64_t *nrecords,
                                struct fb_err *err);

#endif
