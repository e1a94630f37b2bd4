/* Finger (RFC 1288): one request line of printable characters. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_span line;
    if (!from_orig)
        return n;
    size_t used = svc_line(p, n, &line);
    if (used == 0)
        return 0;
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] < ' ' || line.p[i] > '~') {
            svc_fail(a);
            return used;
        }
    svc_confirm(a);
    svc_leave(a);
    return used;
}

const struct svc_proto svc_finger = {.name = "finger", .hold = 1024, .partial_ok = true, .parse = parse};
