/* Signatures of lists: Ed25519 over canonical JSON (RFC 8785), detached minisign files, and the older form, a
 * plain digest. Ed25519, BLAKE2b and SHA-256 by libsodium.
 *
 * No state; any thread. Secret keys are the caller's to wipe. */
#ifndef FB_INTEL_LIST_SIGN_H
#define FB_INTEL_LIST_SIGN_H

#include "base/buf.h"
#include "base/err.h"

#include <stddef.h>

#define FB_LIST_KEY_IDLEN 17 /* 16 hexadecimal digits and a NUL */

/* A public key that is trusted, or not. */
struct fb_list_key {
    char id[FB_LIST_KEY_IDLEN]; /* ours: the first 8 bytes of the key; minisign's: as minisign prints it */
    uint8_t pub[32];
    bool minisign;
    char name[128]; /* whose it is; from the key file */
};

enum fb_list_signed {
    FB_LIST_SIG_NONE,      /* unsigned */
    FB_LIST_SIG_INTEGRITY, /* the older form holds: whole, of whatever origin */
    FB_LIST_SIG_GOOD,      /* a given key signed it */
};

/* What was found out about a list that holds, or has no signature. */
struct fb_list_signature {
    enum fb_list_signed state;
    const struct fb_list_key *key; /* FB_LIST_SIG_GOOD */
    bool detached;                 /* minisign */
    bool has_time;                 /* minisign: its trusted comment says when it was signed */
    int64_t time_ns;
};

/* Appends the canonical form of a JSON document without its member "signature". FB_ERR_INPUT when it is no
 * JSON, or holds a number that is no integer within 2^53: lists have none, and their digits need no rounding
 * then. */
enum fb_status fb_list_canonical(const void *doc, size_t n, struct fb_buf *out, struct fb_err *err);

/* The SHA-256 of the older form: "signature" empty, keys sorted by code points, separators ", " and ": ",
 * everything outside of ASCII escaped. */
enum fb_status fb_list_old_digest(const void *doc, size_t n, uint8_t digest[static 32], struct fb_err *err);

void fb_list_key_id(const uint8_t pub[static 32], char id[static FB_LIST_KEY_IDLEN]);

/* A minisign public key file: a comment and a line of base64, or that line alone. */
bool fb_list_minisign_key(const void *text, size_t n, struct fb_list_key *out);

/* Checks a JSON list with its member `signature` (NULL: none). `nkeys` keys are trusted. FB_ERR_VERIFY: a
 * wrong signature, an unknown key, a form that is not known. */
enum fb_status fb_list_verify(const void *doc, size_t n, const char *signature,
                              const struct fb_list_key *keys, size_t nkeys, struct fb_list_signature *out,
                              struct fb_err *err);

/* Checks a detached minisign file over any list: legacy ("Ed") and prehashed ("ED"), trusted comment
 * included. */
enum fb_status fb_list_verify_minisign(const void *doc, size_t n, const void *sig, size_t nsig,
                                       const struct fb_list_key *keys, size_t nkeys,
                                       struct fb_list_signature *out, struct fb_err *err);

/* Appends the document with "signature": "ed25519:ID:BASE64" as a member, everything else as it stands.
 * `secret`: 64 bytes as libsodium has them, the public key behind the seed. The result is verified before it
 * is returned. */
enum fb_status fb_list_sign(const void *doc, size_t n, const uint8_t secret[static 64], struct fb_buf *out,
                            struct fb_err *err);

#endif
