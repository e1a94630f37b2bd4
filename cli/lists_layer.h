/* Verdicts of lists over all sessions of a case, and the layer that keeps them.
 *
 * The sessions are judged first and the layer is written in one edit afterwards, so that a case that cannot
 * be read changes nothing. One thread. */
#ifndef FB_CLI_LISTS_LAYER_H
#define FB_CLI_LISTS_LAYER_H

#include "cli/lists_cases.h"
#include "cli/lists_load.h"
#include "store/edit.h"

struct fb_lists_counts {
    uint64_t sessions, of[3]; /* by enum fb_list_conformance */
    uint64_t blacklisted;
    uint64_t skipped; /* entries of the lists that could not be read */
    uint64_t before,
        changed; /* sessions with a verdict in the layer before; those whose verdict is another */
};

/* Lists that were read and checked, with what they are applied by. */
struct fb_lists_ready {
    struct fb_list_set *set;
    struct fb_buf described;              /* what fb_lists_load says of them */
    struct fb_intel *intel;               /* who owns an address; NULL: packs are turned off */
    const struct fb_lists_policy *policy; /* borrowed */
};

/* Reads lists and pack: FB_OK, or an error after which nothing is held. */
enum fb_status fb_lists_ready_open(char **paths, int n, const struct fb_lists_policy *p,
                                   struct fb_lists_ready *out, struct fb_err *err);
void fb_lists_ready_release(struct fb_lists_ready *r); /* accepts a zeroed object */
/* What decides the verdicts beside facts and names: lists, options, and the pack that knows the owners.
 * Members of a JSON object, in order. */
void fb_lists_ready_put(struct fb_buf *b, const struct fb_lists_ready *r, const struct fb_lists_policy *p);

struct fb_lists_layer {
    const struct fb_lists_ready *with; /* borrowed */
    struct fb_lists_counts n;
    uint64_t *per_list; /* sessions of each blacklist */
    /* Called for each session that does not conform; NULL: nobody asks. FB_EOF stops. */
    enum fb_status (*exception)(void *ctx, const struct fb_session *s, const struct fb_list_verdict *v);
    void *ctx;
    bool keep;          /* the rows, for fb_lists_layer_write */
    struct fb_buf rows; /* varint number, varint length, row */
};

/* Judges all sessions; `with`, `exception` and `keep` are set before. */
enum fb_status fb_lists_layer_judge(struct fb_lists_layer *l, struct fb_case *c, struct fb_err *err);

/* Writes and commits the layer with the custody record "lists-apply"; takes `e`, also when this fails.
 * `examiner` NULL: the user. */
enum fb_status fb_lists_layer_write(const struct fb_lists_layer *l, const struct fb_lists_policy *p,
                                    struct fb_edit *e, const char *examiner, int64_t *run_id,
                                    struct fb_err *err);

void fb_lists_layer_release(struct fb_lists_layer *l);

/* {"blacklists":{NAME:N},"blacklisted":N,...}: canonical JSON. */
void fb_lists_layer_put_counts(struct fb_buf *b, const struct fb_lists_layer *l);

#endif
