/* Which sessions are shown, by what layers say of them. Constant once parsed; one thread, that of the
 * layers. */
#ifndef FB_CLI_ROW_FILTER_H
#define FB_CLI_ROW_FILTER_H

#include "intel/lists/list_domain.h"
#include "store/session_layers.h"

extern const char *const fb_row_levels[];

struct fb_row_filter {
    const char *domain, *tag;       /* as the options have them; NULL: all */
    int anomaly;                    /* index of fb_row_levels */
    struct fb_list_pattern pattern; /* of domain */
};

#define FB_ROW_FILTER_OPTIONS(f)                                                                             \
    {0,                                                                                                      \
     "domain",                                                                                               \
     FB_OPT_TEXT,                                                                                            \
     &(f).domain,                                                                                            \
     "NAME",                                                                                                 \
     NULL,                                                                                                   \
     "only sessions with an end of that name; *.example.com: below it"},                                     \
        {0, "tag", FB_OPT_TEXT, &(f).tag, "TAG", NULL, "only sessions with that tag"},                       \
    {                                                                                                        \
        0, "anomaly", FB_OPT_CHOICE, &(f).anomaly, "LEVEL", fb_row_levels,                                   \
            "only sessions of that level; suspicious: abnormal ones too"                                     \
    }

/* -1, or the exit code after a message. */
int fb_row_filter_check(struct fb_row_filter *f, const char *verb);

/* True when nothing is left out. */
bool fb_row_filter_is_empty(const struct fb_row_filter *f);

/* Errors of the layers are kept by them: such a session does not match. */
bool fb_row_filter_match(const struct fb_row_filter *f, struct fb_session_layers *l, uint64_t number);

#endif
