/* Syslog: over UDP (RFC 3164, 5424) and over TCP (RFC 6587, both framings). A message with a priority
 * confirms. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

#define SYSLOG_PRI_MAX   191
#define SYSLOG_FRAME_MAX 65536

/* "<" priority ">" at the start. */
static bool has_priority(struct fb_span s)
{
    uint64_t v;
    if (s.n < 3 || s.p[0] != '<')
        return false;
    s = (struct fb_span){s.p + 1, s.n - 1};
    return svc_number(&s, SYSLOG_PRI_MAX, &v) && s.n > 0 && s.p[0] == '>';
}

static void message(struct svc *a, struct fb_span s)
{
    if (has_priority(s))
        svc_confirm(a);
    else
        svc_fail(a);
    a->settled = a->confirmed;
}

static size_t parse_udp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    message(a, (struct fb_span){p, n});
    return n;
}

static size_t parse_tcp(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    if (!from_orig)
        return n;
    struct fb_span s = {p, n}, line;
    uint64_t len;
    if (svc_is_digit(p[0])) {
        const uint8_t *space = memchr(p, ' ', n < 8 ? n : 8);
        if (!space && n < 8)
            return 0;
        if (!space || !svc_number(&s, SYSLOG_FRAME_MAX, &len) || s.p != space || len == 0) {
            svc_fail(a);
            return n;
        }
        if (s.n - 1 < len)
            return 0;
        message(a, (struct fb_span){space + 1, (size_t)len});
        return (size_t)(space + 1 - p) + (size_t)len;
    }
    if (p[0] != '<') {
        svc_fail(a);
        return n;
    }
    size_t used = svc_line(p, n, &line);
    if (used > 0)
        message(a, line);
    return used;
}

const struct svc_proto svc_syslog = {.name = "syslog", .parse = parse_udp};
const struct svc_proto svc_syslog_tcp = {
    .name = "syslog_tcp", .hold = SYSLOG_FRAME_MAX + 8, .partial_ok = true, .parse = parse_tcp};
