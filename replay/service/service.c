/* The detector: which analyzers are at work on a session, and what they have made of it. */
#include "replay/service/service.h"

#include "base/memory.h"
#include "ingest/packet.h"
#include "replay/service/svc_core.h"
#include "replay/service/svc_ports.h"
#include "replay/service/svc_sig.h"

/* ---- the service column ---- */

/* Where `name` stands in the list, NULL when it does not. */
static char *find_name(char *text, const char *name)
{
    size_t len = strlen(name);
    for (char *p = text; p && *p;) {
        if (strncmp(p, name, len) == 0 && (p[len] == ',' || p[len] == '\0'))
            return p;
        p = strchr(p, ',');
        if (p)
            p++;
    }
    return NULL;
}

static void add_name(struct fb_service *s, const char *name)
{
    size_t have = strlen(s->text), len = strlen(name);
    if (len == 0 || find_name(s->text, name) || have + len + 2 > sizeof s->text)
        return;
    if (have > 0)
        s->text[have++] = ',';
    memcpy(s->text + have, name, len + 1);
}

static void remove_name(struct fb_service *s, const char *name)
{
    char *p = find_name(s->text, name);
    if (!p || *name == '\0')
        return;
    char *after = p + strlen(name);
    if (*after == ',')
        memmove(p, after + 1, strlen(after + 1) + 1);
    else if (p > s->text)
        p[-1] = '\0';
    else
        *p = '\0';
}

void svc_confirm_as(struct svc *a, const char *name)
{
    add_name(a->owner->root, name);
    a->owner->any_confirmed = true;
}

void svc_confirm(struct svc *a)
{
    if (a->confirmed)
        return;
    a->confirmed = true;
    svc_confirm_as(a, a->proto->name);
}

void svc_fail(struct svc *a)
{
    a->gone = true;
    struct fb_service *root = a->owner->root;
    if (a->confirmed && !a->proto->keep_on_fail && root->total_bytes <= SVC_VIOLATION_BYTES)
        remove_name(root, a->proto->name);
}

void fb_service_confirm(struct fb_service *s, const char *name)
{
    add_name(s, name);
}

const char *fb_service_names(const struct fb_service *s)
{
    return s->text;
}

/* ---- slots ---- */

static struct svc *attach(struct fb_service *s, unsigned id)
{
    const struct svc_proto *proto = svc_protos[id];
    s->attached |= UINT64_C(1) << id;
    if (!proto || s->nslots == SVC_SLOTS || (s->flow.partial && !proto->partial_ok))
        return NULL;
    struct svc *a = svc_new(s, proto);
    if (a)
        s->slot[s->nslots++] = a;
    return a;
}

static void drop_gone(struct fb_service *s)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < s->nslots; i++) {
        struct svc *a = s->slot[i];
        if (!a->gone) {
            s->slot[kept++] = a;
            continue;
        }
        if (a->proto == &svc_dns_udp || a->proto == &svc_dns_tcp)
            s->dns_attached = false;
        svc_free(a);
    }
    s->nslots = (uint8_t)kept;
}

/* ---- the signature window ---- */

static void close_window(struct fb_service *s)
{
    if (!s->window)
        return;
    free(s->window->buf[0]);
    free(s->window->buf[1]);
    free(s->window);
    s->window = NULL;
}

/* Hands a new analyzer what went before it. */
static void replay(const struct svc_window *w, struct svc *a)
{
    uint32_t at[2] = {0, 0};
    for (unsigned i = 0; i < w->nchunks && !a->gone; i++) {
        unsigned d = (w->chunk[i] & 1) ? SVC_ORIG : SVC_RESP;
        size_t n = (size_t)w->chunk[i] >> 1;
        svc_feed(a, d == SVC_ORIG, w->buf[d] + at[d], n);
        at[d] += (uint32_t)n;
    }
}

/* Appends a chunk of at most SVC_WINDOW_BYTES; false when memory ran out. */
static bool remember(struct svc_window *w, bool from_orig, const uint8_t *p, size_t n)
{
    unsigned d = from_orig ? SVC_ORIG : SVC_RESP;
    size_t want = w->len[d] + n;
    if (n == 0)
        return true; /* an empty datagram leaves nothing to replay */
    if (want > w->cap[d]) {
        size_t cap = w->cap[d] == 0 ? want : SVC_WINDOW_BYTES;
        uint8_t *buf = fb_realloc(w->buf[d], cap < want ? want : cap);
        if (!buf)
            return false;
        w->buf[d] = buf;
        w->cap[d] = (uint32_t)(cap < want ? want : cap);
    }
    if (n)
        memcpy(w->buf[d] + w->len[d], p, n);
    w->len[d] = (uint32_t)want;
    w->chunk[w->nchunks++] = (uint16_t)(n << 1 | (from_orig ? 1U : 0U));
    return true;
}

/* Half signatures in this direction with the new chunk behind what came before. */
static uint64_t match(const struct fb_service *s, bool from_orig, const uint8_t *p, size_t n)
{
    const struct svc_window *w = s->window;
    unsigned d = from_orig ? SVC_ORIG : SVC_RESP;
    if (s->flow.proto != FB_PROTO_TCP)
        return svc_sig_udp(p, n);
    if (w->len[d] == 0)
        return svc_sig_tcp(from_orig, p, n);
    uint8_t joined[2 * SVC_WINDOW_BYTES];
    size_t have = w->len[d] < SVC_WINDOW_BYTES ? w->len[d] : SVC_WINDOW_BYTES;
    size_t more = n < sizeof joined - have ? n : sizeof joined - have;
    memcpy(joined, w->buf[d], have);
    memcpy(joined + have, p, more);
    return svc_sig_tcp(from_orig, joined, have + more);
}

/* Attaches what the signatures ask for, before the chunk itself is fed to all. */
static void window_step(struct fb_service *s, bool from_orig, const uint8_t *p, size_t n)
{
    struct svc_window *w = s->window;
    w->halves[from_orig ? SVC_ORIG : SVC_RESP] |= match(s, from_orig, p, n);
    uint64_t want = svc_sig_attach(w->halves[SVC_ORIG], w->halves[SVC_RESP]) & ~s->attached;
    for (unsigned id = 0; want >> id; id++) {
        if (!(want >> id & 1))
            continue;
        struct svc *a = attach(s, id);
        if (a)
            replay(w, a);
    }
    w->total += (uint32_t)(n < SVC_WINDOW_BYTES ? n : SVC_WINDOW_BYTES + 1);
    if (w->total > SVC_WINDOW_BYTES || w->nchunks == SVC_WINDOW_CHUNKS || !remember(w, from_orig, p, n))
        close_window(s);
}

/* ---- the calls ---- */

static struct fb_service *new_detector(const struct fb_service_flow *flow)
{
    struct fb_service *s = fb_calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->flow = *flow;
    s->root = s;
    s->window = fb_calloc(1, sizeof *s->window);
    if (!s->window) {
        free(s);
        return NULL;
    }
    return s;
}

struct fb_service *fb_service_new(const struct fb_service_flow *flow)
{
    struct fb_service *s = new_detector(flow);
    if (!s)
        return NULL;
    uint64_t want = svc_by_port(flow->proto, flow->resp_p);
    for (unsigned id = 0; want >> id; id++)
        if ((want >> id & 1) && attach(s, id) && (id == SVC_DNS_UDP || id == SVC_DNS_TCP))
            s->dns_attached = true;
    return s;
}

struct fb_service *svc_inner_new(struct svc *a)
{
    if (a->owner->depth >= SVC_INNER_DEPTH)
        return NULL;
    struct fb_service *s = new_detector(&a->owner->flow);
    if (!s)
        return NULL;
    s->root = a->owner->root;
    s->depth = (uint8_t)(a->owner->depth + 1);
    /* What runs inside a datagram protocol is not used; what runs inside a stream is a stream. */
    s->flow.proto = FB_PROTO_TCP;
    return s;
}

void fb_service_free(struct fb_service *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->nslots; i++)
        svc_free(s->slot[i]);
    close_window(s);
    free(s->expect);
    free(s);
}

void fb_service_flip(struct fb_service *s)
{
    struct fb_service_flow f = s->flow;
    s->flow.orig_h = f.resp_h;
    s->flow.resp_h = f.orig_h;
    s->flow.orig_p = f.resp_p;
    s->flow.resp_p = f.orig_p;
    s->flow.partial = false;
    for (unsigned i = 0; i < s->nslots; i++)
        svc_swap_roles(s->slot[i]);
    struct svc_window *w = s->window;
    if (!w)
        return;
    struct svc_window was = *w;
    for (unsigned d = 0; d < 2; d++) {
        w->buf[d] = was.buf[1 - d];
        w->len[d] = was.len[1 - d];
        w->cap[d] = was.cap[1 - d];
        w->halves[d] = was.halves[1 - d];
    }
    for (unsigned i = 0; i < w->nchunks; i++)
        w->chunk[i] ^= 1;
}

/* Nothing can change any more. */
static bool is_done(const struct fb_service *s)
{
    if (s->window)
        return false;
    for (unsigned i = 0; i < s->nslots; i++)
        if (!s->slot[i]->settled || s->root->total_bytes <= SVC_VIOLATION_BYTES)
            return false;
    return true;
}

static void data(struct fb_service *s, bool from_orig, const uint8_t *p, size_t n)
{
    if (s->window && (n > 0 || s->flow.proto != FB_PROTO_TCP))
        window_step(s, from_orig, p, n);
    for (unsigned i = 0; i < s->nslots; i++)
        svc_feed(s->slot[i], from_orig, p, n);
    drop_gone(s);
    if (s->any_confirmed)
        close_window(s);
}

unsigned fb_service_data(struct fb_service *s, bool from_orig, const uint8_t *p, size_t n,
                         uint64_t total_bytes)
{
    s->total_bytes = total_bytes + n; /* Zeek acts on a violation after the packet has been counted */
    s->result = 0;
    data(s, from_orig, p, n);
    return s->result | (is_done(s) ? FB_SVC_DONE : 0U);
}

void svc_inner_data(struct svc *a, struct fb_service *inner, bool from_orig, const uint8_t *p, size_t n)
{
    if (!inner)
        return;
    data(inner, from_orig, p, n);
    if (inner->any_confirmed)
        a->owner->any_confirmed = true;
    if (is_done(inner))
        a->settled = true;
}

unsigned fb_service_gap(struct fb_service *s, bool from_orig, uint64_t n)
{
    s->result = 0;
    close_window(s);
    for (unsigned i = 0; i < s->nslots; i++)
        svc_gap(s->slot[i], from_orig, n);
    drop_gone(s);
    return s->result | (is_done(s) ? FB_SVC_DONE : 0U);
}

bool fb_service_dns_attached(const struct fb_service *s)
{
    return s->dns_attached;
}

bool fb_service_take_expect(struct fb_service *s, struct fb_service_expect *out)
{
    if (s->nexpect == 0)
        return false;
    *out = s->expect[0];
    s->nexpect--;
    memmove(s->expect, s->expect + 1, s->nexpect * sizeof *s->expect);
    return true;
}

size_t fb_service_bytes(const struct fb_service *s)
{
    size_t n = sizeof *s;
    for (unsigned i = 0; i < s->nslots; i++)
        n += svc_held_bytes(s->slot[i]);
    if (s->window)
        n += sizeof *s->window + s->window->cap[0] + s->window->cap[1];
    if (s->expect)
        n += SVC_EXPECTS * sizeof *s->expect;
    return n;
}
