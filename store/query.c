#include "store/query.h"

#include "store/case_impl.h"

struct fb_query {
    struct fb_case *c;
    sqlite3_stmt *st;
};

static enum fb_status query_error(struct fb_query *q, struct fb_err *err, const char *doing)
{
    enum fb_status st = fb_db_error(q->c->db, err, doing);
    return st == FB_ERR_DB ? fb_err_set(err, FB_ERR_USAGE, "%s: %s", doing, sqlite3_errmsg(q->c->db)) : st;
}

enum fb_status fb_query_prepare(struct fb_case *c, const char *sql, struct fb_query **out, struct fb_err *err)
{
    FB_TRY(fb_case_refresh(c, err));
    struct fb_query *q = calloc(1, sizeof *q);
    if (!q)
        return fb_err_nomem(err, "a query");
    q->c = c;
    const char *tail = NULL;
    enum fb_status st = FB_OK;
    if (sqlite3_prepare_v3(c->db, sql, -1, 0, &q->st, &tail) != SQLITE_OK) {
        int at = sqlite3_error_offset(c->db);
        st = query_error(q, err, "SQL");
        if (st == FB_ERR_USAGE && at >= 0)
            fb_err_set(err, st, "SQL, character %d: %s", at + 1, sqlite3_errmsg(c->db));
    } else if (!q->st) {
        st = fb_err_set(err, FB_ERR_USAGE, "SQL: there is no statement");
    } else if (!sqlite3_stmt_readonly(q->st) || sqlite3_column_count(q->st) == 0) {
        st = fb_err_set(err, FB_ERR_USAGE, "SQL: only statements that read are allowed");
    } else if (tail[strspn(tail, " \t\r\n;")] != '\0') {
        st = fb_err_set(err, FB_ERR_USAGE, "SQL, character %zu: one statement at a time",
                        (size_t)(tail - sql) + 1);
    }
    if (st == FB_OK)
        *out = q;
    else
        fb_query_close(q);
    return st;
}

enum fb_status fb_query_bind_i64(struct fb_query *q, int i, int64_t v, struct fb_err *err)
{
    return sqlite3_bind_int64(q->st, i, v) == SQLITE_OK ? FB_OK : query_error(q, err, "SQL parameter");
}

enum fb_status fb_query_bind_text(struct fb_query *q, int i, const char *text, struct fb_err *err)
{
    return sqlite3_bind_text(q->st, i, text, -1, SQLITE_TRANSIENT) == SQLITE_OK
               ? FB_OK
               : query_error(q, err, "SQL parameter");
}

enum fb_status fb_query_step(struct fb_query *q, struct fb_err *err)
{
    int rc = sqlite3_step(q->st);
    if (rc == SQLITE_ROW)
        return FB_OK;
    return rc == SQLITE_DONE ? FB_EOF : query_error(q, err, "SQL");
}

int fb_query_ncols(const struct fb_query *q)
{
    return sqlite3_column_count(q->st);
}

const char *fb_query_col_name(const struct fb_query *q, int col)
{
    const char *name = sqlite3_column_name(q->st, col);
    return name ? name : "";
}

void fb_query_cell(const struct fb_query *q, int col, struct fb_cell *out)
{
    *out = (struct fb_cell){.type = FB_CELL_NULL};
    switch (sqlite3_column_type(q->st, col)) {
    case SQLITE_INTEGER:
        out->type = FB_CELL_INT;
        out->i = sqlite3_column_int64(q->st, col);
        break;
    case SQLITE_FLOAT:
        out->type = FB_CELL_REAL;
        out->r = sqlite3_column_double(q->st, col);
        break;
    case SQLITE_TEXT:
        out->type = FB_CELL_TEXT;
        out->p = sqlite3_column_text(q->st, col);
        out->n = (size_t)sqlite3_column_bytes(q->st, col);
        break;
    case SQLITE_BLOB:
        out->type = FB_CELL_BLOB;
        out->p = sqlite3_column_blob(q->st, col);
        out->n = (size_t)sqlite3_column_bytes(q->st, col);
        break;
    default:
        break;
    }
}

void fb_query_close(struct fb_query *q)
{
    if (!q)
        return;
    sqlite3_finalize(q->st);
    free(q);
}
