/* Which sessions a text of a layer picks out, such as those whose responder's name ends in ".example.com":
 * asked of the dictionaries of the layer's chunks, each text once, so that only the sessions found need be
 * read. One case and its thread; not for other rooms. */
#ifndef FB_STORE_LAYER_MATCH_H
#define FB_STORE_LAYER_MATCH_H

#include "store/case_impl.h"

enum fb_match_kind { FB_MATCH_EQUAL, FB_MATCH_LIKE, FB_MATCH_GLOB };

#define FB_MATCH_MAX ((size_t)4 << 20) /* sessions; more are not worth a list */

/* Numbers of the sessions whose column `i` of fb_session_layer_cols, as SQL shows it, equals the text or is
 * like it: ascending, the caller's to free; *n may be 0. False: this cannot be told here (no text column, too
 * many, no memory, damage), so every session has to be looked at. */
bool fb_layer_match(struct fb_case *c, unsigned i, enum fb_match_kind kind, const char *text, uint64_t **list,
                    size_t *n);

#endif
