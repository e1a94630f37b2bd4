/* FTP (RFC 959, 2428, 4217): commands and replies are paired in order, at most 16 waiting. Passwords are not
 * kept, but for the address that anonymous users give. Ignored on purpose: the text of replies of several
 * lines but for the last; what goes over data connections. */
#include "intel/wire/ftp.h"

#include "base/memory.h"
#include "intel/lines.h"
#include "intel/wire/ftp_def.h"

#include <stdlib.h>

#define WAITING_MAX 16
#define TEXT_MAX    1024
#define USER_MAX    256

struct command {
    struct fb_seen at;
    struct fb_buf name, arg;
};

struct ftp_state {
    struct fb_lines lines;
    struct command waiting[WAITING_MAX];
    size_t nwaiting;
    struct fb_buf user, banner;
    struct fb_seen banner_at;
    uint16_t banner_code;
    uint16_t multi; /* code of the reply of several lines that is being read, 0: none */
    bool confirmed; /* a command that only FTP has was seen */
    struct fb_addr resp_h;
};

static const char *const commands[] = {
    "USER", "PASS", "ACCT", "CWD",  "XCWD", "CDUP", "SMNT", "REIN", "QUIT", "PORT", "PASV", "TYPE", "STRU",
    "MODE", "RETR", "STOR", "STOU", "APPE", "ALLO", "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD",  "XRMD",
    "MKD",  "XMKD", "PWD",  "XPWD", "LIST", "NLST", "SITE", "SYST", "STAT", "HELP", "NOOP", "FEAT", "OPTS",
    "AUTH", "PBSZ", "PROT", "CCC",  "EPRT", "EPSV", "SIZE", "MDTM", "MLST", "MLSD", "CLNT", "HOST", "LANG"};

static bool is_command(struct fb_span word)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (fb_wire_is(word, commands[i]))
            return true;
    return false;
}

/* "220 text" or "220-text". */
static bool is_reply(struct fb_span s)
{
    for (size_t i = 0; i < 3 && i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n >= 3 && (s.n == 3 || s.p[3] == ' ' || s.p[3] == '-');
}

static enum fb_wish wants(const struct fb_observed_flow *flow, bool from_orig, const uint8_t *p, size_t n)
{
    (void)from_orig;
    if (flow->ip_proto != 6)
        return FB_WISH_NO;
    for (size_t i = 0; i < n && i < 3; i++)
        if (p[i] != (uint8_t) "220"[i] && p[i] != (uint8_t) "120"[i] && (p[i] & 0xdf) != (uint8_t) "USE"[i] &&
            (p[i] & 0xdf) != (uint8_t) "AUT"[i])
            return FB_WISH_NO;
    if (n < 5)
        return FB_WISH_MORE;
    struct fb_span s = {p, n};
    bool known = is_reply(s) || fb_wire_starts(s, "USER ") || fb_wire_starts(s, "AUTH ");
    return known ? FB_WISH_YES : FB_WISH_NO;
}

static void *open_state(const struct fb_observed_flow *flow)
{
    struct ftp_state *st = fb_calloc(1, sizeof *st);
    if (!st)
        return NULL;
    st->resp_h = flow->resp_h;
    fb_buf_init(&st->user, USER_MAX);
    fb_buf_init(&st->banner, TEXT_MAX);
    for (size_t i = 0; i < WAITING_MAX; i++) {
        fb_buf_init(&st->waiting[i].name, 32);
        fb_buf_init(&st->waiting[i].arg, TEXT_MAX);
    }
    return st;
}

/* Numbers apart from each other by commas, as in PORT and the reply to PASV. */
static bool six_numbers(struct fb_span s, uint8_t out[static 6])
{
    while (s.n > 0 && (s.p[0] < '0' || s.p[0] > '9'))
        s = (struct fb_span){s.p + 1, s.n - 1};
    for (size_t i = 0; i < 6; i++) {
        struct fb_span number = fb_wire_split(&s, ',');
        uint64_t v;
        size_t digits = 0;
        while (digits < number.n && number.p[digits] >= '0' && number.p[digits] <= '9')
            digits++;
        if ((i < 5 && digits != number.n) || !fb_wire_number((struct fb_span){number.p, digits}, 255, &v))
            return false;
        out[i] = (uint8_t)v;
    }
    return true;
}

/* RFC 2428: |2|address|port| and (|||port|). */
static bool extended(struct fb_span s, struct fb_addr *addr, uint16_t *port)
{
    while (s.n > 0 && s.p[0] != '|')
        s = (struct fb_span){s.p + 1, s.n - 1};
    (void)fb_wire_split(&s, '|');
    (void)fb_wire_split(&s, '|');
    struct fb_span host = fb_wire_split(&s, '|'), number = fb_wire_split(&s, '|');
    uint64_t v;
    if (!fb_wire_number(number, 65535, &v))
        return false;
    *port = (uint16_t)v;
    if (host.n == 0)
        return true;
    return fb_addr_parse_n(host.p, host.n, addr);
}

static void channel_cells(struct fb_buf *row, const struct ftp_state *st, const struct command *c,
                          uint16_t code, struct fb_span msg)
{
    struct fb_span name = {c->name.data, c->name.len}, arg = {c->arg.data, c->arg.len};
    struct fb_addr addr = st->resp_h;
    uint16_t port = 0;
    uint8_t six[6];
    bool passive = code == 227 || code == 229, active = fb_wire_is(name, "PORT") && code == 200;
    bool ok = false;
    if ((code == 227 || active) && (ok = six_numbers(active ? arg : msg, six))) {
        addr = fb_addr_v4(six);
        port = fb_load_be16(six + 4);
    } else if (code == 229) {
        ok = extended(msg, &addr, &port);
    } else if (fb_wire_is(name, "EPRT") && code == 200) {
        ok = extended(arg, &addr, &port);
    }
    fb_wire_bool_cell(row, ok, passive);
    if (ok) {
        fb_rec_addr(row, &addr);
        fb_rec_int(row, port);
    } else {
        fb_rec_null(row);
        fb_rec_null(row);
    }
}

static void put(struct ftp_state *st, const struct command *c, uint16_t code, struct fb_span msg,
                struct fb_observe_out *out)
{
    struct fb_buf row;
    struct fb_span name = {c->name.data, c->name.len}, user = {st->user.data, st->user.len};
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_wire_cell(&row, &st->user);
    fb_wire_cell(&row, &c->name);
    bool anonymous = fb_wire_is(user, "anonymous") || fb_wire_is(user, "ftp") || fb_wire_is(user, "guest");
    if (fb_wire_is(name, "PASS") && c->arg.data && !anonymous)
        fb_rec_text(&row, "<hidden>");
    else
        fb_wire_cell(&row, &c->arg);
    if (code)
        fb_rec_int(&row, code);
    else
        fb_rec_null(&row);
    if (code || msg.p)
        fb_rec_bytes(&row, msg.p, msg.n < TEXT_MAX ? msg.n : TEXT_MAX);
    else
        fb_rec_null(&row);
    channel_cells(&row, st, c, code, msg);
    fb_wire_put(out, &fb_ftp_def, &c->at, &row);
    fb_buf_release(&row);
}

static void put_banner(struct ftp_state *st, struct fb_observe_out *out)
{
    struct command none = {.at = st->banner_at};
    if (st->banner_code)
        put(st, &none, st->banner_code, (struct fb_span){st->banner.data, st->banner.len}, out);
    st->banner_code = 0;
}

static void put_oldest(struct ftp_state *st, uint16_t code, struct fb_span msg, struct fb_observe_out *out)
{
    struct command c = st->waiting[0];
    put(st, &c, code, msg, out);
    fb_buf_release(&c.name);
    fb_buf_release(&c.arg);
    memmove(st->waiting, st->waiting + 1, --st->nwaiting * sizeof st->waiting[0]);
    st->waiting[st->nwaiting] = (struct command){.name = {.max = 32}, .arg = {.max = TEXT_MAX}};
}

static void client_line(struct fb_wire_call *call, struct fb_span line)
{
    struct ftp_state *st = call->state;
    struct fb_span arg = fb_wire_trim(line), name;
    while (arg.n > 0 && arg.p[0] >= 0xf0) /* telnet's interrupt before ABOR */
        arg = (struct fb_span){arg.p + 1, arg.n - 1};
    name = fb_wire_split(&arg, ' ');
    arg = fb_wire_trim(arg);
    bool known = is_command(name);
    if (!st->confirmed && !known) {
        st->lines.done = true;
        return;
    }
    if (name.n == 0 || name.n > 32)
        return;
    st->confirmed = true;
    put_banner(st, call->out);
    if (st->nwaiting == WAITING_MAX)
        put_oldest(st, 0, (struct fb_span){NULL, 0}, call->out);
    struct command *c = &st->waiting[st->nwaiting++];
    c->at = *call->at;
    fb_wire_keep(&c->name, name);
    if (arg.n > 0)
        fb_wire_keep(&c->arg, arg);
    if (fb_wire_is(name, "USER"))
        fb_wire_keep(&st->user, arg);
}

static void server_line(struct fb_wire_call *call, struct fb_span line)
{
    struct ftp_state *st = call->state;
    uint64_t code;
    struct fb_span digits = {line.p, line.n < 3 ? line.n : 3};
    if (!is_reply(line) || !fb_wire_number(digits, 999, &code)) {
        if (!st->confirmed && !st->multi)
            st->lines.done = true;
        if (!st->multi && st->nwaiting > 0) /* an answer without a code is one all the same */
            put_oldest(st, 0, line, call->out);
        return;
    }
    if (line.n > 3 && line.p[3] == '-') {
        st->multi = st->multi ? st->multi : (uint16_t)code;
        return;
    }
    if (st->multi && st->multi != code)
        return;
    st->multi = 0;
    struct fb_span msg = fb_wire_trim((struct fb_span){line.p + 3, line.n - 3});
    if (st->nwaiting == 0) {
        if (!st->confirmed && !st->banner_code) {
            fb_wire_keep(&st->banner, msg);
            st->banner_code = (uint16_t)code;
            st->banner_at = *call->at;
        }
        return;
    }
    if (code < 200)
        return; /* a preliminary reply: another follows */
    bool tls = code == 234 &&
               fb_wire_is((struct fb_span){st->waiting[0].name.data, st->waiting[0].name.len}, "AUTH");
    put_oldest(st, (uint16_t)code, msg, call->out);
    if (tls)
        fb_lines_go_tls(&st->lines, "ftp");
}

static bool from_server(struct fb_span line)
{
    return is_reply(line);
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
    struct ftp_state *st = state;
    while (st->nwaiting > 0) /* their replies, or the commands before the next ones, are lost */
        put_oldest(st, 0, (struct fb_span){NULL, 0}, out);
    st->multi = 0;
    return fb_lines_gap(state, at, n, out);
}

static void flip(void *state)
{
    fb_lines_flip(state);
}

static void close_state(void *state, const struct fb_seen *at, struct fb_observe_out *out)
{
    struct ftp_state *st = state;
    if (st->confirmed)
        while (st->nwaiting > 0)
            put_oldest(st, 0, (struct fb_span){NULL, 0}, out);
    fb_lines_close(&st->lines, at, out);
    fb_buf_release(&st->user);
    fb_buf_release(&st->banner);
    for (size_t i = 0; i < WAITING_MAX; i++) {
        fb_buf_release(&st->waiting[i].name);
        fb_buf_release(&st->waiting[i].arg);
    }
    free(st);
}

static size_t bytes(const void *state)
{
    const struct ftp_state *st = state;
    size_t n = sizeof *st + fb_lines_bytes(&st->lines) + st->user.cap + st->banner.cap;
    for (size_t i = 0; i < WAITING_MAX; i++)
        n += st->waiting[i].name.cap + st->waiting[i].arg.cap;
    return n;
}

const struct fb_intel_proto fb_proto_ftp = {
    .name = "ftp",
    .wants = wants,
    .ops = {
        .open = open_state, .data = data, .gap = gap, .flip = flip, .close = close_state, .bytes = bytes}};
