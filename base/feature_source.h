/* How numbers that are computed from a session reach those who show them without knowing the model: the case,
 * for its SQL table `features`. Static data; any thread. */
#ifndef FB_BASE_FEATURE_SOURCE_H
#define FB_BASE_FEATURE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct fb_session; /* replay/session.h */

#define FB_FEATURE_SOURCE_MAX 32

struct fb_feature_source {
    size_t n;                                                /* at most FB_FEATURE_SOURCE_MAX */
    const char *(*name)(size_t i);                           /* lower-case, as SQL shows it */
    void (*compute)(const struct fb_session *s, int64_t *v); /* n values */
};

/* The program's (model/feature_source.c). */
extern const struct fb_feature_source fb_model_feature_source;

#endif
