/* IMAP (RFC 3501): the server's "* OK" or the client's CAPABILITY or STARTTLS confirms; OK to STARTTLS hands
 * over to TLS. */
#include "replay/service/svc.h"
#include "replay/service/svc_text.h"

struct imap_state {
    uint8_t tag[32]; /* of STARTTLS */
    uint8_t tag_len;
};

static void client(struct svc *a, struct fb_span tag, struct fb_span command)
{
    struct imap_state *st = a->state;
    if (svc_equal(command, "capability") || svc_equal(command, "starttls"))
        svc_confirm(a);
    if (svc_equal(command, "starttls") && tag.n <= sizeof st->tag) {
        memcpy(st->tag, tag.p, tag.n);
        st->tag_len = (uint8_t)tag.n;
    }
    if (svc_equal(command, "authenticate") || svc_equal(command, "login")) {
        svc_confirm(a);
        a->dir[0].skip = a->dir[1].skip = UINT64_MAX;
        a->settled = true;
    }
}

static void server(struct svc *a, struct fb_span tag, struct fb_span word)
{
    struct imap_state *st = a->state;
    if (!svc_equal(word, "ok"))
        return;
    if (tag.n == 1 && tag.p[0] == '*')
        svc_confirm(a);
    else if (st->tag_len > 0 && tag.n == st->tag_len && memcmp(tag.p, st->tag, tag.n) == 0)
        svc_become(a, &svc_ssl);
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct fb_span line;
    size_t used = svc_line(p, n, &line);
    if (used == 0)
        return 0;
    struct fb_span tag = svc_word(&line), word = svc_word(&line);
    if (from_orig)
        client(a, tag, word);
    else
        server(a, tag, word);
    return used;
}

const struct svc_proto svc_imap = {.name = "imap",
                                   .hold = 16384,
                                   .state_bytes = sizeof(struct imap_state),
                                   .drop_long = true,
                                   .parse = parse};
