/* SIP over UDP (RFC 3261): a reply confirms; what is neither request nor reply fails it. Keep-alives say
 * nothing. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    struct fb_span line, msg = svc_ltrim((struct fb_span){p, n});
    if (msg.n < 5 || p[0] == 0)
        return n;
    if (svc_line(msg.p, msg.n, &line) == 0) {
        svc_fail(a);
    } else if (svc_prefix(line, "SIP/")) {
        struct fb_span rest = line;
        uint64_t code;
        (void)svc_word(&rest);
        rest = svc_ltrim(rest);
        if (svc_number(&rest, 999, &code))
            svc_confirm(a);
        else
            svc_fail(a);
    } else if (line.n < 8 || memcmp(line.p + line.n - 8, " SIP/", 5) != 0) {
        svc_fail(a);
    }
    a->settled = a->confirmed;
    return n;
}

const struct svc_proto svc_sip = {.name = "sip", .parse = parse};
