/* What seal, sidecar and verification share. Not for other rooms. */
#ifndef FB_STORE_SEAL_IMPL_H
#define FB_STORE_SEAL_IMPL_H

#include "base/buf.h"
#include "store/db.h"
#include "store/seal.h"

#define FB_SEAL_HOLE_BYTES(nkeys) (FB_DIGEST_LEN + (nkeys) * (size_t)FB_SIG_LEN)

/* The seal as a sealed case has it. */
struct fb_seal_state {
    char *body; /* of the manifest */
    size_t nbody;
    struct fb_digest manifest,
        head; /* digest of the manifest; head of the custody chain as the manifest has it */
    uint8_t hole[FB_SEAL_HOLE_BYTES(FB_SEAL_KEYS_MAX)];
    size_t nkeys;
};

/* FB_ERR_NOTFOUND: the case is not sealed; FB_ERR_VERIFY: the seal is malformed. */
enum fb_status fb_seal_read(sqlite3 *db, struct fb_seal_state *out, struct fb_err *err);
void fb_seal_state_release(struct fb_seal_state *s);

/* First 32 bytes of the blob in table `seal`. */
void fb_seal_marker(const struct fb_digest *manifest, struct fb_digest *out);

/* Digest over the file with `nhole` bytes behind the marker as zeros; the marker must stand in it exactly
 * once (FB_ERR_VERIFY). *hole_off: where the hole begins; may be NULL. */
enum fb_status fb_seal_file_digest(const char *path, const struct fb_digest *marker, size_t nhole,
                                   struct fb_digest *out, uint64_t *hole_off, struct fb_err *err);

/* The same of a file that lies in memory. */
enum fb_status fb_seal_bytes_digest(const uint8_t *p, size_t n, const struct fb_digest *marker, size_t nhole,
                                    struct fb_digest *out, struct fb_err *err);

/* What a signature signs. */
#define FB_SEAL_MSG_LEN 51
void fb_seal_message(const struct fb_digest *manifest, const struct fb_digest *file, const char *signer,
                     int64_t at_ns, uint8_t out[static FB_SEAL_MSG_LEN]);

#endif
