#include "base/escape.h"
#include "base/timefmt.h"
#include "cli/message.h"
#include "cli/source.h"
#include "cli/table.h"
#include "cli/verbs/verbs.h"
#include "store/layers.h"
#include "store/query.h"

#define NCOLS 8
static const char *const COLUMNS[NCOLS] = {"run", "at", "author", "what", "id", "on", "target", "text"};
static const char SQL[] =
    "SELECT run_id, at, author, 'note' AS what, id, target_kind, coalesce(number, target), text FROM notes "
    "UNION ALL SELECT run_id, at, author, 'tag', id, target_kind, coalesce(number, target), tag FROM tags "
    "UNION ALL SELECT run_id, at, author, 'verdict', id, target_kind, coalesce(number, target), verdict FROM "
    "verdicts "
    "ORDER BY run_id, what, id";

static void put_cell(struct fb_buf *b, const struct fb_cell *cell, size_t col, bool json)
{
    char t[FB_TIME_STRLEN];
    if (col == 1 && cell->type == FB_CELL_INT)
        fb_buf_printf(b, json ? "\"%s\"" : "%s", (fb_time_format(cell->i, t), t));
    else if (cell->type == FB_CELL_INT)
        fb_buf_put_i64dec(b, cell->i);
    else if (cell->type != FB_CELL_TEXT && json)
        fb_buf_puts(b, "null");
    else if (cell->type == FB_CELL_TEXT && json)
        fb_escape_json(b, cell->p, cell->n);
    else if (cell->type == FB_CELL_TEXT)
        fb_buf_put(b, cell->p, cell->n);
}

static enum fb_status put_row(struct fb_query *q, struct fb_table *t, struct fb_out *out, struct fb_buf *text)
{
    for (size_t i = 0; i < NCOLS; i++) {
        struct fb_cell cell;
        fb_query_cell(q, (int)i, &cell);
        if (t) {
            fb_buf_clear(text);
            put_cell(text, &cell, i, false);
            fb_table_cell(t, text->data, text->len);
        } else {
            fb_buf_printf(&out->buf, "%s\"%s\":", i ? "," : "{", COLUMNS[i]);
            put_cell(&out->buf, &cell, i, true);
        }
    }
    if (t)
        return fb_table_end_row(t);
    fb_buf_puts(&out->buf, "}\n");
    return fb_out_row(out);
}

static enum fb_status print(struct fb_case *c, bool json, struct fb_out *out, struct fb_err *err)
{
    static const bool right[NCOLS] = {[0] = true, [4] = true};
    struct fb_query *q = NULL;
    struct fb_table *t = NULL;
    struct fb_buf text;
    FB_TRY(fb_query_prepare(c, SQL, &q, err));
    fb_buf_init(&text, (size_t)64 << 20);
    enum fb_status st = json ? FB_OK : fb_table_new(out, COLUMNS, right, NCOLS, &t, err);
    while (st == FB_OK && (st = fb_query_step(q, err)) == FB_OK)
        st = put_row(q, t, out, &text);
    if (t) {
        enum fb_status last = fb_table_finish(t);
        st = st == FB_EOF ? last : st;
    }
    fb_buf_release(&text);
    fb_query_close(q);
    return st == FB_EOF ? FB_OK : st;
}

int fb_verb_notes(int argc, char **argv)
{
    bool json = false;
    const char *as_of = NULL;
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines"},
        {0, "as-of", FB_OPT_TEXT, &as_of, "RUN|TIME", NULL, "the state after that run, or at that time"},
        {0},
    };
    static const struct fb_cli_help help = {
        "notes", "CASE [--as-of RUN|TIME] [--json]",
        "Prints the notes, tags and verdicts of a case and of its sidecar, in the order of the runs that "
        "wrote them.\nThe SQL tables note, tag and verdict have every row, also what was taken away since.",
        "  fbforensics notes office.fbcase\n"
        "  fbforensics notes office.fbcase --as-of 4\n"
        "  fbforensics notes office.fbcase --as-of 2024-03-05T12:00Z --json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs != 1)
        return fb_cli_usage(help.verb, "one case is needed");
    struct fb_case *c = NULL;
    struct fb_err err = {0};
    struct fb_out out;
    enum fb_status st = fb_case_open(argv[0], &c, &err);
    if (st == FB_OK && as_of)
        st = fb_layers_as_of(c, as_of, &err);
    if (st == FB_OK)
        st = fb_out_open(&out, NULL, &err);
    if (st == FB_OK) {
        st = print(c, json, &out, &err);
        enum fb_status closed = fb_out_close(&out, st == FB_OK ? &err : NULL);
        st = st == FB_OK ? closed : st;
    }
    fb_case_close(c);
    return st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}
