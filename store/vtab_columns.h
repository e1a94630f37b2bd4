/* The columns of the SQL table `sessions`: one list from which the declaration, the planner and the reader
 * are made. */
#ifndef FB_STORE_VTAB_COLUMNS_H
#define FB_STORE_VTAB_COLUMNS_H

#include "store/chunk.h"

enum fb_vcol_kind {
    FB_V_NUMBER,
    FB_V_INT,   /* int64_t */
    FB_V_UINT,  /* uint64_t; above INT64_MAX it shows as INT64_MAX */
    FB_V_UNSET, /* int64_t, -1 shows as NULL */
    FB_V_VLAN,  /* FB_VLAN_NONE shows as NULL */
    FB_V_TIME,  /* ts as RFC 3339 */
    FB_V_ADDR,
    FB_V_TEXT, /* dictionary text; "" shows as NULL */
    FB_V_MAC,  /* NULL without has_macs */
    FB_V_PROTO,
    FB_V_STATE,
    FB_V_REASON,
    FB_V_UID,
    FB_V_COMMUNITY,
    FB_V_PARENTS, /* uids of the outer sessions, comma-separated; NULL when none */
    FB_V_IP,      /* hidden: either end */
    FB_V_LAYER,   /* from a layer: `col` is the index in fb_session_layer_cols */
    FB_V_TAGS     /* of analysts and layers */
};

struct fb_vcol {
    const char *name, *decl;
    uint8_t kind; /* enum fb_vcol_kind */
    uint8_t col;  /* enum fb_col, where there is one */
};

/* What is stored with sessions; columns of layers follow after them: fb_vcol_at. */
extern const struct fb_vcol fb_vcols[];
extern const unsigned fb_nvcols;

/* Column i of `sessions`, the layers' counted; i < fb_vcol_count(). */
struct fb_vcol fb_vcol_at(unsigned i);
unsigned fb_vcol_count(void);

#endif
