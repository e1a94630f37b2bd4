/* The online model: sessions as they are seen at each look, a verdict on each, and a forest that follows the
 * traffic.
 *
 * Warm-up ends at a look when `warmup_ns` of packet time went by since the start and the window holds
 * `model.min_distinct` distinct rows. From then on the forest is trained anew, and between two trainings
 * score distribution and thresholds are taken anew from the window, each on a schedule of packet time. A
 * session is scored when it changed, and every open session when the model or its thresholds did. The window
 * holds the last `window` snapshots of sessions: in each interval of `snapshot_ns` (counted from where the
 * session was first seen) one of the states in which it was seen, all equally likely by a fixed hash.
 * Sessions that are suspicious, abnormal, or listed take no part in training, but count where a percentile is
 * taken, so that leaving them out does not make ever more sessions stand out (docs/online.md).
 *
 * The same sessions in the same looks at the same times give the same models, verdicts and digest; threads
 * change nothing. Memory is bounded by `sessions_max`, `window` and the model. One thread at a time; the
 * owner calls fb_online_free. */
#ifndef FB_MODEL_ONLINE_H
#define FB_MODEL_ONLINE_H

#include "model/model.h"

#define FB_ONLINE_WARMUP_MIN_NS INT64_C(60000000000)
#define FB_ONLINE_WINDOW_MAX    FB_FOREST_SAMPLE_MAX
#define FB_ONLINE_SESSIONS_MAX  (1u << 24)

struct fb_online_opts {
    int64_t warmup_ns;     /* at least FB_ONLINE_WARMUP_MIN_NS; 180 s */
    int64_t retrain_ns;    /* 60 s */
    int64_t refresh_ns;    /* of thresholds, between two trainings; 15 s */
    int64_t snapshot_ns;   /* 60 s */
    uint32_t window;       /* snapshots, up to FB_ONLINE_WINDOW_MAX; 800 */
    uint32_t sessions_max; /* open sessions that are kept in mind, up to FB_ONLINE_SESSIONS_MAX; 262,144 */
    unsigned threads;      /* 0: one */
    struct fb_model_params model; /* min_distinct at most `window` */
};
void fb_online_opts_default(struct fb_online_opts *o);

struct fb_online_verdict {
    uint64_t number; /* of the session */
    char uid[FB_UID_STRLEN];
    int64_t at_ns;         /* of the look */
    uint32_t model;        /* number of the model, from 1; 0: in warm-up, and `score` is 0 */
    struct fb_score score; /* level NORMAL in warm-up */
    bool open;             /* false: the session ended, and this is its last verdict */
    bool listed;
};

/* "anomaly:normal/warming_up", "anomaly:normal", "anomaly:suspicious", "anomaly:abnormal". */
const char *fb_online_tag(const struct fb_online_verdict *v);

enum fb_online_change {
    FB_ONLINE_TRAINED,   /* a new forest */
    FB_ONLINE_REFRESHED, /* the same forest, thresholds of the present window */
    FB_ONLINE_WAITING,   /* it was time for a training, and there were too few distinct rows */
};

struct fb_online_event {
    enum fb_online_change change;
    int64_t at_ns;
    uint32_t number;          /* of the model; 0: none yet */
    const struct fb_model *m; /* NULL: none yet; valid during the call */
    uint32_t samples;         /* rows of the window that may be learnt from */
    uint32_t distinct;
    uint32_t kept_out; /* snapshots of tagged or listed sessions, not older than the window's oldest */
};
const char *fb_online_change_name(enum fb_online_change c); /* "trained", "refreshed", "waiting" */

/* Told in a fixed order. A callback that fails ends the call with its status. */
struct fb_online_sink {
    void *ctx;
    /* A session's first verdict, and each time its tag or score changed. Sessions that ended come in the
     * order in which they were handed over, then open ones by number. */
    enum fb_status (*verdict)(void *ctx, const struct fb_online_verdict *v);
    enum fb_status (*model)(void *ctx, const struct fb_online_event *e);
};

struct fb_online;

/* FB_ERR_USAGE: an option out of its range. */
enum fb_status fb_online_new(const struct fb_online_opts *opts, const struct fb_online_sink *sink,
                             struct fb_online **out, struct fb_err *err);
void fb_online_free(struct fb_online *o); /* accepts NULL */

/* Time of the first packet, where warm-up begins. Without it: that of the first call below. */
void fb_online_start(struct fb_online *o, int64_t now_ns);

/* A session as it is now: open, or (once, as the last of it) ended. `process` as for fb_features_of;
 * `listed`: a blacklist matches it. `now_ns` is the packet clock and never falls. */
enum fb_status fb_online_see(struct fb_online *o, const struct fb_session *s, uint64_t process, bool open,
                             bool listed, int64_t now_ns, struct fb_err *err);

/* The end of a look: scores what changed, trains when it is time, tells verdicts. */
enum fb_status fb_online_look(struct fb_online *o, int64_t now_ns, struct fb_err *err);

/* The end: last verdicts of the sessions that ended since the last look. Nothing is trained. `out`: digest
 * over all models and verdicts that were told, in order. */
enum fb_status fb_online_finish(struct fb_online *o, int64_t now_ns, struct fb_digest *out,
                                struct fb_err *err);

struct fb_online_stats {
    uint64_t sessions;    /* that ended */
    uint64_t ended[3];    /* of them by their last level, warm-up not counted */
    uint64_t warming;     /* of them those that ended in warm-up */
    uint64_t ever[3];     /* of those that ended after it, by the worst level that was told */
    uint64_t not_tracked; /* states of sessions beyond `sessions_max`: scored, not learnt, not scored again */
    uint32_t model;       /* number of the present model */
    size_t tracked;       /* open sessions kept in mind */
};
void fb_online_stats(const struct fb_online *o, struct fb_online_stats *out);

#endif
