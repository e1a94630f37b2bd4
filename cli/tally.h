/* What stands in two cases, counted by key: hosts, pairs of hosts, services, ports, protocols and rates.
 *
 * Counts are kept for the first and second half of each case's time, from which the noise model takes how
 * much keys come and go by themselves. Keys stand in the order of first appearance until they are sorted. One
 * thread. */
#ifndef FB_CLI_TALLY_H
#define FB_CLI_TALLY_H

#include "base/err.h"
#include "store/case.h"

enum fb_tally_kind {
    FB_TALLY_RATE, /* a name */
    FB_TALLY_HOST,
    FB_TALLY_SERVICE,  /* a port of a responder that answered */
    FB_TALLY_PORT,     /* a responder's port, whoever has it */
    FB_TALLY_PROTOCOL, /* what the payload was recognised as */
    FB_TALLY_TALKER,   /* originator and responder */
    FB_TALLY_NAME,     /* of an end, by the layer of names */
    FB_TALLY_VERDICT,  /* nonconforming, blacklisted, suspicious, abnormal */
    FB_TALLY_KINDS
};

#define FB_TALLY_KEY_MAX  36
#define FB_TALLY_KEYS_MAX (1u << 21)

/* Layers that keys come from. */
enum fb_tally_layer { FB_TALLY_FACTS, FB_TALLY_NAMES, FB_TALLY_LISTS, FB_TALLY_SCORES, FB_TALLY_LAYERS };

struct fb_tally_item {
    uint8_t kind, len, layer;
    uint8_t key[FB_TALLY_KEY_MAX];
    char label[24];          /* services: what was spoken */
    char *text;              /* names, whose key is a hash: owned by the tally; NULL otherwise */
    uint64_t sessions[2][2]; /* by case (A, B) and half of its time */
    uint64_t bytes[2];
};

struct fb_tally {
    struct fb_tally_item *item;
    uint32_t n, cap;
    uint32_t *slot; /* index + 1 */
    uint32_t nslots;
    uint64_t left_out; /* keys past the ceiling, counted each time */
    int64_t span_ns[2];
    uint64_t sessions[2];
    bool has[2][FB_TALLY_LAYERS]; /* the case has that layer */
};

void fb_tally_release(struct fb_tally *t);
/* Counts all sessions of a case as side 0 (A) or 1 (B). */
enum fb_status fb_tally_case(struct fb_tally *t, unsigned side, struct fb_case *c, struct fb_err *err);

static inline uint64_t fb_tally_total(const struct fb_tally_item *i, unsigned side)
{
    return i->sessions[side][0] + i->sessions[side][1];
}

/* False when one of the cases lacks the layer that the key comes from: nothing can be compared. */
static inline bool fb_tally_comparable(const struct fb_tally *t, const struct fb_tally_item *i)
{
    return t->has[0][i->layer] && t->has[1][i->layer];
}

/* The key as text: "10.0.0.1", "10.0.0.1 10.0.0.9", "10.0.0.9 443/tcp". */
#define FB_TALLY_TEXT_MAX 256
void fb_tally_text(const struct fb_tally_item *i, char *out, size_t cap);
const char *fb_tally_kind_name(unsigned kind);

#endif
