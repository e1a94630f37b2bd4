#include "model/finding_def.h"

static const struct fb_rec_col COLS[FB_FINDING_NCOLS] = {
    [FB_FINDING_RANK] = {"rank", FB_REC_INT},
    [FB_FINDING_SEVERITY] = {"severity", FB_REC_INT},
    [FB_FINDING_CONFIDENCE] = {"confidence", FB_REC_INT},
    [FB_FINDING_KIND] = {"kind", FB_REC_TEXT},
    [FB_FINDING_HOSTS] = {"hosts", FB_REC_LIST},
    [FB_FINDING_TARGETS] = {"targets", FB_REC_INT},
    [FB_FINDING_PROTO] = {"proto", FB_REC_TEXT},
    [FB_FINDING_PORT] = {"port", FB_REC_INT},
    [FB_FINDING_SERVICE] = {"service", FB_REC_TEXT},
    [FB_FINDING_SUBJECT] = {"subject", FB_REC_TEXT},
    [FB_FINDING_SESSIONS] = {"sessions", FB_REC_INT},
    [FB_FINDING_EVIDENCE] = {"evidence", FB_REC_LIST},
    [FB_FINDING_FIRST] = {"first", FB_REC_TIME},
    [FB_FINDING_LAST] = {"last", FB_REC_TIME},
    [FB_FINDING_REASON] = {"reason", FB_REC_TEXT},
    [FB_FINDING_NEXT] = {"next", FB_REC_TEXT},
    [FB_FINDING_ALSO] = {"also", FB_REC_LIST},
};

const struct fb_rec_def fb_finding_def = {"findings", 40, FB_REC_ROWS, FB_FINDING_NCOLS, COLS};
