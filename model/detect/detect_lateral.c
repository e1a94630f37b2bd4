/* From host to host inside, and what a network's policy may not want: by the sessions alone. */
#include "model/detect/detect_int.h"

static const struct fb_span NO_TEXT;

/* Who answers for a domain: names, tickets, directory. Everybody calls its procedures. */
static bool serves_domain(const struct fb_session *s)
{
    static const uint16_t PORT[] = {53, 88, 389, 464, 3268};
    for (size_t i = 0; i < sizeof PORT / sizeof *PORT; i++)
        if (s->resp_p == PORT[i])
            return s->resp_pkts > 0 || s->resp_bytes > 0;
    return false;
}

static enum fb_status mark(struct fb_detect *d, enum mark_rule rule, const struct fb_session *s)
{
    struct mark *m = fb_det_mark(d, rule, s, &s->resp_h, s->resp_p, NO_TEXT);
    if (m)
        m->bytes += fb_det_sent_bytes(s);
    return m ? FB_OK : FB_ERR_NOMEM;
}

/* A fact about a host, which stands in the place of who acts. */
static enum fb_status fact(struct fb_detect *d, enum mark_rule rule, const struct fb_addr *a,
                           const struct fb_addr *b, const struct fb_session *s)
{
    struct fb_session t = *s;
    t.orig_h = *a;
    return fb_det_mark(d, rule, &t, b, 0, NO_TEXT) ? FB_OK : FB_ERR_NOMEM;
}

enum fb_status fb_det_lateral(struct fb_detect *d, const struct fb_session *s)
{
    uint64_t sent = fb_det_sent_bytes(s);
    bool tcp = s->ip_proto == PROTO_TCP, inside = fb_det_host_is_private(&s->orig_h) &&
                                                  fb_det_host_is_private(&s->resp_h) &&
                                                  !fb_addr_eq(&s->orig_h, &s->resp_h);
    if (!inside)
        return FB_OK;
    if (serves_domain(s))
        return fact(d, MR_DOMAIN_SERVER, &s->resp_h, NULL, s);
    if (!tcp || sent == 0)
        return FB_OK;
    if (s->resp_p == 5985 || s->resp_p == 5986)
        return mark(d, MR_WINRM, s);
    if (s->resp_p == 445 && sent >= (uint64_t)OPT(d, LATERAL_BYTES) &&
        fb_det_service_has(s->service, "smb") && sent > fb_det_received_bytes(s)) {
        if (fb_det_service_has(s->service, "dce_rpc"))
            FB_TRY(fact(d, MR_ASKED_MAPPER, &s->orig_h, &s->resp_h, s));
        return mark(d, MR_SMB_EXEC, s);
    }
    if (s->resp_p == 135 && fb_det_service_has(s->service, "dce_rpc"))
        return fact(d, MR_ASKED_MAPPER, &s->orig_h, &s->resp_h, s);
    bool calls = fb_det_service_has(s->service, "dce_rpc") || !*s->service;
    if (s->resp_p >= 1024 && calls && fb_det_marked(d, MR_ASKED_MAPPER, &s->orig_h, &s->resp_h))
        return mark(d, MR_DCOM, s);
    return FB_OK;
}

static bool is_vpn(const struct fb_session *s)
{
    bool udp = s->ip_proto == PROTO_UDP, tcp = s->ip_proto == PROTO_TCP;
    return (udp && s->resp_p == 51820) || ((udp || tcp) && s->resp_p == 1194) || (tcp && s->resp_p == 1723);
}

static bool is_sharing(const struct fb_session *s)
{
    return (s->ip_proto == PROTO_UDP || s->ip_proto == PROTO_TCP) && !*s->service &&
           ((s->resp_p >= 6881 && s->resp_p <= 6889) || s->resp_p == 51413 || s->resp_p == 4662);
}

static bool is_talk(const struct fb_session *s)
{
    return s->ip_proto == PROTO_TCP && fb_det_sent_bytes(s) && fb_det_received_bytes(s);
}

enum fb_status fb_det_policies(struct fb_detect *d, const struct fb_session *s)
{
    bool outside = !fb_det_host_is_private(&s->resp_h);
    if (outside && (is_vpn(s) || is_sharing(s))) {
        struct mark *m = fb_det_mark(d, is_vpn(s) ? MR_VPN : MR_P2P, s, &s->resp_h, s->resp_p, NO_TEXT);
        if (!m)
            return FB_ERR_NOMEM;
        m->n += s->orig_pkts + s->resp_pkts ? s->orig_pkts + s->resp_pkts - 1 : 0;
        m->bytes += fb_det_sent_bytes(s) + fb_det_received_bytes(s);
        return FB_OK;
    }
    if (!is_talk(s))
        return FB_OK;
    if (s->resp_p == 23)
        return mark(d, MR_TELNET, s);
    if (outside && s->resp_p == 21)
        return mark(d, MR_FTP_LOGIN, s);
    return FB_OK;
}
