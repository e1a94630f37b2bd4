/* Evidence records: one row, with its damage, interfaces, notes and restart points in tables of their own. */
#include "store/case_impl.h"

/* ---- writing ---- */

static void bind_text(sqlite3_stmt *st, int i, const char *s)
{
    if (s)
        sqlite3_bind_text(st, i, s, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(st, i);
}

static void bind_u64(sqlite3_stmt *st, int i, uint64_t v)
{
    sqlite3_bind_int64(st, i, (sqlite3_int64)v);
}

static enum fb_status put_record(struct fb_case *c, uint64_t index, const struct fb_evidence *e,
                                 struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO evidence VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", &st, err));
    bind_u64(st, 1, index);
    bind_text(st, 2, e->path);
    bind_u64(st, 3, e->size_bytes);
    sqlite3_bind_blob(st, 4, e->sha256, sizeof e->sha256, SQLITE_STATIC);
    bind_text(st, 5, fb_evidence_format_name(e->format));
    bind_text(st, 6, fb_compression_name(e->compression));
    bind_u64(st, 7, e->pkts);
    bind_u64(st, 8, e->cap_bytes);
    bind_u64(st, 9, e->wire_bytes);
    sqlite3_bind_int64(st, 10, e->first_ts_ns);
    sqlite3_bind_int64(st, 11, e->last_ts_ns);
    bind_u64(st, 12, e->backward_pkts);
    bind_u64(st, 13, e->damage_total);
    bind_u64(st, 14, e->notes_total);
    enum fb_status got = fb_db_run(c->db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status put_damage(struct fb_case *c, uint64_t index, const struct fb_evidence *e,
                                 struct fb_err *err)
{
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(fb_db_prepare(c->db, "INSERT INTO damage(evidence, byte_off, pkt_no, what) VALUES(?,?,?,?)", &st,
                         err));
    for (size_t i = 0; i < e->ndamage && got == FB_OK; i++) {
        bind_u64(st, 1, index);
        bind_u64(st, 2, e->damage[i].byte_off);
        bind_u64(st, 3, e->damage[i].pkt_no);
        bind_text(st, 4, e->damage[i].what ? e->damage[i].what : "");
        got = fb_db_run(c->db, st, err);
    }
    sqlite3_finalize(st);
    return got;
}

static enum fb_status put_ifaces(struct fb_case *c, uint64_t index, const struct fb_evidence *e,
                                 struct fb_err *err)
{
    static const char sql[] =
        "INSERT INTO interface(evidence, section, iface, linktype, snaplen, tsresol, ts_offset_s, name, "
        "description, filter, os, pkts, if_recv, if_drop) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(fb_db_prepare(c->db, sql, &st, err));
    for (size_t i = 0; i < e->nifaces && got == FB_OK; i++) {
        const struct fb_iface *f = &e->ifaces[i];
        sqlite3_clear_bindings(st);
        bind_u64(st, 1, index);
        bind_u64(st, 2, f->section);
        bind_u64(st, 3, f->id);
        bind_u64(st, 4, f->linktype);
        bind_u64(st, 5, f->snaplen);
        bind_u64(st, 6, f->tsresol);
        sqlite3_bind_int64(st, 7, f->ts_offset_s);
        bind_text(st, 8, f->name);
        bind_text(st, 9, f->description);
        bind_text(st, 10, f->filter);
        bind_text(st, 11, f->os);
        bind_u64(st, 12, f->pkts);
        if (f->has_stats) {
            bind_u64(st, 13, f->if_recv);
            bind_u64(st, 14, f->if_drop);
        }
        got = fb_db_run(c->db, st, err);
    }
    sqlite3_finalize(st);
    return got;
}

static enum fb_status put_notes(struct fb_case *c, uint64_t index, const struct fb_evidence *e,
                                struct fb_err *err)
{
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(fb_db_prepare(
        c->db, "INSERT INTO evidence_note(evidence, byte_off, pkt_no, kind, text) VALUES(?,?,?,?,?)", &st,
        err));
    for (size_t i = 0; i < e->nnotes && got == FB_OK; i++) {
        bind_u64(st, 1, index);
        bind_u64(st, 2, e->notes[i].byte_off);
        bind_u64(st, 3, e->notes[i].pkt_no);
        bind_text(st, 4, e->notes[i].kind ? e->notes[i].kind : "");
        bind_text(st, 5, e->notes[i].text ? e->notes[i].text : "");
        got = fb_db_run(c->db, st, err);
    }
    sqlite3_finalize(st);
    return got;
}

#define RESTART_BYTES_MAX (32u << 20)

static enum fb_status put_restart(struct fb_case *c, uint64_t index, const struct fb_evidence *e,
                                  struct fb_err *err)
{
    struct fb_buf raw, z;
    sqlite3_stmt *st = NULL;
    fb_buf_init(&raw, RESTART_BYTES_MAX);
    fb_buf_init(&z, FB_BLOB_MAX);
    fb_buf_put_varint(&raw, e->nmeta_offs);
    for (size_t i = 0; i < e->nmeta_offs; i++)
        fb_buf_put_varint(&raw, e->meta_offs[i] - (i ? e->meta_offs[i - 1] : 0));
    fb_buf_put_varint(&raw, e->ncheckpoints);
    for (size_t i = 0; i < e->ncheckpoints; i++) {
        fb_buf_put_varint(&raw, e->checkpoints[i].pkt_no - (i ? e->checkpoints[i - 1].pkt_no : 0));
        fb_buf_put_varint(&raw, e->checkpoints[i].byte_off - (i ? e->checkpoints[i - 1].byte_off : 0));
    }
    fb_blob_pack(fb_case_write_zip(c), raw.data, raw.len, &z);
    enum fb_status got =
        raw.failed || z.failed
            ? fb_err_set(err, FB_ERR_LIMIT, "evidence %llu has too many restart points for a case",
                         (unsigned long long)index)
            : fb_db_prepare(c->db, "INSERT INTO checkpoint VALUES(?,?)", &st, err);
    if (got == FB_OK) {
        bind_u64(st, 1, index);
        sqlite3_bind_blob64(st, 2, z.data, z.len, SQLITE_STATIC);
        got = fb_db_run(c->db, st, err);
    }
    sqlite3_finalize(st);
    fb_buf_release(&raw);
    fb_buf_release(&z);
    return got;
}

enum fb_status fb_case_add_evidence(struct fb_case *c, const struct fb_evidence *e, struct fb_err *err)
{
    int64_t index = 0;
    FB_TRY(fb_case_write_begin(c, err));
    FB_TRY(fb_db_int(c->db, "SELECT coalesce(max(evidence)+1, 0) FROM evidence", 0, &index, err));
    FB_TRY(put_record(c, (uint64_t)index, e, err));
    FB_TRY(put_damage(c, (uint64_t)index, e, err));
    FB_TRY(put_ifaces(c, (uint64_t)index, e, err));
    FB_TRY(put_notes(c, (uint64_t)index, e, err));
    return put_restart(c, (uint64_t)index, e, err);
}

/* ---- reading ---- */

static char *text(sqlite3_stmt *st, int col)
{
    const char *s = (const char *)sqlite3_column_text(st, col);
    return s ? strdup(s) : NULL;
}

static uint64_t u64(sqlite3_stmt *st, int col)
{
    return (uint64_t)sqlite3_column_int64(st, col);
}

static enum fb_evidence_format format_of(const char *name)
{
    for (unsigned i = FB_FORMAT_PCAP; name && i <= FB_FORMAT_PCAPNG; i++)
        if (strcmp(fb_evidence_format_name((enum fb_evidence_format)i), name) == 0)
            return (enum fb_evidence_format)i;
    return FB_FORMAT_UNKNOWN;
}

static enum fb_compression compression_of(const char *name)
{
    for (unsigned i = FB_COMP_GZIP; name && i <= FB_COMP_XZ; i++)
        if (strcmp(fb_compression_name((enum fb_compression)i), name) == 0)
            return (enum fb_compression)i;
    return FB_COMP_NONE;
}

static enum fb_status prepare(struct fb_case *c, const char *sql, size_t index, sqlite3_stmt **st,
                              struct fb_err *err)
{
    c->internal++;
    enum fb_status got = fb_db_prepare(c->db, sql, st, err);
    c->internal--;
    if (got == FB_OK)
        bind_u64(*st, 1, index);
    return got;
}

/* True when a row stands ready; *got says whether no row means the end or a failure. */
static bool next(struct fb_case *c, sqlite3_stmt *st, enum fb_status *got, struct fb_err *err)
{
    int rc = *got == FB_OK ? sqlite3_step(st) : SQLITE_DONE;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        *got = fb_db_error(c->db, err, "cannot read the evidence record");
    return rc == SQLITE_ROW;
}

/* The array with room for one more element (it doubles at powers of two), or as it was and *got set. */
static void *grow(void *array, size_t n, size_t size, enum fb_status *got, struct fb_err *err)
{
    if (n && (n & (n - 1)))
        return array;
    void *grown = realloc(array, (n ? n * 2 : 1) * size);
    if (grown)
        return grown;
    *got = fb_err_nomem(err, "the evidence record");
    return array;
}

static enum fb_status get_damage(struct fb_case *c, size_t index, struct fb_evidence *e, struct fb_err *err)
{
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(prepare(c, "SELECT byte_off, pkt_no, what FROM damage WHERE evidence=? ORDER BY id", index, &st,
                   err));
    while (next(c, st, &got, err)) {
        e->damage = grow(e->damage, e->ndamage, sizeof *e->damage, &got, err);
        if (got != FB_OK)
            break;
        e->damage[e->ndamage++] = (struct fb_damage){u64(st, 0), u64(st, 1), text(st, 2)};
    }
    sqlite3_finalize(st);
    return got;
}

static enum fb_status get_notes(struct fb_case *c, size_t index, struct fb_evidence *e, struct fb_err *err)
{
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(prepare(c, "SELECT byte_off, pkt_no, kind, text FROM evidence_note WHERE evidence=? ORDER BY id",
                   index, &st, err));
    while (next(c, st, &got, err)) {
        e->notes = grow(e->notes, e->nnotes, sizeof *e->notes, &got, err);
        if (got != FB_OK)
            break;
        e->notes[e->nnotes++] = (struct fb_evidence_note){u64(st, 0), u64(st, 1), text(st, 2), text(st, 3)};
    }
    sqlite3_finalize(st);
    return got;
}

static enum fb_status get_ifaces(struct fb_case *c, size_t index, struct fb_evidence *e, struct fb_err *err)
{
    static const char sql[] = "SELECT section, iface, linktype, snaplen, tsresol, ts_offset_s, name, "
                              "description, filter, os, pkts, "
                              "if_recv, if_drop FROM interface WHERE evidence=? ORDER BY id";
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(prepare(c, sql, index, &st, err));
    while (next(c, st, &got, err)) {
        e->ifaces = grow(e->ifaces, e->nifaces, sizeof *e->ifaces, &got, err);
        if (got != FB_OK)
            break;
        e->ifaces[e->nifaces++] = (struct fb_iface){
            .section = (uint32_t)u64(st, 0),
            .id = (uint32_t)u64(st, 1),
            .linktype = (uint32_t)u64(st, 2),
            .snaplen = (uint32_t)u64(st, 3),
            .tsresol = (uint8_t)u64(st, 4),
            .ts_offset_s = sqlite3_column_int64(st, 5),
            .name = text(st, 6),
            .description = text(st, 7),
            .filter = text(st, 8),
            .os = text(st, 9),
            .pkts = u64(st, 10),
            .if_recv = u64(st, 11),
            .if_drop = u64(st, 12),
            .has_stats = sqlite3_column_type(st, 11) != SQLITE_NULL,
        };
    }
    sqlite3_finalize(st);
    return got;
}

static bool unpack_restart(const uint8_t *p, size_t n, struct fb_evidence *e)
{
    struct fb_cur c = fb_cur_init(p, n);
    uint64_t nmeta = fb_cur_varint(&c);
    if (nmeta > fb_cur_left(&c) || !(e->meta_offs = calloc((size_t)nmeta + 1, sizeof *e->meta_offs)))
        return false;
    for (size_t i = 0; i < nmeta; i++)
        e->meta_offs[i] = (i ? e->meta_offs[i - 1] : 0) + fb_cur_varint(&c);
    e->nmeta_offs = (size_t)nmeta;
    uint64_t npoints = fb_cur_varint(&c);
    if (npoints > fb_cur_left(&c) / 2 ||
        !(e->checkpoints = calloc((size_t)npoints + 1, sizeof *e->checkpoints)))
        return false;
    struct fb_checkpoint last = {0};
    for (size_t i = 0; i < npoints; i++) {
        last.pkt_no += fb_cur_varint(&c);
        last.byte_off += fb_cur_varint(&c);
        e->checkpoints[i] = last;
    }
    e->ncheckpoints = (size_t)npoints;
    return fb_cur_ok(&c) && fb_cur_left(&c) == 0;
}

static enum fb_status get_restart(struct fb_case *c, size_t index, struct fb_evidence *e, struct fb_err *err)
{
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(prepare(c, "SELECT z FROM checkpoint WHERE evidence=?", index, &st, err));
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        size_t n = 0;
        uint8_t *p = fb_blob_unpack(&c->zip, sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0),
                                    RESTART_BYTES_MAX, &n);
        if (!p || !unpack_restart(p, n, e))
            got = fb_err_set(err, FB_ERR_VERIFY, "the restart points of evidence %zu are damaged", index);
        free(p);
    } else if (rc != SQLITE_DONE) {
        got = fb_db_error(c->db, err, "cannot read the evidence record");
    }
    sqlite3_finalize(st);
    return got;
}

static enum fb_status get_record(struct fb_case *c, size_t index, struct fb_evidence *e, struct fb_err *err)
{
    static const char sql[] =
        "SELECT path, size, sha256, format, compression, pkts, cap_bytes, wire_bytes, first_ts, last_ts, "
        "backward_pkts, damage_total, notes_total FROM evidence WHERE evidence=?";
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(prepare(c, sql, index, &st, err));
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        e->path = text(st, 0);
        if (!e->path)
            e->path = strdup(""); /* readers print it */
        e->size_bytes = u64(st, 1);
        if (sqlite3_column_bytes(st, 2) == sizeof e->sha256 && sqlite3_column_blob(st, 2))
            memcpy(e->sha256, sqlite3_column_blob(st, 2), sizeof e->sha256);
        else
            got = fb_err_set(err, FB_ERR_VERIFY, "evidence %zu has no SHA-256", index);
        e->format = format_of((const char *)sqlite3_column_text(st, 3));
        e->compression = compression_of((const char *)sqlite3_column_text(st, 4));
        e->pkts = u64(st, 5);
        e->cap_bytes = u64(st, 6);
        e->wire_bytes = u64(st, 7);
        e->first_ts_ns = sqlite3_column_int64(st, 8);
        e->last_ts_ns = sqlite3_column_int64(st, 9);
        e->backward_pkts = u64(st, 10);
        e->damage_total = u64(st, 11);
        e->notes_total = u64(st, 12);
    } else {
        got = rc == SQLITE_DONE
                  ? fb_err_set(err, FB_ERR_NOTFOUND, "there is no evidence %zu in this case", index)
                  : fb_db_error(c->db, err, "cannot read the evidence record");
    }
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_case_evidence(struct fb_case *c, size_t i, struct fb_evidence *out, struct fb_err *err)
{
    *out = (struct fb_evidence){0};
    if (!c->reading)
        return fb_err_set(err, FB_ERR_USAGE, "this case is still being written");
    enum fb_status st = get_record(c, i, out, err);
    if (st == FB_OK)
        st = get_damage(c, i, out, err);
    if (st == FB_OK)
        st = get_ifaces(c, i, out, err);
    if (st == FB_OK)
        st = get_notes(c, i, out, err);
    if (st == FB_OK)
        st = get_restart(c, i, out, err);
    if (st != FB_OK) {
        fb_evidence_release(out);
        *out = (struct fb_evidence){0};
    }
    return st;
}
