#include "intel/wire/ftp_def.h"

static const struct fb_rec_col cols[FB_FTP_NCOLS] = {
    [FB_FTP_USER] = {"user", FB_REC_TEXT},
    [FB_FTP_COMMAND] = {"command", FB_REC_TEXT},
    [FB_FTP_ARG] = {"arg", FB_REC_TEXT},
    [FB_FTP_REPLY_CODE] = {"reply_code", FB_REC_INT},
    [FB_FTP_REPLY_MSG] = {"reply_msg", FB_REC_TEXT},
    [FB_FTP_DATA_CHANNEL_PASSIVE] = {"data_channel_passive", FB_REC_INT},
    [FB_FTP_DATA_CHANNEL_RESP_H] = {"data_channel_resp_h", FB_REC_ADDR},
    [FB_FTP_DATA_CHANNEL_RESP_P] = {"data_channel_resp_p", FB_REC_INT},
};

const struct fb_rec_def fb_ftp_def = {
    .name = "ftp", .id = 7, .order = FB_REC_EVENTS, .ncols = FB_FTP_NCOLS, .cols = cols};
