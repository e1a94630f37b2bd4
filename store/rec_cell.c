/* Cells of records as SQL values. */
#include "base/escape.h"
#include "base/utf8.h"
#include "store/rec_dir.h"

/* Length of the run of ASCII (no NUL) at `at`: nearly always all there is. */
static size_t plain_run(struct fb_span s, size_t at)
{
    size_t end = at;
    while (end < s.n && s.p[end] - 1u < 0x7f)
        end++;
    return end - at;
}

void fb_rec_show_text(struct fb_buf *out, struct fb_span s)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < s.n;) {
        uint32_t cp;
        size_t run = plain_run(s, i);
        if (run) {
            fb_buf_put(out, s.p + i, run);
            i += run;
            continue;
        }
        unsigned n = fb_utf8_decode(s.p + i, s.n - i, &cp);
        if (n && cp) {
            fb_buf_put(out, s.p + i, n);
        } else {
            n = 1;
            fb_buf_puts(out, "\\x");
            fb_buf_putc(out, hex[s.p[i] >> 4]);
            fb_buf_putc(out, hex[s.p[i] & 15]);
        }
        i += n;
    }
}

void fb_rec_show_list(struct fb_buf *out, struct fb_span s)
{
    struct fb_cur list = fb_cur_init(s.p, s.n);
    struct fb_span item;
    struct fb_buf text;
    const char *before = "[";
    fb_buf_init(&text, 4 * FB_REC_BYTES_MAX);
    while (fb_rec_next_item(&list, &item)) {
        fb_buf_clear(&text);
        fb_rec_show_text(&text, item);
        fb_buf_puts(out, before);
        fb_escape_json(out, text.data, text.len);
        before = ",";
    }
    fb_buf_puts(out, *before == '[' ? "[]" : "]");
    fb_buf_release(&text);
}

void fb_rec_result(sqlite3_context *x, enum fb_rec_type type, const struct fb_rec_cell *cell)
{
    char addr[FB_ADDR_STRLEN];
    struct fb_buf b;
    if (cell->null)
        return;
    switch (type) {
    case FB_REC_INT:
    case FB_REC_TIME:
        sqlite3_result_int64(x, cell->i);
        return;
    case FB_REC_ADDR:
        sqlite3_result_text(x, addr, (int)fb_addr_format(&cell->addr, addr), SQLITE_TRANSIENT);
        return;
    case FB_REC_BLOB:
        sqlite3_result_blob64(x, cell->s.n ? cell->s.p : (const uint8_t *)"", cell->s.n, SQLITE_TRANSIENT);
        return;
    case FB_REC_TEXT:
    case FB_REC_LIST:
        if (type == FB_REC_TEXT && cell->s.n > 0 && plain_run(cell->s, 0) == cell->s.n) {
            sqlite3_result_text64(x, (const char *)cell->s.p, cell->s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
            return;
        }
        fb_buf_init(&b, 64 * (size_t)FB_REC_BYTES_MAX);
        if (type == FB_REC_TEXT)
            fb_rec_show_text(&b, cell->s);
        else
            fb_rec_show_list(&b, cell->s);
        if (b.failed)
            sqlite3_result_error_nomem(x);
        else
            sqlite3_result_text(x, b.len ? (const char *)b.data : "", (int)b.len, SQLITE_TRANSIENT);
        fb_buf_release(&b);
        return;
    }
}
