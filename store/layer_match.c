#include "store/layer_match.h"

#include "store/rec_dir.h"
#include "store/session_layers.h"

struct pattern {
    enum fb_match_kind kind;
    const char *text;
    const char *tail; /* LIKE: what follows the last wildcard, in any case of letters */
    size_t ntail;
    struct fb_buf shown;
};

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Most texts fail at their last letters. Bytes that are shown as others begin with 0x80 or are NUL. */
static bool tail_differs(const struct pattern *p, struct fb_span s)
{
    for (size_t k = 1; k <= p->ntail; k++) {
        uint8_t want = (uint8_t)p->tail[p->ntail - k];
        if (k > s.n)
            return true;
        uint8_t c = s.p[s.n - k];
        if (c == 0 || c >= 0x80 || want >= 0x80)
            return false;
        if (lower(c) != lower(want))
            return true;
    }
    return false;
}

static bool wanted(void *ctx, struct fb_span s)
{
    struct pattern *p = ctx;
    if (p->kind == FB_MATCH_LIKE && tail_differs(p, s))
        return false;
    fb_buf_clear(&p->shown);
    fb_rec_show_text(&p->shown, s);
    const char *text = fb_buf_cstr(&p->shown);
    if (p->kind == FB_MATCH_LIKE)
        return sqlite3_strlike(p->text, text, 0) == 0;
    if (p->kind == FB_MATCH_GLOB)
        return sqlite3_strglob(p->text, text) == 0;
    return strcmp(p->text, text) == 0;
}

static bool collect(struct fb_case *c, struct fb_rec_table *t, size_t col, struct pattern *p,
                    struct fb_buf *numbers)
{
    for (size_t i = 0; i < t->n; i++) {
        struct fb_rec_held *h;
        if (fb_rec_take_chunk(c, t, i, &h, NULL) != FB_OK)
            return false;
        bool good = fb_rec_chunk_select(h->chunk, col, wanted, p, numbers);
        fb_rec_let_chunk(h);
        if (!good || numbers->failed || p->shown.failed)
            return false;
    }
    return true;
}

static bool match(struct fb_case *c, struct fb_rec_table *t, const char *column, struct pattern *p,
                  struct fb_buf *numbers)
{
    size_t col = 0;
    while (col < t->def.ncols && strcmp(t->def.cols[col].name, column) != 0)
        col++;
    /* A table of that name that is none of sessions, or lacks the column, shows nothing anywhere. */
    if (t->def.order != FB_REC_SESSIONS || col == t->def.ncols)
        return true;
    return t->def.cols[col].type == FB_REC_TEXT && collect(c, t, col, p, numbers);
}

bool fb_layer_match(struct fb_case *c, unsigned i, enum fb_match_kind kind, const char *text, uint64_t **list,
                    size_t *n)
{
    const struct fb_session_layer_col *layer = &fb_session_layer_cols[i];
    struct pattern p = {.kind = kind, .text = text, .tail = text};
    struct fb_buf numbers;
    for (const char *at = text; *at; at++)
        if (*at == '%' || *at == '_')
            p.tail = at + 1;
    p.ntail = strlen(p.tail);
    fb_buf_init(&numbers, FB_MATCH_MAX * sizeof **list);
    fb_buf_init(&p.shown, 4 * FB_REC_BYTES_MAX + 1);
    struct fb_rec_table *t = fb_rec_find(c, layer->table, FB_REC_NEWEST);
    bool told = !t || match(c, t, layer->column, &p, &numbers);
    fb_rec_table_let(t);
    fb_buf_release(&p.shown);
    *n = numbers.len / sizeof **list;
    if (told)
        *list = (uint64_t *)(void *)numbers.data;
    else
        fb_buf_release(&numbers);
    return told;
}
