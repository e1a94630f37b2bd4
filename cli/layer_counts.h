/* What the newest layers (those of --as-of) say of the sessions of a case, in numbers. One thread. */
#ifndef FB_CLI_LAYER_COUNTS_H
#define FB_CLI_LAYER_COUNTS_H

#include "base/buf.h"
#include "store/case.h"

struct fb_layer_counts {
    bool listed, scored; /* there is a layer of verdicts of lists, of scores */
    uint64_t conforming, nonconforming, unknown, blacklisted;
    uint64_t normal, suspicious, abnormal;
};

/* Reads three columns of the layers, nothing of the sessions. */
enum fb_status fb_layer_counts(struct fb_case *c, struct fb_layer_counts *out, struct fb_err *err);

/* A case conforms when whitelists judged sessions and none is nonconforming. "conforming", "nonconforming",
 * "unknown" (no whitelist judged any), "no list". */
const char *fb_layer_conformance(const struct fb_layer_counts *n);

/* What lists say: lines for people, and members of a JSON object with a comma at the end. */
void fb_layer_counts_text(struct fb_buf *b, const struct fb_layer_counts *n);
void fb_layer_counts_json(struct fb_buf *b, const struct fb_layer_counts *n);

#endif
