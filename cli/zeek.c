#include "cli/zeek.h"

#include "base/escape.h"
#include "base/timefmt.h"

enum column {
    TS,
    UID,
    ORIG_H,
    ORIG_P,
    RESP_H,
    RESP_P,
    PROTO,
    SERVICE,
    DURATION,
    ORIG_BYTES,
    RESP_BYTES,
    CONN_STATE,
    MISSED_BYTES,
    HISTORY,
    ORIG_PKTS,
    ORIG_IP_BYTES,
    RESP_PKTS,
    RESP_IP_BYTES,
    TUNNEL_PARENTS,
    IP_PROTO,
    NCOLUMNS
};

static const struct {
    const char *name, *type;
} COLUMN[NCOLUMNS] = {
    [TS] = {"ts", "time"},
    [UID] = {"uid", "string"},
    [ORIG_H] = {"id.orig_h", "addr"},
    [ORIG_P] = {"id.orig_p", "port"},
    [RESP_H] = {"id.resp_h", "addr"},
    [RESP_P] = {"id.resp_p", "port"},
    [PROTO] = {"proto", "enum"},
    [SERVICE] = {"service", "string"},
    [DURATION] = {"duration", "interval"},
    [ORIG_BYTES] = {"orig_bytes", "count"},
    [RESP_BYTES] = {"resp_bytes", "count"},
    [CONN_STATE] = {"conn_state", "string"},
    [MISSED_BYTES] = {"missed_bytes", "count"},
    [HISTORY] = {"history", "string"},
    [ORIG_PKTS] = {"orig_pkts", "count"},
    [ORIG_IP_BYTES] = {"orig_ip_bytes", "count"},
    [RESP_PKTS] = {"resp_pkts", "count"},
    [RESP_IP_BYTES] = {"resp_ip_bytes", "count"},
    [TUNNEL_PARENTS] = {"tunnel_parents", "set[string]"},
    [IP_PROTO] = {"ip_proto", "count"},
};

static int64_t floor_us(int64_t ns)
{
    return ns / 1000 - (ns % 1000 < 0);
}

/* Zeek sees microseconds only, so the difference is taken after both times were cut. */
static int64_t duration_us(const struct fb_session *s)
{
    int64_t end;
    if (s->duration_ns <= 0 || __builtin_add_overflow(s->ts_ns, s->duration_ns, &end))
        return 0;
    return floor_us(end) - floor_us(s->ts_ns);
}

/* What a column holds, for both forms to print. */
struct cell {
    enum { UNSET, NUMBER, MICROSECONDS, TEXT, UIDS } kind;
    uint64_t u;
    int64_t us;
    const char *text;
    char own[FB_ADDR_STRLEN];
};

static struct cell number(uint64_t u)
{
    return (struct cell){.kind = NUMBER, .u = u};
}

static struct cell microseconds(int64_t us)
{
    return (struct cell){.kind = MICROSECONDS, .us = us};
}

static void set_text(struct cell *c, const char *text)
{
    c->kind = text && *text ? TEXT : UNSET;
    c->text = text;
}

static void set_own(struct cell *c)
{
    c->kind = TEXT;
    c->text = c->own;
}

static void cell_of_text(enum column col, const struct fb_session *s, struct cell *c)
{
    switch (col) {
    case UID:
        fb_session_uid(s, c->own);
        set_own(c);
        break;
    case ORIG_H:
        fb_addr_format(&s->orig_h, c->own);
        set_own(c);
        break;
    case RESP_H:
        fb_addr_format(&s->resp_h, c->own);
        set_own(c);
        break;
    case PROTO:
        set_text(c, fb_session_proto_name(s->proto));
        break;
    case SERVICE:
        set_text(c, s->service);
        break;
    case CONN_STATE:
        set_text(c, fb_conn_state_name(s->conn_state));
        break;
    case HISTORY:
        set_text(c, s->history);
        break;
    default:
        break;
    }
}

static void cell_of(enum column col, const struct fb_row *row, struct cell *c)
{
    const struct fb_session *s = row->s;
    int64_t us = col == DURATION || col == ORIG_BYTES || col == RESP_BYTES ? duration_us(s) : 0;
    c->kind = UNSET;
    switch (col) {
    case TS:
        *c = microseconds(floor_us(s->ts_ns));
        break;
    case ORIG_P:
        *c = number(s->orig_p);
        break;
    case RESP_P:
        *c = number(s->resp_p);
        break;
    case DURATION:
        if (us > 0)
            *c = microseconds(us);
        break;
    case ORIG_BYTES:
        if (us > 0)
            *c = number(s->orig_bytes);
        break;
    case RESP_BYTES:
        if (us > 0)
            *c = number(s->resp_bytes);
        break;
    case MISSED_BYTES:
        *c = number(s->missed_bytes);
        break;
    case ORIG_PKTS:
        *c = number(s->orig_pkts);
        break;
    case ORIG_IP_BYTES:
        *c = number(s->orig_ip_bytes);
        break;
    case RESP_PKTS:
        *c = number(s->resp_pkts);
        break;
    case RESP_IP_BYTES:
        *c = number(s->resp_ip_bytes);
        break;
    case TUNNEL_PARENTS:
        c->kind = row->parents && s->nparents ? UIDS : UNSET;
        break;
    case IP_PROTO:
        *c = number(s->ip_proto);
        break;
    default:
        cell_of_text(col, s, c);
        break;
    }
}

static void put_us(struct fb_buf *out, int64_t us)
{
    char t[FB_TIME_STRLEN];
    fb_buf_put(out, t,
               fb_time_format_seconds(us * 1000, 6,
                                      t)); /* us came from ns: no overflow but in the first microsecond */
}

static size_t put_uids(struct fb_buf *out, const struct fb_row *row, const char *quote)
{
    size_t n = 0;
    for (uint32_t i = 0; i < row->s->nparents; i++) {
        const char *uid = fb_parents_uid(row->parents, row->s->parents[i]);
        if (!uid)
            continue;
        fb_buf_puts(out, n++ ? "," : "");
        fb_buf_puts(out, quote);
        fb_buf_puts(out, uid);
        fb_buf_puts(out, quote);
    }
    return n;
}

void fb_zeek_put_json(struct fb_buf *out, const struct fb_row *row)
{
    for (enum column col = 0; col < NCOLUMNS; col++) {
        struct cell c;
        cell_of(col, row, &c);
        if (c.kind == UNSET)
            continue;
        fb_buf_putc(out, col == TS ? '{' : ',');
        fb_buf_putc(out, '"');
        fb_buf_puts(out, COLUMN[col].name);
        fb_buf_puts(out, "\":");
        if (c.kind == NUMBER) {
            fb_buf_put_u64dec(out, c.u);
        } else if (c.kind == MICROSECONDS) {
            put_us(out, c.us);
        } else if (c.kind == TEXT) {
            fb_escape_json(out, c.text, strlen(c.text));
        } else {
            fb_buf_putc(out, '[');
            put_uids(out, row, "\"");
            fb_buf_putc(out, ']');
        }
    }
    fb_buf_puts(out, "}\n");
}

void fb_zeek_put_tsv(struct fb_buf *out, const struct fb_row *row)
{
    for (enum column col = 0; col < NCOLUMNS; col++) {
        struct cell c;
        cell_of(col, row, &c);
        if (col)
            fb_buf_putc(out, '\t');
        if (c.kind == NUMBER)
            fb_buf_put_u64dec(out, c.u);
        else if (c.kind == MICROSECONDS)
            put_us(out, c.us);
        else if (c.kind == TEXT)
            fb_escape_zeek(out, c.text, strlen(c.text));
        else if (c.kind != UIDS || put_uids(out, row, "") == 0)
            fb_buf_putc(out, '-');
    }
    fb_buf_putc(out, '\n');
}

/* Zeek's %Y-%m-%d-%H-%M-%S out of RFC 3339. */
static void put_stamp(struct fb_buf *out, const char *key, int64_t ns)
{
    char t[FB_TIME_STRLEN];
    fb_time_format(ns, t);
    t[10] = t[13] = t[16] = '-';
    fb_buf_puts(out, key);
    fb_buf_put(out, t, 19);
    fb_buf_putc(out, '\n');
}

void fb_zeek_put_tsv_header(struct fb_buf *out, int64_t first_ts_ns)
{
    fb_buf_puts(out,
                "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n");
    put_stamp(out, "#open\t", first_ts_ns);
    fb_buf_puts(out, "#fields");
    for (enum column col = 0; col < NCOLUMNS; col++) {
        fb_buf_putc(out, '\t');
        fb_buf_puts(out, COLUMN[col].name);
    }
    fb_buf_puts(out, "\n#types");
    for (enum column col = 0; col < NCOLUMNS; col++) {
        fb_buf_putc(out, '\t');
        fb_buf_puts(out, COLUMN[col].type);
    }
    fb_buf_putc(out, '\n');
}

void fb_zeek_put_tsv_footer(struct fb_buf *out, int64_t last_ts_ns)
{
    put_stamp(out, "#close\t", last_ts_ns);
}
