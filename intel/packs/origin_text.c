#include "intel/packs/origin_text.h"

#include "intel/packs/text_rows.h"

#define SHAPE_ROWS 50 /* rows that are looked at when there is no header */

/* The parts of a row. */
enum part { START, END, PREFIX, ASN, COUNTRY, OWNER, PARTS };

struct columns {
    int at[PARTS]; /* index of the field; -1: none */
};

/* Names by which columns go, better ones first. */
static const struct {
    enum part part;
    const char *name;
} NAMES[] = {
    {START, "range_start"},
    {START, "start_ip"},
    {START, "start"},
    {START, "ip_from"},
    {START, "ip_start"},
    {START, "first"},
    {END, "range_end"},
    {END, "end_ip"},
    {END, "end"},
    {END, "ip_to"},
    {END, "ip_end"},
    {END, "last"},
    {PREFIX, "network"},
    {PREFIX, "cidr"},
    {PREFIX, "prefix"},
    {ASN, "as_number"},
    {ASN, "asn"},
    {ASN, "autonomous_system_number"},
    {ASN, "as"},
    {COUNTRY, "country_code"},
    {COUNTRY, "country_iso_code"},
    {COUNTRY, "iso_code"},
    {COUNTRY, "cc"},
    {COUNTRY, "country"},
    {OWNER, "as_name"},
    {OWNER, "as_description"},
    {OWNER, "autonomous_system_organization"},
    {OWNER, "as_organization"},
    {OWNER, "organization"},
    {OWNER, "owner"},
    {OWNER, "org"},
    {OWNER, "isp"},
    {OWNER, "name"},
    {OWNER, "description"},
};

static bool addr_from_decimal(struct fb_span s, struct fb_addr *out)
{
    unsigned __int128 v = 0, max = ~(unsigned __int128)0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned d = (unsigned)(s.p[i] - '0');
        if (d > 9 || v > (max - d) / 10)
            return false;
        v = v * 10 + d;
    }
    for (int i = 15; i >= 0; i--, v >>= 8)
        out->b[i] = (uint8_t)v;
    static const uint8_t zero[12];
    if (memcmp(out->b, zero, 12) == 0)
        out->b[10] = out->b[11] = 0xff;
    return s.n > 0;
}

bool fb_addr_from_span(struct fb_span s, struct fb_addr *out)
{
    return fb_addr_parse_n(s.p, s.n, out) || (s.n > 0 && s.n < FB_ADDR_STRLEN && addr_from_decimal(s, out));
}

bool fb_prefix_from_span(struct fb_span s, struct fb_addr *first, struct fb_addr *last)
{
    const uint8_t *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
    uint64_t bits;
    if (!slash || !fb_addr_from_span((struct fb_span){s.p, (size_t)(slash - s.p)}, first))
        return false;
    struct fb_span tail = {slash + 1, s.n - (size_t)(slash + 1 - s.p)};
    bool v4 = fb_addr_is_v4(first) && !memchr(s.p, ':', s.n);
    if (tail.n > 3 || !fb_span_u64(tail, v4 ? 32 : 128, &bits))
        return false;
    bits += v4 ? 96 : 0;
    *last = *first;
    for (unsigned i = 0; i < 16; i++) {
        unsigned in = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : (unsigned)bits - 8 * i;
        uint8_t host = (uint8_t)(0xff >> in);
        first->b[i] = (uint8_t)(first->b[i] & ~host);
        last->b[i] |= host;
    }
    return true;
}

static bool is_unknown(struct fb_span s)
{
    return !s.n || fb_span_is(s, "-") || fb_span_is(s, "?") || fb_span_is(s, "??") ||
           fb_span_is_word(s, "none") || fb_span_is_word(s, "null") || fb_span_is_word(s, "unknown");
}

/* "13335", "AS13335". */
static bool read_asn(struct fb_span s, uint32_t *asn)
{
    uint64_t v;
    if (s.n > 2 && fb_span_is_word((struct fb_span){s.p, 2}, "as")) {
        s.p += 2;
        s.n -= 2;
    }
    if (!fb_span_u64(s, UINT32_MAX, &v))
        return false;
    *asn = (uint32_t)v;
    return true;
}

/* Changes `out` only when there are two letters. */
static bool read_country(struct fb_span s, char out[static 3])
{
    char code[2];
    if (s.n != 2)
        return false;
    for (size_t i = 0; i < 2; i++) {
        code[i] = (char)(s.p[i] >= 'a' && s.p[i] <= 'z' ? s.p[i] - 'a' + 'A' : s.p[i]);
        if (code[i] < 'A' || code[i] > 'Z')
            return false;
    }
    memcpy(out, code, 2);
    out[2] = '\0';
    return true;
}

static struct fb_span part(const struct columns *c, const struct fb_text_row *row, enum part p)
{
    if (c->at[p] < 0 || (size_t)c->at[p] >= row->n)
        return (struct fb_span){NULL, 0};
    return row->field[c->at[p]];
}

static bool read_range(const struct columns *c, const struct fb_text_row *row, struct fb_addr *first,
                       struct fb_addr *last)
{
    if (c->at[PREFIX] >= 0)
        return fb_prefix_from_span(part(c, row, PREFIX), first, last);
    return fb_addr_from_span(part(c, row, START), first) && fb_addr_from_span(part(c, row, END), last);
}

static bool by_header(const struct fb_text_row *row, struct columns *c)
{
    for (int p = 0; p < PARTS; p++)
        c->at[p] = -1;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        for (size_t f = 0; f < row->n; f++)
            if (c->at[NAMES[i].part] < 0 && fb_span_is_word(row->field[f], NAMES[i].name))
                c->at[NAMES[i].part] = (int)f;
    return (c->at[START] >= 0 && c->at[END] >= 0) || c->at[PREFIX] >= 0;
}

/* What every field of the first rows could be. */
struct shape {
    bool asn[FB_TEXT_FIELDS_MAX], country[FB_TEXT_FIELDS_MAX], known[FB_TEXT_FIELDS_MAX];
    size_t nfields;
};

static void look_at(struct shape *s, const struct fb_text_row *row)
{
    uint32_t asn;
    char cc[3];
    if (row->n > s->nfields)
        s->nfields = row->n;
    for (size_t f = 0; f < row->n; f++) {
        if (is_unknown(row->field[f]))
            continue;
        s->known[f] = true;
        s->asn[f] = s->asn[f] && read_asn(row->field[f], &asn);
        s->country[f] = s->country[f] && read_country(row->field[f], cc);
    }
}

static bool by_shape(struct fb_text_rows rows, struct columns *c)
{
    struct fb_text_row row;
    struct fb_addr a, b;
    struct shape s = {.nfields = 0};
    memset(s.asn, true, sizeof s.asn);
    memset(s.country, true, sizeof s.country);
    for (int p = 0; p < PARTS; p++)
        c->at[p] = -1;
    for (int i = 0; i < SHAPE_ROWS && fb_text_rows_next(&rows, &row); i++) {
        if (i == 0 && row.n > 1 && fb_prefix_from_span(row.field[0], &a, &b)) {
            c->at[PREFIX] = 0;
        } else if (i == 0 && row.n > 2 && fb_addr_from_span(row.field[0], &a) &&
                   fb_addr_from_span(row.field[1], &b)) {
            c->at[START] = 0;
            c->at[END] = 1;
        } else if (i == 0) {
            return false;
        }
        look_at(&s, &row);
    }
    for (size_t f = c->at[PREFIX] == 0 ? 1 : 2; f < s.nfields; f++) {
        if (s.known[f] && s.asn[f] && c->at[ASN] < 0)
            c->at[ASN] = (int)f;
        else if (s.known[f] && s.country[f] && c->at[COUNTRY] < 0)
            c->at[COUNTRY] = (int)f;
        else if (s.known[f] && c->at[ASN] >= 0 && !s.asn[f])
            c->at[OWNER] = (int)f; /* without AS numbers a text names a country or a town */
    }
    return c->at[START] >= 0 || c->at[PREFIX] >= 0;
}

static void describe(const struct columns *c, bool header, struct fb_text_report *r)
{
    static const char *const name[PARTS] = {"start", "end", "prefix", "asn", "country", "owner"};
    struct fb_buf b;
    fb_buf_init(&b, sizeof r->form);
    for (int f = 0; f < FB_TEXT_FIELDS_MAX; f++)
        for (int p = 0; p < PARTS; p++)
            if (c->at[p] == f)
                fb_buf_printf(&b, "%s%s", b.len ? ", " : "", name[p]);
    fb_buf_puts(&b, header ? " (by header)" : " (by shape)");
    snprintf(r->form, sizeof r->form, "%s", fb_buf_cstr(&b));
    fb_buf_release(&b);
}

static enum fb_status take_row(const struct columns *c, const struct fb_text_row *row,
                               struct fb_origin_build *b, bool *good, struct fb_err *err)
{
    struct fb_addr first, last;
    struct fb_origin_value v = {0};
    struct fb_span asn = part(c, row, ASN), cc = part(c, row, COUNTRY), owner = part(c, row, OWNER);
    *good = read_range(c, row, &first, &last) && (is_unknown(asn) || read_asn(asn, &v.asn));
    if (!*good)
        return FB_OK;
    if (!is_unknown(cc))
        read_country(cc, v.country); /* a name instead of a code leaves it unknown */
    /* AS number 0 means that nobody announces the range (RFC 7607); its text says just that. */
    if (!is_unknown(owner) && (c->at[ASN] < 0 || v.asn))
        v.owner = owner;
    if (v.owner.n > FB_REC_BYTES_MAX / 2)
        v.owner.n = 0;
    uint64_t turned = b->turned;
    enum fb_status st = fb_origin_build_add(b, &first, &last, &v, err);
    *good = b->turned == turned;
    return st;
}

enum fb_status fb_origin_text_read(uint8_t *p, size_t n, struct fb_origin_build *b,
                                   struct fb_text_report *report, struct fb_err *err)
{
    struct fb_text_rows rows;
    struct fb_text_row row;
    struct columns c;
    *report = (struct fb_text_report){0};
    fb_text_rows_init(&rows, p, n, 0);
    /* The look at the first rows would change quoted fields: it works on a copy of them. */
    size_t head = (size_t)(rows.end - rows.p) < 65536 ? (size_t)(rows.end - rows.p) : 65536;
    uint8_t *copy = malloc(head + 1);
    if (!copy)
        return fb_err_nomem(err, "a data set");
    memcpy(copy, rows.p, head);
    struct fb_text_rows ahead;
    fb_text_rows_init(&ahead, copy, head, rows.sep);
    struct fb_text_rows first = ahead;
    bool header = fb_text_rows_next(&first, &row) && by_header(&row, &c);
    bool known = header || by_shape(ahead, &c);
    free(copy);
    if (!known || (c.at[ASN] < 0 && c.at[COUNTRY] < 0 && c.at[OWNER] < 0))
        return fb_err_set(err, FB_ERR_INPUT,
                          "no columns that tell an address range and its AS number, country or owner");
    describe(&c, header, report);
    if (header)
        fb_text_rows_next(&rows, &row);
    while (fb_text_rows_next(&rows, &row)) {
        bool good;
        FB_TRY(take_row(&c, &row, b, &good, err));
        report->rows++;
        if (!good && !report->bad++)
            report->bad_line = rows.line;
    }
    if (report->bad * 2 > report->rows)
        return fb_err_set(err, FB_ERR_INPUT,
                          "%llu of %llu rows are not address ranges with %s; the first of them is line %llu",
                          (unsigned long long)report->bad, (unsigned long long)report->rows, report->form,
                          (unsigned long long)report->bad_line);
    return FB_OK;
}
