/* FTP commands with their replies: one row each; the first holds the banner and no command.
 * Columns as in Zeek's ftp.log; passwords are not kept. */
#ifndef FB_INTEL_FTP_DEF_H
#define FB_INTEL_FTP_DEF_H

#include "base/record.h"

enum fb_ftp_col {
    FB_FTP_USER,
    FB_FTP_COMMAND,
    FB_FTP_ARG,
    FB_FTP_REPLY_CODE,
    FB_FTP_REPLY_MSG,
    FB_FTP_DATA_CHANNEL_PASSIVE,
    FB_FTP_DATA_CHANNEL_RESP_H,
    FB_FTP_DATA_CHANNEL_RESP_P,
    FB_FTP_NCOLS
};

extern const struct fb_rec_def fb_ftp_def;

#endif
