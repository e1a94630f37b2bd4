#include "store/vtab_columns.h"

#include "store/session_layers.h"

const struct fb_vcol fb_vcols[] = {
    {"number", "INTEGER", FB_V_NUMBER, 0},
    {"ts", "INTEGER", FB_V_INT, FB_COL_TS},
    {"time", "TEXT", FB_V_TIME, FB_COL_TS},
    {"uid", "TEXT", FB_V_UID, 0},
    {"orig_h", "TEXT", FB_V_ADDR, FB_COL_ORIG_H},
    {"orig_p", "INTEGER", FB_V_UINT, FB_COL_ORIG_P},
    {"resp_h", "TEXT", FB_V_ADDR, FB_COL_RESP_H},
    {"resp_p", "INTEGER", FB_V_UINT, FB_COL_RESP_P},
    {"proto", "TEXT", FB_V_PROTO, FB_COL_PROTO},
    {"service", "TEXT", FB_V_TEXT, FB_COL_SERVICE},
    {"duration_ns", "INTEGER", FB_V_INT, FB_COL_DURATION},
    {"orig_bytes", "INTEGER", FB_V_UINT, FB_COL_ORIG_BYTES},
    {"resp_bytes", "INTEGER", FB_V_UINT, FB_COL_RESP_BYTES},
    {"conn_state", "TEXT", FB_V_STATE, FB_COL_CONN_STATE},
    {"missed_bytes", "INTEGER", FB_V_UINT, FB_COL_MISSED_BYTES},
    {"history", "TEXT", FB_V_TEXT, FB_COL_HISTORY},
    {"orig_pkts", "INTEGER", FB_V_UINT, FB_COL_ORIG_PKTS},
    {"orig_ip_bytes", "INTEGER", FB_V_UINT, FB_COL_ORIG_IP_BYTES},
    {"resp_pkts", "INTEGER", FB_V_UINT, FB_COL_RESP_PKTS},
    {"resp_ip_bytes", "INTEGER", FB_V_UINT, FB_COL_RESP_IP_BYTES},
    {"tunnel_parents", "TEXT", FB_V_PARENTS, 0},
    {"ip_proto", "INTEGER", FB_V_UINT, FB_COL_IP_PROTO},
    {"vlan", "INTEGER", FB_V_VLAN, FB_COL_VLAN},
    {"inner_vlan", "INTEGER", FB_V_VLAN, FB_COL_INNER_VLAN},
    {"orig_l2_addr", "TEXT", FB_V_MAC, FB_COL_ORIG_MAC},
    {"resp_l2_addr", "TEXT", FB_V_MAC, FB_COL_RESP_MAC},
    {"community_id", "TEXT", FB_V_COMMUNITY, 0},
    {"end_reason", "TEXT", FB_V_REASON, FB_COL_END_REASON},
    {"orig_ttl", "INTEGER", FB_V_UINT, FB_COL_ORIG_TTL},
    {"resp_ttl", "INTEGER", FB_V_UINT, FB_COL_RESP_TTL},
    {"tunnel", "TEXT", FB_V_TEXT, FB_COL_TUNNEL},
    {"uid_dup", "INTEGER", FB_V_UINT, FB_COL_UID_DUP},
    {"segments", "INTEGER", FB_V_UINT, FB_COL_SEGMENTS},
    {"segment_gap_sum_ns", "INTEGER", FB_V_UINT, FB_COL_SEGMENT_GAP_SUM},
    {"segment_regularity_ppm", "INTEGER", FB_V_UINT, FB_COL_SEGMENT_REGULARITY},
    {"syn_synack_ns", "INTEGER", FB_V_UNSET, FB_COL_SYN_SYNACK},
    {"synack_ack_ns", "INTEGER", FB_V_UNSET, FB_COL_SYNACK_ACK},
    {"orig_retrans_pkts", "INTEGER", FB_V_UINT, FB_COL_ORIG_RETRANS},
    {"resp_retrans_pkts", "INTEGER", FB_V_UINT, FB_COL_RESP_RETRANS},
    {"orig_ooo_pkts", "INTEGER", FB_V_UINT, FB_COL_ORIG_OOO},
    {"resp_ooo_pkts", "INTEGER", FB_V_UINT, FB_COL_RESP_OOO},
    {"orig_zero_window_pkts", "INTEGER", FB_V_UINT, FB_COL_ORIG_ZERO_WINDOW},
    {"resp_zero_window_pkts", "INTEGER", FB_V_UINT, FB_COL_RESP_ZERO_WINDOW},
    {"bad_checksum_pkts", "INTEGER", FB_V_UINT, FB_COL_BAD_CHECKSUM},
    {"first_ordinal", "INTEGER", FB_V_UINT, FB_COL_FIRST_ORDINAL},
    {"evidence_pkts", "INTEGER", FB_V_UINT, FB_COL_EVIDENCE_PKTS},
    {"ip", "TEXT HIDDEN", FB_V_IP, FB_COL_ORIG_H},
};
const unsigned fb_nvcols = sizeof fb_vcols / sizeof *fb_vcols;

unsigned fb_vcol_count(void)
{
    return fb_nvcols + fb_session_nlayer_cols + 1;
}

struct fb_vcol fb_vcol_at(unsigned i)
{
    FB_BUG(i >= fb_vcol_count());
    if (i < fb_nvcols)
        return fb_vcols[i];
    i -= fb_nvcols;
    if (i == fb_session_nlayer_cols)
        return (struct fb_vcol){"tags", "TEXT", FB_V_TAGS, 0};
    return (struct fb_vcol){fb_session_layer_cols[i].name, fb_session_layer_cols[i].decl, FB_V_LAYER,
                            (uint8_t)i};
}
