#include "store/session_layers.h"

#include "store/layers.h"
#include "store/rec_dir.h"

const struct fb_session_layer_col fb_session_layer_cols[] = {
    [FB_LAYER_RESP_DOMAIN] = {"resp_domain", "TEXT", "names", "resp_domain"},
    [FB_LAYER_RESP_DOMAIN_SOURCE] = {"resp_domain_source", "TEXT", "names", "resp_domain_source"},
    [FB_LAYER_ORIG_DOMAIN] = {"orig_domain", "TEXT", "names", "orig_domain"},
    [FB_LAYER_ORIG_DOMAIN_SOURCE] = {"orig_domain_source", "TEXT", "names", "orig_domain_source"},
    [FB_LAYER_ANOMALY] = {"anomaly", "TEXT", "score", "anomaly"},
    [FB_LAYER_SCORE] = {"score", "INTEGER", "score", "score"},
    [FB_LAYER_BLACKLIST] = {"blacklist", "TEXT", "list_verdict", "blacklist"},
    [FB_LAYER_CONFORMANCE] = {"conformance", "TEXT", "list_verdict", "conformance"},
};
const unsigned fb_session_nlayer_cols = sizeof fb_session_layer_cols / sizeof *fb_session_layer_cols;

/* Which columns are tags, a text one or a list of them, and what stands before each. */
static const struct {
    const char *table, *column, *prefix;
} tag_cols[] = {
    {"list_verdict", "blacklist", "blacklist:"},
    {"score", "anomaly", "anomaly:"},
};
#define NTAG_COLS (sizeof tag_cols / sizeof *tag_cols)

#define TABLES_MAX 8
#define TAGS_MAX   256 /* of one session */

struct side {
    const char *name;
    struct fb_rec_scan scan;
    uint64_t number; /* at which it stands; 0: nowhere */
    bool there;      /* and it has a row for that number */
};

struct fb_session_layers {
    struct fb_case *c;
    struct side side[TABLES_MAX];
    size_t nsides;
    struct fb_session_tags *analysts;
    bool have_analysts;
    struct fb_buf tags, text;
    struct fb_err first; /* error */
};

enum fb_status fb_session_layers_open(struct fb_case *c, struct fb_session_layers **out, struct fb_err *err)
{
    FB_TRY(fb_case_refresh(c, err));
    struct fb_session_layers *l = calloc(1, sizeof *l);
    if (!l)
        return fb_err_nomem(err, "the layers of sessions");
    l->c = c;
    fb_buf_init(&l->tags, (size_t)1 << 24);
    fb_buf_init(&l->text, (size_t)1 << 24);
    *out = l;
    return FB_OK;
}

void fb_session_layers_close(struct fb_session_layers *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->nsides; i++)
        fb_rec_scan_release(&l->side[i].scan);
    fb_session_tags_free(l->analysts);
    fb_buf_release(&l->tags);
    fb_buf_release(&l->text);
    free(l);
}

/* The table, found when it is first asked about. */
static struct side *side_of(struct fb_session_layers *l, const char *name)
{
    for (size_t i = 0; i < l->nsides; i++)
        if (strcmp(l->side[i].name, name) == 0)
            return &l->side[i];
    FB_BUG(l->nsides == TABLES_MAX);
    struct side *s = &l->side[l->nsides++];
    struct fb_rec_table *t = fb_rec_find(l->c, name, FB_REC_NEWEST);
    if (t && t->def.order != FB_REC_SESSIONS) {
        fb_rec_table_let(t);
        t = NULL;
    }
    *s = (struct side){.name = name};
    fb_rec_scan_init(&s->scan, l->c, t);
    return s;
}

static enum fb_status stand_on(struct side *s, uint64_t number, struct fb_err *err)
{
    if (s->number == number)
        return FB_OK;
    fb_rec_scan_rewind(&s->scan);
    s->scan.number_lo = s->scan.number_hi = number;
    enum fb_status st = fb_rec_scan_next(&s->scan, err);
    s->there = st == FB_OK;
    s->number = st == FB_OK || st == FB_EOF ? number : 0;
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status keep(struct fb_session_layers *l, enum fb_status st, const struct fb_err *e,
                           struct fb_err *err)
{
    if (st == FB_OK)
        return FB_OK;
    if (l->first.status == FB_OK)
        l->first = *e;
    if (err)
        *err = *e;
    return st;
}

enum fb_status fb_session_layers_failed(const struct fb_session_layers *l, struct fb_err *err)
{
    if (!l || l->first.status == FB_OK)
        return FB_OK;
    if (err)
        *err = l->first;
    return l->first.status;
}

/* A cell by name; null when table, row or column is not there. */
static enum fb_status cell_of(struct fb_session_layers *l, const char *table, const char *column,
                              uint64_t number, struct fb_rec_cell *out, enum fb_rec_type *type,
                              struct fb_err *err)
{
    struct side *s = side_of(l, table);
    *out = (struct fb_rec_cell){.null = true};
    *type = FB_REC_TEXT;
    if (!s->scan.table)
        return FB_OK;
    FB_TRY(stand_on(s, number, err));
    const struct fb_rec_def *def = &s->scan.table->def;
    size_t col = 0;
    while (col < def->ncols && strcmp(def->cols[col].name, column) != 0)
        col++;
    if (!s->there || col == def->ncols)
        return FB_OK;
    *type = def->cols[col].type;
    (void)fb_rec_chunk_cell(s->scan.held->chunk, col, s->scan.row, out);
    return fb_rec_chunk_failed(s->scan.held->chunk, err);
}

enum fb_status fb_session_layers_cell(struct fb_session_layers *l, uint64_t number, unsigned i,
                                      struct fb_rec_cell *out, enum fb_rec_type *type, struct fb_err *err)
{
    const struct fb_session_layer_col *c = &fb_session_layer_cols[i];
    struct fb_err e = {0};
    return keep(l, cell_of(l, c->table, c->column, number, out, type, &e), &e, err);
}

/* ---- tags ---- */

struct tag_list {
    size_t off[TAGS_MAX], n; /* of each NUL-terminated tag in the buffer */
    struct fb_buf *text;
};

static void add_tag(struct tag_list *t, const char *prefix, struct fb_span s)
{
    if (t->n == TAGS_MAX || s.n == 0)
        return;
    t->off[t->n++] = t->text->len;
    fb_buf_puts(t->text, prefix);
    /* A comma or a NUL inside would end the tag. */
    for (size_t i = 0; i < s.n; i++)
        fb_buf_putc(t->text, s.p[i] == ',' || !s.p[i] ? ' ' : (char)s.p[i]);
    fb_buf_putc(t->text, '\0');
}

static enum fb_status add_layer_tags(struct fb_session_layers *l, uint64_t number, struct tag_list *t,
                                     struct fb_err *err)
{
    for (size_t i = 0; i < NTAG_COLS; i++) {
        struct fb_rec_cell cell;
        enum fb_rec_type type;
        struct fb_span item;
        FB_TRY(cell_of(l, tag_cols[i].table, tag_cols[i].column, number, &cell, &type, err));
        if (cell.null)
            continue;
        struct fb_cur list = fb_cur_init(cell.s.p, cell.s.n);
        if (type == FB_REC_TEXT)
            add_tag(t, tag_cols[i].prefix, cell.s);
        while (type == FB_REC_LIST && fb_rec_next_item(&list, &item))
            add_tag(t, tag_cols[i].prefix, item);
    }
    return FB_OK;
}

static int by_text(const void *a, const void *b, void *ctx)
{
    const char *text = ctx;
    return strcmp(text + *(const size_t *)a, text + *(const size_t *)b);
}

static enum fb_status add_analysts_tags(struct fb_session_layers *l, uint64_t number, struct tag_list *t,
                                        struct fb_err *err)
{
    if (!l->have_analysts)
        FB_TRY(fb_session_tags_load(l->c, &l->analysts, err));
    l->have_analysts = true;
    const char *p = fb_session_tags_of(l->analysts, number);
    while (p && *p) {
        size_t n = strcspn(p, ",");
        add_tag(t, "", (struct fb_span){(const uint8_t *)p, n});
        p += n + (p[n] == ',');
    }
    return FB_OK;
}

static enum fb_status tags_of(struct fb_session_layers *l, uint64_t number, const char **out,
                              struct fb_err *err)
{
    struct tag_list t = {.text = &l->text};
    fb_buf_clear(&l->text);
    fb_buf_clear(&l->tags);
    *out = NULL;
    FB_TRY(add_analysts_tags(l, number, &t, err));
    FB_TRY(add_layer_tags(l, number, &t, err));
    if (t.n == 0)
        return FB_OK;
    if (l->text.failed)
        return fb_err_nomem(err, "the tags of a session");
    const char *text = (const char *)l->text.data;
    qsort_r(t.off, t.n, sizeof *t.off, by_text, l->text.data);
    for (size_t i = 0; i < t.n; i++) {
        if (i > 0 && strcmp(text + t.off[i], text + t.off[i - 1]) == 0)
            continue;
        fb_buf_puts(&l->tags, i ? "," : "");
        fb_buf_puts(&l->tags, text + t.off[i]);
    }
    *out = fb_buf_cstr(&l->tags);
    return l->tags.failed ? fb_err_nomem(err, "the tags of a session") : FB_OK;
}

enum fb_status fb_session_layers_tags(struct fb_session_layers *l, uint64_t number, const char **out,
                                      struct fb_err *err)
{
    struct fb_err e = {0};
    return keep(l, tags_of(l, number, out, &e), &e, err);
}
