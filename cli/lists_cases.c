#include "cli/lists_cases.h"

#include "base/record.h"
#include "cli/lists_load.h"
#include "cli/local_nets.h"
#include "cli/resolved_names.h"
#include "intel/names_def.h"
#include "store/rectab.h"

#define OWN_CLIENT 70 /* certainty of the join from here on: an answer that this session's own client got */

#define OWNER_MAX   256 /* what is longer is cut: no rule states so much */
#define ALIASES_MAX (FB_LIST_SUBJECT_NAMES - 1)

struct walk {
    struct fb_rec_cursor *names;
    fb_lists_each fn;
    void *ctx;
    struct fb_list_name name[2][FB_LIST_SUBJECT_NAMES];
    struct fb_resolved_names *resolved;
    const struct fb_intel *intel; /* may be NULL */
    struct fb_local_nets local;
    struct fb_addr_intel whose;
    char owner[OWNER_MAX];
    struct fb_err *err;
};

static bool is(const struct fb_rec_cell *source, const char *text)
{
    return !source->null && source->s.n == strlen(text) && memcmp(source->s.p, text, source->s.n) == 0;
}

/* What the session's own client learnt or said itself is proof, as is mDNS; an answer to somebody else, a
 * lease, a name from the reverse zone are none. */
static enum fb_list_proof proof_of(const struct fb_rec_cell *source, const struct fb_rec_cell *certainty)
{
    if (is(source, "ptr"))
        return FB_LIST_PTR;
    if (is(source, "tls_sni") || is(source, "quic_sni") || is(source, "http_host") || is(source, "mdns"))
        return FB_LIST_PROVEN;
    return is(source, "dns") && !certainty->null && certainty->i >= OWN_CLIENT ? FB_LIST_PROVEN
                                                                               : FB_LIST_HINT;
}

/* `cell`: name, source, certainty. */
static void take_name(const struct fb_rec_cell *cell, struct fb_list_end *end, struct fb_list_name *name)
{
    if (cell[0].null || cell[0].s.n == 0)
        return;
    *name = (struct fb_list_name){(const char *)cell[0].s.p, cell[0].s.n, proof_of(&cell[1], &cell[2])};
    end->name = name;
    end->nnames = 1;
}

/* The CNAMEs between a proven name and the address: a list that knows the one behind a name of nobody's
 * suspicion finds it here. */
static void take_aliases(const struct fb_rec_cell *chain, struct fb_list_end *end, struct fb_list_name *name)
{
    struct fb_cur c = fb_cur_init(chain->s.p, chain->null ? 0 : chain->s.n);
    struct fb_span alias;
    if (end->nnames == 0 || name[0].proof != FB_LIST_PROVEN)
        return;
    while (end->nnames <= ALIASES_MAX && fb_rec_next_item(&c, &alias))
        name[end->nnames++] = (struct fb_list_name){(const char *)alias.p, alias.n, FB_LIST_ALIAS};
}

/* Names that a resolver gave: PTR names, and none of the traffic's own. */
static void take_resolved(const struct walk *w, struct fb_list_end *end, struct fb_list_name *name)
{
    struct fb_resolved_entry e;
    struct fb_span s;
    if (!fb_resolved_names_find(w->resolved, &end->h, &e))
        return;
    struct fb_cur list = fb_cur_init(e.names.p, e.names.n);
    while (end->nnames < FB_LIST_SUBJECT_NAMES && fb_rec_next_item(&list, &s))
        if (s.n)
            name[end->nnames++] = (struct fb_list_name){(const char *)s.p, s.n, FB_LIST_PTR};
    if (end->nnames)
        end->name = name;
}

/* Who announces the responder's address. Special addresses belong to nobody. */
static void take_as(struct walk *w, const struct fb_addr *h, struct fb_list_as *as)
{
    fb_intel_addr(w->intel, h, &w->whose);
    if (w->whose.special || (w->whose.asn == 0 && !w->whose.country[0]))
        return;
    struct fb_span owner = w->whose.owner;
    size_t n = owner.n < OWNER_MAX ? owner.n : OWNER_MAX - 1;
    if (n)
        memcpy(w->owner, owner.p, n);
    w->owner[n] = '\0';
    *as = (struct fb_list_as){true, w->whose.asn, w->whose.country[0] ? w->whose.country : NULL,
                              n ? w->owner : NULL};
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct walk *w = ctx;
    struct fb_list_subject x = {
        .orig = {.h = s->orig_h, .port = s->orig_p, .local = fb_local_nets_have(&w->local, &s->orig_h)},
        .resp = {.h = s->resp_h,
                 .port = s->resp_p,
                 .local = fb_local_nets_have(&w->local, &s->resp_h) || fb_list_addr_is_local(&s->resp_h)},
        .ip_proto = s->ip_proto};
    struct fb_rec_row row;
    fb_rec_seek(w->names, s->number);
    enum fb_status st = fb_rec_next(w->names, &row, w->err);
    if (st == FB_OK) {
        take_name(&row.cells[FB_NAMES_RESP_DOMAIN], &x.resp, w->name[0]);
        take_aliases(&row.cells[FB_NAMES_RESP_DOMAIN_CHAIN], &x.resp, w->name[0]);
        take_name(&row.cells[FB_NAMES_ORIG_DOMAIN], &x.orig, w->name[1]);
    } else if (st != FB_EOF) {
        return st;
    }
    take_resolved(w, &x.resp, w->name[0]);
    take_resolved(w, &x.orig, w->name[1]);
    if (w->intel)
        take_as(w, &s->resp_h, &x.resp.as);
    return w->fn(w->ctx, s, &x);
}

/* What is local matters to the scope egress alone, and costs a walk over the case. */
static enum fb_status find_local(struct fb_case *c, const struct fb_lists_policy *p,
                                 struct fb_local_nets *out, struct fb_err *err)
{
    *out = (struct fb_local_nets){NULL, 0};
    if (!p || p->scope != FB_LIST_SCOPE_EGRESS)
        return FB_OK;
    return p->local.n ? fb_local_nets_parse(&p->local, out, err) : fb_local_nets_of_case(c, out, err);
}

enum fb_status fb_lists_each_session(struct fb_case *c, const struct fb_lists_how *how, fb_lists_each fn,
                                     void *ctx, struct fb_err *err)
{
    struct walk w = {.fn = fn, .ctx = ctx, .intel = how->intel, .err = err};
    enum fb_status st = find_local(c, how->policy, &w.local, err);
    if (st == FB_OK)
        st = fb_resolved_names_load(c, &w.resolved, err);
    if (st == FB_OK)
        st = fb_rec_open(c, &fb_names_def, FB_REC_NEWEST, &w.names, err);
    if (st == FB_OK)
        st = fb_case_each_session(c, on_session, &w, err);
    fb_rec_close(w.names);
    fb_local_nets_release(&w.local);
    fb_resolved_names_free(w.resolved);
    return st;
}
