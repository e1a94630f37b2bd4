/* Answers of a pack as text and as JSON, each with the data set that it comes from. Untrusted text is
 * escaped.
 */
#ifndef FB_CLI_INTEL_PRINT_H
#define FB_CLI_INTEL_PRINT_H

#include "intel/packs/intel.h"

/* Lines "PREFIX_name<blanks>value [data set]", names padded to `width`; nothing for what is not known. */
void fb_intel_put_addr(struct fb_buf *b, const struct fb_intel *k, const struct fb_addr *a,
                       const char *prefix, size_t width);
void fb_intel_put_mac(struct fb_buf *b, const struct fb_intel *k, const uint8_t mac[static 6],
                      const char *prefix, size_t width);
void fb_intel_put_port(struct fb_buf *b, const struct fb_intel *k, uint8_t ip_proto, uint16_t port,
                       const char *prefix, size_t width);

/* "PREFIXpack DIGEST: NAME VERSION, ...": which data sets answered. The pack has a digest. */
void fb_intel_put_pack(struct fb_buf *b, const struct fb_intel *k, const char *prefix);

/* Members of a JSON object, each followed by a comma; what is not known is null. */
void fb_intel_json_addr(struct fb_buf *b, const struct fb_intel *k, const struct fb_addr *a);
void fb_intel_json_mac(struct fb_buf *b, const struct fb_intel *k, const uint8_t mac[static 6]);
void fb_intel_json_port(struct fb_buf *b, const struct fb_intel *k, uint8_t ip_proto, uint16_t port);

/* "digest":...,"missing":[...],"datasets":[{...}]: which pack answered. */
void fb_intel_json_pack(struct fb_buf *b, const struct fb_intel *k);

/* One data set as a JSON object. */
void fb_intel_json_dataset(struct fb_buf *b, const struct fb_dataset_info *info);

/* A span as a JSON string, or null when it is empty. */
void fb_json_span(struct fb_buf *b, struct fb_span s);

#endif
