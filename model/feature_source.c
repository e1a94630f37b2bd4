#include "base/feature_source.h"
#include "model/features.h"

#include <string.h>

static const char *name(size_t i)
{
    return fb_feature_defs[i].name;
}

/* Which process a session belongs to is not known here. */
static void compute(const struct fb_session *s, int64_t *v)
{
    struct fb_features f;
    fb_features_of(s, 0, &f);
    memcpy(v, f.v, sizeof f.v);
}

_Static_assert(FB_NFEATURES <= FB_FEATURE_SOURCE_MAX, "room for all features");
const struct fb_feature_source fb_model_feature_source = {FB_NFEATURES, name, compute};
