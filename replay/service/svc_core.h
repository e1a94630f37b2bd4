/* The detector's own state; only service.c and svc_host.c look inside. */
#ifndef FB_REPLAY_SERVICE_SVC_CORE_H
#define FB_REPLAY_SERVICE_SVC_CORE_H

#include "replay/service/svc.h"

#define SVC_SLOTS       6  /* analyzers of one detector at the same time */
#define SVC_TEXT_BYTES  96 /* the service column; names that do not fit are left out */
#define SVC_EXPECTS     8  /* announced data connections that wait to be taken */
#define SVC_INNER_DEPTH 3  /* detectors within detectors */

/* What the signature window keeps: the bytes of both directions and the order in which they came. */
struct svc_window {
    uint8_t *buf[2];
    uint32_t len[2], cap[2];
    uint32_t total; /* of both directions */
    uint64_t halves[2];
    uint16_t chunk[SVC_WINDOW_CHUNKS]; /* length << 1 | from_orig */
    uint16_t nchunks;
};

struct fb_service {
    struct fb_service_flow flow;
    struct fb_service *root; /* of a nest of detectors; itself at the top */
    struct svc *slot[SVC_SLOTS];
    struct svc_window *window; /* NULL once it is over */
    struct fb_service_expect *expect;
    uint64_t attached;    /* every enum svc_id that ever had a slot, as bits */
    uint64_t total_bytes; /* of the session, at the current call */
    uint8_t nslots, nexpect, depth;
    bool any_confirmed, dns_attached;
    unsigned result; /* FB_SVC_* of the current call */
    char text[SVC_TEXT_BYTES];
};

struct svc *svc_new(struct fb_service *owner, const struct svc_proto *proto);
void svc_free(struct svc *a);
/* Bytes of one direction, in order. */
void svc_feed(struct svc *a, bool from_orig, const uint8_t *p, size_t n);
void svc_gap(struct svc *a, bool from_orig, uint64_t n);
void svc_swap_roles(struct svc *a);
size_t svc_held_bytes(const struct svc *a);

#endif
