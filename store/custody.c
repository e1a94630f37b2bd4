/* The custody log of a case that is being written or read. */
#include "store/custody.h"

#include "base/buf.h"
#include "base/escape.h"
#include "store/case_impl.h"
#include "store/chain.h"
#include "store/manifest.h"

static const struct fb_digest zeros;

/* An entry with texts of its own. */
struct fb_custody_keep {
    struct fb_custody_entry e;
    char *text[6];
};

void fb_custody_keep_free(struct fb_custody_keep *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < 6; i++)
        free(k->text[i]);
    free(k);
}

static struct fb_custody_keep *keep(const struct fb_custody_entry *e)
{
    struct fb_custody_keep *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    const char *from[6] = {e->what, e->params_json, e->tool_version, e->build_json, e->who, e->host};
    const char **to[6] = {&k->e.what,       &k->e.params_json, &k->e.tool_version,
                          &k->e.build_json, &k->e.who,         &k->e.host};
    for (size_t i = 0; i < 6; i++) {
        k->text[i] = from[i] ? strdup(from[i]) : NULL;
        if (from[i] && !k->text[i]) {
            fb_custody_keep_free(k);
            return NULL;
        }
        *to[i] = k->text[i];
    }
    return k;
}

enum fb_status fb_custody_append(struct fb_case *c, const struct fb_custody_entry *e, struct fb_err *err)
{
    FB_TRY(fb_case_write_begin(c, err));
    return fb_chain_append(c->db, &zeros, e, NULL, err);
}

static enum fb_status append_phase(struct fb_case *c, const struct fb_custody_entry *e, const char *phase,
                                   struct fb_err *err)
{
    char what[64];
    int n = snprintf(what, sizeof what, "%s-%s", e->what ? e->what : "", phase);
    if (n < 0 || (size_t)n >= sizeof what)
        return fb_err_set(err, FB_ERR_USAGE, "the name of an action is too long for the custody log");
    struct fb_custody_entry phased = *e;
    phased.what = what;
    return fb_custody_append(c, &phased, err);
}

enum fb_status fb_custody_begin(struct fb_case *c, const struct fb_custody_entry *e, struct fb_err *err)
{
    FB_TRY(append_phase(c, e, "start", err));
    fb_custody_keep_free(c->custody);
    c->custody = keep(e);
    return c->custody ? FB_OK : fb_err_nomem(err, "the custody log");
}

/* {"evidence":[{"path":...,"sha256":...,"size":...},...]} */
static enum fb_status put_inputs(struct fb_case *c, struct fb_buf *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    int rc;
    bool first = true;
    FB_TRY(fb_db_prepare(c->db, "SELECT path, sha256, size FROM evidence ORDER BY evidence", &st, err));
    fb_buf_puts(out, "{\"evidence\":[");
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        char hex[FB_DIGEST_HEXLEN] = "";
        if (sqlite3_column_bytes(st, 1) == 32)
            fb_hex(sqlite3_column_blob(st, 1), 32, hex);
        fb_buf_puts(out, first ? "{\"path\":" : ",{\"path\":");
        const void *path = sqlite3_column_text(st, 0);
        fb_escape_json(out, path ? path : "", path ? (size_t)sqlite3_column_bytes(st, 0) : 0);
        fb_buf_printf(out, ",\"sha256\":\"%s\",\"size\":", hex);
        fb_buf_put_i64dec(out, sqlite3_column_int64(st, 2));
        fb_buf_putc(out, '}');
        first = false;
    }
    fb_buf_puts(out, "]}");
    enum fb_status got =
        rc == SQLITE_DONE ? FB_OK : fb_db_error(c->db, err, "cannot read the evidence records");
    sqlite3_finalize(st);
    return got;
}

/* {"case_digest":...,"evidence_digest":...,"packet_index_digest":...} */
static enum fb_status put_outputs(struct fb_case *c, struct fb_buf *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    int rc;
    bool first = true;
    FB_TRY(fb_db_prepare(
        c->db, "SELECT key, value FROM case_info WHERE key LIKE '%!_digest' ESCAPE '!' ORDER BY key", &st,
        err));
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        fb_buf_puts(out, first ? "{" : ",");
        for (int i = 0; i < 2; i++) {
            const void *text = sqlite3_column_text(st, i);
            fb_escape_json(out, text ? text : "", text ? (size_t)sqlite3_column_bytes(st, i) : 0);
            fb_buf_puts(out, i ? "" : ":");
        }
        first = false;
    }
    enum fb_status got =
        rc == SQLITE_DONE ? FB_OK : fb_db_error(c->db, err, "cannot read the digests of the case");
    sqlite3_finalize(st);
    int64_t layers = 0;
    if (got == FB_OK)
        got = fb_db_int(c->db, "SELECT count(*) FROM layer", 0, &layers, err);
    if (got == FB_OK && layers > 0) { /* a merge brought them */
        struct fb_digest d;
        char hex[FB_DIGEST_HEXLEN];
        FB_TRY(fb_layers_digest(c->db, false, &d, err));
        fb_hex(d.b, FB_DIGEST_LEN, hex);
        fb_buf_printf(out, "%s\"layers_digest\":\"%s\"", first ? "{" : ",", hex);
        first = false;
    }
    fb_buf_puts(out, first ? "{}" : "}");
    return got;
}

enum fb_status fb_custody_finish(struct fb_case *c, struct fb_err *err)
{
    if (!c->custody)
        return FB_OK;
    struct fb_buf in, out;
    fb_buf_init(&in, (size_t)64 << 20);
    fb_buf_init(&out, (size_t)1 << 20);
    enum fb_status st = put_inputs(c, &in, err);
    if (st == FB_OK)
        st = put_outputs(c, &out, err);
    struct fb_custody_entry e = c->custody->e;
    e.inputs_json = fb_buf_cstr(&in);
    e.outputs_json = fb_buf_cstr(&out);
    if (st == FB_OK && (in.failed || out.failed))
        st = fb_err_nomem(err, "the custody log");
    if (st == FB_OK)
        st = append_phase(c, &e, "finish", err);
    fb_buf_release(&in);
    fb_buf_release(&out);
    return st;
}

enum fb_status fb_custody_each(struct fb_case *c,
                               enum fb_status (*row)(void *ctx, const struct fb_custody_record *r), void *ctx,
                               struct fb_err *err)
{
    c->internal++;
    enum fb_status st = fb_chain_walk(c->db, &zeros, "custody record", false, row, ctx, NULL, NULL, err);
    c->internal--;
    return st;
}

enum fb_status fb_custody_check(struct fb_case *c, struct fb_digest *head, uint64_t *nrecords,
                                struct fb_err *err)
{
    c->internal++;
    enum fb_status st = fb_chain_walk(c->db, &zeros, "custody record", true, NULL, NULL, head, nrecords, err);
    c->internal--;
    return st;
}
