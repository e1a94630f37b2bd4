/* Definitions of record tables as they stand in a case, and the digests that begin with them. */
#include "store/rec_dir.h"
#include "store/schema.h"

static const char *const type_names[] = {"", "int", "time", "addr", "text", "blob", "list"};

bool fb_rec_name_good(const char *name, size_t n)
{
    if (n == 0 || n > FB_REC_NAME_MAX || name[0] < 'a' || name[0] > 'z')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9') && name[i] != '_')
            return false;
    return true;
}

bool fb_rec_name_taken(const char *name)
{
    static const char *const others[] = {"sessions", "packets",   "features",  "top",  "rollup",
                                         "timeline", "pairs",     "notes",     "tags", "verdicts",
                                         "as_of",    "json_each", "json_tree", "main", "temp"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return true;
    for (size_t i = 0; i < fb_schema_case.n; i++)
        if (strcmp(name, fb_schema_case.table[i].name) == 0)
            return true;
    return strncmp(name, "sqlite_", 7) == 0 || strncmp(name, "pragma_", 7) == 0 ||
           strncmp(name, "side_", 5) == 0;
}

static bool column_taken(const char *name)
{
    static const char *const others[] = {"number", "ts", "ordinal", "run", "rowid", "oid"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i]) == 0)
            return true;
    return false;
}

bool fb_rec_cols_write(const struct fb_rec_def *def, struct fb_buf *out)
{
    for (size_t i = 0; i < def->ncols; i++) {
        const struct fb_rec_col *col = &def->cols[i];
        FB_BUG(!fb_rec_name_good(col->name, strlen(col->name)) || column_taken(col->name));
        fb_buf_puts(out, i ? "," : "");
        fb_buf_puts(out, col->name);
        fb_buf_putc(out, ' ');
        fb_buf_puts(out, type_names[col->type]);
    }
    return !out->failed;
}

static unsigned type_of(const char *p, size_t n)
{
    for (unsigned i = FB_REC_INT; i <= FB_REC_LIST; i++)
        if (strlen(type_names[i]) == n && memcmp(type_names[i], p, n) == 0)
            return i;
    return 0;
}

static bool read_col(const char *p, size_t n, struct fb_rec_table *t)
{
    const char *blank = memchr(p, ' ', n);
    size_t len = blank ? (size_t)(blank - p) : 0, at = t->def.ncols;
    unsigned type = blank ? type_of(blank + 1, n - len - 1) : 0;
    if (!type || at == FB_REC_COLS_MAX || !fb_rec_name_good(p, len))
        return false;
    memcpy(t->col_name[at], p, len);
    t->col_name[at][len] = '\0';
    for (size_t i = 0; i < at; i++)
        if (strcmp(t->col_name[i], t->col_name[at]) == 0)
            return false;
    t->col[at] = (struct fb_rec_col){t->col_name[at], (enum fb_rec_type)type};
    t->def.ncols++;
    return !column_taken(t->col_name[at]);
}

bool fb_rec_cols_read(const char *text, struct fb_rec_table *t)
{
    t->def.ncols = 0;
    t->def.cols = t->col;
    for (const char *p = text;;) {
        size_t n = strcspn(p, ",");
        if (!read_col(p, n, t))
            return false;
        if (p[n] == '\0')
            return true;
        p += n + 1;
    }
}

void fb_rec_table_digest_init(struct fb_digest_state *d, const struct fb_rec_def *def, const char *cols_text)
{
    fb_digest_init(d, "fb record table");
    fb_digest_update_field(d, def->name, strlen(def->name));
    fb_digest_update_le64(d, def->id);
    fb_digest_update_le64(d, (uint64_t)def->order);
    fb_digest_update_field(d, cols_text, strlen(cols_text));
}

void fb_rec_table_digest_chunk(struct fb_digest_state *d, uint64_t nrows, const struct fb_digest *logical)
{
    fb_digest_update_le64(d, nrows);
    fb_digest_update(d, logical->b, FB_DIGEST_LEN);
}

enum fb_status fb_rec_digest_facts(sqlite3 *db, struct fb_digest *out, struct fb_err *err)
{
    sqlite3_stmt *st;
    struct fb_digest_state d;
    enum fb_status got = FB_OK;
    int rc;
    FB_TRY(fb_db_prepare(
        db, "SELECT id, nrows, digest FROM main.record_table WHERE run_id=0 ORDER BY id, tid", &st, err));
    fb_digest_init(&d, "fb records");
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            got = fb_db_error(db, err, "cannot read the tables of the case");
        } else if (sqlite3_column_bytes(st, 2) != FB_DIGEST_LEN || !sqlite3_column_blob(st, 2)) {
            got = fb_err_set(err, FB_ERR_VERIFY, "a table of the case has no digest");
        } else {
            fb_digest_update_le64(&d, (uint64_t)sqlite3_column_int64(st, 0));
            fb_digest_update_le64(&d, (uint64_t)sqlite3_column_int64(st, 1));
            fb_digest_update(&d, sqlite3_column_blob(st, 2), FB_DIGEST_LEN);
        }
    }
    sqlite3_finalize(st);
    fb_digest_final(&d, out);
    return got;
}
