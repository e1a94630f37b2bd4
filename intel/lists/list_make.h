/* A whitelist out of sessions: what was seen becomes what is expected.
 *
 * Each session gives its place (the proven name, else the address), the responder's port, the protocol and,
 * when asked for, the process. Equal ones count once; ports of one place become ranges, addresses with the
 * same ports one endpoint. Addresses of content networks without a proven name are left out: they will be
 * others tomorrow. The result does not depend on the order of the sessions. One thread. */
#ifndef FB_INTEL_LIST_MAKE_H
#define FB_INTEL_LIST_MAKE_H

#include "intel/lists/list_items.h"
#include "intel/lists/list_judge.h"

struct fb_list_maker;

enum fb_status fb_list_maker_new(bool with_process, bool trust_ptr, struct fb_list_maker **out,
                                 struct fb_err *err);
void fb_list_maker_free(struct fb_list_maker *m); /* accepts NULL */

enum fb_status fb_list_maker_add(struct fb_list_maker *m, const struct fb_list_subject *s,
                                 struct fb_err *err);

/* Adds the endpoints to `l`, as those of the list `name`. *left_out: sessions with addresses of content
 * networks. */
enum fb_status fb_list_maker_finish(struct fb_list_maker *m, const char *name, struct fb_list_items *l,
                                    uint64_t *left_out, struct fb_err *err);

/* A network that serves the content of many from addresses that change, by its AS. */
bool fb_list_is_content_network(const struct fb_list_as *as);

#endif
