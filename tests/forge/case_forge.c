/* case_forge CASE TABLE COLUMN ROW: appends a layer to the case that is a copy of the newest one that has
 * TABLE, but for one cell of it. The case holds afterwards in every digest, as one does that was made
 * otherwise than it says; stories ask whether replay sees it. */
#include "store/edit.h"
#include "store/rectab.h"

#include <stdio.h>
#include <stdlib.h>

struct forge {
    struct fb_case *c;
    struct fb_edit *edit;
    const char *table, *column;
    uint64_t row;
    int64_t from, to; /* runs */
    bool done;
    struct fb_err err;
};

static void put_cells(struct forge *f, const struct fb_rec_def *def, const struct fb_rec_row *row,
                      bool this_one, struct fb_buf *out)
{
    static const uint8_t other[] = "forged.example";
    for (size_t i = 0; i < def->ncols; i++) {
        struct fb_rec_cell cell = row->cells[i];
        if (this_one && strcmp(def->cols[i].name, f->column) == 0) {
            cell.null = false;
            cell.i++;
            if (def->cols[i].type == FB_REC_TEXT)
                cell.s = (struct fb_span){other, sizeof other - 1};
            f->done = true;
        }
        fb_rec_put(out, def->cols[i].type, &cell);
    }
}

static enum fb_status copy_table(struct forge *f, const struct fb_rec_def *def)
{
    struct fb_rec_cursor *cur = NULL;
    struct fb_rec_writer *w = NULL;
    struct fb_rec_row row;
    struct fb_buf cells;
    fb_buf_init(&cells, 2 * FB_REC_BYTES_MAX);
    enum fb_status st = fb_rec_open(f->c, def, f->from, &cur, &f->err);
    if (st == FB_OK)
        st = fb_edit_record_open(f->edit, def, f->to, &w, &f->err);
    for (uint64_t n = 1; st == FB_OK && (st = fb_rec_next(cur, &row, &f->err)) == FB_OK; n++) {
        fb_buf_clear(&cells);
        put_cells(f, def, &row, n == f->row && strcmp(def->name, f->table) == 0, &cells);
        st = fb_rec_write(w, &row.at, (struct fb_span){cells.data, cells.len}, &f->err);
    }
    if (st == FB_EOF)
        st = fb_rec_writer_finish(w, NULL, NULL, &f->err);
    fb_rec_writer_free(w);
    fb_rec_close(cur);
    fb_buf_release(&cells);
    return st;
}

/* Which of the tables that the program knows are in the layer, and which layer that is. */
static enum fb_status find_layer(struct forge *f, bool in[static 256])
{
    struct fb_rec_info t;
    enum fb_status st;
    for (size_t i = 0; (st = fb_case_record_table(f->c, i, &t, &f->err)) == FB_OK; i++)
        if (t.newest && t.run_id && strcmp(t.name, f->table) == 0)
            f->from = t.run_id;
    for (size_t i = 0; fb_case_record_table(f->c, i, &t, &f->err) == FB_OK; i++) {
        const struct fb_rec_def *def;
        for (size_t k = 0; k < 256 && (def = fb_rec_known(k)) != NULL; k++)
            in[k] |= t.run_id == f->from && strcmp(def->name, t.name) == 0;
    }
    return st == FB_EOF && f->from ? FB_OK : fb_err_set(&f->err, FB_ERR_NOTFOUND, "no such layer");
}

static enum fb_status forge(struct forge *f, const char *path)
{
    static const struct fb_custody_entry entry = {.what = "forge", .params_json = "{}"};
    bool in[256] = {false};
    FB_TRY(fb_case_open(path, &f->c, &f->err));
    FB_TRY(find_layer(f, in));
    FB_TRY(fb_edit_open(path, &f->edit, &f->err));
    FB_TRY(fb_edit_layer(f->edit, "forged", &entry, NULL, &f->to, &f->err));
    for (size_t k = 0; k < 256; k++)
        if (in[k])
            FB_TRY(copy_table(f, fb_rec_known(k)));
    if (!f->done)
        return fb_err_set(&f->err, FB_ERR_NOTFOUND, "no such cell");
    fb_case_close(f->c);
    f->c = NULL;
    return fb_edit_commit(f->edit, &entry, &f->err);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    struct forge f = {.table = argv[2], .column = argv[3], .row = strtoull(argv[4], NULL, 10)};
    enum fb_status st = forge(&f, argv[1]);
    if (st != FB_OK)
        fprintf(stderr, "%s\n", f.err.msg);
    fb_edit_close(f.edit);
    fb_case_close(f.c);
    return st == FB_OK ? 0 : 1;
}
