#include "cli/layer_counts.h"

#include "store/rectab.h"
#include "store/session_layers.h"

static bool is(struct fb_span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

static void count_conformance(struct fb_layer_counts *n, const struct fb_rec_cell *cell)
{
    if (is(cell->s, "conforming"))
        n->conforming++;
    else if (is(cell->s, "nonconforming"))
        n->nonconforming++;
    else
        n->unknown++;
}

/* A list of names, of which an empty one says nothing. */
static void count_blacklist(struct fb_layer_counts *n, const struct fb_rec_cell *cell)
{
    n->blacklisted += cell->s.n > 0;
}

static void count_anomaly(struct fb_layer_counts *n, const struct fb_rec_cell *cell)
{
    if (is(cell->s, "abnormal"))
        n->abnormal++;
    else if (is(cell->s, "suspicious"))
        n->suspicious++;
    else if (is(cell->s, "normal"))
        n->normal++;
}

/* One column of a layer. */
static enum fb_status each(struct fb_case *c, uint16_t id, enum fb_session_layer which, enum fb_rec_type type,
                           void (*count)(struct fb_layer_counts *, const struct fb_rec_cell *),
                           struct fb_layer_counts *n, struct fb_err *err)
{
    const struct fb_session_layer_col *l = &fb_session_layer_cols[which];
    const struct fb_rec_col col = {l->column, type};
    const struct fb_rec_def def = {
        .name = l->table, .id = id, .order = FB_REC_SESSIONS, .ncols = 1, .cols = &col};
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    FB_TRY(fb_rec_open(c, &def, FB_REC_NEWEST, &cur, err));
    enum fb_status st;
    while ((st = fb_rec_next(cur, &row, err)) == FB_OK)
        if (!row.cells[0].null)
            count(n, &row.cells[0]);
    fb_rec_close(cur);
    return st == FB_EOF ? FB_OK : st;
}

/* A layer may have no rows, so whether it is there is asked for by name. 0: it is not. */
static enum fb_status find_layers(struct fb_case *c, uint16_t *lists, uint16_t *scores, struct fb_err *err)
{
    struct fb_rec_info t;
    enum fb_status st;
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++) {
        if (t.newest && t.run_id && t.order == FB_REC_SESSIONS && strcmp(t.name, "list_verdict") == 0)
            *lists = t.id;
        if (t.newest && t.run_id && t.order == FB_REC_SESSIONS && strcmp(t.name, "score") == 0)
            *scores = t.id;
    }
    return st == FB_EOF ? FB_OK : st;
}

enum fb_status fb_layer_counts(struct fb_case *c, struct fb_layer_counts *out, struct fb_err *err)
{
    *out = (struct fb_layer_counts){.listed = false};
    uint16_t lists = 0, scores = 0;
    FB_TRY(find_layers(c, &lists, &scores, err));
    out->listed = lists != 0;
    out->scored = scores != 0;
    if (out->listed) {
        FB_TRY(each(c, lists, FB_LAYER_CONFORMANCE, FB_REC_TEXT, count_conformance, out, err));
        FB_TRY(each(c, lists, FB_LAYER_BLACKLIST, FB_REC_LIST, count_blacklist, out, err));
    }
    return out->scored ? each(c, scores, FB_LAYER_ANOMALY, FB_REC_TEXT, count_anomaly, out, err) : FB_OK;
}

const char *fb_layer_conformance(const struct fb_layer_counts *n)
{
    if (!n->listed)
        return "no list";
    return n->nonconforming ? "nonconforming" : n->conforming ? "conforming" : "unknown";
}

void fb_layer_counts_text(struct fb_buf *b, const struct fb_layer_counts *n)
{
    fb_buf_printf(b, "conformance     %s", fb_layer_conformance(n));
    if (n->nonconforming)
        fb_buf_printf(b, ": %llu of %llu sessions", (unsigned long long)n->nonconforming,
                      (unsigned long long)(n->conforming + n->nonconforming + n->unknown));
    else if (n->listed && !n->conforming)
        fb_buf_puts(b, ": no whitelist judged a session");
    fb_buf_putc(b, '\n');
    if (n->listed)
        fb_buf_printf(b, "blacklisted     %llu of %llu sessions\n", (unsigned long long)n->blacklisted,
                      (unsigned long long)(n->conforming + n->nonconforming + n->unknown));
}

void fb_layer_counts_json(struct fb_buf *b, const struct fb_layer_counts *n)
{
    fb_buf_printf(b, "\"conformance\":\"%s\",", fb_layer_conformance(n));
    if (n->listed)
        fb_buf_printf(
            b,
            "\"lists\":{\"conforming\":%llu,\"nonconforming\":%llu,\"unknown\":%llu,\"blacklisted\":%llu},",
            (unsigned long long)n->conforming, (unsigned long long)n->nonconforming,
            (unsigned long long)n->unknown, (unsigned long long)n->blacklisted);
    else
        fb_buf_puts(b, "\"lists\":null,");
}
