/* The changes between two cases in order, and on paper. */
#ifndef FB_CLI_DIFF_PRINT_H
#define FB_CLI_DIFF_PRINT_H

#include "cli/layer_counts.h"
#include "cli/noise.h"

struct fb_diff_change {
    const struct fb_tally_item *item;
    struct fb_verdict verdict;
};

struct fb_diff {
    const char *name[2];
    struct fb_tally tally;
    struct fb_layer_counts layers[2];
    struct fb_noise_opts opts;
    struct fb_noise noise[FB_TALLY_KINDS];
    struct fb_diff_change *change;
    size_t n;
    uint64_t explained; /* talkers left out: one of their ends is told of */
    uint64_t limit;     /* lines of each kind; 0: all */
    bool json;
};

/* Leaves out talkers whose ends are told of, and sorts: by kind, then new, gone, changed, then by sessions,
 * then by key. */
void fb_diff_arrange(struct fb_diff *d);

enum fb_status fb_diff_print(const struct fb_diff *d, struct fb_err *err);

#endif
