/* What handshakes give away: names that are drawn, certificates that vouch for themselves or name a tool, and
 * heartbeats where there is nothing to keep alive. */
#include "base/hash.h"
#include "model/detect/detect_int.h"

#define NAME_MAX_BYTES 255

/* The label between "www." and `tld` when there is nothing else; n == 0: no. */
static struct fb_span middle(struct fb_span s, const char *tld)
{
    static const char WWW[] = "www.";
    size_t t = strlen(tld), w = sizeof WWW - 1;
    if (s.n <= w + t || memcmp(s.p, WWW, w) != 0 || memcmp(s.p + s.n - t, tld, t) != 0)
        return (struct fb_span){0};
    struct fb_span m = {s.p + w, s.n - w - t};
    return memchr(m.p, '.', m.n) ? (struct fb_span){0} : m;
}

/* A common name and nothing else, in the letters of base 32, 8 to 20 of them: tor's common/tortls.c draws
 * "www.X.net" for the subject and "www.X.com" for the issuer. */
static bool is_tor_name(struct fb_span dn, const char *tld)
{
    static const char CN[] = "CN=";
    if (dn.n <= 3 || memcmp(dn.p, CN, 3) != 0)
        return false;
    struct fb_span m = middle((struct fb_span){dn.p + 3, dn.n - 3}, tld);
    if (m.n < 8 || m.n > 20)
        return false;
    for (size_t i = 0; i < m.n; i++)
        if (!((m.p[i] >= 'a' && m.p[i] <= 'z') || (m.p[i] >= '2' && m.p[i] <= '7')))
            return false;
    return true;
}

/* Names that tools give when nobody gives them one. */
static bool names_tool(struct fb_span dn)
{
    static const char *const TOOL[] = {"quasar",
                                       "asyncrat",
                                       "dcrat",
                                       "venomrat",
                                       "bitrat",
                                       "orcus",
                                       "njrat",
                                       "remcos",
                                       "warzone",
                                       "nanocore",
                                       "cobaltstrike",
                                       "metasploit",
                                       "meterpreter",
                                       "covenant",
                                       "sliver",
                                       "cobalt strike",
                                       "advancedpentesting",
                                       "xworm",
                                       "havoc",
                                       "mythic",
                                       "brute ratel",
                                       "pupy",
                                       "poshc2",
                                       NULL};
    char low[NAME_MAX_BYTES];
    size_t n = dn.n < sizeof low ? dn.n : sizeof low;
    for (size_t i = 0; i < n; i++)
        low[i] = (char)(dn.p[i] >= 'A' && dn.p[i] <= 'Z' ? dn.p[i] + 32 : dn.p[i]);
    for (const char *const *t = TOOL; *t; t++)
        if (fb_det_word_has(low, n, *t))
            return true;
    return false;
}

/* Heartbeats (RFC 6520) before both sides encrypt. */
static bool bleeds(const struct fb_detect_tls *t)
{
    for (size_t i = 0; i < t->history.n && t->history.p[i] != 'D' && t->history.p[i] != 'd'; i++)
        if (t->history.p[i] == 'B')
            return !t->established;
    return false;
}

/* Servers of mail take each other's certificates as they are (RFC 7435). */
static bool is_mail(uint16_t port)
{
    return port == 25 || port == 465 || port == 587;
}

static uint64_t name_hash(struct fb_span s)
{
    static const struct fb_hash_key key = {0x746f726e616d6573ULL, 0x617265647261776eULL};
    return fb_siphash13(&key, s.p, s.n);
}

/* A drawn name that no answer of the capture holds, each once for a client. */
static enum fb_status tor_name(struct fb_detect *d, const struct fb_detect_tls *t)
{
    struct fb_span m = middle(t->server_name, ".com");
    if (!m.n)
        m = middle(t->server_name, ".net");
    if (!m.n || !fb_det_word_is_drawn((const char *)m.p, m.n) || fb_det_host_is_private(&t->s->resp_h) ||
        fb_dset_has(&d->seen, fb_det_asked_hash(t->server_name)))
        return FB_OK;
    int fresh = fb_dset_add(&d->seen, name_hash(t->server_name));
    if (fresh <= 0)
        return fresh < 0 ? FB_ERR_NOMEM : FB_OK;
    return fb_det_mark(d, MR_TOR_NAMES, t->s, NULL, 0, t->server_name) ? FB_OK : FB_ERR_NOMEM;
}

enum fb_status fb_detect_tls(struct fb_detect *d, const struct fb_detect_tls *t)
{
    const struct fb_session *s = t->s;
    bool outside = !fb_det_host_is_private(&s->resp_h),
         self = t->subject.n && t->subject.n == t->issuer.n &&
                memcmp(t->subject.p, t->issuer.p, t->subject.n) == 0;
    struct mark *m = NULL;
    bool some = true;
    if (bleeds(t))
        m = fb_det_mark(d, MR_HEARTBLEED, s, &s->resp_h, s->resp_p, t->history);
    else if (is_tor_name(t->subject, ".net") && is_tor_name(t->issuer, ".com"))
        m = fb_det_mark(d, MR_TOR_CERT, s, NULL, 0, t->subject);
    else if (names_tool(t->subject) || names_tool(t->issuer))
        m = fb_det_mark(d, MR_CERT_TOOL, s, &s->resp_h, s->resp_p, t->subject);
    else if (self && outside && s->ip_proto == PROTO_TCP && !is_mail(s->resp_p))
        m = fb_det_mark(d, MR_CERT_SELF, s, &s->resp_h, s->resp_p, t->subject);
    else
        some = false;
    if (some && !m)
        return FB_ERR_NOMEM;
    FB_TRY(tor_name(d, t));
    if (!t->server_name.n)
        return FB_OK;
    FB_TRY(fb_det_poll(d, s, NULL, t->server_name, s->ts_ns, fb_det_sent_bytes(s)));
    return fb_detect_name(d, &s->resp_h, (const char *)t->server_name.p, t->server_name.n);
}
