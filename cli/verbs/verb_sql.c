#include "base/escape.h"
#include "cli/message.h"
#include "cli/source.h"
#include "cli/table.h"
#include "cli/verbs/verbs.h"
#include "store/query.h"

enum form { FORM_TABLE, FORM_JSON, FORM_CSV };

#define COLS_MAX 2000 /* SQLite's own ceiling */

/* The shortest of 15 or 17 digits that reads back as the same number; JSON has no infinities. */
static void put_real(struct fb_buf *b, double r)
{
    char t[40];
    snprintf(t, sizeof t, "%.15g", r);
    if (strtod(t, NULL) != r)
        snprintf(t, sizeof t, "%.17g", r);
    fb_buf_puts(b, r - r == 0 ? t : "null");
}

static void put_blob(struct fb_buf *b, const struct fb_cell *cell)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *p = cell->p;
    for (size_t i = 0; i < cell->n; i++) {
        fb_buf_putc(b, hex[p[i] >> 4]);
        fb_buf_putc(b, hex[p[i] & 15]);
    }
}

/* Raw text of a cell; NULL is nothing. */
static void put_plain(struct fb_buf *b, const struct fb_cell *cell)
{
    switch (cell->type) {
    case FB_CELL_NULL:
        break;
    case FB_CELL_INT:
        fb_buf_put_i64dec(b, cell->i);
        break;
    case FB_CELL_REAL:
        put_real(b, cell->r);
        break;
    case FB_CELL_TEXT:
        fb_buf_put(b, cell->p, cell->n);
        break;
    case FB_CELL_BLOB:
        put_blob(b, cell);
        break;
    }
}

static void put_json_row(const struct fb_query *q, struct fb_buf *b)
{
    for (int i = 0; i < fb_query_ncols(q); i++) {
        const char *name = fb_query_col_name(q, i);
        struct fb_cell cell;
        fb_query_cell(q, i, &cell);
        fb_buf_putc(b, i ? ',' : '{');
        fb_escape_json(b, name, strlen(name));
        fb_buf_putc(b, ':');
        if (cell.type == FB_CELL_TEXT)
            fb_escape_json(b, cell.p, cell.n);
        else if (cell.type == FB_CELL_NULL)
            fb_buf_puts(b, "null");
        else if (cell.type == FB_CELL_BLOB)
            fb_buf_putc(b, '"');
        if (cell.type != FB_CELL_TEXT)
            put_plain(b, &cell);
        if (cell.type == FB_CELL_BLOB)
            fb_buf_putc(b, '"');
    }
    fb_buf_puts(b, "}\n");
}

static void put_csv_row(const struct fb_query *q, struct fb_buf *b, struct fb_buf *scratch)
{
    for (int i = 0; i < fb_query_ncols(q); i++) {
        struct fb_cell cell;
        fb_query_cell(q, i, &cell);
        fb_buf_clear(scratch);
        put_plain(scratch, &cell);
        if (i)
            fb_buf_putc(b, ',');
        fb_escape_csv(b, scratch->data, scratch->len, cell.type == FB_CELL_TEXT);
    }
    fb_buf_puts(b, "\r\n");
}

static enum fb_status put_table_row(const struct fb_query *q, struct fb_table *t, struct fb_buf *scratch)
{
    for (int i = 0; i < fb_query_ncols(q); i++) {
        struct fb_cell cell;
        fb_query_cell(q, i, &cell);
        fb_buf_clear(scratch);
        put_plain(scratch, &cell);
        fb_table_cell(t, scratch->data, scratch->len);
    }
    return fb_table_end_row(t);
}

static enum fb_status print_rows(struct fb_query *q, enum form form, struct fb_table *t, struct fb_out *out,
                                 enum fb_status first, struct fb_err *err)
{
    struct fb_buf scratch;
    fb_buf_init(&scratch, (size_t)256 << 20);
    enum fb_status st = first;
    for (; st == FB_OK; st = fb_query_step(q, err)) {
        enum fb_status written;
        if (form == FORM_TABLE) {
            written = put_table_row(q, t, &scratch);
        } else {
            if (form == FORM_JSON)
                put_json_row(q, &out->buf);
            else
                put_csv_row(q, &out->buf, &scratch);
            written = fb_out_row(out);
        }
        if (written != FB_OK) {
            st = written;
            break;
        }
    }
    fb_buf_release(&scratch);
    return st == FB_EOF ? FB_OK : st;
}

static void put_csv_heading(const struct fb_query *q, struct fb_buf *b)
{
    for (int i = 0; i < fb_query_ncols(q); i++) {
        const char *name = fb_query_col_name(q, i);
        if (i)
            fb_buf_putc(b, ',');
        fb_escape_csv(b, name, strlen(name), true);
    }
    fb_buf_puts(b, "\r\n");
}

/* The kinds of the first row decide which columns of a table stand to the right. */
static enum fb_status print_table(struct fb_query *q, struct fb_out *out, struct fb_err *err)
{
    static const char *heading[COLS_MAX];
    static bool right[COLS_MAX];
    int n = fb_query_ncols(q) < COLS_MAX ? fb_query_ncols(q) : COLS_MAX;
    enum fb_status first = fb_query_step(q, err);
    if (first != FB_OK && first != FB_EOF)
        return first;
    for (int i = 0; i < n; i++) {
        struct fb_cell cell = {.type = FB_CELL_NULL};
        if (first == FB_OK)
            fb_query_cell(q, i, &cell);
        heading[i] = fb_query_col_name(q, i);
        right[i] = cell.type == FB_CELL_INT || cell.type == FB_CELL_REAL;
    }
    struct fb_table *t = NULL;
    FB_TRY(fb_table_new(out, heading, right, (size_t)n, &t, err));
    enum fb_status st = print_rows(q, FORM_TABLE, t, out, first, err);
    enum fb_status last = fb_table_finish(t);
    return st != FB_OK ? st : last == FB_EOF ? FB_OK : last;
}

static enum fb_status run(struct fb_case *c, const char *sql, enum form form, struct fb_out *out,
                          struct fb_err *err)
{
    struct fb_query *q = NULL;
    FB_TRY(fb_query_prepare(c, sql, &q, err));
    enum fb_status st;
    if (form == FORM_TABLE) {
        st = print_table(q, out, err);
    } else {
        if (form == FORM_CSV)
            put_csv_heading(q, &out->buf);
        st = fb_query_step(q, err);
        st = print_rows(q, form, NULL, out, st, err);
    }
    fb_query_close(q);
    if (out->ended)
        *err = out->err;
    return st;
}

int fb_verb_sql(int argc, char **argv)
{
    bool json = false, csv = false;
    struct fb_ingest_opts in = FB_INGEST_OPTS_SCORED;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines"},
        {0, "csv", FB_OPT_FLAG, &csv, NULL, NULL, "CSV"},
        FB_MODEL_OPTIONS(in),
        FB_SOURCE_OPTIONS(in),
        {0},
    };
    static const struct fb_cli_help help = {"sql", "CASE|CAPTURE... \"SELECT ...\" [--json|--csv]",
                                            "Runs one SELECT of SQLite's language over a case; nothing can "
                                            "be changed by it. The tables are described in\n"
                                            "docs/case-format.md; the big ones are sessions and packets.",
                                            "  fbforensics sql office.fbcase \"SELECT resp_h, count(*) n "
                                            "FROM sessions GROUP BY 1 ORDER BY n DESC LIMIT 10\"\n"
                                            "  fbforensics sql capture.pcap \"SELECT service, "
                                            "sum(resp_bytes) FROM sessions GROUP BY 1\" --json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (json && csv)
        return fb_cli_usage(help.verb, "--json and --csv exclude each other");
    if (nargs < 2)
        return fb_cli_usage(help.verb, "a case or a capture is needed, and then a SELECT");
    struct fb_source src;
    code = fb_source_open(&src, help.verb, argv, nargs - 1, &in);
    if (code >= 0)
        return code;
    struct fb_err err = {0};
    struct fb_out out;
    fb_out_open(&out, NULL, &err);
    enum fb_status st = run(src.c, argv[nargs - 1],
                            json  ? FORM_JSON
                            : csv ? FORM_CSV
                                  : FORM_TABLE,
                            &out, &err);
    enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
    return fb_source_close(&src, st != FB_OK || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK);
}
