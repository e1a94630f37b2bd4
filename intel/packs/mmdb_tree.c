/* The search tree of a MaxMind DB. Writers let several records lead to one node (the IPv4 part of an IPv6
 * tree is reached under its aliases too), so it is a graph: checked to be without a cycle and no deeper than
 * an address has bits. */
#include "intel/packs/mmdb.h"

#include <stdlib.h>

#define NEW  0   /* not looked at; a node that is done has its height, 1 ... 128 */
#define OPEN 255 /* on the way from the root */

/* One node on the way down. */
struct step {
    uint32_t node;
    unsigned side; /* the next to look at; 2: both done */
};

struct tree_check {
    struct fb_mmdb *m;
    uint8_t *height;
    struct step way[128];
    unsigned depth;
};

static void close_node(struct tree_check *t, uint32_t node)
{
    struct fb_mmdb *m = t->m;
    uint8_t high = 0;
    uint32_t said[2];
    for (unsigned side = 0; side < 2; side++) {
        uint32_t r = fb_mmdb_record(m, node, side);
        said[side] = r < m->nodes ? m->same[r] : r;
        if (r < m->nodes && t->height[r] > high)
            high = t->height[r];
    }
    m->same[node] = said[0] == said[1] ? said[0] : FB_MMDB_MIXED;
    t->height[node] = (uint8_t)(high + 1);
}

static const char *walk(struct tree_check *t)
{
    static const char deep[] = "the tree of the MMDB file is deeper than an address has bits";
    struct fb_mmdb *m = t->m;
    t->way[0] = (struct step){0, 0};
    t->depth = 1;
    t->height[0] = OPEN;
    while (t->depth) {
        struct step *s = &t->way[t->depth - 1];
        if (s->side == 2) {
            close_node(t, s->node);
            if (t->height[s->node] + t->depth - 1 > m->ip_bits)
                return deep;
            t->depth--;
            continue;
        }
        uint32_t r = fb_mmdb_record(m, s->node, s->side++);
        if (r >= m->nodes)
            continue;
        if (t->height[r] == OPEN)
            return "the tree of the MMDB file has a cycle";
        if (t->height[r] == NEW) {
            if (t->depth == m->ip_bits)
                return deep;
            t->height[r] = OPEN;
            t->way[t->depth++] = (struct step){r, 0};
        } else if (t->depth + t->height[r] > m->ip_bits) {
            return deep;
        }
    }
    return NULL;
}

enum fb_status fb_mmdb_check_tree(struct fb_mmdb *m, struct fb_err *err)
{
    struct tree_check t = {.m = m, .height = calloc(m->nodes, 1)};
    m->same = malloc((size_t)m->nodes * sizeof *m->same);
    if (!t.height || !m->same) {
        free(t.height);
        return fb_err_nomem(err, "an MMDB file");
    }
    const char *bad = walk(&t);
    free(t.height);
    return bad ? fb_err_set(err, FB_ERR_INPUT, "%s", bad) : FB_OK;
}
