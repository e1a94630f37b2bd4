/* MQTT 3.1, 3.1.1, 5: a whole CONNECT whose fields fit, or a PUBLISH, confirms. */
#include "replay/service/svc.h"

#define MQTT_CONNECT  1
#define MQTT_PUBLISH  3
#define MQTT_BODY_MAX 65536 /* of a CONNECT */

/* Length of the fixed header, 0 when it is not whole; SIZE_MAX when it is none (Zeek takes three length
 * bytes). */
static size_t fixed_header(const uint8_t *p, size_t n, size_t *body)
{
    *body = 0;
    for (size_t i = 1; i < 4; i++) {
        if (i >= n)
            return 0;
        *body |= (size_t)(p[i] & 0x7f) << (7 * (i - 1));
        if (!(p[i] & 0x80))
            return i + 1;
    }
    return SIZE_MAX;
}

static void skip_string(struct fb_cur *c)
{
    fb_cur_skip(c, fb_cur_be16(c));
}

/* Variable header and payload of a CONNECT (MQTT 3.1.1, section 3.1). */
static bool good_connect(struct fb_cur c)
{
    skip_string(&c);
    fb_cur_skip(&c, 1);
    uint8_t flags = fb_cur_u8(&c);
    fb_cur_skip(&c, 2);
    unsigned strings = 1U + (flags & 0x04 ? 2U : 0U) + (flags & 0x80 ? 1U : 0U) + (flags & 0x40 ? 1U : 0U);
    for (; strings > 0; strings--)
        skip_string(&c);
    return fb_cur_ok(&c);
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    size_t body, head = fixed_header(p, n, &body);
    if (head == 0)
        return 0;
    unsigned type = p[0] >> 4;
    if (head == SIZE_MAX || (type == MQTT_CONNECT && body > MQTT_BODY_MAX)) {
        svc_fail(a);
        return n;
    }
    if (type == MQTT_CONNECT) {
        if (n < head + body)
            return 0;
        if (!good_connect(fb_cur_init(p + head, body))) {
            svc_fail(a);
            return n;
        }
    }
    if (type == MQTT_CONNECT || type == MQTT_PUBLISH) {
        svc_confirm(a);
        a->settled = true;
    }
    svc_dir_of(a, from_orig)->skip = body;
    return head;
}

const struct svc_proto svc_mqtt = {
    .name = "mqtt", .hold = MQTT_BODY_MAX + 8, .partial_ok = true, .parse = parse};
