#include "cli/zeek_wire.h"

#include "base/cursor.h"
#include "cli/pseudonym_cell.h"
#include "cli/zeek_cells.h"
#include "intel/wire/http_def.h"
#include "intel/wire/tls_def.h"
#include "store/rectab.h"

#define NOT_KEPT (-1)

/* A column of Zeek's, and the one of the table that it is. */
struct column {
    const char *name, *type;
    int from;
};

static const struct column ssl[] = {
    {"version", "string", FB_TLS_VERSION},
    {"cipher", "string", FB_TLS_CIPHER},
    {"curve", "string", FB_TLS_CURVE},
    {"server_name", "string", FB_TLS_SERVER_NAME},
    {"resumed", "bool", FB_TLS_RESUMED},
    {"last_alert", "string", FB_TLS_LAST_ALERT},
    {"next_protocol", "string", FB_TLS_NEXT_PROTOCOL},
    {"established", "bool", FB_TLS_ESTABLISHED},
    {"ssl_history", "string", FB_TLS_SSL_HISTORY},
    {"cert_chain_fps", "vector[string]", FB_TLS_CERT_CHAIN_FPS},
    {"client_cert_chain_fps", "vector[string]", FB_TLS_CLIENT_CERT_CHAIN_FPS},
    {"subject", "string", FB_TLS_SUBJECT},
    {"issuer", "string", FB_TLS_ISSUER},
    {"client_subject", "string", FB_TLS_CLIENT_SUBJECT},
    {"client_issuer", "string", FB_TLS_CLIENT_ISSUER},
    {"sni_matches_cert", "bool", NOT_KEPT},
    {"ja3", "string", FB_TLS_JA3},
    {"ja3s", "string", FB_TLS_JA3S},
    {"ja4", "string", FB_TLS_JA4},
};

static const struct column http[] = {
    {"trans_depth", "count", FB_HTTP_TRANS_DEPTH},
    {"method", "string", FB_HTTP_METHOD},
    {"host", "string", FB_HTTP_HOST},
    {"uri", "string", FB_HTTP_URI},
    {"referrer", "string", FB_HTTP_REFERRER},
    {"version", "string", FB_HTTP_VERSION},
    {"user_agent", "string", FB_HTTP_USER_AGENT},
    {"origin", "string", FB_HTTP_ORIGIN},
    {"request_body_len", "count", FB_HTTP_REQUEST_BODY_LEN},
    {"response_body_len", "count", FB_HTTP_RESPONSE_BODY_LEN},
    {"status_code", "count", FB_HTTP_STATUS_CODE},
    {"status_msg", "string", FB_HTTP_STATUS_MSG},
    {"info_code", "count", FB_HTTP_INFO_CODE},
    {"info_msg", "string", FB_HTTP_INFO_MSG},
    {"tags", "set[enum]", NOT_KEPT},
    {"username", "string", FB_HTTP_USERNAME},
    {"password", "string", NOT_KEPT},
    {"proxied", "set[string]", FB_HTTP_PROXIED},
    {"orig_fuids", "vector[string]", NOT_KEPT},
    {"orig_filenames", "vector[string]", NOT_KEPT},
    {"orig_mime_types", "vector[string]", NOT_KEPT},
    {"resp_fuids", "vector[string]", NOT_KEPT},
    {"resp_filenames", "vector[string]", NOT_KEPT},
    {"resp_mime_types", "vector[string]", NOT_KEPT},
};

static const struct log {
    const char *path;
    const struct fb_rec_def *def;
    const struct column *column;
    size_t n;
} LOG[] = {[FB_ZEEK_SSL] = {"ssl", &fb_tls_def, ssl, sizeof ssl / sizeof *ssl},
           [FB_ZEEK_HTTP] = {"http", &fb_http_def, http, sizeof http / sizeof *http}};

static void put_head(struct fb_buf *b, const struct log *l)
{
    fb_buf_printf(b, FB_ZEEK_HEAD "#path\t%s\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p",
                  l->path);
    for (size_t i = 0; i < l->n; i++)
        fb_buf_printf(b, "\t%s", l->column[i].name);
    fb_buf_puts(b, "\n#types\ttime\tstring\taddr\tport\taddr\tport");
    for (size_t i = 0; i < l->n; i++)
        fb_buf_printf(b, "\t%s", l->column[i].type);
    fb_buf_putc(b, '\n');
}

static void put_list(struct fb_buf *b, const struct fb_rec_cell *c)
{
    struct fb_cur list = fb_cur_init(c->s.p, c->null ? 0 : c->s.n);
    struct fb_span item;
    bool any = false;
    for (; fb_rec_next_item(&list, &item); any = true) {
        fb_buf_puts(b, any ? "," : "");
        fb_zeek_item(b, item, true);
    }
    if (!any)
        fb_buf_putc(b, '-');
}

static void put_cell(struct fb_buf *b, const struct column *col, const struct fb_rec_cell *cells)
{
    static const struct fb_rec_cell unset = {.null = true};
    const struct fb_rec_cell *c = col->from == NOT_KEPT ? &unset : &cells[col->from];
    if (c->null)
        fb_buf_putc(b, '-');
    else if (strcmp(col->type, "bool") == 0)
        fb_zeek_bool(b, c->i != 0);
    else if (strcmp(col->type, "count") == 0)
        fb_zeek_int(b, c);
    else if (strcmp(col->type, "string") == 0)
        fb_zeek_text(b, c);
    else
        put_list(b, c);
}

static enum fb_status print_row(const struct log *l, const struct fb_rec_row *row, struct fb_session *s,
                                struct fb_pseudonym *p, struct fb_pseudonym_cells *hide, struct fb_out *out)
{
    struct fb_rec_cell cells[FB_REC_COLS_MAX];
    memcpy(cells, row->cells, l->def->ncols * sizeof *cells);
    for (unsigned i = 0; i < l->def->ncols && hide; i++)
        fb_pseudonym_cell(hide, i, l->def->name, l->def->cols[i].name, l->def->cols[i].type, &cells[i]);
    if (hide)
        fb_pseudonym_session(p, s);
    fb_zeek_seconds(&out->buf, fb_zeek_us(row->at.ts_ns));
    fb_zeek_id(&out->buf, s, NULL);
    for (size_t i = 0; i < l->n; i++) {
        fb_buf_puts(&out->buf, i ? "\t" : "");
        put_cell(&out->buf, &l->column[i], cells);
    }
    fb_buf_putc(&out->buf, '\n');
    return fb_out_row(out);
}

static enum fb_status print_rows(struct fb_case *c, const struct log *l, struct fb_rec_cursor *cur,
                                 struct fb_pseudonym *p, struct fb_pseudonym_cells *hide, struct fb_out *out,
                                 struct fb_err *err)
{
    struct fb_rec_row row;
    struct fb_session s;
    enum fb_status st;
    put_head(&out->buf, l);
    while ((st = fb_rec_next(cur, &row, err)) == FB_OK) {
        FB_TRY(fb_case_session(c, row.at.number, &s, err));
        FB_TRY(print_row(l, &row, &s, p, hide, out));
    }
    return st;
}

enum fb_status fb_zeek_wire_print(struct fb_case *c, enum fb_zeek_wire log, struct fb_pseudonym *p,
                                  struct fb_out *out, struct fb_err *err)
{
    const struct log *l = &LOG[log];
    struct fb_rec_cursor *cur = NULL;
    struct fb_pseudonym_cells *hide = NULL;
    enum fb_status st = p ? fb_pseudonym_cells_new(p, &hide, err) : FB_OK;
    if (st == FB_OK)
        st = fb_rec_open(c, l->def, FB_REC_NEWEST, &cur, err);
    if (st == FB_OK)
        st = print_rows(c, l, cur, p, hide, out, err);
    if (st == FB_OK || st == FB_EOF)
        st = fb_pseudonym_cells_failed(hide, err);
    fb_rec_close(cur);
    fb_pseudonym_cells_free(hide);
    return st;
}
