#include "tests/support/svc_session.h"

struct svc_session svc_session_open(uint8_t proto, uint16_t port)
{
    struct fb_service_flow flow = {.proto = proto, .orig_p = 40000, .resp_p = port};
    flow.orig_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 1});
    flow.resp_h = fb_addr_v4((const uint8_t[]){10, 0, 0, 2});
    return (struct svc_session){.s = fb_service_new(&flow)};
}

void svc_session_bytes(struct svc_session *t, bool from_orig, const void *p, size_t n)
{
    const uint8_t *b = p;
    size_t at = 0;
    do {
        size_t k = t->step && t->step < n - at ? t->step : n - at;
        /* A copy of the exact size, so that a sanitizer sees a read past the end. */
        uint8_t *copy = malloc(k ? k : 1);
        if (!copy)
            abort();
        if (k)
            memcpy(copy, b + at, k);
        t->bits = fb_service_data(t->s, from_orig, copy, k, t->total);
        t->so_far |= t->bits;
        if (t->bits & FB_SVC_FLIP)
            fb_service_flip(t->s);
        free(copy);
        t->total += k;
        at += k;
    } while (at < n);
}

void svc_session_text(struct svc_session *t, bool from_orig, const char *text)
{
    svc_session_bytes(t, from_orig, text, strlen(text));
}

const char *svc_session_close(struct svc_session *t)
{
    static char names[128];
    snprintf(names, sizeof names, "%s", fb_service_names(t->s));
    fb_service_free(t->s);
    t->s = NULL;
    return names;
}
