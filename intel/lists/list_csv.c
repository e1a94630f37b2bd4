/* CSV as abuse.ch writes it (Feodo Tracker, URLhaus, ThreatFox, SSLBL): comments with #, the last of them or
 * the first line has the names of the columns, fields perhaps quoted, blanks after commas.
 *
 * Columns are taken by name: addresses, hosts, URLs (of which the host counts), or a value whose kind stands
 * in a column beside it. */
#include "intel/lists/list_read.h"

#define FIELDS_MAX 64

static const char *const VALUE[] = {"dst_ip", "dstip",     "ip",   "ip_address", "ipaddress", "ioc_value",
                                    "ioc",    "indicator", "host", "hostname",   "domain",    "url"};
#define NVALUES (sizeof VALUE / sizeof *VALUE)
static const char *const TYPE[] = {"ioc_type", "indicator_type", "type"};

struct columns {
    int value, type; /* -1: none */
    size_t n;
};

/* The next field of the row in place: quotes around it are taken away, doubled ones inside stay (no entry has
 * any). False at the end of the row. */
static bool next_field(struct fb_span *row, struct fb_span *field)
{
    if (!row->p)
        return false;
    const uint8_t *p = row->p, *end = row->p + row->n, *stop;
    while (p < end && *p == ' ')
        p++;
    if (p < end && *p == '"') {
        for (stop = ++p; stop < end && (*stop != '"' || (stop + 1 < end && stop[1] == '"')); stop++)
            stop += *stop == '"';
        *field = (struct fb_span){p, (size_t)((stop < end ? stop : end) - p)};
        while (stop < end && *stop != ',')
            stop++;
    } else {
        stop = memchr(p, ',', (size_t)(end - p));
        stop = stop ? stop : end;
        size_t n = (size_t)(stop - p);
        while (n && p[n - 1] == ' ')
            n--;
        *field = (struct fb_span){p, n};
    }
    *row = stop < end ? (struct fb_span){stop + 1, (size_t)(end - stop - 1)} : (struct fb_span){NULL, 0};
    return true;
}

static int find(struct fb_span f, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(names[i]) == f.n && strncasecmp(names[i], (const char *)f.p, f.n) == 0)
            return (int)i;
    return -1;
}

/* What a line of column names says; false when it is none: fewer than two words, or something in it is no
 * name. */
static bool read_names(struct fb_span line, struct columns *c)
{
    struct fb_span f;
    int best = -1;
    while (line.n && (*line.p == '#' || *line.p == ' ')) {
        line.p++;
        line.n--;
    }
    *c = (struct columns){-1, -1, 0};
    while (next_field(&line, &f) && c->n < FIELDS_MAX) {
        for (size_t i = 0; i < f.n; i++)
            if (!((f.p[i] | 32) >= 'a' && (f.p[i] | 32) <= 'z') && f.p[i] != '_' && f.p[i] != ' ' &&
                f.p[i] != '-' && !(f.p[i] >= '0' && f.p[i] <= '9'))
                return false;
        int v = find(f, VALUE, NVALUES);
        if (f.n == 0 || (*f.p >= '0' && *f.p <= '9'))
            return false;
        if (v >= 0 && (best < 0 || v < best)) {
            best = v;
            c->value = (int)c->n;
        }
        if (find(f, TYPE, sizeof TYPE / sizeof *TYPE) >= 0)
            c->type = (int)c->n;
        c->n++;
    }
    return c->n >= 2;
}

/* The line of names: the last comment before the data when it is one, else the first line. `data`: where the
 * data begins, and its line. */
static bool find_names(const uint8_t *text, size_t n, struct columns *c, struct fb_cur *data, uint32_t *lines)
{
    struct fb_cur at = fb_cur_init(text, n);
    struct fb_span line, last = {NULL, 0};
    *lines = 0;
    for (;;) {
        *data = at;
        if (!fb_list_next_line(&at, &line))
            return last.n && read_names(last, c);
        if (line.n && *line.p != '#')
            break;
        if (line.n > 1)
            last = line;
        ++*lines;
    }
    if (read_names(line, c)) {
        *data = at;
        ++*lines;
        return true;
    }
    return last.n && memchr(last.p, ',', last.n) && read_names(last, c);
}

bool fb_list_is_csv(const uint8_t *text, size_t n)
{
    struct columns c;
    struct fb_cur data;
    uint32_t lines;
    if (!find_names(text, n, &c, &data, &lines))
        return false;
    struct fb_span line = {NULL, 0};
    while (fb_list_next_line(&data, &line) && (line.n == 0 || *line.p == '#'))
        ;
    /* A sentence in a comment may look like names. */
    bool row = line.n && *line.p != '#';
    return row ? memchr(line.p, ',', line.n) != NULL : c.value >= 0;
}

/* The host of scheme://user@host:port/path, [v6]:port, host:port, or the text itself. */
static struct fb_span host_of(struct fb_span s)
{
    const uint8_t *p = memmem(s.p, s.n, "://", 3), *end = s.p + s.n;
    p = p ? p + 3 : s.p;
    bool url = p != s.p;
    for (const uint8_t *q = p; url && q < end; q++)
        if (*q == '/' || *q == '?' || *q == '#')
            end = q;
    for (const uint8_t *q = p; url && q < end; q++)
        if (*q == '@')
            p = q + 1;
    if (p < end && *p == '[') {
        const uint8_t *close = memchr(p, ']', (size_t)(end - p));
        return close ? (struct fb_span){p + 1, (size_t)(close - p - 1)} : s;
    }
    const uint8_t *colon = p < end ? memchr(p, ':', (size_t)(end - p)) : NULL;
    if (colon && !memchr(colon + 1, ':', (size_t)(end - colon - 1)))
        end = colon;
    return (struct fb_span){p, (size_t)(end - p)};
}

/* Digests of files are no matter of the network. */
static bool is_hash_type(struct fb_span t)
{
    return memmem(t.p, t.n, "hash", 4) || memmem(t.p, t.n, "sha", 3) || memmem(t.p, t.n, "md5", 3);
}

static enum fb_status put_row(struct fb_list_reader *r, struct fb_blacklist *b, const struct columns *c,
                              struct fb_span row, uint32_t line)
{
    struct fb_span whole = row, f, value = {NULL, 0}, type = {NULL, 0};
    for (int i = 0; next_field(&row, &f) && i < FIELDS_MAX; i++) {
        if (i == c->value)
            value = f;
        if (i == c->type)
            type = f;
    }
    if (!value.p)
        return fb_list_skip(r, line, whole.p, whole.n, "a row with fewer fields than there are columns");
    if (type.n && is_hash_type(type)) {
        r->f->irrelevant++;
        return FB_OK;
    }
    value = host_of(value);
    return fb_list_put_entry(r, b, value.p, value.n, line);
}

enum fb_status fb_list_read_csv(struct fb_list_reader *r, const uint8_t *text, size_t n)
{
    struct columns c;
    struct fb_cur data;
    struct fb_span line;
    uint32_t number;
    if (!find_names(text, n, &c, &data, &number))
        return fb_err_set(r->err, FB_ERR_INPUT, "a CSV without names of columns");
    if (c.value < 0)
        return fb_err_set(
            r->err, FB_ERR_INPUT,
            "a CSV whose %zu columns have none of addresses, domains or URLs (dst_ip, ioc_value, url ...)",
            c.n);
    struct fb_blacklist *b = fb_list_only_black(r, true);
    if (!b)
        return FB_ERR_NOMEM;
    r->f->form = FB_LIST_ABUSE_CH;
    while (fb_list_next_line(&data, &line)) {
        number++;
        if (line.n && *line.p != '#')
            FB_TRY(put_row(r, b, &c, line, number));
    }
    return FB_OK;
}
