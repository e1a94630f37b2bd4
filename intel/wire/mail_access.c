/* IMAP (RFC 9051), POP3 (RFC 2595) and IRC up to STARTTLS. Given up after some lines without. */
#include "intel/lines.h"
#include "intel/wire/starttls.h"

#include "base/memory.h"

#include <stdlib.h>

#define LINES_MAX 200 /* before STARTTLS */

enum which { W_IMAP, W_POP3, W_IRC };

struct access_state {
    struct fb_lines lines;
    enum which which;
    bool decided, asked;
    unsigned nlines;
    uint8_t tag[32]; /* of IMAP's STARTTLS */
    size_t ntag;
};

static bool decide(struct fb_span s, enum which *which)
{
    static const struct {
        const char *start;
        enum which which;
    } starts[] = {{"* OK", W_IMAP}, {"* PREAUTH", W_IMAP}, {"* BYE", W_IMAP},
                  {"+OK", W_POP3},  {"CAPA", W_POP3},      {"STLS", W_POP3},
                  {"CAP ", W_IRC},  {"NICK ", W_IRC},      {"STARTTLS", W_IRC}};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (fb_wire_starts(s, starts[i].start)) {
            *which = starts[i].which;
            return true;
        }
    }
    return false;
}

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    enum which which;
    if (flow->ip_proto != 6)
        return FB_WISH_NO;
    if (decide((struct fb_span){p, n}, &which))
        return FB_WISH_YES;
    return n < 9 && (p[0] == '*' || p[0] == '+' || p[0] == 'C' || p[0] == 'N' || p[0] == 'S') ? FB_WISH_MORE
                                                                                              : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    (void)flow;
    return fb_calloc(1, sizeof(struct access_state));
}

static bool from_server(struct fb_span line)
{
    return line.n > 0 && (line.p[0] == '*' || line.p[0] == '+' || line.p[0] == ':');
}

static void count(struct access_state *st, struct fb_span line)
{
    if (!st->decided)
        st->lines.done = !decide(line, &st->which);
    st->decided = true;
    if (++st->nlines > LINES_MAX)
        st->lines.done = true;
}

static void client_line(struct fb_wire_call *call, struct fb_span line)
{
    struct access_state *st = call->state;
    struct fb_span rest = line, word = fb_wire_split(&rest, ' ');
    count(st, line);
    if (st->which == W_IMAP) {
        st->asked = fb_wire_is(fb_wire_trim(rest), "STARTTLS") && word.n > 0 && word.n <= sizeof st->tag;
        if (st->asked) {
            memcpy(st->tag, word.p, word.n);
            st->ntag = word.n;
        }
        return;
    }
    st->asked = fb_wire_is(word, st->which == W_POP3 ? "STLS" : "STARTTLS");
}

static void server_line(struct fb_wire_call *call, struct fb_span line)
{
    struct access_state *st = call->state;
    static const char *const names[] = {"imap", "pop3", "irc"};
    count(st, line);
    if (!st->asked)
        return;
    struct fb_span rest = line, word = fb_wire_split(&rest, ' ');
    bool yes = false;
    if (st->which == W_IMAP)
        yes = word.n == st->ntag && memcmp(word.p, st->tag, word.n) == 0 && fb_wire_starts(rest, "OK");
    else if (st->which == W_POP3)
        yes = fb_wire_starts(line, "+OK");
    else
        yes = fb_wire_is(word, "670") || fb_wire_starts(rest, "670 ");
    if (yes)
        fb_lines_go_tls(&st->lines, names[st->which]);
}

static const struct fb_lines_ops lines_ops = {
    .from_server = from_server, .client = client_line, .server = server_line};

static unsigned data(void *state, const struct fb_seen *at, const uint8_t *p, size_t n,
                     struct fb_observe_out *out)
{
    return fb_lines_data(state, &lines_ops, at, p, n, out);
}

static unsigned gap(void *state, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    return fb_lines_gap(state, at, n, out);
}

static void flip(void *state)
{
    fb_lines_flip(state);
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    fb_lines_close(state, at, out);
    free(state);
}

static size_t bytes(const void *state)
{
    return sizeof(struct access_state) + fb_lines_bytes(state);
}

const struct fb_intel_proto fb_proto_mail_access = {
    .name = "mail_access",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
