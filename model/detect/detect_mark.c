/* What single sessions and records give away: counted by rule and ends, a finding each that is often enough.
 * The rules that count are elsewhere; here is what they are worth and what they say. */
#include "model/detect/detect_int.h"

#include <stdio.h>

enum { EVERY_TIME = FB_DO_COUNT };

struct verdict {
    enum fb_finding_kind kind;
    unsigned base, per, most; /* severity: base, and points for each doubling of the times seen */
    unsigned confidence;
    int least;         /* option with the times that it must be seen; EVERY_TIME: once */
    const char *times; /* what is counted */
    const char *what;  /* the sentence; the first text seen follows it */
};

static const struct verdict VERDICT[MR_RULES] = {
    [MR_WEB_ATTACK] = {FB_FIND_EXPLOIT, 66, 3, 20, 80, FB_DO_WEB_ATTACKS, "request",
                       "Requests of HTTP that carry an attack: "},
    [MR_WEB_RECON] = {FB_FIND_EXPLOIT, 50, 4, 20, 60, FB_DO_WEB_RECON, "request",
                      "Looks for what only an attacker looks for: "},
    [MR_SCANNER] = {FB_FIND_EXPLOIT, 62, 2, 15, 90, EVERY_TIME, "request",
                    "The client names itself, a tool of attackers: "},
    [MR_HEARTBLEED] = {FB_FIND_EXPLOIT, 72, 3, 12, 85, EVERY_TIME, "handshake",
                       "Heartbeats of TLS before anything is encrypted, as Heartbleed sends them "
                       "(letters of the handshake): "},
    [MR_EXE_BARE] = {FB_FIND_DOWNLOAD, 62, 3, 12, 75, EVERY_TIME, "time",
                     "Fetched a program, unencrypted, from an address without a name: "},
    [MR_EXE_HIDDEN] = {FB_FIND_DOWNLOAD, 62, 3, 12, 75, EVERY_TIME, "time",
                       "Fetched a program, unencrypted, under the name of something else: "},
    [MR_EXE_PLAIN] = {FB_FIND_DOWNLOAD, 32, 2, 6, 40, EVERY_TIME, "time", "Fetched a program, unencrypted: "},
    [MR_AGENT_RANDOM] = {FB_FIND_ODD_CLIENT, 58, 3, 12, 70, EVERY_TIME, "request",
                         "The client of HTTP gives itself a drawn name: "},
    [MR_AGENT_SCRIPT] = {FB_FIND_ODD_CLIENT, 42, 3, 12, 55, EVERY_TIME, "request",
                         "The client of HTTP is a script of a system's own shell: "},
    [MR_AGENT_CRAWLER] = {FB_FIND_ODD_CLIENT, 20, 2, 8, 60, EVERY_TIME, "request",
                          "The client of HTTP is a program that walks the web: "},
    [MR_BARE_POST] = {FB_FIND_ODD_CLIENT, 40, 3, 15, 45, EVERY_TIME, "request",
                      "Sends data, unencrypted, to an address without a name, and is no browser: "},
    [MR_CERT_TOOL] = {FB_FIND_ODD_CERT, 76, 2, 10, 90, EVERY_TIME, "handshake",
                      "A certificate that bears the name of an attacker's tool: "},
    [MR_CERT_SELF] = {FB_FIND_ODD_CERT, 40, 2, 8, 50, EVERY_TIME, "handshake",
                      "A server outside that vouches for itself (subject and issuer are the same): "},
    [MR_TOR_CERT] = {FB_FIND_TOR, 56, 2, 10, 90, EVERY_TIME, "handshake",
                     "Subject and issuer of the certificate are drawn names, as Tor makes them: "},
    [MR_TOR_NAMES] = {FB_FIND_TOR, 50, 3, 12, 70, FB_DO_TOR_NAMES, "name",
                      "Asks servers for drawn names that nobody resolved, as Tor does: "},
    [MR_WINRM] = {FB_FIND_LATERAL, 45, 2, 10, 50, EVERY_TIME, "session", "Commands another host over WinRM"},
    [MR_DCOM] = {FB_FIND_LATERAL, 44, 2, 10, 45, EVERY_TIME, "session",
                 "Asks the port mapper of a host that is no domain server, and then calls procedures "
                 "there, as WMI and DCOM do"},
    [MR_SMB_EXEC] = {FB_FIND_LATERAL, 46, 2, 10, 45, EVERY_TIME, "session",
                     "Puts files on a share of a host and calls procedures there, as PsExec does"},
    [MR_DGA] = {FB_FIND_DGA, 60, 4, 20, 75, FB_DO_DGA_NAMES, "domain",
                "Asks for many domains that do not exist: "},
    [MR_VPN] = {FB_FIND_POLICY, 24, 0, 0, 60, FB_DO_POLICY_PKTS, "packet", "A VPN to outside"},
    [MR_P2P] = {FB_FIND_POLICY, 24, 0, 0, 55, FB_DO_POLICY_PKTS, "packet",
                "Shares files with hosts outside, by the port"},
    [MR_TELNET] = {FB_FIND_POLICY, 26, 0, 0, 70, EVERY_TIME, "session",
                   "Telnet: what is typed, passwords too, can be read by anybody on the way"},
    [MR_FTP_LOGIN] = {FB_FIND_POLICY, 28, 0, 0, 60, EVERY_TIME, "session",
                      "FTP to outside: passwords and files can be read by anybody on the way"},
};

struct mark *fb_det_mark(struct fb_detect *d, enum mark_rule rule, const struct fb_session *s,
                         const struct fb_addr *resp_h, uint16_t port, struct fb_span text)
{
    struct mark_key key = {.orig_h = s->orig_h, .port = port, .rule = (uint8_t)rule};
    bool made;
    if (resp_h)
        key.resp_h = *resp_h;
    struct mark *m = fb_dtab_get(&d->marks, &key, &made);
    if (!m)
        return NULL;
    if (made) {
        m->first_ns = m->last_ns = s->ts_ns;
        m->ip_proto = s->ip_proto;
        fb_det_word_plain(m->text, sizeof m->text, text.p, text.n);
    }
    int64_t end = s->duration_ns > 0 ? span_ns(-s->duration_ns, s->ts_ns) : s->ts_ns;
    m->first_ns = s->ts_ns < m->first_ns ? s->ts_ns : m->first_ns;
    m->last_ns = end > m->last_ns ? end : m->last_ns;
    m->n++;
    m->sessions += made || s->number != m->last_number;
    m->last_number = s->number;
    fb_det_sample_add(&m->hosts, &s->resp_h);
    return fb_det_note(&m->evidence, s->number) == FB_OK ? m : NULL;
}

const struct mark *fb_det_marked(const struct fb_detect *d, enum mark_rule rule, const struct fb_addr *orig_h,
                                 const struct fb_addr *resp_h)
{
    struct mark_key key = {.orig_h = *orig_h, .rule = (uint8_t)rule};
    if (resp_h)
        key.resp_h = *resp_h;
    return fb_dtab_find(&d->marks, &key);
}

static enum fb_status report(const struct mark *k, const struct verdict *v, uint64_t least,
                             struct fb_findings *out)
{
    struct finding_maker m;
    fb_det_make_begin(&m, v->kind, &k->key.orig_h);
    for (unsigned i = 0; i < k->hosts.n; i++)
        fb_det_make_host(&m, &k->hosts.host[i]);
    m.f.targets = m.f.nhosts - 1;
    m.f.ip_proto = k->ip_proto;
    m.f.has_port = k->key.port != 0;
    m.f.port = k->key.port;
    m.f.sessions = k->sessions;
    m.f.first_ns = k->first_ns;
    m.f.last_ns = k->last_ns;
    fb_det_make_evidence(&m, &k->evidence);
    snprintf(m.f.subject, sizeof m.f.subject, "%s", k->text);
    fb_buf_puts(&m.reason, v->what);
    if (*k->text)
        fb_buf_printf(&m.reason, "\"%s\"", k->text);
    fb_buf_printf(&m.reason, "; %llu %s%s", (unsigned long long)k->n, v->times, k->n == 1 ? "" : "s");
    if (k->part)
        fb_buf_printf(&m.reason, ", %llu of them of drawn letters", (unsigned long long)k->part);
    if (k->bytes) {
        fb_buf_puts(&m.reason, ", ");
        fb_put_bytes(&m.reason, k->bytes);
    }
    fb_buf_putc(&m.reason, '.');
    fb_det_make_severity(&m, v->base, fb_points(k->n, least, v->per, v->most), v->confidence);
    return fb_det_make_end(&m, out);
}

/* What must hold besides: procedures of domain servers are called by everybody; files are put on shares by
 * everybody, but for those who then call procedures; some of the domains that do not exist are mistyped. */
static bool holds(const struct fb_detect *d, const struct mark *k)
{
    switch (k->key.rule) {
    case MR_DCOM:
        return !fb_det_marked(d, MR_DOMAIN_SERVER, &k->key.resp_h, NULL);
    case MR_SMB_EXEC:
        return fb_det_marked(d, MR_ASKED_MAPPER, &k->key.orig_h, &k->key.resp_h) != NULL;
    case MR_DGA:
        return k->part * 5 >= k->n * 2;
    default:
        return true;
    }
}

enum fb_status fb_det_marks(struct fb_detect *d, struct fb_findings *out)
{
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->marks.n && st == FB_OK; i++) {
        const struct mark *k = fb_dtab_at(&d->marks, i);
        if (k->key.rule >= MR_RULES)
            continue;
        const struct verdict *v = &VERDICT[k->key.rule];
        uint64_t least = v->least == EVERY_TIME ? 1 : (uint64_t)d->o.v[v->least];
        if (k->n >= least && holds(d, k))
            st = report(k, v, least, out);
    }
    return st;
}
