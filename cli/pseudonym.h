/* Pseudonyms for what names a person or a machine in an export (docs/pseudonyms.md): the same value becomes
 * the same pseudonym everywhere that the same key is used. One thread. */
#ifndef FB_CLI_PSEUDONYM_H
#define FB_CLI_PSEUDONYM_H

#include "store/case.h"

struct fb_pseudonym;

/* With the key of a file. */
enum fb_status fb_pseudonym_open(const char *key_path, struct fb_pseudonym **out, struct fb_err *err);
void fb_pseudonym_close(struct fb_pseudonym *p); /* accepts NULL */

/* A new key file. */
enum fb_status fb_pseudonym_new_key(const char *path, struct fb_err *err);

void fb_pseudonym_addr(struct fb_pseudonym *p, struct fb_addr *a);
void fb_pseudonym_mac(const struct fb_pseudonym *p, uint8_t mac[static 6]);
/* BLAKE2b-128 of any other bytes under a key of its own. */
void fb_pseudonym_hash(const struct fb_pseudonym *p, const void *s, size_t n, uint8_t out[static 16]);

/* Addresses and MACs of a session. uid and Community ID are functions of the record, and so belong to the
 * pseudonyms too. */
void fb_pseudonym_session(struct fb_pseudonym *p, struct fb_session *s);

/* fb_case_each_session with records that were put through `p`; NULL: as they are. */
enum fb_status fb_pseudonym_each_session(struct fb_case *c, struct fb_pseudonym *p,
                                         enum fb_status (*row)(void *ctx, const struct fb_session *s),
                                         void *ctx, struct fb_err *err);

#endif
