/* MQTT 3.1, 3.1.1, 5: a CONNECT with its protocol name, or a PUBLISH, confirms. */
#include "replay/service/svc.h"

#define MQTT_CONNECT 1
#define MQTT_PUBLISH 3

/* Length of the fixed header, 0 when it is not whole; SIZE_MAX when it is none. */
static size_t fixed_header(const uint8_t *p, size_t n, size_t *body)
{
    *body = 0;
    for (size_t i = 1; i < 5; i++) {
        if (i >= n)
            return 0;
        *body |= (size_t)(p[i] & 0x7f) << (7 * (i - 1));
        if (!(p[i] & 0x80))
            return i + 1;
    }
    return SIZE_MAX;
}

static size_t parse(struct svc *a, bool from_orig, const uint8_t *p, size_t n)
{
    size_t body, head = fixed_header(p, n, &body);
    if (head == 0)
        return 0;
    unsigned type = p[0] >> 4;
    if (head == SIZE_MAX || type == 0) {
        svc_fail(a);
        return n;
    }
    if (type == MQTT_CONNECT) {
        if (body < 10) {
            svc_fail(a);
            return n;
        }
        if (n < head + 6)
            return 0;
        if (memcmp(p + head, "\0\4MQTT", 6) != 0 && memcmp(p + head, "\0\6MQIs", 6) != 0) {
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

const struct svc_proto svc_mqtt = {.name = "mqtt", .hold = 64, .parse = parse};
