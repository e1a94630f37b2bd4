/* Columns of sessions that come from layers: names, scores, verdicts of lists, tags (docs/case-format.md,
 * "Layers that are tables").
 *
 * One list says which column of `sessions` is which column of which session-aligned table; the newest table
 * of that name (or that of --as-of) counts. A struct fb_session_layers reads them beside a walk over
 * sessions: it is cheap when numbers ascend, and reads nothing of tables that are not asked about. One
 * thread. */
#ifndef FB_STORE_SESSION_LAYERS_H
#define FB_STORE_SESSION_LAYERS_H

#include "base/buf.h"
#include "base/record.h"
#include "store/case.h"

/* Places in fb_session_layer_cols. */
enum fb_session_layer {
    FB_LAYER_RESP_DOMAIN,
    FB_LAYER_RESP_DOMAIN_SOURCE,
    FB_LAYER_ORIG_DOMAIN,
    FB_LAYER_ORIG_DOMAIN_SOURCE,
    FB_LAYER_ANOMALY,
    FB_LAYER_SCORE,
    FB_LAYER_BLACKLIST,
    FB_LAYER_CONFORMANCE,
};

struct fb_session_layer_col {
    const char *name; /* in `sessions` */
    const char *decl; /* its SQL type */
    const char *table, *column;
};

extern const struct fb_session_layer_col fb_session_layer_cols[];
extern const unsigned fb_session_nlayer_cols;

struct fb_session_layers;

/* Cursors of the case stay valid. The newest layers are those of this moment. */
enum fb_status fb_session_layers_open(struct fb_case *c, struct fb_session_layers **out, struct fb_err *err);
void fb_session_layers_close(struct fb_session_layers *l); /* accepts NULL */

/* Column `i` of fb_session_layer_cols for a session. The cell borrows until the next call for another
 * session; null when no layer says anything. */
enum fb_status fb_session_layers_cell(struct fb_session_layers *l, uint64_t number, unsigned i,
                                      struct fb_rec_cell *out, enum fb_rec_type *type, struct fb_err *err);

/* All tags of a session, those of analysts and those that layers give, sorted, each once, comma-separated;
 * borrowed until the next call. *out NULL: none. */
enum fb_status fb_session_layers_tags(struct fb_session_layers *l, uint64_t number, const char **out,
                                      struct fb_err *err);

/* FB_OK, or the first error that a call above met: for callers who cannot stop at once. */
enum fb_status fb_session_layers_failed(const struct fb_session_layers *l, struct fb_err *err);

#endif
