/* A session in a test: feeds a detector as the session builder does, and keeps count. */
#ifndef FB_TESTS_SUPPORT_SVC_SESSION_H
#define FB_TESTS_SUPPORT_SVC_SESSION_H

#include "ingest/packet.h"
#include "replay/service/service.h"

struct svc_session {
    struct fb_service *s;
    uint64_t total;
    unsigned bits;   /* of the last call */
    unsigned so_far; /* of all calls */
    size_t step;     /* bytes a call; 0 = all at once */
};

/* 10.0.0.1:40000 to 10.0.0.2:port. */
struct svc_session svc_session_open(uint8_t proto, uint16_t port);
void svc_session_bytes(struct svc_session *t, bool from_orig, const void *p, size_t n);
/* Text without its NUL. */
void svc_session_text(struct svc_session *t, bool from_orig, const char *text);
/* Names of the session, which is closed; borrowed until the next close. */
const char *svc_session_close(struct svc_session *t);

#define C_SAYS(t, lit) svc_session_bytes(t, true, lit, sizeof(lit) - 1)
#define S_SAYS(t, lit) svc_session_bytes(t, false, lit, sizeof(lit) - 1)

#endif
