#include "intel/wire/arp_def.h"

static const struct fb_rec_col cols[FB_ARP_NCOLS] = {
    [FB_ARP_OPERATION] = {"operation", FB_REC_INT},      [FB_ARP_SENDER_MAC] = {"sender_mac", FB_REC_TEXT},
    [FB_ARP_SENDER_ADDR] = {"sender_addr", FB_REC_ADDR}, [FB_ARP_TARGET_MAC] = {"target_mac", FB_REC_TEXT},
    [FB_ARP_TARGET_ADDR] = {"target_addr", FB_REC_ADDR}, [FB_ARP_ETH_SRC] = {"eth_src", FB_REC_TEXT},
    [FB_ARP_ETH_DST] = {"eth_dst", FB_REC_TEXT},
};

const struct fb_rec_def fb_arp_def = {
    .name = "arp", .id = 9, .order = FB_REC_EVENTS, .ncols = FB_ARP_NCOLS, .cols = cols};
