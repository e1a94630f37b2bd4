/* Finds authentication tokens and the data of named pipes in SMB messages. Ignored on purpose: chained SMB 1
 * commands and compounded SMB 2 messages behind the first. */
#include "replay/service/svc_smb.h"

#define SMB2_HEADER    64
#define SMB2_NEGOTIATE 0
#define SMB2_SETUP     1
#define SMB2_TREE      3
#define SMB2_READ      8
#define SMB2_WRITE     9
#define SMB2_IOCTL     11
#define SMB2_PIPE      2 /* share type */
#define FSCTL_PIPE     0x0011c017

#define SMB1_TRANSACTION 0x25
#define SMB1_READ        0x2e
#define SMB1_WRITE       0x2f
#define SMB1_NEGOTIATE   0x72
#define SMB1_SETUP       0x73
#define SMB1_TREE        0x75

static uint16_t u16_at(struct fb_span s, size_t at)
{
    return at + 2 <= s.n ? fb_load_le16(s.p + at) : 0;
}

static uint32_t u32_at(struct fb_span s, size_t at)
{
    return at + 4 <= s.n ? fb_load_le32(s.p + at) : 0;
}

/* `len` bytes at `at`, as far as they are there; nothing when the place is inside the header. */
static struct fb_span piece(struct fb_span s, size_t at, size_t len)
{
    if (at < SMB_HEADER || at >= s.n)
        return (struct fb_span){s.p, 0};
    return (struct fb_span){s.p + at, len < s.n - at ? len : s.n - at};
}

static struct smb_look smb2(struct fb_span m, bool from_orig)
{
    struct smb_look l = {.part = SMB_NOTHING, .tree = u32_at(m, 36)};
    const size_t b = SMB2_HEADER;
    switch (u16_at(m, 12)) {
    case SMB2_NEGOTIATE:
        l.part = from_orig ? SMB_NOTHING : SMB_TOKEN;
        l.data = piece(m, u16_at(m, b + 56), u16_at(m, b + 58));
        break;
    case SMB2_SETUP:
        l.part = SMB_TOKEN;
        l.data = from_orig ? piece(m, u16_at(m, b + 12), u16_at(m, b + 14))
                           : piece(m, u16_at(m, b + 4), u16_at(m, b + 6));
        break;
    case SMB2_TREE:
        if (!from_orig && m.n > b + 2 && m.p[b + 2] == SMB2_PIPE)
            l.part = SMB_PIPE_TREE;
        break;
    case SMB2_WRITE:
        l.part = from_orig ? SMB_MAYBE_DATA : SMB_NOTHING;
        l.data = piece(m, u16_at(m, b + 2), u32_at(m, b + 4));
        break;
    case SMB2_READ:
        l.part = from_orig ? SMB_NOTHING : SMB_MAYBE_DATA;
        l.data = piece(m, u16_at(m, b + 2) & 0xff, u32_at(m, b + 4));
        break;
    case SMB2_IOCTL:
        l.part = u32_at(m, b + 4) == FSCTL_PIPE ? SMB_PIPE_DATA : SMB_NOTHING;
        l.data = from_orig ? piece(m, u32_at(m, b + 24), u32_at(m, b + 28))
                           : piece(m, u32_at(m, b + 32), u32_at(m, b + 36));
        break;
    default:
        break;
    }
    return l;
}

/* "IPC" behind the words of a tree connect's answer. */
static bool is_ipc(struct fb_span m)
{
    size_t at = m.n > SMB_HEADER ? SMB_HEADER + 1 + 2U * m.p[SMB_HEADER] + 2 : m.n;
    struct fb_span service = piece(m, at, 4);
    return service.n == 4 && memcmp(service.p, "IPC", 4) == 0;
}

static struct smb_look smb1(struct fb_span m, bool from_orig)
{
    const size_t w = SMB_HEADER + 1; /* the first word */
    struct smb_look l = {.part = SMB_NOTHING, .tree = u16_at(m, 24)};
    switch (m.p[4]) {
    case SMB1_NEGOTIATE:
    case SMB1_SETUP:
        l = (struct smb_look){.part = SMB_MAYBE, .data = m};
        break;
    case SMB1_TREE:
        l.part = !from_orig && is_ipc(m) ? SMB_PIPE_TREE : SMB_NOTHING;
        break;
    case SMB1_TRANSACTION:
        l.part = SMB_MAYBE_DATA;
        l.data = from_orig ? piece(m, u16_at(m, w + 24), u16_at(m, w + 22))
                           : piece(m, u16_at(m, w + 14), u16_at(m, w + 12));
        break;
    case SMB1_WRITE:
        l.part = from_orig ? SMB_MAYBE_DATA : SMB_NOTHING;
        l.data = piece(m, u16_at(m, w + 22), u16_at(m, w + 20));
        break;
    case SMB1_READ:
        l.part = from_orig ? SMB_NOTHING : SMB_MAYBE_DATA;
        l.data = piece(m, u16_at(m, w + 12), u16_at(m, w + 10));
        break;
    default:
        break;
    }
    return l;
}

bool smb_worth_a_look(const uint8_t *head, bool pipes)
{
    if (head[0] == 0xfe) {
        uint16_t c = fb_load_le16(head + 12);
        return c <= SMB2_SETUP || c == SMB2_TREE || c == SMB2_IOCTL ||
               (pipes && (c == SMB2_READ || c == SMB2_WRITE));
    }
    if (head[0] != 0xff)
        return false;
    uint8_t c = head[4];
    return c == SMB1_NEGOTIATE || c == SMB1_SETUP || c == SMB1_TREE ||
           (pipes && (c == SMB1_TRANSACTION || c == SMB1_READ || c == SMB1_WRITE));
}

struct smb_look smb_look(struct fb_span msg, bool from_orig)
{
    return msg.p[0] == 0xfe ? smb2(msg, from_orig) : smb1(msg, from_orig);
}
