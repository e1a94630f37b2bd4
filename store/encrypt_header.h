/* The header of an encrypted case and the keys in it. Not for other rooms. */
#ifndef FB_STORE_ENCRYPT_HEADER_H
#define FB_STORE_ENCRYPT_HEADER_H

#include "base/buf.h"
#include "store/encrypt.h"

#define FB_ENC_MAGIC      "FBENC\r\n\x1a"
#define FB_ENC_VERSION    1
#define FB_ENC_CIPHER     1           /* secretstream XChaCha20-Poly1305, 64 KiB messages */
#define FB_ENC_HEADER_MIN 16u         /* bytes in front of the slots */
#define FB_ENC_HEADER_MAX (16u << 10) /* bytes, slots included */
#define FB_ENC_MESSAGE    (64u << 10) /* bytes of content in every message but the last */

/* Puts a header for `who` behind what is in `out`. */
enum fb_status fb_enc_header_put(struct fb_buf *out, const uint8_t *file_key, const struct fb_enc_to *who,
                                 struct fb_err *err);

/* Length of the header whose first FB_ENC_HEADER_MIN bytes are `p`; 0 with a message when it is none. */
size_t fb_enc_header_len(const uint8_t *p, struct fb_err *err);

/* The file key out of a whole header. */
enum fb_status fb_enc_header_open(const uint8_t *p, size_t n, const struct fb_enc_from *keys,
                                  uint8_t *file_key, struct fb_err *err);

#endif
