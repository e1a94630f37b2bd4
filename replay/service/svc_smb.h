/* Where things stand in SMB messages (MS-CIFS, MS-SMB, MS-SMB2). Internal to the SMB analyzer. */
#ifndef FB_REPLAY_SERVICE_SVC_SMB_H
#define FB_REPLAY_SERVICE_SVC_SMB_H

#include "base/cursor.h"

enum smb_part {
    SMB_NOTHING,
    SMB_TOKEN,      /* an authentication token, whose place is known */
    SMB_MAYBE,      /* an authentication token may stand somewhere in the message */
    SMB_PIPE_TREE,  /* the answer to a tree connect: `tree` is a tree of named pipes */
    SMB_PIPE_DATA,  /* `data` is what a named pipe carries */
    SMB_MAYBE_DATA, /* so when `tree` is a tree of named pipes */
};

struct smb_look {
    enum smb_part part;
    uint32_t tree;
    struct fb_span data;
};

/* What is worth a look in a message without its NetBIOS header. */
struct smb_look smb_look(struct fb_span msg, bool from_orig);
/* Whether anything may be in a message whose first SMB_HEADER bytes are these; `pipes`: some tree has named
 * pipes. */
#define SMB_HEADER 32
bool smb_worth_a_look(const uint8_t *head, bool pipes);

#endif
