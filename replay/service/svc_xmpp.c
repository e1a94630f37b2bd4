/* XMPP (RFC 6120): the client's <stream:stream confirms; <proceed after <starttls hands over to TLS. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

struct xmpp_state {
    bool starttls;
};

static void element(struct svc *a, bool from_orig, struct fb_span name)
{
    struct xmpp_state *st = a->state;
    if (from_orig && svc_equal(name, "stream:stream"))
        svc_confirm(a);
    if (from_orig && svc_equal(name, "starttls"))
        st->starttls = true;
    if (!from_orig && svc_equal(name, "proceed") && st->starttls)
        svc_become(a, &svc_ssl);
    if (svc_equal(name, "success") || svc_equal(name, "message") || svc_equal(name, "presence") ||
        svc_equal(name, "db:result") || svc_equal(name, "db:verify")) {
        a->dir[0].skip = a->dir[1].skip = UINT64_MAX; /* past the point where TLS can start */
        a->settled = true;
    }
}

/* One element, or the text before one. */
static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    const uint8_t *open = memchr(p, '<', n);
    if (!open)
        return n;
    if (open > p)
        return (size_t)(open - p);
    const uint8_t *close = memchr(p, '>', n);
    if (!close)
        return 0;
    struct fb_span name = {p + 1, 0};
    while (name.p + name.n < close && !svc_is_space(name.p[name.n]) && name.p[name.n] != '/')
        name.n++;
    element(a, from_orig, name);
    return (size_t)(close - p) + 1;
}

const struct svc_proto svc_xmpp = {.name = "xmpp",
                                   .hold = 8192,
                                   .state_bytes = sizeof(struct xmpp_state),
                                   .drop_long = true,
                                   .parse = parse};
