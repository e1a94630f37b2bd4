/* Alike anomalies of the forest as one finding.
 *
 * Anomalous sessions come one by one, in the order of their numbers, each with the features that made it so.
 * Those of the same two hosts, port and features are one finding; where the same features stand out at many
 * ports of one host, or at many hosts on one port, these are one finding too. What a detector has a finding
 * about joins that one. Bounded, deterministic, integers only. One thread. */
#ifndef FB_MODEL_FINDING_GROUP_H
#define FB_MODEL_FINDING_GROUP_H

#include "model/finding.h"
#include "replay/session.h"

struct fb_anomaly {
    const struct fb_session *session;
    bool abnormal;         /* else suspicious */
    uint32_t rank_ppm;     /* share of the training sessions that are less anomalous: 990000 = 99 % */
    const char *culprits;  /* names of features, the strongest first, "duration, total_bytes"; borrowed */
    const char *statement; /* why, in words; of the most anomalous session it becomes the reason; may be "" */
};

struct fb_group;

struct fb_group *fb_group_new(size_t max_groups); /* NULL: out of memory */
void fb_group_free(struct fb_group *g);
enum fb_status fb_group_add(struct fb_group *g, const struct fb_anomaly *a);
/* Joins what findings in `out` cover, appends the rest, sorts. Groups that had to go are counted in *shed. */
enum fb_status fb_group_finish(struct fb_group *g, struct fb_findings *out, uint64_t *shed);

#endif
