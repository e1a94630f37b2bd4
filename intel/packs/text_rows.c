#include "intel/packs/text_rows.h"

struct fb_span fb_span_trim(struct fb_span s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r')) {
        s.p++;
        s.n--;
    }
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

bool fb_span_is(struct fb_span s, const char *word)
{
    return s.n == strlen(word) && memcmp(s.p ? s.p : (const uint8_t *)"", word, s.n) == 0;
}

bool fb_span_is_word(struct fb_span s, const char *word)
{
    if (s.n != strlen(word))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t a = s.p[i], b = (uint8_t)word[i];
        if (a >= 'A' && a <= 'Z')
            a = (uint8_t)(a + 32);
        if (b >= 'A' && b <= 'Z')
            b = (uint8_t)(b + 32);
        if (a != b)
            return false;
    }
    return true;
}

bool fb_span_u64(struct fb_span s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (!s.n)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || v > (UINT64_MAX - (s.p[i] - '0')) / 10)
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *out = v;
    return v <= max;
}

static bool is_skipped(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    return p == end || *p == '\n' || *p == '#';
}

static void skip_line(struct fb_text_rows *r)
{
    uint8_t *nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
    r->p = nl ? nl + 1 : r->end;
    r->next_line++;
}

static char guess_separator(const uint8_t *p, const uint8_t *end)
{
    static const char all[] = "\t,;";
    while (p < end && is_skipped(p, end)) {
        const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
        p = nl ? nl + 1 : end;
    }
    if (p == end)
        return ',';
    const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
    for (const char *c = all; *c; c++)
        if (memchr(p, *c, (size_t)((nl ? nl : end) - p)))
            return *c;
    return ',';
}

void fb_text_rows_init(struct fb_text_rows *r, uint8_t *p, size_t n, char sep)
{
    *r = (struct fb_text_rows){.p = p, .end = n ? p + n : p, .sep = sep, .next_line = 1};
    if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
        r->p += 3;
    if (!sep)
        r->sep = guess_separator(r->p, r->end);
}

/* A field in quotes, the cursor after the first of them: moves its bytes together. What stands between the
 * closing quote and the separator is dropped. */
static struct fb_span quoted(struct fb_text_rows *r)
{
    uint8_t *start = r->p, *to = r->p;
    while (r->p < r->end) {
        if (*r->p == '"' && r->p + 1 < r->end && r->p[1] == '"')
            r->p++;
        else if (*r->p == '"')
            break;
        if (*r->p == '\n')
            r->next_line++;
        *to++ = *r->p++;
    }
    while (r->p < r->end && *r->p != (uint8_t)r->sep && *r->p != '\n')
        r->p++;
    return (struct fb_span){start, (size_t)(to - start)};
}

static struct fb_span plain(struct fb_text_rows *r)
{
    uint8_t *start = r->p;
    while (r->p < r->end && *r->p != (uint8_t)r->sep && *r->p != '\n')
        r->p++;
    return fb_span_trim((struct fb_span){start, (size_t)(r->p - start)});
}

bool fb_text_rows_next(struct fb_text_rows *r, struct fb_text_row *row)
{
    while (r->p < r->end && is_skipped(r->p, r->end))
        skip_line(r);
    if (r->p >= r->end)
        return false;
    row->n = 0;
    r->line = r->next_line;
    for (bool more = true; more;) {
        while (r->p < r->end && *r->p == ' ')
            r->p++;
        struct fb_span s;
        if (r->sep != '\t' && r->p < r->end && *r->p == '"') {
            r->p++;
            s = quoted(r);
        } else {
            s = plain(r);
        }
        if (row->n < FB_TEXT_FIELDS_MAX)
            row->field[row->n++] = s;
        more = r->p < r->end && *r->p == (uint8_t)r->sep;
        if (r->p < r->end)
            r->p++; /* the separator or the end of the line */
    }
    r->next_line++;
    return true;
}

bool fb_text_line(struct fb_text_rows *r, struct fb_span *line)
{
    if (r->p >= r->end)
        return false;
    uint8_t *start = r->p;
    r->line = r->next_line;
    skip_line(r);
    size_t n = (size_t)(r->p - start);
    if (n && start[n - 1] == '\n')
        n--;
    *line = fb_span_trim((struct fb_span){start, n});
    return true;
}
