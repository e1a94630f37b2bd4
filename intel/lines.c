#include "intel/lines.h"

#include "intel/wire/tls.h"

/* What the parser of bytes needs to know; fb_wire_call comes first, so that the one leads to the other. */
struct lines_call {
    struct fb_wire_call call;
    const struct fb_lines_ops *ops;
};

/* After a gap: a reply, or a word of letters as commands are. */
static bool looks_whole(const struct fb_lines *s, const struct fb_lines_ops *ops, bool orig,
                        struct fb_span line)
{
    struct fb_span rest = line, word = fb_wire_split(&rest, ' ');
    if (s->client_is_orig != orig)
        return ops->from_server(line);
    for (size_t i = 0; i < word.n; i++)
        if ((word.p[i] | 0x20) < 'a' || (word.p[i] | 0x20) > 'z')
            return false;
    return word.n >= 3 && word.n <= 8;
}

static size_t parse(struct fb_wire_call *call, const uint8_t *p, size_t n)
{
    const struct fb_lines_ops *ops = ((struct lines_call *)(void *)call)->ops;
    struct fb_lines *s = call->state;
    bool orig = call->at->from_orig;
    if (s->done || s->tls)
        return n;
    if (s->raw_left > 0 && s->known && s->client_is_orig == orig) {
        size_t most = s->raw_left < n ? (size_t)s->raw_left : n;
        size_t took = ops->raw ? ops->raw(call, p, most) : most;
        s->raw_left -= took;
        return took;
    }
    struct fb_span line;
    size_t used = fb_wire_line(p, n, FB_LINES_MAX, &line);
    if (used == 0)
        return 0;
    bool rest_of_one = s->skip_rest[orig], after_gap = s->after_gap[orig];
    s->skip_rest[orig] = !line.p;
    s->after_gap[orig] = false;
    if (rest_of_one || (after_gap && s->known && !looks_whole(s, ops, orig, line)))
        return used;
    if (!line.p)
        line = (struct fb_span){p, FB_LINES_MAX};
    if (!s->known)
        s->client_is_orig = ops->from_server(line) ? !orig : orig;
    s->known = true;
    if (s->client_is_orig == orig)
        ops->client(call, line);
    else
        ops->server(call, line);
    return used;
}

unsigned fb_lines_data(struct fb_lines *s, const struct fb_lines_ops *ops, const struct fb_seen *at,
                       const uint8_t *p, size_t n, struct fb_observe_out *out)
{
    if (s->tls)
        return fb_proto_tls.ops.data(s->tls, at, p, n, out);
    struct lines_call c = {.call = {s, &s->d[at->from_orig], at, out}, .ops = ops};
    if (!fb_wire_feed(&c.call, FB_LINES_MAX, parse, p, n))
        s->done = true;
    return s->done ? FB_OBSERVE_DONE : 0;
}

unsigned fb_lines_gap(struct fb_lines *s, const struct fb_seen *at, uint64_t n, struct fb_observe_out *out)
{
    if (s->tls)
        return fb_proto_tls.ops.gap(s->tls, at, n, out);
    (void)fb_wire_gap(&s->d[at->from_orig], n);
    if (s->raw_left > 0 && s->client_is_orig == at->from_orig && n <= s->raw_left) {
        s->raw_left -= n;
        return 0;
    }
    if (s->client_is_orig == at->from_orig)
        s->raw_left = 0;
    s->skip_rest[at->from_orig] = false;
    s->after_gap[at->from_orig] = true;
    return 0;
}

void fb_lines_flip(struct fb_lines *s)
{
    struct fb_wire_dir d = s->d[0];
    bool skip = s->skip_rest[0], after_gap = s->after_gap[0];
    s->after_gap[0] = s->after_gap[1];
    s->after_gap[1] = after_gap;
    s->d[0] = s->d[1];
    s->d[1] = d;
    s->skip_rest[0] = s->skip_rest[1];
    s->skip_rest[1] = skip;
    s->client_is_orig = !s->client_is_orig;
    if (s->tls)
        fb_proto_tls.ops.flip(s->tls);
}

void fb_lines_close(struct fb_lines *s, const struct fb_seen *at, struct fb_observe_out *out)
{
    if (s->tls)
        fb_proto_tls.ops.close(s->tls, at, out);
    s->tls = NULL;
    fb_wire_dir_release(&s->d[0]);
    fb_wire_dir_release(&s->d[1]);
}

size_t fb_lines_bytes(const struct fb_lines *s)
{
    return s->d[0].cap + s->d[1].cap + (s->tls ? fb_proto_tls.ops.bytes(s->tls) : 0);
}

void fb_lines_go_tls(struct fb_lines *s, const char *protocol)
{
    if (!s->tls)
        s->tls = fb_tls_open_upgraded(protocol);
    if (!s->tls)
        s->done = true;
}
