/* What counts as a change between two captures, and why. Integers only: the same on every machine. */
#ifndef FB_CLI_NOISE_H
#define FB_CLI_NOISE_H

#include "cli/tally.h"

enum fb_change { FB_SAME, FB_NEW, FB_GONE, FB_CHANGED };

struct fb_noise_opts {
    uint64_t floor; /* sessions below which nothing is said of a key */
    uint64_t sigma; /* standard deviations of the noise that a change of rate must exceed */
    uint64_t ratio; /* and by what factor the rate must change */
};

/* The noise of one kind of key. */
struct fb_noise {
    uint64_t spread_milli; /* variance of counts against Poisson's, times 1000 */
    uint64_t turnover[2];  /* sessions that keys which come and go within A (B) have: the second largest */
};

struct fb_verdict {
    enum fb_change change;
    uint64_t z_milli; /* of a changed rate, in standard deviations of the noise */
};

/* Learns the noise of each kind from the halves of both cases. */
enum fb_status fb_noise_learn(const struct fb_tally *t, struct fb_noise out[static FB_TALLY_KINDS],
                              struct fb_err *err);

void fb_noise_judge(const struct fb_tally *t, const struct fb_tally_item *i, const struct fb_noise *noise,
                    const struct fb_noise_opts *o, struct fb_verdict *out);

/* Sessions per hour of packet time, times 10. */
uint64_t fb_noise_rate10(const struct fb_tally *t, unsigned side, uint64_t sessions);

#endif
