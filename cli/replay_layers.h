/* The names and scores of a case made again on its rebuilt copy, with the recorded parameters, and compared.
 */
#ifndef FB_CLI_REPLAY_LAYERS_H
#define FB_CLI_REPLAY_LAYERS_H

#include "cli/rerun.h"
#include "cli/scoring.h"

#define FB_LAYER_TABLES 3 /* score, explanation, findings */

struct fb_layer_digest {
    const char *table;
    char recorded[FB_DIGEST_HEXLEN], rebuilt[FB_DIGEST_HEXLEN]; /* "" : the layer has no such table */
};

struct fb_layers_result {
    bool named;          /* names were compared: the facts are equal */
    bool compared;       /* there are scores, and nothing was removed from the case since */
    const char *why_not; /* "" or NULL: there are no scores, or the facts differ */
    bool equal;          /* all that was compared */
    struct fb_layer_digest names;
    char features[2][FB_DIGEST_HEXLEN]; /* "": not recorded */
    char model[2][FB_DIGEST_HEXLEN];
    struct fb_layer_digest table[FB_LAYER_TABLES];
};

/* `rebuilt` is a case in memory with the same facts; it gets the layer. The first row of a
 * table that differs goes to `diff`. */
enum fb_status fb_layers_replay(struct fb_case *recorded, struct fb_case *rebuilt, unsigned threads,
                                struct fb_layers_result *out, struct fb_first_difference *diff,
                                struct fb_err *err);

void fb_layers_put_text(struct fb_buf *b, const struct fb_layers_result *r);
void fb_layers_put_json(struct fb_buf *b,
                        const struct fb_layers_result *r); /* "names":{...} or null,"scoring":{...} or null */

#endif
