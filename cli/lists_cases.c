#include "cli/lists_cases.h"

#include "base/record.h"
#include "store/session_layers.h"

enum { RESP_DOMAIN, RESP_SOURCE, ORIG_DOMAIN, ORIG_SOURCE, NCOLS };
static const char *const COLUMN[NCOLS] = {"resp_domain", "resp_domain_source", "orig_domain",
                                          "orig_domain_source"};

struct walk {
    struct fb_session_layers *layers;
    unsigned col[NCOLS];
    fb_lists_each fn;
    void *ctx;
    struct fb_list_name name[2];
    struct fb_err *err;
};

/* What the session's own client learnt or said itself is proof; an answer to somebody else, a lease, a name
 * from the reverse zone are none. */
static enum fb_list_proof proof_of(struct fb_span source)
{
    static const char *const PROVEN[] = {"dns", "mdns", "tls_sni", "quic_sni", "http_host"};
    if (source.n == 3 && memcmp(source.p, "ptr", 3) == 0)
        return FB_LIST_PTR;
    for (size_t i = 0; i < sizeof PROVEN / sizeof *PROVEN; i++)
        if (source.n == strlen(PROVEN[i]) && memcmp(source.p, PROVEN[i], source.n) == 0)
            return FB_LIST_PROVEN;
    return FB_LIST_HINT;
}

static enum fb_status take_name(struct walk *w, uint64_t number, unsigned column, struct fb_list_end *end,
                                struct fb_list_name *name)
{
    struct fb_rec_cell text, source;
    enum fb_rec_type type;
    FB_TRY(fb_session_layers_cell(w->layers, number, w->col[column], &text, &type, w->err));
    if (text.null || type != FB_REC_TEXT || text.s.n == 0)
        return FB_OK;
    FB_TRY(fb_session_layers_cell(w->layers, number, w->col[column + 1], &source, &type, w->err));
    *name = (struct fb_list_name){(const char *)text.s.p, text.s.n,
                                  source.null ? FB_LIST_HINT : proof_of(source.s)};
    end->name = name;
    end->nnames = 1;
    return FB_OK;
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct walk *w = ctx;
    struct fb_list_subject x = {
        .orig = {.h = s->orig_h, .port = s->orig_p, .local = fb_list_addr_is_local(&s->orig_h)},
        .resp = {.h = s->resp_h, .port = s->resp_p, .local = fb_list_addr_is_local(&s->resp_h)},
        .ip_proto = s->ip_proto};
    FB_TRY(take_name(w, s->number, RESP_DOMAIN, &x.resp, &w->name[0]));
    FB_TRY(take_name(w, s->number, ORIG_DOMAIN, &x.orig, &w->name[1]));
    return w->fn(w->ctx, s, &x);
}

enum fb_status fb_lists_each_session(struct fb_case *c, fb_lists_each fn, void *ctx, struct fb_err *err)
{
    struct walk w = {.fn = fn, .ctx = ctx, .err = err};
    for (unsigned i = 0; i < NCOLS; i++)
        for (unsigned k = 0; k < fb_session_nlayer_cols; k++)
            if (strcmp(fb_session_layer_cols[k].name, COLUMN[i]) == 0)
                w.col[i] = k;
    FB_TRY(fb_session_layers_open(c, &w.layers, err));
    enum fb_status st = fb_case_each_session(c, on_session, &w, err);
    if (st == FB_OK)
        st = fb_session_layers_failed(w.layers, err);
    fb_session_layers_close(w.layers);
    return st;
}
