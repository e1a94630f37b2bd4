/* A verdict as a row of list_verdict. */
#ifndef FB_INTEL_LIST_VERDICT_ROW_H
#define FB_INTEL_LIST_VERDICT_ROW_H

#include "intel/lists/list_judge.h"

/* Appends the row; failures stick to the buffer. `scratch` is overwritten. */
void fb_list_put_verdict(struct fb_buf *row, const struct fb_list_set *s, const struct fb_list_verdict *v,
                         struct fb_buf *scratch);

/* "LIST[ENDPOINT]: domain port": what an endpoint lacked. */
void fb_list_put_near(struct fb_buf *out, const struct fb_list_set *s, const struct fb_list_near *n);
/* What decided: "domain *.example.com", "ip 10.0.0.0/8", "port", "everything". */
void fb_list_put_criterion(struct fb_buf *out, const struct fb_list_verdict *v);
/* "198.51.100.0/24 (resp, line 17, 2024-01-01, sha256 0123456789abcdef)". */
void fb_list_put_hit(struct fb_buf *out, const struct fb_list_set *s, const struct fb_list_hit *h);

#endif
