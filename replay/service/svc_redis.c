/* Redis (RESP 2 and 3): a whole client command or a whole server reply line confirms. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

struct redis_state {
    uint32_t strings_left; /* of the client's array */
    bool payload;          /* a bulk string's bytes and its line end come next */
};

static bool count_line(struct fb_span line, uint64_t max, uint64_t *out)
{
    struct fb_span s = {line.p + 1, line.n - 1};
    return svc_number(&s, max, out) && s.n == 0;
}

static void done(struct svc *a)
{
    svc_confirm(a);
    a->dir[0].skip = a->dir[1].skip = UINT64_MAX;
    a->settled = true;
}

static void client(struct svc *a, struct fb_span line)
{
    struct redis_state *st = a->state;
    uint64_t v;
    if (st->strings_left > 0) {
        if (line.p[0] != '$' || !count_line(line, 512U << 20, &v)) {
            svc_fail(a);
            return;
        }
        a->dir[SVC_ORIG].skip = v + 2;
        if (--st->strings_left == 0)
            done(a);
    } else if (line.p[0] == '*') {
        if (!count_line(line, 1U << 20, &v) || v == 0)
            svc_fail(a);
        else
            st->strings_left = (uint32_t)v;
    } else if (svc_is_alpha(line.p[0])) {
        done(a);
    } else {
        svc_fail(a);
    }
}

static void server(struct svc *a, struct fb_span line)
{
    if (memchr("+-:$*_#,(!=%~>", line.p[0], 14))
        done(a);
    else
        svc_fail(a);
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0 || line.n == 0)
        return used;
    if (from_orig)
        client(a, line);
    else
        server(a, line);
    return used;
}

const struct svc_proto svc_redis = {.name = "redis",
                                    .hold = 65536,
                                    .state_bytes = sizeof(struct redis_state),
                                    .partial_ok = true,
                                    .parse = parse};
