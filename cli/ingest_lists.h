/* Lists that are applied while captures are read: --whitelist and --blacklist. They are read and checked
 * before the evidence, so that a bad list costs nothing; the verdicts are a layer, like those of
 * `lists apply`. One thread. */
#ifndef FB_CLI_INGEST_LISTS_H
#define FB_CLI_INGEST_LISTS_H

#include "cli/lists_layer.h"

struct fb_ingest_lists {
    struct fb_opt_list white, black;
    struct fb_lists_policy policy;
    struct fb_lists_ready ready;
    bool any; /* some were given: `ready` is */
};

#define FB_INGEST_LISTS_OPTIONS(l)                                                                           \
    {0, "whitelist", FB_OPT_LIST, &(l).white, "FILE", NULL, "judge sessions by this whitelist"},             \
        {0, "blacklist", FB_OPT_LIST, &(l).black, "FILE", NULL, "judge sessions by this blacklist"},         \
        FB_LISTS_OPTIONS((l).policy), FB_OPT_INTEL((l).policy.intel)

/* Reads what the options name. -1, or the exit code after a message. */
int fb_ingest_lists_open(struct fb_ingest_lists *l, const char *verb, bool quiet);
void fb_ingest_lists_release(struct fb_ingest_lists *l);

/* What an interrupted ingest has to be given again, for its custody record: a JSON object, or null. */
void fb_ingest_lists_put(struct fb_buf *out, const struct fb_ingest_lists *l);

/* `l` (NULL: none) are the lists that the ingest of the case was begun with, by their content and options;
 * where it recorded none, any will do. FB_ERR_USAGE when they are not. */
enum fb_status fb_ingest_lists_recorded(struct fb_case *c, const struct fb_ingest_lists *l,
                                        struct fb_err *err);

/* Judges the sessions of a complete case and keeps the layer. `l` NULL, or without lists: nothing. */
enum fb_status fb_ingest_lists_apply(const struct fb_ingest_lists *l, struct fb_case *c, struct fb_err *err);

#endif
