/* SSH: the version lines (RFC 4253, section 4.2) and the KEXINIT packets (section 7.1), from which follow the
 * algorithms and HASSH (Reardon 2018: MD5 of the lists that a side offers). Done with after both KEXINITs.
 * Ignored on purpose: everything later. */
#include "intel/wire/ssh.h"

#include "base/digest.h"
#include "base/memory.h"
#include "intel/wire/ssh_def.h"
#include "intel/wire/wire.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define BANNER_MAX 255
#define PACKET_MAX 16384 /* of a KEXINIT that is looked at; RFC 4253 would allow 35000 */
#define LINES_MAX  64    /* before the version line */
#define LISTS      10
#define KEXINIT    20

/* Lists of a KEXINIT, in order. */
enum { KEX, HOST_KEY, CIPHER_CS, CIPHER_SC, MAC_CS, MAC_SC, COMP_CS, COMP_SC, LANG_CS, LANG_SC };

struct side {
    struct fb_wire_dir d;
    struct fb_buf banner;
    struct fb_buf kexinit; /* the ten lists as on the wire */
    unsigned lines;
    bool over;
};

struct ssh_state {
    struct side side[2];
    struct fb_seen at;
    bool seen, put;
};

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (flow->ip_proto != 6)
        return FB_WISH_NO;
    size_t k = n < 4 ? n : 4;
    if (memcmp(p, "SSH-", k) == 0)
        return n < 4 ? FB_WISH_MORE : FB_WISH_YES;
    /* a server may say other lines first */
    return flow->resp_p == 22 && !from_orig ? FB_WISH_YES : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    struct ssh_state *st = fb_calloc(1, sizeof *st);
    for (unsigned i = 0; st && i < 2; i++) {
        fb_buf_init(&st->side[i].banner, BANNER_MAX);
        fb_buf_init(&st->side[i].kexinit, PACKET_MAX);
    }
    return st;
}

/* The lists of one side; false when there are not ten. */
static bool lists_of(const struct fb_buf *kexinit, struct fb_span out[static LISTS])
{
    struct fb_cur c = fb_cur_init(kexinit->data, kexinit->len);
    for (size_t i = 0; i < LISTS; i++) {
        struct fb_cur in = fb_cur_sub(&c, fb_cur_be32(&c));
        out[i] = (struct fb_span){in.p, fb_cur_left(&in)};
    }
    return fb_cur_ok(&c) && kexinit->len > 0;
}

/* RFC 4253, section 7.1: the client's first choice that the server has too. */
static struct fb_span chosen(struct fb_span client, struct fb_span server)
{
    for (unsigned i = 0; client.n > 0 && i < 256; i++) {
        struct fb_span want = fb_wire_split(&client, ','), rest = server;
        for (unsigned j = 0; rest.n > 0 && j < 256; j++) {
            struct fb_span have = fb_wire_split(&rest, ',');
            if (have.n == want.n && want.n > 0 && memcmp(have.p, want.p, want.n) == 0)
                return want;
        }
    }
    return (struct fb_span){NULL, 0};
}

static void span_cell(struct fb_buf *row, struct fb_span s)
{
    if (s.n > 0)
        fb_rec_bytes(row, s.p, s.n);
    else
        fb_rec_null(row);
}

/* MD5 of "kex;cipher;mac;compression" as one side offers them for what it sends. */
static void hassh_cell(struct fb_buf *row, const struct fb_span *l, bool known, bool of_client)
{
    struct fb_buf b;
    uint8_t digest[EVP_MAX_MD_SIZE];
    char hex[33];
    unsigned n = 0;
    const int which[] = {KEX, of_client ? CIPHER_CS : CIPHER_SC, of_client ? MAC_CS : MAC_SC,
                         of_client ? COMP_CS : COMP_SC};
    fb_buf_init(&b, 4 * PACKET_MAX);
    for (size_t i = 0; known && i < 4; i++) {
        if (i > 0)
            fb_buf_putc(&b, ';');
        fb_buf_put(&b, l[which[i]].p, l[which[i]].n);
    }
    bool ok = known && !b.failed && EVP_Digest(b.data, b.len, digest, &n, EVP_md5(), NULL) && n == 16;
    if (ok)
        fb_hex(digest, 16, hex);
    fb_rec_text(row, ok ? hex : NULL);
    fb_buf_release(&b);
}

static uint8_t version_of(const struct fb_buf *banner)
{
    struct fb_span s = {banner->data, banner->len};
    return fb_wire_starts(s, "SSH-1.99") || fb_wire_starts(s, "SSH-2") ? 2
           : fb_wire_starts(s, "SSH-1")                                ? 1
                                                                       : 0;
}

static void put(struct ssh_state *st, struct fb_observe_out *out)
{
    struct side *client = &st->side[1], *server = &st->side[0];
    struct fb_span c[LISTS] = {{0}}, s[LISTS] = {{0}};
    bool have_c = lists_of(&client->kexinit, c), have_s = lists_of(&server->kexinit, s);
    bool both = have_c && have_s;
    static const int choices[] = {CIPHER_CS, MAC_CS, COMP_CS, KEX, HOST_KEY};
    uint8_t vc = version_of(&client->banner), vs = version_of(&server->banner);
    struct fb_buf row;
    if (st->put || !st->seen)
        return;
    st->put = true;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    if (vc && vs)
        fb_rec_int(&row, vc < vs ? vc : vs);
    else
        fb_rec_null(&row);
    fb_wire_cell(&row, &client->banner);
    fb_wire_cell(&row, &server->banner);
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        span_cell(&row, both ? chosen(c[choices[i]], s[choices[i]]) : (struct fb_span){NULL, 0});
    hassh_cell(&row, c, have_c, true);
    hassh_cell(&row, s, have_s, false);
    fb_wire_put(out, &fb_ssh_def, &st->at, &row);
    fb_buf_release(&row);
}

static size_t banner_line(struct fb_wire_call *call, struct side *s, const uint8_t *p, size_t n)
{
    struct ssh_state *st = call->state;
    struct fb_span line;
    size_t used = fb_wire_line(p, n, 1024, &line);
    if (used == 0)
        return 0;
    if (!line.p || ++s->lines > LINES_MAX) {
        s->over = call->dir->dead = true;
    } else if (fb_wire_starts(line, "SSH-")) {
        fb_wire_keep(&s->banner, line);
        if (!st->seen)
            st->at = *call->at;
        st->seen = true;
        s->over = version_of(&s->banner) != 2;
        call->dir->dead = s->over;
    }
    return used;
}

/* A binary packet in the clear (RFC 4253, section 6). */
static size_t parse(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    struct ssh_state *st = call->state;
    struct side *s = &st->side[call->at->from_orig];
    if (!s->banner.data)
        return banner_line(call, s, p, n);
    if (n < 6)
        return 0;
    size_t len = fb_load_be32(p);
    if (len < 2 || len > PACKET_MAX || p[5] != KEXINIT) {
        s->over = call->dir->dead = true;
        return n;
    }
    if (n < 4 + len)
        return 0;
    size_t padding = p[4], head = 2 + 16; /* padding length, type, cookie */
    if (len > head + padding)
        fb_buf_put(&s->kexinit, p + 4 + head, len - head - padding);
    s->over = call->dir->dead = true;
    return 4 + len;
}

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    struct ssh_state *st = state;
    struct side *s = &st->side[at->from_orig];
    struct fb_wire_call call = {st, &s->d, at, out};
    if (!fb_wire_feed(&call, PACKET_MAX + 4, parse, p, n))
        s->over = true;
    return st->side[0].over && st->side[1].over ? FB_OBSERVE_DONE : 0;
}

static unsigned gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    struct ssh_state *st = state;
    (void)n, (void)out;
    st->side[at->from_orig].over = true;
    fb_wire_dir_release(&st->side[at->from_orig].d);
    return st->side[0].over && st->side[1].over ? FB_OBSERVE_DONE : 0;
}

static void flip(void *state)
{
    struct ssh_state *st = state;
    struct side s = st->side[0];
    st->side[0] = st->side[1];
    st->side[1] = s;
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct ssh_state *st = state;
    (void)at;
    put(st, out);
    for (unsigned i = 0; i < 2; i++) {
        fb_wire_dir_release(&st->side[i].d);
        fb_buf_release(&st->side[i].banner);
        fb_buf_release(&st->side[i].kexinit);
    }
    free(st);
}

static size_t bytes(const void *state)
{
    const struct ssh_state *st = state;
    size_t n = sizeof *st;
    for (unsigned i = 0; i < 2; i++)
        n += st->side[i].d.cap + st->side[i].banner.cap + st->side[i].kexinit.cap;
    return n;
}

const struct fb_intel_proto fb_proto_ssh = {
    .name = "ssh",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
