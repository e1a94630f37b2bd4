/* What a session chunk is made of: the columns, their groups and what zone maps say of them. */
#include "store/chunk.h"

#define NUM(g, max)                                                                                          \
    {                                                                                                        \
        g, false, true, -1, max                                                                              \
    }
#define SIGNED(g)                                                                                            \
    {                                                                                                        \
        g, true, true, -1, UINT64_MAX                                                                        \
    }
#define RAW(g)                                                                                               \
    {                                                                                                        \
        g, false, false, -1, UINT64_MAX                                                                      \
    }
#define CODE(g, kind)                                                                                        \
    {                                                                                                        \
        g, false, false, kind, UINT32_MAX                                                                    \
    }

const struct fb_col_info fb_col_info[FB_STREAM_COUNT] = {
    [FB_COL_TS] = SIGNED(0),
    [FB_COL_DURATION] = SIGNED(0),
    [FB_COL_ORIG_H] = CODE(1, FB_DICT_ADDR),
    [FB_COL_RESP_H] = CODE(1, FB_DICT_ADDR),
    [FB_COL_ORIG_P] = NUM(2, UINT16_MAX),
    [FB_COL_RESP_P] = NUM(2, UINT16_MAX),
    [FB_COL_PROTO] = NUM(2, UINT8_MAX),
    [FB_COL_IP_PROTO] = NUM(2, UINT8_MAX),
    [FB_COL_CONN_STATE] = NUM(2, UINT8_MAX),
    [FB_COL_SERVICE] = CODE(2, FB_DICT_SERVICE),
    [FB_COL_HISTORY] = CODE(2, FB_DICT_HISTORY),
    [FB_COL_ORIG_BYTES] = NUM(3, UINT64_MAX),
    [FB_COL_RESP_BYTES] = NUM(3, UINT64_MAX),
    [FB_COL_MISSED_BYTES] = NUM(3, UINT64_MAX),
    [FB_COL_ORIG_PKTS] = NUM(3, UINT64_MAX),
    [FB_COL_RESP_PKTS] = NUM(3, UINT64_MAX),
    [FB_COL_ORIG_IP_BYTES] = NUM(3, UINT64_MAX),
    [FB_COL_RESP_IP_BYTES] = NUM(3, UINT64_MAX),
    [FB_COL_UID_DUP] = NUM(4, UINT32_MAX),
    [FB_COL_END_REASON] = NUM(4, UINT8_MAX),
    [FB_COL_VLAN] = NUM(4, UINT16_MAX),
    [FB_COL_INNER_VLAN] = NUM(4, UINT16_MAX),
    [FB_COL_HAS_MACS] = NUM(4, UINT8_MAX),
    [FB_COL_ORIG_MAC] = CODE(4, FB_DICT_MAC),
    [FB_COL_RESP_MAC] = CODE(4, FB_DICT_MAC),
    [FB_COL_ORIG_TTL] = NUM(4, UINT8_MAX),
    [FB_COL_RESP_TTL] = NUM(4, UINT8_MAX),
    [FB_COL_TUNNEL] = CODE(4, FB_DICT_TUNNEL),
    [FB_COL_NPARENTS] = NUM(4, FB_ROW_PARENTS_MAX),
    [FB_COL_SEGMENTS] = NUM(5, UINT64_MAX),
    [FB_COL_SEGMENT_GAP_SUM] = NUM(5, UINT64_MAX),
    [FB_COL_SEGMENT_REGULARITY] = NUM(5, UINT32_MAX),
    [FB_COL_SYN_SYNACK] = SIGNED(5),
    [FB_COL_SYNACK_ACK] = SIGNED(5),
    [FB_COL_ORIG_RETRANS] = NUM(5, UINT64_MAX),
    [FB_COL_RESP_RETRANS] = NUM(5, UINT64_MAX),
    [FB_COL_ORIG_OOO] = NUM(5, UINT64_MAX),
    [FB_COL_RESP_OOO] = NUM(5, UINT64_MAX),
    [FB_COL_ORIG_ZERO_WINDOW] = NUM(5, UINT64_MAX),
    [FB_COL_RESP_ZERO_WINDOW] = NUM(5, UINT64_MAX),
    [FB_COL_BAD_CHECKSUM] = NUM(5, UINT64_MAX),
    [FB_COL_FIRST_ORDINAL] = NUM(6, UINT64_MAX),
    [FB_COL_EVIDENCE_PKTS] = NUM(6, UINT64_MAX),
    [FB_COL_ORIG_IP_Q] = RAW(3),
    [FB_COL_ORIG_IP_R] = RAW(3),
    [FB_COL_RESP_IP_Q] = RAW(3),
    [FB_COL_RESP_IP_R] = RAW(3),
    [FB_COL_PARENTS] = RAW(4),
    [FB_STREAM_DICTS + FB_DICT_ADDR] = RAW(1),
    [FB_STREAM_DICTS + FB_DICT_MAC] = RAW(4),
    [FB_STREAM_DICTS + FB_DICT_SERVICE] = RAW(2),
    [FB_STREAM_DICTS + FB_DICT_HISTORY] = RAW(2),
    [FB_STREAM_DICTS + FB_DICT_TUNNEL] = RAW(4),
    [FB_STREAM_ADDR_FILTER] = RAW(7),
};

size_t fb_dict_fixed_len(unsigned kind)
{
    return kind == FB_DICT_ADDR ? 16 : kind == FB_DICT_MAC ? 6 : 0;
}

void fb_chunk_content_digest(const struct fb_span *groups, size_t n, struct fb_digest *out)
{
    struct fb_digest_state st;
    fb_digest_init(&st, "fb chunk bytes");
    for (size_t i = 0; i < n; i++)
        fb_digest_update_field(&st, groups[i].p, groups[i].n);
    fb_digest_final(&st, out);
}
