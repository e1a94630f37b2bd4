/* MySQL and MariaDB client protocol: the client's answer to the server's greeting confirms; an SSL request
 * hands over to TLS. */
#include "replay/service/svc.h"

#define MYSQL_GREETING_MAX 1024
#define CAP_SSL            0x0800

struct mysql_state {
    bool greeted;
};

static void server(struct svc *a, struct mysql_state *st, const uint8_t *p, size_t len)
{
    if (st->greeted)
        return;
    if (len >= 1 && p[0] == 0xff) {
        svc_leave(a); /* refused before the handshake */
        return;
    }
    if (len < 20 || (p[0] != 9 && p[0] != 10) || !memchr(p + 1, 0, len - 1))
        svc_fail(a);
    else
        st->greeted = true;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct mysql_state *st = a->state;
    if (n < 4)
        return 0;
    size_t len = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
    if (len == 0 || len > MYSQL_GREETING_MAX || p[3] != (from_orig ? 1 : 0) || (from_orig && !st->greeted)) {
        svc_fail(a);
        return n;
    }
    if (n - 4 < len)
        return 0;
    p += 4;
    if (!from_orig) {
        server(a, st, p, len);
    } else if (len < 5) {
        svc_fail(a);
    } else {
        svc_confirm(a);
        if (len == 32 && (fb_load_le16(p) & CAP_SSL)) {
            svc_become(a, &svc_ssl);
        } else {
            a->dir[0].skip = a->dir[1].skip = UINT64_MAX;
            a->settled = true;
        }
    }
    return len + 4;
}

const struct svc_proto svc_mysql = {.name = "mysql",
                                    .hold = MYSQL_GREETING_MAX + 4,
                                    .state_bytes = sizeof(struct mysql_state),
                                    .parse = parse};
