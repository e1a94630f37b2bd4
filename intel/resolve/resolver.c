#include "intel/resolve/resolver.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "base/timefmt.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MESSAGE_MAX 65535u
#define GLANCE_NS   (100 * FB_NS_PER_MS) /* how often `stop` is looked at */

enum state {
    IDLE,
    READY,   /* wants to send, and waits for its turn */
    UDP,     /* waits for a datagram */
    TCP_OUT, /* connects and writes */
    TCP_IN
};

struct slot {
    enum state state;
    int fd; /* -1: none */
    bool tcp;
    uint16_t id;
    size_t i, server;
    unsigned tries;
    int64_t deadline_ns, asked_ns;
    size_t have, want;                     /* bytes in `buf`: written, or read */
    uint8_t query[2 + FB_PTR_QUERY_BYTES]; /* TCP puts the length in front */
    uint8_t buf[2 + MESSAGE_MAX];
};

struct run {
    const struct fb_resolve_opts *o;
    const struct fb_addr *addr;
    size_t n, next; /* addresses; the first that has no slot yet */
    struct slot *slot;
    unsigned nslots;
    int64_t now_ns, next_send_ns, end_ns;
    struct fb_ptr_answer answer;
    fb_resolved_put put;
    void *ctx;
    bool sent, ended;
    int socket_errno;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * FB_NS_PER_S + t.tv_nsec;
}

static void hang_up(struct slot *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void done(struct run *r, struct slot *s, enum fb_ptr_outcome without_answer)
{
    if (without_answer != FB_PTR_FOREIGN)
        r->answer = (struct fb_ptr_answer){.outcome = without_answer};
    struct fb_resolved out = {
        .answer = &r->answer, .server = s->server, .asked_ns = s->asked_ns, .tcp = s->tcp};
    hang_up(s);
    s->state = IDLE;
    r->put(r->ctx, s->i, &out);
}

/* This try failed: the next one, at the next server. */
static void again(struct run *r, struct slot *s, enum fb_ptr_outcome otherwise)
{
    if (s->tries >= r->o->tries) {
        done(r, s, otherwise);
        return;
    }
    hang_up(s);
    s->server = (s->server + 1) % r->o->nservers;
    s->tcp = false;
    s->state = READY;
}

/* ---- sending ---- */

static socklen_t address_of(const struct fb_resolve_server *s, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){.ss_family = AF_INET};
    if (fb_addr_is_v4(&s->addr)) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(s->port)};
        memcpy(&in.sin_addr, s->addr.b + 12, 4);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(s->port)};
    memcpy(&in.sin6_addr, s->addr.b, 16);
    memcpy(out, &in, sizeof in);
    return sizeof in;
}

static void begin_send(struct run *r, struct slot *s)
{
    struct sockaddr_storage to;
    socklen_t n = address_of(&r->o->server[s->server], &to);
    int type = (s->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    randombytes_buf(&s->id, sizeof s->id);
    size_t len = fb_ptr_query_put(s->query + 2, s->id, &r->addr[s->i]);
    fb_store_be16(s->query, (uint16_t)len);
    s->tries += !s->tcp; /* TCP belongs to the try whose answer was cut */
    s->asked_ns = clock_ns(CLOCK_REALTIME);
    s->deadline_ns = r->now_ns + r->o->timeout_ns;
    s->fd = socket(to.ss_family, type, 0);
    if (s->fd < 0)
        r->socket_errno = errno;
    else
        r->sent = true;
    /* Connected: the kernel lets in only what comes from that server and port. */
    if (s->fd < 0 || (connect(s->fd, (const struct sockaddr *)&to, n) != 0 && errno != EINPROGRESS)) {
        again(r, s, FB_PTR_NO_ANSWER);
        return;
    }
    s->have = 0;
    s->want = 2 + len;
    s->state = s->tcp ? TCP_OUT : UDP;
    if (!s->tcp && send(s->fd, s->query + 2, len, MSG_NOSIGNAL) < 0)
        again(r, s, FB_PTR_NO_ANSWER);
}

/* Gives addresses to slots, and to each slot its turn to send. */
static void fill(struct run *r)
{
    int64_t gap = FB_NS_PER_S / (int64_t)(r->o->a_second < 1000000 ? r->o->a_second : 1000000);
    for (unsigned k = 0; k < r->nslots; k++) {
        struct slot *s = &r->slot[k];
        if (s->state == IDLE && !r->ended && r->next < r->n && r->next_send_ns <= r->now_ns) {
            s->i = r->next++;
            s->tries = 0;
            s->server = 0;
            s->tcp = false;
            s->state = READY;
        }
        if (s->state == READY && r->next_send_ns <= r->now_ns) {
            r->next_send_ns = r->now_ns + gap;
            begin_send(r, s);
        }
    }
}

/* ---- receiving ---- */

static void message(struct run *r, struct slot *s, const uint8_t *p, size_t n)
{
    switch (fb_ptr_reply_read(&r->addr[s->i], s->id, p, n, &r->answer)) {
    case FB_PTR_FOREIGN:
        if (s->tcp)
            again(r, s, FB_PTR_NO_ANSWER);
        return; /* of UDP: somebody else's; the true one may still come */
    case FB_PTR_TRUNCATED:
        if (s->tcp) {
            again(r, s, FB_PTR_NO_ANSWER);
            return;
        }
        hang_up(s);
        s->tcp = true;
        s->state = READY;
        return;
    case FB_PTR_REFUSED:
        if (s->tries < r->o->tries && r->o->nservers > 1)
            again(r, s, FB_PTR_FOREIGN);
        else
            done(r, s, FB_PTR_FOREIGN);
        return;
    default:
        done(r, s, FB_PTR_FOREIGN);
    }
}

static bool would_block(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static void read_udp(struct run *r, struct slot *s)
{
    ssize_t n = recv(s->fd, s->buf, MESSAGE_MAX, 0);
    if (n >= 0)
        message(r, s, s->buf, (size_t)n);
    else if (!would_block(n))
        again(r, s, FB_PTR_NO_ANSWER); /* nobody listens there */
}

static void write_tcp(struct run *r, struct slot *s)
{
    ssize_t n = send(s->fd, s->query + s->have, s->want - s->have, MSG_NOSIGNAL);
    if (n < 0 && !would_block(n) && errno != ENOTCONN) {
        again(r, s, FB_PTR_NO_ANSWER);
        return;
    }
    s->have += n > 0 ? (size_t)n : 0;
    if (s->have == s->want) {
        s->state = TCP_IN;
        s->have = 0;
        s->want = 2;
    }
}

static void read_tcp(struct run *r, struct slot *s)
{
    ssize_t n = recv(s->fd, s->buf + s->have, s->want - s->have, 0);
    if (would_block(n))
        return;
    if (n <= 0) {
        again(r, s, FB_PTR_NO_ANSWER);
        return;
    }
    s->have += (size_t)n;
    if (s->have == 2 && s->want == 2)
        s->want = 2 + (size_t)fb_load_be16(s->buf);
    if (s->have == s->want)
        message(r, s, s->buf + 2, s->want - 2);
}

static void on_ready(struct run *r, struct slot *s)
{
    if (s->state == UDP)
        read_udp(r, s);
    else if (s->state == TCP_OUT)
        write_tcp(r, s);
    else if (s->state == TCP_IN)
        read_tcp(r, s);
}

/* ---- the loop ---- */

static void look_at_clock(struct run *r)
{
    r->now_ns = clock_ns(CLOCK_MONOTONIC);
    r->ended = r->ended || r->now_ns >= r->end_ns || (r->o->stop && r->o->stop());
    for (unsigned k = 0; k < r->nslots; k++) {
        struct slot *s = &r->slot[k];
        if (s->state == IDLE)
            continue;
        if (r->ended && s->tries == 0) {
            s->state = IDLE; /* it has not been asked */
            continue;
        }
        if (r->ended)
            done(r, s, FB_PTR_NO_ANSWER);
        else if (s->state != READY && s->deadline_ns <= r->now_ns)
            again(r, s, FB_PTR_NO_ANSWER);
    }
}

/* Until something can be read, written, sent or given up. */
static int64_t wait_until(const struct run *r)
{
    int64_t until = r->end_ns;
    bool waits = r->next < r->n;
    for (unsigned k = 0; k < r->nslots; k++) {
        const struct slot *s = &r->slot[k];
        waits = waits || s->state == READY;
        if (s->state != IDLE && s->state != READY && s->deadline_ns < until)
            until = s->deadline_ns;
    }
    if (waits && r->next_send_ns > r->now_ns && r->next_send_ns < until)
        until = r->next_send_ns;
    return until < r->now_ns + GLANCE_NS ? until : r->now_ns + GLANCE_NS;
}

static bool round_trip(struct run *r)
{
    struct pollfd fd[FB_RESOLVE_PARALLEL_MAX];
    struct slot *of[FB_RESOLVE_PARALLEL_MAX];
    nfds_t n = 0;
    bool busy = false;
    look_at_clock(r);
    fill(r);
    for (unsigned k = 0; k < r->nslots; k++) {
        struct slot *s = &r->slot[k];
        busy = busy || s->state != IDLE;
        if (s->fd < 0)
            continue;
        fd[n] = (struct pollfd){.fd = s->fd, .events = s->state == TCP_OUT ? POLLOUT : POLLIN};
        of[n++] = s;
    }
    if (!busy && (r->ended || r->next == r->n))
        return false;
    int64_t wait = wait_until(r) - r->now_ns;
    int ms = wait > 0 ? (int)((wait + FB_NS_PER_MS - 1) / FB_NS_PER_MS) : 0;
    if (poll(fd, n, ms) <= 0)
        return true;
    for (nfds_t k = 0; k < n; k++)
        if (fd[k].revents)
            on_ready(r, of[k]);
    return true;
}

enum fb_status fb_resolve(const struct fb_resolve_opts *o, const struct fb_addr *addr, size_t n,
                          fb_resolved_put put, void *ctx, struct fb_err *err)
{
    struct run r = {.o = o, .addr = addr, .n = n, .put = put, .ctx = ctx};
    FB_BUG(o->nservers == 0 || o->a_second == 0 || o->parallel == 0 || o->parallel > FB_RESOLVE_PARALLEL_MAX);
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "random numbers for queries cannot be had");
    r.nslots = n < o->parallel ? (unsigned)n : o->parallel;
    r.slot = fb_calloc(r.nslots ? r.nslots : 1, sizeof *r.slot);
    if (!r.slot)
        return fb_err_nomem(err, "names of addresses");
    for (unsigned k = 0; k < r.nslots; k++)
        r.slot[k].fd = -1;
    r.now_ns = clock_ns(CLOCK_MONOTONIC);
    if (__builtin_add_overflow(r.now_ns, o->total_ns, &r.end_ns))
        r.end_ns = INT64_MAX;
    while (round_trip(&r))
        ;
    for (unsigned k = 0; k < r.nslots; k++)
        hang_up(&r.slot[k]);
    free(r.slot);
    if (n && !r.sent && r.socket_errno)
        return fb_err_set(err, FB_ERR_IO, "no socket to ask a resolver with: %s", strerror(r.socket_errno));
    return FB_OK;
}
