#include "intel/wire/ssdp_def.h"

static const struct fb_rec_col cols[FB_SSDP_NCOLS] = {
    [FB_SSDP_METHOD] = {"method", FB_REC_TEXT},
    [FB_SSDP_HOST] = {"host", FB_REC_TEXT},
    [FB_SSDP_ST] = {"st", FB_REC_TEXT},
    [FB_SSDP_NT] = {"nt", FB_REC_TEXT},
    [FB_SSDP_NTS] = {"nts", FB_REC_TEXT},
    [FB_SSDP_USN] = {"usn", FB_REC_TEXT},
    [FB_SSDP_LOCATION] = {"location", FB_REC_TEXT},
    [FB_SSDP_SERVER] = {"server", FB_REC_TEXT},
    [FB_SSDP_USER_AGENT] = {"user_agent", FB_REC_TEXT},
    [FB_SSDP_MAN] = {"man", FB_REC_TEXT},
    [FB_SSDP_MAX_AGE] = {"max_age", FB_REC_INT},
};

const struct fb_rec_def fb_ssdp_def = {
    .name = "ssdp", .id = 8, .order = FB_REC_EVENTS, .ncols = FB_SSDP_NCOLS, .cols = cols};
