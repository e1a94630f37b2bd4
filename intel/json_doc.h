/* JSON out of a data set, through cJSON, with its depth and its end checked first: cJSON follows nesting with
 * its stack and ignores what stands behind a document. */
#ifndef FB_INTEL_JSON_DOC_H
#define FB_INTEL_JSON_DOC_H

#include "base/cursor.h"
#include "base/err.h"

#include <cjson/cJSON.h>

#define FB_JSON_DOC_DEPTH 64

/* `text` is followed by a NUL, as fb_data_file has it. The caller frees with cJSON_Delete. */
enum fb_status fb_json_doc_parse(struct fb_span text, cJSON **out, struct fb_err *err);

/* The text of a member, or an empty span. */
struct fb_span fb_json_doc_text(const cJSON *object, const char *key);

/* A member that is a whole number 0 ... max; numbers written as text count. */
bool fb_json_doc_uint(const cJSON *object, const char *key, uint64_t max, uint64_t *out);

#endif
