#include "cli/zeek_dns.h"

#include "base/cursor.h"
#include "cli/pseudonym_cell.h"
#include "cli/zeek_cells.h"
#include "intel/wire/dns_def.h"
#include "store/rectab.h"

static const char FIELDS[] = FB_ZEEK_HEAD
    "#path\tdns\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\trtt\tquery\tqclass\t"
    "qclass_name\tqtype\tqtype_name\trcode\trcode_name\tAA\tTC\tRD\tRA\tZ\tanswers\tTTLs\trejected\topcode\t"
    "opcode_name\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tcount\tinterval\tstring\tcount\tstring\tcount\tstrin"
    "g\t"
    "count\tstring\tbool\tbool\tbool\tbool\tcount\tvector[string]\tvector[interval]\tbool\tcount\tstring\n";

/* Zeek shows names in lower case, NetBIOS names without the byte that says their kind, and knows no escapes
 * inside labels. */
static void put_query(struct fb_buf *b, const struct fb_rec_cell *c, bool netbios)
{
    uint8_t name[1024];
    size_t n = 0;
    for (size_t i = 0; !c->null && i < c->s.n && n < sizeof name; i++) {
        uint8_t ch = c->s.p[i];
        if (ch == '\\' && i + 1 < c->s.n)
            ch = c->s.p[++i];
        name[n++] = !netbios && ch >= 'A' && ch <= 'Z' ? (uint8_t)(ch | 0x20) : ch;
    }
    for (size_t i = 0; netbios && i < n; i++)
        if (name[i] == '<')
            n = i;
    struct fb_rec_cell shown = {.null = c->null, .s = {name, n}};
    fb_zeek_text(b, &shown);
}

static bool put_answers(struct fb_buf *b, const struct fb_rec_cell *answers, const struct fb_rec_cell *ttls)
{
    struct fb_cur list = fb_cur_init(answers->s.p, answers->null ? 0 : answers->s.n);
    struct fb_cur times = fb_cur_init(ttls->s.p, ttls->null ? 0 : ttls->s.n);
    struct fb_span item;
    bool any = false;
    for (; fb_rec_next_item(&list, &item); any = true) {
        fb_buf_puts(b, any ? "," : "");
        fb_zeek_item(b, item, true);
    }
    fb_buf_puts(b, any ? "\t" : "-\t");
    for (bool first = true; fb_rec_next_item(&times, &item); first = false) {
        fb_buf_puts(b, first ? "" : ",");
        fb_buf_put(b, item.p, item.n);
        fb_buf_puts(b, ".000000");
    }
    if (!any)
        fb_buf_putc(b, '-');
    return any;
}

static bool list_is_empty(const struct fb_rec_cell *c)
{
    return c->null || c->s.n == 0;
}

static void put_row(struct fb_buf *b, const struct fb_rec_row *row, const struct fb_session *s)
{
    const struct fb_rec_cell *c = row->cells;
    bool answered = !list_is_empty(&c[FB_DNS_ANSWERS]), both = !c[FB_DNS_RTT_NS].null;
    int64_t ts = fb_zeek_us(c[FB_DNS_QUERY_TS].null ? row->at.ts_ns : c[FB_DNS_QUERY_TS].i);
    int64_t rtt = both ? fb_zeek_us(row->at.ts_ns) - ts : 0;
    bool netbios = s->resp_p == 137;
    fb_zeek_seconds(b, ts);
    fb_zeek_id(b, s, fb_session_proto_name(s->proto));
    fb_zeek_int(b, &c[FB_DNS_TRANS_ID]);
    fb_buf_putc(b, '\t');
    if (both && answered && rtt != 0)
        fb_zeek_seconds(b, rtt);
    else
        fb_buf_putc(b, '-');
    fb_buf_putc(b, '\t');
    put_query(b, &c[FB_DNS_QUERY_NAME], netbios);
    /* Question and RD are facts of the query: an answer alone does not show them. */
    static const struct fb_rec_cell unset = {.null = true};
    bool asked = !c[FB_DNS_QUERY_TS].null;
    for (int i = FB_DNS_QCLASS; i <= FB_DNS_RCODE_NAME; i++) {
        const struct fb_rec_cell *cell = asked || i >= FB_DNS_RCODE ? &c[i] : &unset;
        fb_buf_putc(b, '\t');
        if (i == FB_DNS_QCLASS || i == FB_DNS_QTYPE || i == FB_DNS_RCODE)
            fb_zeek_int(b, cell);
        else
            fb_zeek_text(b, cell);
    }
    const bool flag[] = {answered && c[FB_DNS_AA].i, c[FB_DNS_TC].i != 0, asked && c[FB_DNS_RD].i,
                         answered && c[FB_DNS_RA].i};
    for (size_t i = 0; i < sizeof flag / sizeof *flag; i++) {
        fb_buf_putc(b, '\t');
        fb_zeek_bool(b, flag[i]);
    }
    fb_buf_printf(b, "\t%lld\t", asked ? (long long)c[FB_DNS_Z].i : 0);
    put_answers(b, &c[FB_DNS_ANSWERS], &c[FB_DNS_TTLS]);
    fb_buf_putc(b, '\t');
    fb_zeek_bool(b, c[FB_DNS_REJECTED].i != 0);
    fb_buf_putc(b, '\t');
    fb_zeek_int(b, &c[FB_DNS_OPCODE]);
    fb_buf_putc(b, '\t');
    fb_zeek_text(b, &c[FB_DNS_OPCODE_NAME]);
    fb_buf_putc(b, '\n');
}

static enum fb_status print_row(const struct fb_rec_row *row, struct fb_session *s, struct fb_pseudonym *p,
                                struct fb_pseudonym_cells *hide, struct fb_out *out)
{
    struct fb_rec_cell cells[FB_DNS_NCOLS];
    struct fb_rec_row shown = {row->at, cells};
    memcpy(cells, row->cells, sizeof cells);
    for (unsigned i = 0; i < FB_DNS_NCOLS && hide; i++)
        fb_pseudonym_cell(hide, i, fb_dns_def.name, fb_dns_def.cols[i].name, fb_dns_def.cols[i].type,
                          &cells[i]);
    if (hide)
        fb_pseudonym_session(p, s);
    put_row(&out->buf, &shown, s);
    return fb_out_row(out);
}

static enum fb_status print_rows(struct fb_case *c, struct fb_rec_cursor *cur, struct fb_pseudonym *p,
                                 struct fb_pseudonym_cells *hide, struct fb_out *out, struct fb_err *err)
{
    struct fb_rec_row row;
    struct fb_session s;
    enum fb_status st;
    fb_buf_puts(&out->buf, FIELDS);
    while ((st = fb_rec_next(cur, &row, err)) == FB_OK) {
        if (row.cells[FB_DNS_OPCODE].i != 0)
            continue;
        FB_TRY(fb_case_session(c, row.at.number, &s, err));
        FB_TRY(print_row(&row, &s, p, hide, out));
    }
    return st;
}

enum fb_status fb_zeek_dns_print(struct fb_case *c, struct fb_pseudonym *p, struct fb_out *out,
                                 struct fb_err *err)
{
    struct fb_rec_cursor *cur = NULL;
    struct fb_pseudonym_cells *hide = NULL;
    enum fb_status st = p ? fb_pseudonym_cells_new(p, &hide, err) : FB_OK;
    if (st == FB_OK)
        st = fb_rec_open(c, &fb_dns_def, FB_REC_NEWEST, &cur, err);
    if (st == FB_OK)
        st = print_rows(c, cur, p, hide, out, err);
    if (st == FB_OK || st == FB_EOF)
        st = fb_pseudonym_cells_failed(hide, err);
    fb_rec_close(cur);
    fb_pseudonym_cells_free(hide);
    return st;
}
