/* Tunnels through DNS: by the names below a domain where names are known, else by what went to a name server;
 * and names of mining pools, which the rule for mining uses. */
#include "base/hash.h"
#include "model/detect/detect_int.h"

#include <stdio.h>

enum {
    QT_NS = 2,
    QT_CNAME = 5,
    QT_NULL = 10,
    QT_PTR = 12,
    QT_MX = 15,
    QT_TXT = 16,
    QT_SRV = 33,
    QT_PRIVATE = 65399
};

#define NAME_MAX_BYTES 255
/* Of a query without a tunnel; header and question of a name of 20 characters are 38. */
#define QUERY_BYTES_USUAL  60
#define ANSWER_BYTES_USUAL 110
#define ONE_SESSION_PKTS   50 /* a resolver's client takes a new port for each question or few */

static size_t lower(const char *in, size_t n, char out[static NAME_MAX_BYTES])
{
    n = n > NAME_MAX_BYTES ? NAME_MAX_BYTES : n;
    for (size_t i = 0; i < n; i++) {
        char c = in[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    return n && out[n - 1] == '.' ? n - 1 : n;
}

/* Names from outside become harmless text: what is no letter of a host's name becomes '?'. */
static void domain_key(const char *p, size_t n, char key[static DOMAIN_MAX])
{
    memset(key, 0, DOMAIN_MAX);
    if (n > DOMAIN_MAX - 1) {
        p += n - (DOMAIN_MAX - 1);
        n = DOMAIN_MAX - 1;
    }
    for (size_t i = 0; i < n; i++) {
        char c = p[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        key[i] = ok ? c : '?';
    }
}

static bool ends_with(const char *p, size_t n, const char *suffix)
{
    size_t k = strlen(suffix);
    return n >= k && memcmp(p + n - k, suffix, k) == 0 && (n == k || p[n - k - 1] == '.');
}

static bool odd_type(uint16_t t)
{
    return t == QT_TXT || t == QT_NULL || t == QT_CNAME || t == QT_MX || t == QT_PRIVATE;
}

static void count_letters(struct domain *m, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c >= 'a' && c <= 'z')
            m->letters[c - 'a']++;
        else if (c >= '0' && c <= '9')
            m->letters[26 + c - '0']++;
        else if (c != '.')
            m->letters[c == '-' ? 36 : c == '_' ? 37 : c < 0x80 ? 38 : 39]++;
    }
}

/* No top-level domain has a digit, but for those in punycode: such names lead to no server but the one that
 * is asked directly. */
static bool is_homeless(const char *p, size_t n)
{
    size_t at = n;
    while (at > 0 && p[at - 1] != '.')
        at--;
    if (at == 0 || (n - at > 4 && memcmp(p + at, "xn--", 4) == 0))
        return false;
    for (size_t i = at; i < n; i++)
        if (p[i] >= '0' && p[i] <= '9')
            return true;
    return false;
}

static const char HOMELESS[] = "(no domain)";

/* `at`: where the registered domain begins; n + 1: there is none, all of the name is data. */
static enum fb_status gather(struct fb_detect *d, const struct fb_detect_dns *q, const char *name, size_t n,
                             size_t at)
{
    static const struct fb_hash_key key = {0x646f6d61696e6e61ULL, 0x6d65737365656e31ULL};
    char dom[DOMAIN_MAX];
    bool made;
    if (at > n) {
        memset(dom, 0, sizeof dom);
        memcpy(dom, HOMELESS, sizeof HOMELESS);
    } else {
        domain_key(name + at, n - at, dom);
    }
    struct domain *m = fb_dtab_get(&d->domains, dom, &made);
    if (!m)
        return FB_ERR_NOMEM;
    if (made) {
        m->first_ns = q->ts_ns;
        m->client = q->client;
        m->server = q->server;
    }
    m->queries++;
    m->sessions += made || q->number != m->last_number;
    m->last_number = q->number;
    m->last_ns = q->ts_ns;
    FB_TRY(fb_det_note(&m->evidence, q->number));
    if (!fb_addr_eq(&m->client, &q->client))
        fb_det_sample_add(&m->clients, &q->client);
    m->odd_types += odd_type(q->qtype);
    m->failed += q->rcode == 3;
    m->query_bytes += q->query_len;
    m->answer_bytes += q->answer_bytes;
    int fresh = at ? fb_dset_add(&d->seen, fb_siphash13(&key, name, n)) : 0;
    if (fresh < 0)
        return FB_ERR_NOMEM;
    if (fb_addr_eq(&m->client, &q->client)) {
        m->asked++;
        m->asked_names += (uint64_t)fresh;
        m->asked_odd += odd_type(q->qtype);
        FB_TRY(fb_det_series_add(d, &m->series, q->ts_ns, q->query_len));
    }
    if (fresh) {
        m->names++;
        m->label_bytes += at - 1;
        m->label_max = at - 1 > m->label_max ? at - 1 : m->label_max;
        count_letters(m, name, at - 1);
    }
    return FB_OK;
}

uint64_t fb_det_asked_hash(struct fb_span name)
{
    static const struct fb_hash_key key = {0x6e616d6573617265ULL, 0x61736b6564666f72ULL};
    char low[NAME_MAX_BYTES];
    size_t n = lower((const char *)name.p, name.n, low);
    return fb_siphash13(&key, low, n);
}

enum fb_status fb_detect_dns(struct fb_detect *d, const struct fb_detect_dns *q)
{
    char name[NAME_MAX_BYTES];
    size_t n = lower(q->query, q->query_len, name), at = fb_det_domain_begins(name, n);
    d->dns_seen++;
    if (fb_dset_add(&d->seen, fb_det_asked_hash((struct fb_span){(const uint8_t *)q->query, q->query_len})) <
        0)
        return FB_ERR_NOMEM;
    for (size_t i = 0; i < q->naddrs; i++)
        FB_TRY(fb_detect_name(d, &q->addrs[i], name, n));
    if (at == n || ends_with(name, n, "arpa") || ends_with(name, n, "local"))
        return FB_OK;
    if (is_homeless(name, n))
        return gather(d, q, name, n, n + 1);
    FB_TRY(fb_det_dga(d, q, name, n, at));
    return gather(d, q, name, n, at);
}

enum fb_status fb_detect_name(struct fb_detect *d, const struct fb_addr *host, const char *name, size_t n)
{
    char low[NAME_MAX_BYTES];
    n = lower(name, n, low);
    if (!fb_det_domain_is_pool(low, n))
        return FB_OK;
    bool made;
    struct pool *p = fb_dtab_get(&d->pools, host, &made);
    if (!p)
        return FB_ERR_NOMEM;
    if (made)
        domain_key(low, n, p->name);
    return FB_OK;
}

/* Different long names below one domain, most of them asked once. Hash names of content networks and of
 * reputation services are long too, but come as A and AAAA with short answers and repeat. */
static bool is_tunnel(const struct fb_detect *d, const struct domain *m, uint64_t mean)
{
    uint64_t names = (uint64_t)OPT(d, DNS_NAMES), label = (uint64_t)OPT(d, DNS_LABEL);
    if (m->names < names || m->names * 2 < m->queries || mean < label)
        return false;
    bool odd = m->odd_types * 2 >= m->queries,
         heavy = mean >= label * 2 || m->answer_bytes / m->queries >= 150;
    return odd || heavy || m->names >= names * 10;
}

static enum fb_status report_domain(const struct fb_detect *d, const struct domain *m,
                                    struct fb_findings *out)
{
    struct finding_maker k;
    uint64_t mean = m->label_bytes / m->names, odd = m->odd_types * 100 / m->queries;
    unsigned entropy = fb_entropy_milli(m->letters, sizeof m->letters / sizeof *m->letters);
    fb_det_make_begin(&k, FB_FIND_DNS_TUNNEL, &m->client);
    fb_det_make_host(&k, &m->server);
    for (unsigned i = 0; i < m->clients.n; i++)
        fb_det_make_host(&k, &m->clients.host[i]);
    snprintf(k.f.subject, sizeof k.f.subject, "%s", m->name);
    snprintf(k.f.service, sizeof k.f.service, "dns");
    k.f.targets = k.f.nhosts - 1;
    k.f.has_port = true;
    k.f.port = 53;
    k.f.sessions = m->sessions;
    k.f.first_ns = m->first_ns;
    k.f.last_ns = m->last_ns;
    fb_det_make_evidence(&k, &m->evidence);
    fb_buf_printf(
        &k.reason,
        "%llu different names below %s in %llu questions, %llu characters before the domain on average "
        "(at most %llu), %u.%02u bits a character; %llu %% of them TXT, NULL, CNAME, MX or private; ",
        (unsigned long long)m->names, m->name, (unsigned long long)m->queries, (unsigned long long)mean,
        (unsigned long long)m->label_max, entropy / 1000, entropy % 1000 / 10, (unsigned long long)odd);
    fb_put_bytes(&k.reason, m->query_bytes);
    fb_buf_puts(&k.reason, " of names asked, ");
    fb_put_bytes(&k.reason, m->answer_bytes);
    fb_buf_puts(&k.reason, " answered, in ");
    fb_put_time(&k.reason, span_ns(m->first_ns, m->last_ns));
    fb_buf_putc(&k.reason, '.');
    unsigned points = fb_points(m->names, (uint64_t)OPT(d, DNS_NAMES), 3, 15) + (odd >= 50 ? 5 : 0) +
                      fb_points(mean, (uint64_t)OPT(d, DNS_LABEL), 4, 8);
    fb_det_make_severity(&k, 68, points,
                         60 + fb_points(mean, (uint64_t)OPT(d, DNS_LABEL), 10, 20) + (odd >= 50 ? 15 : 0));
    return fb_det_make_end(&k, out);
}

/* Without names: much in one session, or questions longer than questions are. */
static bool is_heavy(const struct fb_detect *d, const struct pair *p)
{
    bool dns = p->key.port == 53 && (p->key.ip_proto == PROTO_UDP || p->key.ip_proto == PROTO_TCP);
    uint64_t bytes = p->orig_bytes + p->resp_bytes;
    if (!dns || bytes < (uint64_t)OPT(d, DNS_BYTES))
        return false;
    uint64_t query = p->orig_pkts ? p->orig_bytes / p->orig_pkts : 0,
             answer = p->resp_pkts ? p->resp_bytes / p->resp_pkts : 0;
    if (p->orig_pkts && query < QUERY_BYTES_USUAL)
        return false;
    if (p->orig_pkts == 0 && answer < ANSWER_BYTES_USUAL)
        return false;
    bool one = p->asked_pkts >= ONE_SESSION_PKTS;
    return one || (p->orig_pkts >= ONE_SESSION_PKTS && query >= QUERY_BYTES_USUAL * 3 / 2);
}

static enum fb_status report_heavy(const struct fb_detect *d, const struct pair *p, struct fb_findings *out)
{
    struct finding_maker m;
    fb_det_make_begin(&m, FB_FIND_DNS_TUNNEL, &p->key.orig_h);
    fb_det_make_pair(&m, p);
    uint64_t bytes = p->orig_bytes + p->resp_bytes;
    fb_buf_printf(&m.reason, "%llu packets to a name server and %llu back carry ",
                  (unsigned long long)p->orig_pkts, (unsigned long long)p->resp_pkts);
    fb_put_bytes(&m.reason, bytes);
    if (p->orig_pkts)
        fb_buf_printf(&m.reason, ", %llu bytes a question (usual: below %u)",
                      (unsigned long long)(p->orig_bytes / p->orig_pkts), QUERY_BYTES_USUAL);
    if (p->resp_pkts)
        fb_buf_printf(&m.reason, ", %llu bytes an answer",
                      (unsigned long long)(p->resp_bytes / p->resp_pkts));
    if (p->asked_pkts >= ONE_SESSION_PKTS)
        fb_buf_printf(&m.reason,
                      "; %llu packets in session %llu alone, where others take a port for each question",
                      (unsigned long long)p->asked_pkts, (unsigned long long)p->asked_number);
    fb_buf_puts(&m.reason, ". The names were not looked at.");
    fb_det_make_severity(&m, 58, fb_points(bytes, (uint64_t)OPT(d, DNS_BYTES), 3, 20), 55);
    return fb_det_make_end(&m, out);
}

enum fb_status fb_det_dns_tunnels(struct fb_detect *d, struct fb_findings *out)
{
    enum fb_status st = FB_OK;
    for (size_t i = 0; i < d->domains.n && st == FB_OK; i++) {
        const struct domain *m = fb_dtab_at(&d->domains, i);
        if (m->names && is_tunnel(d, m, m->label_bytes / m->names))
            st = report_domain(d, m, out);
    }
    for (size_t i = 0; i < d->pairs.n && st == FB_OK && d->dns_seen == 0; i++) {
        const struct pair *p = fb_dtab_at(&d->pairs, i);
        if (is_heavy(d, p))
            st = report_heavy(d, p, out);
    }
    return st;
}
