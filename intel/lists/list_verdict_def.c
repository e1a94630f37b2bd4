#include "intel/lists/list_verdict_def.h"

static const struct fb_rec_col cols[] = {
    {"conformance", FB_REC_TEXT}, /* conforming, nonconforming, unknown */
    {"list", FB_REC_TEXT},        /* whitelist with the endpoint that matched */
    {"endpoint", FB_REC_INT},     /* its index there, from 0 */
    {"criterion", FB_REC_TEXT},   /* what decided: the key and, of domain and ip, the value that matched */
    {"nearest", FB_REC_LIST},     /* nonconforming: LIST[ENDPOINT]: criteria that failed */
    {"blacklist", FB_REC_LIST},   /* names of the blacklists that match */
    {"matches", FB_REC_LIST},     /* of each: entry, end, line, date and digest of the file */
};

const struct fb_rec_def fb_list_verdict_def = {
    .name = "list_verdict",
    .id = 34,
    .order = FB_REC_SESSIONS,
    .ncols = sizeof cols / sizeof *cols,
    .cols = cols,
};
