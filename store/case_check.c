/* Verification: every blob against its digest, every row decoded and digested again, every total counted
 * again. */
#include "store/case_impl.h"
#include "store/rec_dir.h"
#include "store/zone.h"

#include <pthread.h>

static enum fb_status bad(struct fb_err *err, uint64_t cid, const char *what)
{
    return fb_err_set(err, FB_ERR_VERIFY, "chunk %llu of the case %s", (unsigned long long)cid, what);
}

struct hashes {
    struct fb_digest content, logical;
};

static enum fb_status stored_hashes(struct fb_case *c, uint64_t cid, struct hashes *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    c->internal++;
    enum fb_status got =
        fb_db_prepare(c->db, "SELECT content_hash, logical_hash FROM chunk WHERE cid=?", &st, err);
    c->internal--;
    FB_TRY(got);
    sqlite3_bind_int64(st, 1, (sqlite3_int64)cid);
    if (sqlite3_step(st) == SQLITE_ROW && sqlite3_column_bytes(st, 0) == FB_DIGEST_LEN &&
        sqlite3_column_bytes(st, 1) == FB_DIGEST_LEN) {
        memcpy(out->content.b, sqlite3_column_blob(st, 0), FB_DIGEST_LEN);
        memcpy(out->logical.b, sqlite3_column_blob(st, 1), FB_DIGEST_LEN);
    } else {
        got = bad(err, cid, "has no digests");
    }
    sqlite3_finalize(st);
    return got;
}

static bool same(const struct fb_digest *a, const struct fb_digest *b)
{
    return memcmp(a->b, b->b, FB_DIGEST_LEN) == 0;
}

static enum fb_status check_content(struct fb_case *c, uint64_t cid, unsigned ngroups,
                                    const struct fb_digest *want, struct fb_err *err)
{
    struct fb_span group[FB_CHUNK_GROUPS] = {0};
    enum fb_status st = FB_OK;
    for (unsigned g = 0; g < ngroups && st == FB_OK; g++) {
        uint8_t *p;
        st = fb_case_blob(c, cid, g, &p, &group[g].n, err);
        group[g].p = p;
    }
    if (st == FB_OK) {
        struct fb_digest got;
        fb_chunk_content_digest(group, ngroups, &got);
        if (!same(&got, want))
            st = bad(err, cid, "does not match its digest: its bytes were altered");
    }
    for (unsigned g = 0; g < ngroups; g++)
        free((void *)(uintptr_t)group[g].p);
    return st;
}

/* Its filter of addresses among those of all chunks, when it is there, is its own. */
static enum fb_status check_copy(struct fb_case *c, const struct fb_chunk_meta *m, struct fb_chunk *k,
                                 struct fb_err *err)
{
    struct fb_span f;
    FB_TRY(fb_case_filter(c, m->cid >> 20, &f, err));
    return f.n == 0 || fb_chunk_filter_is(k, f)
               ? FB_OK
               : bad(err, m->cid, "has a filter among those of all chunks that does not match its rows");
}

/* The zone map and the filter of addresses are what the rows make them. */
static enum fb_status check_summaries(struct fb_case *c, const struct fb_chunk_meta *m, struct fb_chunk *k,
                                      struct fb_err *err)
{
    struct fb_buf want;
    sqlite3_stmt *st;
    c->internal++;
    enum fb_status got = fb_db_prepare(c->db, "SELECT zone FROM chunk WHERE cid=?", &st, err);
    c->internal--;
    FB_TRY(got);
    fb_buf_init(&want, FB_ZONE_BYTES_MAX);
    sqlite3_bind_int64(st, 1, (sqlite3_int64)m->cid);
    if (!fb_zone_rebuild(k, &want)) {
        got = fb_chunk_failed(k, err);
        got = got == FB_OK ? fb_err_nomem(err, "a zone map") : got;
    } else if (sqlite3_step(st) != SQLITE_ROW || (size_t)sqlite3_column_bytes(st, 0) != want.len ||
               memcmp(sqlite3_column_blob(st, 0), want.data, want.len) != 0) {
        got = bad(err, m->cid, "has a zone map that does not match its rows");
    } else if (!fb_chunk_filter_holds(k)) {
        got = fb_chunk_failed(k, err);
        got = got == FB_OK ? bad(err, m->cid, "has a filter of addresses that does not match its rows") : got;
    } else {
        got = check_copy(c, m, k, err);
    }
    sqlite3_finalize(st);
    fb_buf_release(&want);
    return got;
}

static enum fb_status check_rows(struct fb_held_chunk *h, const struct fb_chunk_meta *m,
                                 const struct fb_digest *want, struct fb_buf *row, struct fb_err *err)
{
    struct fb_digest_state st;
    struct fb_digest got;
    fb_digest_init(&st, "fb session rows");
    for (uint32_t i = 0; i < m->nrows; i++) {
        struct fb_session s;
        size_t digested = 0;
        fb_chunk_session(h->chunk, i, &s);
        FB_TRY(fb_chunk_failed(h->chunk, err));
        fb_buf_clear(row);
        if (!fb_row_put(row, &s, &digested))
            return bad(err, m->cid, "has a row that is longer than the format allows");
        fb_digest_update(&st, row->data, digested);
    }
    fb_digest_final(&st, &got);
    if (!same(&got, want))
        return bad(err, m->cid, "has rows that do not match their digest");
    return FB_OK;
}

static enum fb_status check_session_chunk(struct fb_case *c, const struct fb_chunk_meta *m,
                                          struct fb_buf *row, struct fb_err *err)
{
    struct hashes want;
    struct fb_held_chunk *h = NULL;
    FB_TRY(stored_hashes(c, m->cid, &want, err));
    FB_TRY(check_content(c, m->cid, FB_CHUNK_GROUPS, &want.content, err));
    FB_TRY(fb_case_take_chunk(c, m, &h, err));
    enum fb_status st = check_rows(h, m, &want.logical, row, err);
    if (st == FB_OK)
        st = check_summaries(c, m, h->chunk, err);
    fb_case_let_chunk(c, h);
    return st;
}

static enum fb_status check_packet_chunk(struct fb_case *c, const struct fb_chunk_meta *m, struct fb_err *err)
{
    const struct fb_packet_chunk *k;
    struct hashes want;
    struct fb_digest got;
    struct fb_digest_state st;
    FB_TRY(stored_hashes(c, m->cid, &want, err));
    FB_TRY(check_content(c, m->cid, 1, &want.content, err));
    FB_TRY(fb_case_packet_chunk(c, m, &k, err));
    fb_digest_init(&st, "fb packet rows");
    for (uint32_t e = 0; e < k->n; e++)
        fb_packet_entry_digest(&st, &k->entry[e]);
    fb_digest_final(&st, &got);
    return same(&got, &want.logical) ? FB_OK : bad(err, m->cid, "has entries that do not match their digest");
}

/* Every second chunk of a case, from `first` on: those of the sessions, then those of the packet index. What
 * it says does not depend on how many do it: the caller takes the failure of the lowest index. */
struct share {
    struct fb_case *c;
    const struct fb_chunk_list *sessions, *packets;
    bool bytes; /* FB_CHECK_BYTES */
    size_t first, step;
    size_t at; /* where it stopped */
    enum fb_status status;
    struct fb_err err;
};

static enum fb_status check_bytes(struct fb_case *c, uint64_t cid, unsigned ngroups, struct fb_err *err)
{
    struct hashes want;
    FB_TRY(stored_hashes(c, cid, &want, err));
    return check_content(c, cid, ngroups, &want.content, err);
}

static enum fb_status check_one(struct share *s, struct fb_buf *row)
{
    bool is_sessions = s->at < s->sessions->n;
    const struct fb_chunk_meta *m =
        is_sessions ? &s->sessions->m[s->at] : &s->packets->m[s->at - s->sessions->n];
    if (s->bytes)
        return check_bytes(s->c, m->cid, is_sessions ? FB_CHUNK_GROUPS : 1, &s->err);
    return is_sessions ? check_session_chunk(s->c, m, row, &s->err) : check_packet_chunk(s->c, m, &s->err);
}

static void *check_share(void *arg)
{
    struct share *s = arg;
    struct fb_buf row;
    fb_buf_init(&row, 1u << 20);
    size_t n = s->sessions->n + s->packets->n;
    for (s->at = s->first; s->at < n && s->status == FB_OK; s->at += s->step)
        s->status = check_one(s, &row);
    fb_buf_release(&row);
    return NULL;
}

/* A case that is only read can be read twice at a time: half of the work is done on a connection of its own.
 */
static enum fb_status check_chunks(struct fb_case *c, bool bytes, struct fb_err *err)
{
    struct share own = {.c = c, .sessions = &c->sessions, .packets = &c->packets, .bytes = bytes, .step = 1};
    struct share other = own;
    pthread_t thread;
    other.c = NULL;
    other.first = 1;
    bool two = c->shareable && c->sessions.n > 1 && fb_case_open_alone(c->path, &other.c, NULL) == FB_OK &&
               fb_case_refresh(other.c, NULL) == FB_OK;
    if (two) {
        own.step = other.step = 2;
        two = pthread_create(&thread, NULL, check_share, &other) == 0;
        own.step = two ? 2 : 1;
    }
    check_share(&own);
    if (two)
        pthread_join(thread, NULL);
    fb_case_close(other.c);
    bool others = two && other.status != FB_OK && (own.status == FB_OK || other.at < own.at);
    const struct share *s = others ? &other : &own;
    if (s->status != FB_OK && err)
        *err = s->err;
    return s->status;
}

/* What the retention log counts is what is gone. */
static enum fb_status check_retention(struct fb_case *c, struct fb_err *err)
{
    int64_t sessions = 0;
    c->internal++;
    enum fb_status st =
        fb_db_int(c->db, "SELECT coalesce(sum(sessions), 0) FROM retention", 0, &sessions, err);
    c->internal--;
    FB_TRY(st);
    return (uint64_t)sessions == c->gone.removed
               ? FB_OK
               : fb_err_set(err, FB_ERR_VERIFY,
                            "%llu sessions are gone from the case, but its record of removals counts %lld",
                            (unsigned long long)c->gone.removed, (long long)sessions);
}

/* Every number once: chunks follow each other without a gap, and all but the last are full. What retention
 * took out counts as it was. */
static enum fb_status check_numbers(struct fb_case *c, struct fb_err *err)
{
    uint64_t window = 0;
    for (size_t i = 0, k = 0; i < c->sessions.n || k < c->gone.n; window++) {
        const struct fb_chunk_meta *m = i < c->sessions.n ? &c->sessions.m[i] : NULL;
        const struct fb_gone *g = k < c->gone.n ? &c->gone.g[k] : NULL;
        bool live = m && m->cid >> 20 == window, gone = g && g->window == window;
        i += live;
        k += gone;
        uint32_t rows = live ? m->nrows : gone ? g->nrows : 0;
        bool last = i == c->sessions.n && k == c->gone.n;
        if ((!live && !gone) || (gone && live != (g->bits != NULL)) || (gone && live && g->nrows != rows) ||
            (rows != FB_CHUNK_ROWS && !last))
            return bad(err, FB_CID(window, FB_KIND_SESSIONS, 0), "leaves out session numbers");
    }
    return check_retention(c, err);
}

static enum fb_status check_integrity(struct fb_case *c, struct fb_err *err)
{
    sqlite3_stmt *st;
    c->internal++;
    enum fb_status got = fb_db_prepare(c->db, "PRAGMA quick_check(1)", &st, err);
    if (got == FB_OK) {
        int rc = sqlite3_step(st);
        const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
        if (!text || strcmp(text, "ok") != 0)
            got = fb_err_set(err, FB_ERR_VERIFY, "the database of the case is damaged: %.200s",
                             text ? text : sqlite3_errmsg(c->db));
    }
    c->internal--;
    sqlite3_finalize(st);
    return got;
}

static enum fb_status check_digests(struct fb_case *c, const struct fb_case_info *info, struct fb_err *err)
{
    struct fb_digest cases, packets, evidence, records;
    uint64_t nsessions, nentries;
    c->internal++;
    enum fb_status st = fb_case_digest_chunks(c->db, FB_KIND_SESSIONS, &cases, &nsessions, err);
    if (st == FB_OK)
        st = fb_case_digest_chunks(c->db, FB_KIND_PACKETS, &packets, &nentries, err);
    if (st == FB_OK)
        st = fb_case_digest_evidence(c->db, &evidence, err);
    if (st == FB_OK)
        st = fb_rec_digest_facts(c->db, &records, err);
    c->internal--;
    FB_TRY(st);
    if (!same(&cases, &info->case_digest))
        return fb_err_set(err, FB_ERR_VERIFY, "the case digest does not match the chunks of the case");
    if (!same(&packets, &info->packet_index_digest))
        return fb_err_set(err, FB_ERR_VERIFY, "the packet index digest does not match the packet index");
    if (!same(&evidence, &info->evidence_digest))
        return fb_err_set(err, FB_ERR_VERIFY, "the evidence digest does not match the evidence records");
    if (!same(&records, &info->records_digest))
        return fb_err_set(err, FB_ERR_VERIFY, "the records digest does not match the tables of the case");
    return FB_OK;
}

/* A blob that belongs to no chunk is never read, and would stay outside of every digest. */
static enum fb_status check_orphans(struct fb_case *c, struct fb_err *err)
{
    int64_t orphan = -1;
    c->internal++;
    enum fb_status st =
        fb_db_int(c->db,
                  "SELECT k FROM main.chunk_grp WHERE (k >> 4) NOT IN (SELECT cid FROM main.chunk) AND "
                  "((k >> 22) & 3) <> 3 ORDER BY k LIMIT 1",
                  -1, &orphan, err);
    c->internal--;
    FB_TRY(st);
    return orphan < 0 ? FB_OK : bad(err, (uint64_t)orphan >> 4, "has bytes but no row");
}

enum fb_status fb_case_check_part(struct fb_case *c, enum fb_check_part part, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(c, &info, err));
    switch (part) {
    case FB_CHECK_DATABASE:
        return check_integrity(c, err);
    case FB_CHECK_CHUNKS:
    case FB_CHECK_BYTES:
        FB_TRY(check_chunks(c, part == FB_CHECK_BYTES, err));
        FB_TRY(fb_case_check_filters(c, err));
        FB_TRY(fb_rec_check(c, info.complete, part == FB_CHECK_BYTES, err));
        return info.complete ? check_orphans(c, err) : FB_OK;
    case FB_CHECK_NUMBERS:
        return check_numbers(c, err);
    case FB_CHECK_DIGESTS:
        return check_digests(c, &info, err);
    }
    return FB_OK;
}

enum fb_status fb_case_check(struct fb_case *c, struct fb_err *err)
{
    struct fb_case_info info;
    FB_TRY(fb_case_info(c, &info, err));
    for (int part = FB_CHECK_DATABASE; part <= (info.complete ? FB_CHECK_DIGESTS : FB_CHECK_CHUNKS); part++)
        FB_TRY(fb_case_check_part(c, (enum fb_check_part)part, err));
    return FB_OK;
}
