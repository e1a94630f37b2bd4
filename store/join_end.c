/* How a session that was still open at the end of its evidence ends when there is more evidence: what the
 * session builder's timers do, told from the finished record (conformance document, section 9). */
#include "store/join_int.h"

#define S_NS 1000000000LL

#define CLOSE_DELAY_NS (5 * S_NS)
#define ATTEMPT_NS     (5 * S_NS)
#define DNS_NS         (10 * S_NS)
#define IDLE_NS        (60 * S_NS)
#define TCP_IDLE_NS    (300 * S_NS)
#define LONG_IDLE_NS   (3600 * S_NS)

enum { PROTO_TCP = 1, PROTO_UDP = 2 }; /* fb_session.proto */

static int64_t later(int64_t t, int64_t by)
{
    int64_t sum;
    return __builtin_add_overflow(t, by, &sum) ? INT64_MAX : sum;
}

static bool speaks(const struct fb_session *s, const char *service)
{
    size_t n = strlen(service);
    for (const char *p = s->service; *p;) {
        size_t len = strcspn(p, ",");
        if (len == n && memcmp(p, service, n) == 0)
            return true;
        p += len + (p[len] == ',');
    }
    return false;
}

static bool on_port(const struct fb_session *s, uint16_t port)
{
    return s->orig_p == port || s->resp_p == port;
}

static bool is_dns(const struct fb_session *s)
{
    return speaks(s, "dns") && (on_port(s, 53) || on_port(s, 137) || on_port(s, 5353) || on_port(s, 5355));
}

/* The DNS timer looks every ten seconds from the first packet on, and ends a session that was silent for
 * nine. */
static int64_t dns_due(const struct fb_session *s, int64_t last_ns)
{
    int64_t active = last_ns - s->ts_ns + 9 * S_NS;
    int64_t looks = active <= 0 ? 1 : (active + DNS_NS - 1) / DNS_NS;
    return later(s->ts_ns, looks * DNS_NS);
}

static int64_t tcp_idle(const struct fb_session *s)
{
    bool both = s->orig_pkts && s->resp_pkts;
    bool long_port = s->resp_p == 21 || s->resp_p == 22 || s->resp_p == 23 || s->resp_p == 513;
    if ((both && long_port) || speaks(s, "ssh") || speaks(s, "ftp"))
        return LONG_IDLE_NS;
    return s->conn_state == FB_CS_S0 ? IDLE_NS : TCP_IDLE_NS;
}

static void tcp_end(const struct fb_session *s, int64_t last_ns, struct fb_join_open *o)
{
    o->closed = true;
    switch (s->conn_state) {
    case FB_CS_S0:
        o->closed = false;
        o->why = FB_END_ATTEMPT;
        o->due_ns = later(s->ts_ns, ATTEMPT_NS);
        return;
    case FB_CS_SF:
        o->why = FB_END_FIN;
        break;
    case FB_CS_REJ:
    case FB_CS_RSTO:
    case FB_CS_RSTR:
    case FB_CS_RSTOS0:
    case FB_CS_RSTRH:
        o->why = FB_END_RST;
        break;
    case FB_CS_SH:
    case FB_CS_SHR:
        if (s->orig_pkts && s->resp_pkts)
            goto idle; /* half a session met in the middle: its silent side is not known to have closed */
        o->why = FB_END_FIN;
        break;
    case FB_CS_OTH:
        if (!strchr(s->history, 'R') && !strchr(s->history, 'r'))
            goto idle;
        o->why = FB_END_RST;
        break;
    default:
        goto idle;
    }
    o->due_ns = later(last_ns, CLOSE_DELAY_NS);
    return;
idle:
    o->closed = s->conn_state == FB_CS_S2 || s->conn_state == FB_CS_S3;
    o->why = FB_END_IDLE;
    o->due_ns = later(last_ns, tcp_idle(s));
}

void fb_join_end_of(const struct fb_session *s, int64_t case_end_ns, struct fb_join_open *o)
{
    int64_t last_ns = later(s->ts_ns, s->duration_ns > 0 ? s->duration_ns : 0);
    *o = (struct fb_join_open){.number = s->number, .why = FB_END_IDLE, .due_ns = later(last_ns, IDLE_NS)};
    fb_join_key_of(s, &o->key);
    if (s->proto == PROTO_TCP) {
        tcp_end(s, last_ns, o);
        /* It was still open when that time had come: what is not acknowledged kept it from closing. */
        if (o->due_ns <= case_end_ns) {
            o->why = FB_END_IDLE;
            o->due_ns = later(last_ns, tcp_idle(s));
        }
    } else if (s->proto == PROTO_UDP && is_dns(s)) {
        o->due_ns = dns_due(s, last_ns);
        if (o->due_ns > later(last_ns, IDLE_NS) || o->due_ns <= case_end_ns)
            o->due_ns = later(last_ns, IDLE_NS);
    } else if (speaks(s, "ssh") || speaks(s, "ftp")) {
        o->due_ns = later(last_ns, LONG_IDLE_NS);
    }
}

struct fb_join_open *fb_join_open_find(const struct fb_join_case *in, uint64_t number)
{
    size_t lo = 0, hi = in->nopen;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (in->open[mid].number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < in->nopen && in->open[lo].number == number ? &in->open[lo] : NULL;
}
