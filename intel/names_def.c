#include "intel/names_def.h"

static const struct fb_rec_col cols[FB_NAMES_NCOLS] = {
    [FB_NAMES_RESP_DOMAIN] = {"resp_domain", FB_REC_TEXT},
    [FB_NAMES_RESP_DOMAIN_SOURCE] = {"resp_domain_source", FB_REC_TEXT},
    [FB_NAMES_RESP_DOMAIN_CERTAINTY] = {"resp_domain_certainty", FB_REC_INT},
    [FB_NAMES_RESP_DOMAIN_SESSION] = {"resp_domain_session", FB_REC_INT},
    [FB_NAMES_RESP_DOMAIN_TS] = {"resp_domain_ts", FB_REC_TIME},
    [FB_NAMES_RESP_DOMAIN_CHAIN] = {"resp_domain_chain", FB_REC_LIST},
    [FB_NAMES_ORIG_DOMAIN] = {"orig_domain", FB_REC_TEXT},
    [FB_NAMES_ORIG_DOMAIN_SOURCE] = {"orig_domain_source", FB_REC_TEXT},
    [FB_NAMES_ORIG_DOMAIN_CERTAINTY] = {"orig_domain_certainty", FB_REC_INT},
    [FB_NAMES_ORIG_DOMAIN_SESSION] = {"orig_domain_session", FB_REC_INT},
    [FB_NAMES_ORIG_DOMAIN_TS] = {"orig_domain_ts", FB_REC_TIME},
};

const struct fb_rec_def fb_names_def = {
    .name = "names", .id = 32, .order = FB_REC_SESSIONS, .ncols = FB_NAMES_NCOLS, .cols = cols};
