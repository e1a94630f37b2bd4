#include "store/vtab_scan.h"

void fb_scan_init(struct fb_scan *s, struct fb_case *c)
{
    memset(s, 0, sizeof *s);
    s->c = c;
    s->hi = UINT64_MAX;
    s->next = 1;
}

void fb_scan_release(struct fb_scan *s)
{
    fb_case_let_chunk(s->c, s->held);
    for (unsigned i = 0; i < s->ntests; i++) {
        free(s->test[i].p);
        free(s->test[i].codes);
    }
    free(s->list);
    fb_scan_init(s, s->c);
}

static int64_t clamp(uint64_t v, bool is_signed)
{
    return is_signed || v <= INT64_MAX ? (int64_t)v : INT64_MAX;
}

static bool zone_allows(const struct fb_scan *s, const struct fb_zone *z)
{
    for (unsigned i = 0; i < s->ntests; i++) {
        const struct fb_test *t = &s->test[i];
        if (t->kind != FB_TEST_RANGE)
            continue;
        bool sg = fb_col_info[t->col].is_signed;
        if (clamp(z->hi[t->col], sg) < t->lo || clamp(z->lo[t->col], sg) > t->hi)
            return false;
    }
    return true;
}

/* Codes of the addresses that this chunk knows. */
static bool find_addresses(struct fb_test *t, const struct fb_dict *d)
{
    t->ncodes = 0;
    for (size_t i = 0; i + 16 <= t->n; i += 16) {
        uint32_t code = fb_dict_find(d, t->p + i, 16);
        if (code != UINT32_MAX)
            t->codes[t->ncodes++] = code;
    }
    return t->ncodes > 0;
}

static bool has_code(const struct fb_test *t, uint64_t code)
{
    for (size_t i = 0; i < t->ncodes; i++)
        if (t->codes[i] == code)
            return true;
    return false;
}

/* Looks texts up in the chunk's dictionaries. False: one of them is not there. */
static bool find_codes(struct fb_scan *s)
{
    for (unsigned i = 0; i < s->ntests; i++) {
        struct fb_test *t = &s->test[i];
        if (t->kind == FB_TEST_RANGE)
            continue;
        if (fb_col_info[t->col].dict == FB_DICT_ADDR &&
            !fb_chunk_may_have(s->held->chunk, (const uint8_t *)t->p, t->n / 16))
            return false;
        const struct fb_dict *d = fb_chunk_dict(s->held->chunk, (unsigned)fb_col_info[t->col].dict);
        if (!d || !(t->kind == FB_TEST_IP ? find_addresses(t, d)
                                          : (t->code = fb_dict_find(d, t->p, t->n)) != UINT32_MAX))
            return false;
    }
    return true;
}

static bool passes(const struct fb_scan *s, const struct fb_test *t, uint32_t row)
{
    struct fb_chunk *k = s->held->chunk;
    if (t->kind == FB_TEST_IP)
        return has_code(t, fb_chunk_value(k, FB_COL_ORIG_H, row)) ||
               has_code(t, fb_chunk_value(k, FB_COL_RESP_H, row));
    uint64_t v = fb_chunk_value(k, t->col, row);
    if (t->kind == FB_TEST_TEXT)
        return v == t->code;
    int64_t i = clamp(v, fb_col_info[t->col].is_signed);
    return i >= t->lo && i <= t->hi;
}

/* Keeps the selected rows that are there and pass every test. */
static void filter(struct fb_scan *s)
{
    const struct fb_gone *gone = fb_gone_find(&s->c->gone, fb_chunk_cid(s->held->chunk) >> 20);
    unsigned there = 0;
    for (unsigned k = 0; gone && k < s->nsel; k++)
        if (!fb_gone_row(gone, s->page_row + s->sel[k]))
            s->sel[there++] = s->sel[k];
    s->nsel = gone ? there : s->nsel;
    for (unsigned i = 0; i < s->ntests && s->nsel > 0; i++) {
        unsigned kept = 0;
        for (unsigned k = 0; k < s->nsel; k++)
            if (passes(s, &s->test[i], s->page_row + s->sel[k]))
                s->sel[kept++] = s->sel[k];
        s->nsel = kept;
    }
}

/* Whether the filters that lie together let the chunk through; nothing of the chunk itself is read. */
static enum fb_status filters_allow(const struct fb_scan *s, uint64_t window, bool *may, struct fb_err *err)
{
    *may = true;
    for (unsigned i = 0; i < s->ntests && *may; i++) {
        const struct fb_test *t = &s->test[i];
        if (t->kind != FB_TEST_RANGE && fb_col_info[t->col].dict == FB_DICT_ADDR)
            FB_TRY(fb_case_may_have(s->c, window, (const uint8_t *)t->p, t->n / 16, may, err));
    }
    return FB_OK;
}

/* Stands on the chunk that holds the first number >= s->next that the zone maps and dictionaries allow. */
static enum fb_status enter_chunk(struct fb_scan *s, struct fb_err *err)
{
    for (;;) {
        const struct fb_chunk_list *list = &s->c->sessions;
        size_t i = fb_chunk_list_find(list, s->next);
        if (i == list->n || list->m[i].first_number > s->hi)
            return FB_EOF;
        const struct fb_chunk_meta *m = &list->m[i];
        if (s->next < m->first_number)
            s->next = m->first_number;
        bool may = zone_allows(s, &m->zone);
        if (may)
            FB_TRY(filters_allow(s, m->cid >> 20, &may, err));
        if (may) {
            uint64_t last = m->last_number;
            FB_TRY(fb_case_take_chunk(s->c, m, &s->held, err));
            bool found = find_codes(s);
            FB_TRY(fb_chunk_failed(s->held->chunk, err));
            if (found)
                return FB_OK;
            fb_case_let_chunk(s->c, s->held);
            s->held = NULL;
            s->next = last + 1;
        } else {
            s->next = m->last_number + 1;
        }
    }
}

static void select_page(struct fb_scan *s, uint32_t row, uint32_t end)
{
    s->page_row = row / FB_PAGE_ROWS * FB_PAGE_ROWS;
    uint32_t stop = s->page_row + FB_PAGE_ROWS < end ? s->page_row + FB_PAGE_ROWS : end;
    s->nsel = 0;
    for (uint32_t r = row; r < stop; r++)
        s->sel[s->nsel++] = (uint16_t)(r - s->page_row);
    s->next += stop - row;
}

/* The listed numbers that lie in this page. */
static void select_listed(struct fb_scan *s, uint64_t first, uint32_t row, uint32_t end)
{
    s->page_row = row / FB_PAGE_ROWS * FB_PAGE_ROWS;
    uint32_t stop = s->page_row + FB_PAGE_ROWS < end ? s->page_row + FB_PAGE_ROWS : end;
    s->nsel = 0;
    for (; s->at_list < s->nlist && s->list[s->at_list] < first + stop; s->at_list++)
        s->sel[s->nsel++] = (uint16_t)(s->list[s->at_list] - first - s->page_row);
    s->next = first + stop;
}

static enum fb_status next_page(struct fb_scan *s, struct fb_err *err)
{
    if (s->next < s->lo)
        s->next = s->lo;
    if (s->list) {
        while (s->at_list < s->nlist && s->list[s->at_list] < s->next)
            s->at_list++;
        if (s->at_list == s->nlist)
            return FB_EOF;
        s->next = s->list[s->at_list];
    }
    if (s->next > s->hi || s->nothing)
        return FB_EOF;
    if (s->held) {
        uint64_t first = fb_chunk_first(s->held->chunk);
        if (s->next < first || s->next - first >= fb_chunk_nrows(s->held->chunk)) {
            fb_case_let_chunk(s->c, s->held);
            s->held = NULL;
        }
    }
    if (!s->held)
        FB_TRY(enter_chunk(s, err));
    struct fb_chunk *k = s->held->chunk;
    uint64_t first = fb_chunk_first(k), left = s->hi - first;
    uint32_t end = left < fb_chunk_nrows(k) ? (uint32_t)left + 1 : fb_chunk_nrows(k);
    if (s->next > s->hi)
        return FB_EOF;
    /* The chunk that was entered lies behind the number asked for: look at the list again. */
    if (s->list && s->list[s->at_list] != s->next)
        return FB_OK;
    if (s->list)
        select_listed(s, first, (uint32_t)(s->next - first), end);
    else
        select_page(s, (uint32_t)(s->next - first), end);
    filter(s);
    if (s->nsel > 0)
        fb_chunk_focus(k, s->page_row / FB_PAGE_ROWS, s->sel, s->nsel <= FB_PICKS_MAX ? s->nsel : 0);
    s->at = 0;
    return fb_chunk_failed(k, err);
}

enum fb_status fb_scan_next(struct fb_scan *s, struct fb_err *err)
{
    if (s->at + 1 < s->nsel) {
        s->at++;
        return FB_OK;
    }
    s->nsel = 0;
    while (s->nsel == 0)
        FB_TRY(next_page(s, err));
    return FB_OK;
}
