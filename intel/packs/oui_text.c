/* The forms in which lists of MAC blocks are published. */
#include "intel/packs/oui.h"
#include "intel/packs/text_rows.h"

#define LOOK_LINES 400 /* Wireshark's file has a long comment first */

static bool contains(struct fb_span s, const char *word)
{
    return s.n && memmem(s.p, s.n, word, strlen(word)) != NULL;
}

/* "00:00:01" and longer, "001BC5000000/36": the prefix without what stands between its octets. */
static bool manuf_prefix(struct fb_span s, unsigned *bits, uint64_t *prefix)
{
    uint8_t digit[12];
    size_t n = 0;
    uint64_t mask;
    const uint8_t *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
    struct fb_span head = {s.p, slash ? (size_t)(slash - s.p) : s.n};
    for (size_t i = 0; i < head.n; i++) {
        if (memchr(":-.", head.p[i], 3))
            continue;
        if (n == sizeof digit)
            return false;
        digit[n++] = head.p[i];
    }
    if (n < 6 || n % 2 || !fb_oui_digits((struct fb_span){digit, n}, bits, prefix))
        return false;
    if (!slash)
        return true;
    if (!fb_span_u64((struct fb_span){slash + 1, s.n - head.n - 1}, 48, &mask) || !mask)
        return false;
    *bits = (unsigned)mask;
    return true;
}

enum fb_oui_form fb_oui_recognise(struct fb_span text)
{
    struct fb_text_rows r;
    struct fb_span line;
    fb_text_rows_init(&r, (uint8_t *)text.p, text.n, ',');
    for (int i = 0; i < LOOK_LINES && fb_text_line(&r, &line); i++) {
        unsigned bits;
        uint64_t prefix;
        if (!line.n || line.p[0] == '#')
            continue;
        if (contains(line, "Registry,Assignment,Organization Name"))
            return FB_OUI_CSV;
        if (contains(line, "(hex)") || contains(line, "(base 16)"))
            return FB_OUI_TXT;
        const uint8_t *tab = memchr(line.p, '\t', line.n);
        if (tab && manuf_prefix((struct fb_span){line.p, (size_t)(tab - line.p)}, &bits, &prefix))
            return FB_OUI_MANUF;
    }
    return FB_OUI_NONE;
}

static enum fb_status read_csv(struct fb_text_rows *r, struct fb_row_set *set, uint64_t *bad,
                               struct fb_err *err)
{
    struct fb_text_row row;
    fb_text_rows_next(r, &row);
    while (fb_text_rows_next(r, &row)) {
        unsigned bits;
        uint64_t prefix;
        if (row.n < 3 || !fb_oui_digits(row.field[1], &bits, &prefix))
            ++*bad;
        else
            FB_TRY(fb_oui_add(set, bits, prefix, fb_span_trim(row.field[2]), err));
    }
    return FB_OK;
}

/* The bits that the ends of a range of the last 24 bits have in common; 0: it is no block. */
static unsigned block_bits(uint64_t first, uint64_t last)
{
    unsigned bits = 24;
    uint64_t host = first ^ last;
    while (host) {
        bits--;
        host >>= 1;
    }
    uint64_t mask = (1ULL << (24 - bits)) - 1;
    return (first & mask) == 0 && (last & mask) == mask ? 24 + bits : 0;
}

/* "741AE0     (base 16)  NAME" gives a block of 24 bits; "900000-9FFFFF  (base 16)  NAME" a part of the one
 * that the line with (hex) before it named. */
static enum fb_status read_txt(struct fb_text_rows *r, struct fb_row_set *set, uint64_t *bad,
                               struct fb_err *err)
{
    static const char mark[] = "(base 16)";
    struct fb_span line;
    uint64_t upper = 0, first, last;
    unsigned bits;
    while (fb_text_line(r, &line)) {
        const uint8_t *at = line.n ? memmem(line.p, line.n, mark, strlen(mark)) : NULL;
        if (!at && contains(line, "(hex)") && line.n > 8) {
            uint8_t d[6] = {line.p[0], line.p[1], line.p[3], line.p[4], line.p[6], line.p[7]};
            if (!fb_oui_digits((struct fb_span){d, 6}, &bits, &upper))
                ++*bad;
        }
        if (!at)
            continue; /* an address, a heading */
        struct fb_span head = fb_span_trim((struct fb_span){line.p, (size_t)(at - line.p)});
        const uint8_t *name = at + strlen(mark);
        struct fb_span vendor = fb_span_trim((struct fb_span){name, (size_t)(line.p + line.n - name)});
        if (head.n == 13 && head.p[6] == '-' && fb_oui_digits((struct fb_span){head.p, 6}, &bits, &first) &&
            fb_oui_digits((struct fb_span){head.p + 7, 6}, &bits, &last)) {
            bits = block_bits(first >> 24, last >> 24);
            first = upper | first >> 24;
        } else if (!fb_oui_digits(head, &bits, &first)) {
            bits = 0;
        }
        if (!bits)
            ++*bad;
        else
            FB_TRY(fb_oui_add(set, bits, first, vendor, err));
    }
    return FB_OK;
}

static enum fb_status read_manuf(struct fb_text_rows *r, struct fb_row_set *set, uint64_t *bad,
                                 struct fb_err *err)
{
    struct fb_text_row row;
    while (fb_text_rows_next(r, &row)) {
        unsigned bits;
        uint64_t prefix;
        struct fb_span name = row.n > 2 && row.field[2].n ? row.field[2]
                              : row.n > 1                 ? row.field[1]
                                                          : (struct fb_span){0};
        /* Older files have the long name as a comment after the short one. */
        if (name.n > 2 && name.p[0] == '#')
            name = fb_span_trim((struct fb_span){name.p + 1, name.n - 1});
        if (!name.n || !manuf_prefix(row.field[0], &bits, &prefix))
            ++*bad;
        else
            FB_TRY(fb_oui_add(set, bits, prefix, name, err));
    }
    return FB_OK;
}

enum fb_status fb_oui_read(enum fb_oui_form form, uint8_t *p, size_t n, struct fb_row_set *set, uint64_t *bad,
                           struct fb_err *err)
{
    struct fb_text_rows r;
    *bad = 0;
    fb_text_rows_init(&r, p, n, form == FB_OUI_MANUF ? '\t' : ',');
    switch (form) {
    case FB_OUI_CSV:
        return read_csv(&r, set, bad, err);
    case FB_OUI_TXT:
        return read_txt(&r, set, bad, err);
    case FB_OUI_MANUF:
        return read_manuf(&r, set, bad, err);
    case FB_OUI_NONE:
        break;
    }
    return fb_err_set(err, FB_ERR_INPUT, "no list of MAC blocks");
}
