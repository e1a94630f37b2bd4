#include "intel/resolve/resolved_def.h"

static const struct fb_rec_col cols[FB_RESOLVED_NCOLS] = {
    [FB_RESOLVED_ADDR] = {"addr", FB_REC_ADDR},    [FB_RESOLVED_OUTCOME] = {"outcome", FB_REC_TEXT},
    [FB_RESOLVED_NAMES] = {"names", FB_REC_LIST},  [FB_RESOLVED_TTL] = {"ttl", FB_REC_INT},
    [FB_RESOLVED_RCODE] = {"rcode", FB_REC_INT},   [FB_RESOLVED_SERVER] = {"server", FB_REC_TEXT},
    [FB_RESOLVED_TCP] = {"tcp", FB_REC_INT},       [FB_RESOLVED_ASKED] = {"asked", FB_REC_TIME},
    [FB_RESOLVED_BY_RUN] = {"by_run", FB_REC_INT},
};

const struct fb_rec_def fb_resolved_def = {
    .name = "resolved", .id = 49, .order = FB_REC_ROWS, .ncols = FB_RESOLVED_NCOLS, .cols = cols};
