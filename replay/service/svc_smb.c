/* SMB 1 and 2/3 over NetBIOS sessions or directly on TCP (MS-CIFS, MS-SMB2): the third chunk of payload
 * confirms, counted from one that begins with a message. Authentication tokens, and DCE/RPC in named pipes,
 * are looked at. */
#include "replay/service/svc_smb.h"

#include "replay/service/svc_gssapi.h"

#define SMB_LOOK_MAX  8192 /* of one message */
#define SMB_CONFIRM   3    /* chunks */
#define SMB_LOST_MAX  256  /* chunks without a message until it leaves */
#define SMB_SETTLED   1024 /* chunks after which no new name is waited for */
#define SMB_TREES     16   /* trees of named pipes that are remembered */
#define SMB_TOKEN_MIN 8    /* Zeek passes shorter ones over */

struct smb_state {
    uint32_t tree[SMB_TREES];
    uint32_t chunks, seen; /* counted; of the analyzer's count when it was last looked at */
    uint8_t ntrees;
    bool in_step; /* a message begins where reading goes on */
};

static bool is_pipe(const struct smb_state *st, uint32_t tree)
{
    for (unsigned i = 0; i < st->ntrees; i++)
        if (st->tree[i] == tree)
            return true;
    return false;
}

static void look(struct svc *a, bool from_orig, struct fb_span msg)
{
    struct smb_state *st = a->state;
    struct smb_look l = smb_look(msg, from_orig);
    switch (l.part) {
    case SMB_TOKEN:
        if (l.data.n >= SMB_TOKEN_MIN)
            svc_gssapi_token(a, l.data.p, l.data.n);
        break;
    case SMB_MAYBE:
        svc_gssapi_scan(a, l.data.p, l.data.n);
        break;
    case SMB_PIPE_TREE:
        if (!is_pipe(st, l.tree) && st->ntrees < SMB_TREES)
            st->tree[st->ntrees++] = l.tree;
        break;
    case SMB_MAYBE_DATA:
        if (!is_pipe(st, l.tree))
            break;
        /* fall through */
    case SMB_PIPE_DATA:
        (void)svc_dce_rpc_fragments(a, l.data.p, l.data.n);
        break;
    case SMB_NOTHING:
        break;
    }
}

/* False while nothing that looks like a message begins a chunk. */
static bool in_step(struct svc *a, struct smb_state *st, const uint8_t *p, size_t n)
{
    if (st->in_step)
        return true;
    if (n < 8 || (p[4] != 0xfe && p[4] != 0xff) || memcmp(p + 5, "SMB", 3) != 0) {
        if (a->chunks > SMB_LOST_MAX)
            svc_leave(a);
        return false;
    }
    st->in_step = true;
    st->seen = a->chunks - 1;
    return true;
}

static void count(struct svc *a, struct smb_state *st)
{
    st->chunks += a->chunks - st->seen;
    st->seen = a->chunks;
    if (st->chunks >= SMB_CONFIRM)
        svc_confirm(a);
    a->settled = a->confirmed && st->chunks > SMB_SETTLED;
}

/* NetBIOS header, then as much of the message as it takes. */
static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    struct smb_state *st = a->state;
    if (!in_step(a, st, p, n))
        return n;
    if (n < 4)
        return 0;
    size_t len = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    size_t head = 4;
    if (p[0] == 0 && len >= SMB_HEADER) {
        if (n < 4 + SMB_HEADER)
            return 0;
        size_t want = len < SMB_LOOK_MAX ? len : SMB_LOOK_MAX;
        bool worth = memcmp(p + 5, "SMB", 3) == 0 && smb_worth_a_look(p + 4, st->ntrees > 0);
        if (worth && n - 4 < want) {
            count(a, st);
            return 0;
        }
        if (worth)
            look(a, from_orig, (struct fb_span){p + 4, want});
        head += SMB_HEADER;
    }
    count(a, st);
    svc_dir_of(a, from_orig)->skip = len + 4 - head;
    return head;
}

static bool gap(struct svc *a, bool from_orig, uint64_t n)
{
    struct smb_state *st = a->state;
    (void)n;
    struct svc_dir *other = svc_dir_of(a, !from_orig);
    other->held = 0;
    other->skip = 0;
    st->in_step = false;
    return true;
}

const struct svc_proto svc_smb = {.name = "smb",
                                  .hold = SMB_LOOK_MAX + 8,
                                  .state_bytes = sizeof(struct smb_state),
                                  .partial_ok = true,
                                  .keep_on_fail = true,
                                  .parse = parse,
                                  .gap = gap};
