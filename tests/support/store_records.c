#include "tests/support/store_records.h"

#include "base/cursor.h"
#include "store/edit.h"

#include <stdio.h>

#define MUST(expr)                                                                                           \
    do {                                                                                                     \
        struct fb_err must_err = {0};                                                                        \
        if (((expr)) != FB_OK) {                                                                             \
            fprintf(stderr, "%s: %s\n", #expr, must_err.msg);                                                \
            FB_BUG(true);                                                                                    \
        }                                                                                                    \
    } while (0)

static const struct fb_rec_col event_cols[] = {
    {"kind", FB_REC_INT},  {"until", FB_REC_TIME}, {"host", FB_REC_ADDR},
    {"name", FB_REC_TEXT}, {"raw", FB_REC_BLOB},   {"items", FB_REC_LIST},
};
static const struct fb_rec_col session_cols[] = {{"resp_domain", FB_REC_TEXT}, {"weight", FB_REC_INT}};
static const struct fb_rec_col row_cols[] = {{"entry", FB_REC_TEXT}};

const struct fb_rec_def rec_events = {"looked", 900, FB_REC_EVENTS, 6, event_cols};
const struct fb_rec_def rec_sessions = {"named", 901, FB_REC_SESSIONS, 2, session_cols};
const struct fb_rec_def rec_rows = {"loose", 902, FB_REC_ROWS, 1, row_cols};

static void make_event(uint64_t i, struct fb_buf *row)
{
    char text[64];
    struct fb_addr a = {{0x20, 1, 0xd, 0xb8, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i}};
    const uint8_t v4[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
    if (i % 3)
        a = fb_addr_v4(v4);
    fb_rec_int(row, (int64_t)(i % 100) - 50);
    if (i % 5)
        fb_rec_int(row, (int64_t)(1700000000000000000 + i * 1000));
    else
        fb_rec_null(row);
    if (i % 7)
        fb_rec_addr(row, &a);
    else
        fb_rec_null(row);
    fb_rec_bytes(row, text,
                 (size_t)snprintf(text, sizeof text, "h%llu.\xff.example", (unsigned long long)(i % 1000)));
    uint8_t raw[8];
    fb_store_le64(raw, i);
    fb_rec_bytes(row, raw, i % 9);
    struct fb_buf items;
    fb_buf_init(&items, 1000);
    for (uint64_t k = 0; k < i % 4; k++)
        fb_rec_item(&items, text, (size_t)(k + 1));
    if (i % 4 == 3)
        fb_rec_null(row);
    else
        fb_rec_list(row, &items);
    fb_buf_release(&items);
}

void rec_make(const struct fb_rec_def *def, uint64_t i, unsigned salt, struct fb_rec_at *at,
              struct fb_buf *row)
{
    char text[64];
    *at = (struct fb_rec_at){0};
    fb_buf_init(row, 1u << 16);
    if (def == &rec_events) {
        /* Several rows for one session, some for none. */
        *at = (struct fb_rec_at){i % 11 ? i / 3 + 1 : 0, 4 + i, (int64_t)(1700000000000000000 + i * 500)};
        make_event(i, row);
    } else if (def == &rec_sessions) {
        at->number = 3 * i + 1; /* with holes */
        snprintf(text, sizeof text, "s%u-%llu.example", salt, (unsigned long long)(i % 50));
        fb_rec_text(row, i % 10 ? text : NULL);
        fb_rec_int(row, (int64_t)(i * salt));
    } else {
        snprintf(text, sizeof text, "row %u %llu", salt, (unsigned long long)i);
        fb_rec_text(row, text);
    }
    FB_BUG(row->failed);
}

const char *rec_differs(const struct fb_rec_def *def, uint64_t i, unsigned salt, const struct fb_rec_row *got)
{
    struct fb_rec_at at;
    struct fb_buf want, row;
    const char *what = NULL;
    rec_make(def, i, salt, &at, &want);
    fb_buf_init(&row, 1u << 16);
    for (size_t c = 0; c < def->ncols; c++)
        fb_rec_put(&row, def->cols[c].type, &got->cells[c]);
    if (at.number != got->at.number || at.ordinal != got->at.ordinal || at.ts_ns != got->at.ts_ns)
        what = "place";
    else if (row.failed || row.len != want.len || memcmp(row.data, want.data, want.len) != 0)
        what = "cells";
    fb_buf_release(&want);
    fb_buf_release(&row);
    return what;
}

void rec_fill(struct fb_case *c, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        struct fb_rec_at at;
        struct fb_buf row;
        rec_make(&rec_events, i, 0, &at, &row);
        struct fb_observed o = {&rec_events, at.number, at.ordinal, at.ts_ns, {row.data, row.len}};
        FB_BUG(fb_case_on_record(c, &o) != FB_OK);
        fb_buf_release(&row);
    }
}

int64_t rec_layer(struct fb_case *c, const char *path, const struct fb_rec_def *def, uint64_t n,
                  unsigned salt, struct fb_digest *digest)
{
    static const struct fb_custody_entry entry = {
        .what = "test", .params_json = "{}", .tool_version = "1", .who = "me", .host = "here", .at_ns = 7};
    struct fb_edit *e;
    struct fb_rec_writer *w;
    int64_t run;
    MUST(c ? fb_edit_open_for(c, &e, &must_err) : fb_edit_open(path, &e, &must_err));
    MUST(fb_edit_layer(e, def->name, &entry, NULL, &run, &must_err));
    MUST(fb_edit_record_open(e, def, run, &w, &must_err));
    for (uint64_t i = 0; i < n; i++) {
        struct fb_rec_at at;
        struct fb_buf row;
        rec_make(def, i, salt, &at, &row);
        MUST(fb_rec_write(w, &at, (struct fb_span){row.data, row.len}, &must_err));
        fb_buf_release(&row);
    }
    MUST(fb_rec_writer_finish(w, NULL, digest, &must_err));
    fb_rec_writer_free(w);
    MUST(fb_edit_commit(e, &entry, &must_err));
    fb_edit_close(e);
    return run;
}
