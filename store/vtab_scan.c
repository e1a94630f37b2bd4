#include "store/vtab_scan.h"

#include "store/ahead.h"

void fb_scan_init(struct fb_scan *s, struct fb_case *c)
{
    memset(s, 0, sizeof *s);
    s->c = c;
    s->hi = UINT64_MAX;
    s->next = 1;
}

void fb_scan_release(struct fb_scan *s)
{
    fb_ahead_stop(s->ahead);
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

static bool passes(const struct fb_test *t, uint64_t v)
{
    if (t->kind == FB_TEST_IP)
        return has_code(t, v);
    if (t->kind == FB_TEST_TEXT)
        return v == t->code;
    int64_t i = clamp(v, fb_col_info[t->col].is_signed);
    return i >= t->lo && i <= t->hi;
}

static void filter_row_by_row(struct fb_scan *s, const struct fb_test *t)
{
    struct fb_chunk *k = s->held->chunk;
    unsigned kept = 0;
    for (unsigned i = 0; i < s->nsel; i++) {
        uint32_t row = s->page_row + s->sel[i];
        if (passes(t, fb_chunk_value(k, t->col, row)) ||
            (t->kind == FB_TEST_IP && passes(t, fb_chunk_value(k, FB_COL_RESP_H, row))))
            s->sel[kept++] = s->sel[i];
    }
    s->nsel = kept;
}

FB_PAGE_LOOP void mark_equal(const uint64_t *v, size_t n, uint64_t code, uint8_t *pass)
{
    for (size_t i = 0; i < n; i++)
        pass[i] |= v[i] == code;
}

FB_PAGE_LOOP void mark_range(const uint64_t *v, size_t n, uint64_t lo, uint64_t span, uint8_t *pass)
{
    for (size_t i = 0; i < n; i++)
        pass[i] |= v[i] - lo <= span;
}

/* Which values of a whole page pass. A range of numbers is one of values in two's complement; of unsigned
 * ones those above INT64_MAX count as that. */
static void mark(const struct fb_test *t, const uint64_t *v, size_t n, uint8_t *pass)
{
    bool is_signed = fb_col_info[t->col].is_signed;
    uint64_t lo = (uint64_t)t->lo, hi = (uint64_t)t->hi;
    if (t->kind == FB_TEST_TEXT) {
        FB_FULL_OR(n, mark_equal(v, FB_PAGE_ROWS, t->code, pass), mark_equal(v, n, t->code, pass));
        return;
    }
    if (t->kind == FB_TEST_IP) {
        for (size_t k = 0; k < t->ncodes; k++)
            FB_FULL_OR(n, mark_equal(v, FB_PAGE_ROWS, t->codes[k], pass),
                       mark_equal(v, n, t->codes[k], pass));
        return;
    }
    if (t->lo > t->hi || (!is_signed && t->hi < 0))
        return;
    if (!is_signed) {
        lo = t->lo < 0 ? 0 : lo;
        hi = t->hi == INT64_MAX ? UINT64_MAX : hi;
    }
    FB_FULL_OR(n, mark_range(v, FB_PAGE_ROWS, lo, hi - lo, pass), mark_range(v, n, lo, hi - lo, pass));
}

/* Column by column, when most rows of the page are asked for anyway. The page stays held: what is selected
 * will often be shown, too. */
static void filter_page(struct fb_scan *s, const struct fb_test *t)
{
    struct fb_chunk *k = s->held->chunk;
    uint64_t v[FB_PAGE_ROWS];
    uint8_t pass[FB_PAGE_ROWS] = {0};
    unsigned kept = 0;
    for (unsigned end = 0; end < 1u + (t->kind == FB_TEST_IP); end++) {
        unsigned col = end ? FB_COL_RESP_H : t->col;
        (void)fb_chunk_value(k, col, s->page_row + s->sel[0]);
        mark(t, v, fb_chunk_values(k, col, s->page_row / FB_PAGE_ROWS, v), pass);
    }
    for (unsigned i = 0; i < s->nsel; i++) {
        s->sel[kept] = s->sel[i];
        kept += pass[s->sel[i]];
    }
    s->nsel = kept;
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
        const struct fb_test *t = &s->test[i];
        if (s->nsel < FB_PAGE_ROWS / 8 || (t->kind == FB_TEST_IP && t->ncodes > 16))
            filter_row_by_row(s, t);
        else
            filter_page(s, t);
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

/* Reading ahead is worth a thread when several chunks will be read: a list or a text says so at once, other
 * statements may be content with the first rows. */
static void start_ahead(struct fb_scan *s, const struct fb_chunk_list *list, size_t i)
{
    bool several = s->list != NULL || s->entered > 0;
    for (unsigned k = 0; k < s->ntests && !several; k++)
        several = s->test[k].kind != FB_TEST_RANGE;
    uint64_t hi = s->list && s->list[s->nlist - 1] < s->hi ? s->list[s->nlist - 1] : s->hi;
    if (!several || s->no_ahead || !s->c->shareable || i + 1 == list->n || list->m[i + 1].first_number > hi)
        return;
    s->no_ahead = true; /* one is enough */
    s->ahead = fb_ahead_start(s, list->m[i].cid >> 20);
}

/* *may false: it is left out. */
static enum fb_status take_chunk(struct fb_scan *s, const struct fb_chunk_list *list, size_t i, bool *may,
                                 struct fb_err *err)
{
    uint64_t window = list->m[i].cid >> 20;
    if (s->gate) {
        *may = s->gate(s->gate_ctx, window);
        return *may ? fb_case_take_chunk(s->c, &list->m[i], &s->held, err) : FB_OK;
    }
    start_ahead(s, list, i);
    s->entered++;
    struct fb_chunk *k = s->ahead ? fb_ahead_take(s->ahead, window) : NULL;
    return k ? fb_case_adopt_chunk(s->c, k, &s->held, err)
             : fb_case_take_chunk(s->c, &list->m[i], &s->held, err);
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
        uint64_t last = m->last_number;
        if (may)
            FB_TRY(take_chunk(s, list, i, &may, err));
        if (may) {
            bool found = find_codes(s);
            FB_TRY(fb_chunk_failed(s->held->chunk, err));
            if (found)
                return FB_OK;
            fb_case_let_chunk(s->c, s->held);
            s->held = NULL;
        }
        s->next = last + 1;
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
            fb_chunk_slim(s->held->chunk);
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
    s->pages++;
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
    return fb_scan_next_page(s, err);
}

enum fb_status fb_scan_next_page(struct fb_scan *s, struct fb_err *err)
{
    s->nsel = 0;
    while (s->nsel == 0)
        FB_TRY(next_page(s, err));
    return FB_OK;
}
