#include "intel/wire/ndp_def.h"

static const struct fb_rec_col cols[FB_NDP_NCOLS] = {
    [FB_NDP_MSG_TYPE] = {"msg_type", FB_REC_TEXT},
    [FB_NDP_SOURCE_ADDR] = {"source_addr", FB_REC_ADDR},
    [FB_NDP_DEST_ADDR] = {"dest_addr", FB_REC_ADDR},
    [FB_NDP_TARGET_ADDR] = {"target_addr", FB_REC_ADDR},
    [FB_NDP_SOURCE_MAC] = {"source_mac", FB_REC_TEXT},
    [FB_NDP_TARGET_MAC] = {"target_mac", FB_REC_TEXT},
    [FB_NDP_FLAGS] = {"flags", FB_REC_INT},
    [FB_NDP_ROUTER_LIFETIME] = {"router_lifetime", FB_REC_INT},
    [FB_NDP_HOP_LIMIT] = {"hop_limit", FB_REC_INT},
    [FB_NDP_MTU] = {"mtu", FB_REC_INT},
    [FB_NDP_PREFIXES] = {"prefixes", FB_REC_LIST},
    [FB_NDP_RDNSS] = {"rdnss", FB_REC_LIST},
    [FB_NDP_DNSSL] = {"dnssl", FB_REC_LIST},
};

const struct fb_rec_def fb_ndp_def = {
    .name = "ndp", .id = 10, .order = FB_REC_EVENTS, .ncols = FB_NDP_NCOLS, .cols = cols};
