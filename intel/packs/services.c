#include "intel/packs/services.h"

#include "intel/packs/pack_def.h"
#include "intel/packs/text_rows.h"

#define LOOK_LINES 100

static const struct {
    uint8_t number;
    const char *name;
} PROTOS[] = {{6, "tcp"}, {17, "udp"}, {33, "dccp"}, {132, "sctp"}};

uint8_t fb_ip_proto_from_name(struct fb_span name)
{
    for (size_t i = 0; i < sizeof PROTOS / sizeof *PROTOS; i++)
        if (fb_span_is_word(name, PROTOS[i].name))
            return PROTOS[i].number;
    return 0;
}

const char *fb_ip_proto_name(uint8_t proto)
{
    for (size_t i = 0; i < sizeof PROTOS / sizeof *PROTOS; i++)
        if (PROTOS[i].number == proto)
            return PROTOS[i].name;
    return "";
}

/* The next word of a line; empty at its end. */
static struct fb_span word(struct fb_span *line)
{
    *line = fb_span_trim(*line);
    size_t n = 0;
    while (n < line->n && line->p[n] != ' ' && line->p[n] != '\t')
        n++;
    struct fb_span w = {line->p, n};
    line->p += n;
    line->n -= n;
    return w;
}

static bool port_proto(struct fb_span s, uint64_t *port, uint8_t *proto)
{
    const uint8_t *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
    if (!slash)
        return false;
    *proto = fb_ip_proto_from_name((struct fb_span){slash + 1, s.n - (size_t)(slash + 1 - s.p)});
    return fb_span_u64((struct fb_span){s.p, (size_t)(slash - s.p)}, 65535, port);
}

enum fb_services_form fb_services_recognise(struct fb_span text)
{
    static const char head[] = "Service Name,Port Number,Transport Protocol";
    struct fb_text_rows r;
    struct fb_span line;
    fb_text_rows_init(&r, (uint8_t *)text.p, text.n, ',');
    for (int i = 0; i < LOOK_LINES && fb_text_line(&r, &line); i++) {
        uint64_t port;
        uint8_t proto;
        if (!line.n || line.p[0] == '#')
            continue;
        if (memmem(line.p, line.n, head, strlen(head)))
            return FB_SERVICES_CSV;
        word(&line);
        return port_proto(word(&line), &port, &proto) ? FB_SERVICES_ETC : FB_SERVICES_NONE;
    }
    return FB_SERVICES_NONE;
}

static enum fb_status add(struct fb_row_set *set, uint8_t proto, uint64_t port, struct fb_span name,
                          struct fb_span about, struct fb_err *err)
{
    struct fb_buf row;
    uint8_t key[3] = {proto, (uint8_t)(port >> 8), (uint8_t)port};
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_rec_int(&row, proto);
    fb_rec_int(&row, (int64_t)port);
    fb_rec_bytes(&row, name.p, name.n);
    about.n ? fb_rec_bytes(&row, about.p, about.n) : fb_rec_null(&row);
    enum fb_status st = fb_row_set_add(set, (struct fb_span){key, sizeof key}, &row, NULL, err);
    fb_buf_release(&row);
    return st;
}

static enum fb_status read_etc(struct fb_text_rows *r, struct fb_row_set *set, uint64_t *bad,
                               struct fb_err *err)
{
    struct fb_span line;
    while (fb_text_line(r, &line)) {
        uint64_t port;
        uint8_t proto;
        struct fb_span about = {NULL, 0};
        const uint8_t *hash = line.n ? memchr(line.p, '#', line.n) : NULL;
        if (hash) {
            about = fb_span_trim((struct fb_span){hash + 1, (size_t)(line.p + line.n - hash - 1)});
            line.n = (size_t)(hash - line.p);
        }
        struct fb_span name = word(&line);
        if (!name.n)
            continue;
        if (!port_proto(word(&line), &port, &proto))
            ++*bad;
        else if (proto)
            FB_TRY(add(set, proto, port, name, about, err));
    }
    return FB_OK;
}

/* "443", "6000-6063". Ranges of more than 1,024 ports are the dynamic ones, which name nothing. */
static bool port_range(struct fb_span s, uint64_t *first, uint64_t *last)
{
    const uint8_t *dash = s.n ? memchr(s.p, '-', s.n) : NULL;
    if (!dash) {
        bool ok = fb_span_u64(s, 65535, first);
        *last = *first;
        return ok;
    }
    return fb_span_u64((struct fb_span){s.p, (size_t)(dash - s.p)}, 65535, first) &&
           fb_span_u64((struct fb_span){dash + 1, s.n - (size_t)(dash + 1 - s.p)}, 65535, last) &&
           *first <= *last && *last - *first <= 1024;
}

static enum fb_status read_csv(struct fb_text_rows *r, struct fb_row_set *set, uint64_t *bad,
                               struct fb_err *err)
{
    struct fb_text_row row;
    fb_text_rows_next(r, &row);
    while (fb_text_rows_next(r, &row)) {
        uint64_t first = 0, last = 0;
        if (row.n < 4) {
            ++*bad;
            continue;
        }
        uint8_t proto = fb_ip_proto_from_name(row.field[2]);
        if (!row.field[0].n || !row.field[1].n || !proto)
            continue; /* IANA keeps rows for names without a port and ports without a name */
        if (!port_range(row.field[1], &first, &last)) {
            ++*bad;
            continue;
        }
        for (uint64_t p = first; p <= last; p++)
            FB_TRY(add(set, proto, p, row.field[0], row.field[3], err));
    }
    return FB_OK;
}

enum fb_status fb_services_read(enum fb_services_form form, uint8_t *p, size_t n, struct fb_row_set *set,
                                uint64_t *bad, struct fb_err *err)
{
    struct fb_text_rows r;
    *bad = 0;
    fb_text_rows_init(&r, p, n, ',');
    return form == FB_SERVICES_CSV ? read_csv(&r, set, bad, err) : read_etc(&r, set, bad, err);
}

enum fb_status fb_services_open(struct fb_span body, struct fb_services *out, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(body.p, body.n);
    struct fb_rec_cell cell[FB_SERVICE_COLS];
    *out = (struct fb_services){0};
    FB_TRY(fb_row_view_open(&fb_service_def, &c, &out->rows, err));
    out->key = malloc((out->rows.n + 1) * sizeof *out->key);
    if (!out->key) {
        fb_services_release(out);
        return fb_err_nomem(err, "a data set");
    }
    bool good = fb_cur_left(&c) == 0;
    for (size_t i = 0; good && i < out->rows.n; i++) {
        fb_rec_read(&fb_service_def, out->rows.row[i], cell);
        int64_t proto = cell[FB_SERVICE_PROTO].i, port = cell[FB_SERVICE_PORT].i;
        good = !cell[FB_SERVICE_PROTO].null && !cell[FB_SERVICE_PORT].null && !cell[FB_SERVICE_NAME].null &&
               proto >= 0 && proto <= 255 && port >= 0 && port <= 65535;
        out->key[i] = good ? (uint32_t)(proto << 16 | port) : 0;
        good = good && (i == 0 || out->key[i - 1] < out->key[i]);
    }
    if (good)
        return FB_OK;
    fb_services_release(out);
    return fb_err_set(err, FB_ERR_INPUT, "the services are not in the form of a pack");
}

void fb_services_release(struct fb_services *s)
{
    fb_row_view_release(&s->rows);
    free(s->key);
    *s = (struct fb_services){0};
}

bool fb_services_find(const struct fb_services *s, uint8_t ip_proto, uint16_t port, struct fb_span *name,
                      struct fb_span *about)
{
    struct fb_rec_cell cell[FB_SERVICE_COLS];
    uint32_t want = (uint32_t)ip_proto << 16 | port;
    size_t lo = 0, hi = s->rows.n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->key[mid] < want)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == s->rows.n || s->key[lo] != want)
        return false;
    fb_rec_read(&fb_service_def, s->rows.row[lo], cell);
    *name = cell[FB_SERVICE_NAME].s;
    *about = cell[FB_SERVICE_ABOUT].null ? (struct fb_span){NULL, 0} : cell[FB_SERVICE_ABOUT].s;
    return true;
}
