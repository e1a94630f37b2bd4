#include "cli/table.h"

#include "base/escape.h"
#include "base/utf8.h"

#include <sys/ioctl.h>
#include <unistd.h>

#define HELD_ROWS        1000 /* rows looked at before widths are settled */
#define CELL_MAX         ((size_t)16 << 20)
#define HELD_MAX         ((size_t)256 << 20)
#define NARROWEST        8  /* no text column is cut below this */
#define COMFORTABLE      20 /* a text column shows its point with so much */
#define SHORTEST_HEADING 4

struct cell {
    size_t off, len; /* in `text` */
};

struct fb_table {
    struct fb_out *out;
    const char *const *heading;
    const bool *right;
    const char *spare; /* headings of columns that can be left out, or NULL */
    bool *left_out;
    size_t ncols, col;
    size_t *width, *data_width; /* data_width: without the heading */
    struct fb_buf text;         /* escaped cells of the rows held */
    struct cell *cell;          /* HELD_ROWS * ncols */
    size_t nrows;
    bool settled, any; /* any: a row came */
};

/* Two columns: East Asian wide and emoji, by block; everything else that prints takes one. */
static bool is_wide(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
           (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

static bool is_combining(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
           (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe20 && c <= 0xfe2f);
}

/* Bytes of the longest beginning that takes at most `max` columns; *width is what it takes. */
static size_t fitting(const uint8_t *p, size_t n, size_t max, size_t *width)
{
    size_t i = 0, w = 0;
    while (i < n) {
        uint32_t c = 0;
        unsigned len = fb_utf8_decode(p + i, n - i, &c);
        size_t step = len == 0 ? 1 : is_combining(c) ? 0 : is_wide(c) ? 2 : 1;
        if (w + step > max)
            break;
        w += step;
        i += len ? len : 1;
    }
    *width = w;
    return i;
}

size_t fb_text_width(const void *text, size_t n)
{
    size_t w;
    fitting(text, n, SIZE_MAX, &w);
    return w;
}

static void table_free(struct fb_table *t)
{
    fb_buf_release(&t->text);
    free(t->width);
    free(t->data_width);
    free(t->left_out);
    free(t->cell);
    free(t);
}

enum fb_status fb_table_new(struct fb_out *out, const char *const *heading, const bool *right, size_t ncols,
                            struct fb_table **t, struct fb_err *err)
{
    struct fb_table *n = calloc(1, sizeof *n);
    if (!n)
        return fb_err_nomem(err, "a table");
    *n = (struct fb_table){.out = out, .heading = heading, .right = right, .ncols = ncols};
    fb_buf_init(&n->text, HELD_MAX);
    n->width = calloc(ncols ? ncols : 1, sizeof *n->width);
    n->data_width = calloc(ncols ? ncols : 1, sizeof *n->data_width);
    n->left_out = calloc(ncols ? ncols : 1, sizeof *n->left_out);
    n->cell = calloc(HELD_ROWS * (ncols ? ncols : 1), sizeof *n->cell);
    if (!n->width || !n->data_width || !n->left_out || !n->cell) {
        table_free(n);
        return fb_err_nomem(err, "a table");
    }
    for (size_t i = 0; i < ncols; i++)
        n->width[i] = fb_text_width(heading[i], strlen(heading[i]));
    *t = n;
    return FB_OK;
}

void fb_table_spare(struct fb_table *t, const char *headings)
{
    t->spare = headings;
}

void fb_table_cell(struct fb_table *t, const void *text, size_t n)
{
    if (t->col == t->ncols)
        return;
    struct cell *c = &t->cell[t->nrows * t->ncols + t->col++];
    c->off = t->text.len;
    fb_escape_term(&t->text, text, n < CELL_MAX ? n : CELL_MAX);
    c->len = t->text.len - c->off;
}

static bool is_last(const struct fb_table *t, size_t col)
{
    while (++col < t->ncols)
        if (!t->left_out[col])
            return false;
    return true;
}

/* `may_cut`: headings and text; a number is never cut. */
static void put_padded(struct fb_table *t, size_t col, const uint8_t *p, size_t n, bool may_cut)
{
    struct fb_buf *b = &t->out->buf;
    size_t width = t->width[col], w;
    if (t->left_out[col])
        return;
    size_t fits = fitting(p, n, width, &w);
    bool cut = may_cut && t->out->terminal && fits < n;
    if (cut) {
        fits = fitting(p, n, width - 1, &w);
        w++;
    } else {
        fits = n;
        w = fb_text_width(p, n);
    }
    bool last = is_last(t, col);
    for (size_t i = w; i < width && t->right[col]; i++)
        fb_buf_putc(b, ' ');
    fb_buf_put(b, p, fits);
    if (cut)
        fb_buf_puts(b, "\xe2\x80\xa6");
    for (size_t i = w; i < width && !t->right[col] && !last; i++)
        fb_buf_putc(b, ' ');
    if (!last)
        fb_buf_puts(b, "  ");
}

size_t fb_table_terminal_width(void)
{
    struct winsize ws;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0)
        return ws.ws_col;
    return 80;
}

/* A column whose heading is wider than what stands under it, the worst first; ncols when there is none. */
static size_t widest_heading(const struct fb_table *t)
{
    size_t best = t->ncols, most = 0;
    for (size_t i = 0; i < t->ncols; i++) {
        size_t least = t->data_width[i] > SHORTEST_HEADING ? t->data_width[i] : SHORTEST_HEADING;
        if (!t->left_out[i] && t->width[i] > least && t->width[i] - least > most) {
            most = t->width[i] - least;
            best = i;
        }
    }
    return best;
}

/* The widest text column that has more than `least`; ncols when there is none. */
static size_t widest_text(const struct fb_table *t, size_t least)
{
    size_t best = t->ncols;
    for (size_t i = 0; i < t->ncols; i++)
        if (!t->left_out[i] && !t->right[i] && t->width[i] > least &&
            (best == t->ncols || t->width[i] > t->width[best]))
            best = i;
    return best;
}

/* Columns of the terminal that a row takes, no text column with more than `most`. */
static size_t row_width(const struct fb_table *t, size_t most)
{
    size_t total = 0, gap = 0;
    for (size_t i = 0; i < t->ncols; i++) {
        size_t least = t->data_width[i] > SHORTEST_HEADING ? t->data_width[i] : SHORTEST_HEADING;
        size_t w = most == SIZE_MAX ? t->width[i] : least < t->width[i] ? least : t->width[i];
        if (t->left_out[i])
            continue;
        total += gap + (t->right[i] || w < most ? w : most);
        gap = 2;
    }
    return total;
}

/* Leaves out what can be spared until the rest is comfortable. */
static void leave_out(struct fb_table *t, size_t limit)
{
    for (const char *p = t->spare; p && *p && row_width(t, COMFORTABLE) > limit;) {
        size_t n = strcspn(p, ",");
        for (size_t i = 0; i < t->ncols; i++)
            if (strlen(t->heading[i]) == n && memcmp(t->heading[i], p, n) == 0)
                t->left_out[i] = true;
        p += n + (p[n] == ',');
    }
}

/* What can be spared goes first; then long texts, then headings, then all texts give way, until the row fits
 * or nothing is left to take. */
static void fit_to_terminal(struct fb_table *t)
{
    size_t limit = fb_table_terminal_width();
    leave_out(t, limit);
    for (size_t total = row_width(t, SIZE_MAX); total > limit; total--) {
        size_t col = widest_text(t, COMFORTABLE);
        if (col == t->ncols)
            col = widest_heading(t);
        if (col == t->ncols)
            col = widest_text(t, NARROWEST);
        if (col == t->ncols)
            break;
        t->width[col]--;
    }
}

/* Ends a line without blanks at its end. */
static void end_line(struct fb_table *t)
{
    struct fb_buf *b = &t->out->buf;
    while (b->len && b->data[b->len - 1] == ' ')
        b->len--;
    fb_buf_putc(b, '\n');
}

static void settle(struct fb_table *t)
{
    for (size_t r = 0; r < t->nrows; r++) {
        for (size_t i = 0; i < t->ncols; i++) {
            const struct cell *c = &t->cell[r * t->ncols + i];
            size_t w = fb_text_width(t->text.data + c->off, c->len);
            if (w > t->data_width[i])
                t->data_width[i] = w;
            if (w > t->width[i])
                t->width[i] = w;
        }
    }
    if (t->out->terminal)
        fit_to_terminal(t);
    t->settled = true;
    const char *no_color = getenv("NO_COLOR");
    bool bold = t->out->terminal && !(no_color && *no_color);
    if (bold)
        fb_buf_puts(&t->out->buf, "\033[1m");
    for (size_t i = 0; i < t->ncols; i++)
        put_padded(t, i, (const uint8_t *)t->heading[i], strlen(t->heading[i]), true);
    if (bold)
        fb_buf_puts(&t->out->buf, "\033[0m");
    end_line(t);
}

static enum fb_status print_held(struct fb_table *t)
{
    if (!t->settled)
        settle(t);
    enum fb_status st = FB_OK;
    for (size_t r = 0; r < t->nrows && st == FB_OK; r++) {
        for (size_t i = 0; i < t->ncols; i++) {
            const struct cell *c = &t->cell[r * t->ncols + i];
            put_padded(t, i, t->text.data + c->off, c->len, !t->right[i]);
        }
        end_line(t);
        st = fb_out_row(t->out);
    }
    t->nrows = 0;
    fb_buf_clear(&t->text);
    return st;
}

enum fb_status fb_table_end_row(struct fb_table *t)
{
    while (t->col < t->ncols)
        fb_table_cell(t, "", 0);
    t->col = 0;
    t->nrows++;
    t->any = true;
    return t->settled || t->nrows == HELD_ROWS || t->text.len > HELD_MAX / 2 ? print_held(t) : FB_OK;
}

enum fb_status fb_table_finish(struct fb_table *t)
{
    enum fb_status st = print_held(t);
    if (!t->any && t->out->terminal)
        fb_buf_puts(&t->out->buf, "(none)\n");
    table_free(t);
    return st;
}
