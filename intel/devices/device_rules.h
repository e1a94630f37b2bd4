/* Ordered rules that say what a device is: docs/devices.md, "Rules". Lines of
 *     os RESULT: FIELD=PATTERN [& FIELD=PATTERN]...
 *     type RESULT: ...
 * of which the first that fits wins. Patterns know * and ?; ASCII case does not count. Read-only once made.
 */
#ifndef FB_INTEL_DEVICE_RULES_H
#define FB_INTEL_DEVICE_RULES_H

#include "base/cursor.h"
#include "base/err.h"

#define FB_DEVICE_CONDITIONS_MAX 8
#define FB_DEVICE_RULES_MAX      4096

struct fb_device_condition {
    int field; /* enum fb_device_item_kind, or one of those below */
    struct fb_span pattern;
};
enum { FB_DEVICE_FIELD_VENDOR = 100, FB_DEVICE_FIELD_OS, FB_DEVICE_FIELD_LOCAL, FB_DEVICE_FIELD_MAC };

struct fb_device_rule {
    bool is_type; /* else os */
    unsigned line;
    struct fb_span result;
    struct fb_device_condition cond[FB_DEVICE_CONDITIONS_MAX];
    size_t ncond;
};

struct fb_device_rules {
    char *name; /* of the file, for messages and answers */
    uint8_t *text;
    struct fb_device_rule *rule;
    size_t n;
};

/* Copies the text. FB_ERR_INPUT names the line that is wrong. */
enum fb_status fb_device_rules_read(const char *name, struct fb_span text, struct fb_device_rules *out,
                                    struct fb_err *err);
/* The rules that come with the program: intel/data/device.rules. */
enum fb_status fb_device_rules_builtin(struct fb_device_rules *out, struct fb_err *err);
void fb_device_rules_release(struct fb_device_rules *r); /* accepts a zeroed struct */

/* True when the pattern covers all of the text. At most |pattern| * |text| steps. */
bool fb_device_glob(struct fb_span pattern, struct fb_span text);

#endif
