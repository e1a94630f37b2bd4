#include "tests/support/hello_build.h"

#include "base/cursor.h"

#include <stdlib.h>

static uint8_t *put16(uint8_t *p, unsigned v)
{
    fb_store_be16(p, (uint16_t)v);
    return p + 2;
}

/* Hex numbers of `width` bytes apart by commas. */
static uint8_t *put_hex(uint8_t *p, const char *list, unsigned width)
{
    while (list && *list) {
        char *end;
        unsigned long v = strtoul(list, &end, 16);
        if (width == 2)
            *p++ = (uint8_t)(v >> 8);
        *p++ = (uint8_t)v;
        list = *end == ',' ? end + 1 : end;
    }
    return p;
}

/* A list behind its length in len_bytes bytes. */
static uint8_t *put_list(uint8_t *p, const char *list, unsigned width, unsigned len_bytes)
{
    uint8_t *end = put_hex(p + len_bytes, list, width);
    size_t n = (size_t)(end - p) - len_bytes;
    if (len_bytes == 2)
        (void)put16(p, (unsigned)n);
    else
        *p = (uint8_t)n;
    return end;
}

static uint8_t *put_sni(uint8_t *p, const char *name)
{
    size_t n = strlen(name);
    p = put16(p, (unsigned)n + 3);
    *p++ = 0;
    p = put16(p, (unsigned)n);
    memcpy(p, name, n);
    return p + n;
}

static uint8_t *put_alpn(uint8_t *p, const char *names)
{
    uint8_t *len = p;
    p += 2;
    while (*names) {
        size_t n = strcspn(names, ",");
        *p++ = (uint8_t)n;
        memcpy(p, names, n);
        p += n;
        names += n + (names[n] == ',');
    }
    (void)put16(len, (unsigned)(p - len - 2));
    return p;
}

static uint8_t *put_body(uint8_t *p, unsigned type, const struct hello_spec *s)
{
    switch (type) {
    case 0:
        return s->sni ? put_sni(p, s->sni) : p;
    case 10:
        return put_list(p, s->groups, 2, 2);
    case 11:
        return put_list(p, s->points, 1, 1);
    case 13:
        return put_list(p, s->algorithms, 2, 2);
    case 16:
        return s->alpn ? put_alpn(p, s->alpn) : p;
    case 43:
        return s->type == 1 ? put_list(p, s->versions, 2, 1) : put_hex(p, s->versions, 2);
    default:
        return p;
    }
}

static uint8_t *put_extensions(uint8_t *p, const struct hello_spec *s)
{
    uint8_t *len = p;
    p += 2;
    for (const char *list = s->extensions; *list;) {
        char *end;
        unsigned type = (unsigned)strtoul(list, &end, 16);
        p = put16(p, type);
        uint8_t *body = put_body(p + 2, type, s);
        (void)put16(p, (unsigned)(body - p - 2));
        p = body;
        list = *end == ',' ? end + 1 : end;
    }
    (void)put16(len, (unsigned)(p - len - 2));
    return p;
}

size_t hello_build(const struct hello_spec *s, uint8_t out[static 4096])
{
    uint8_t *p = out + 4;
    p = put16(p, s->version ? s->version : 0x0303);
    memset(p, 0x55, 32);
    p += 32;
    *p++ = 0; /* session id */
    if (s->type == 1) {
        p = put_list(p, s->ciphers, 2, 2);
        *p++ = 1;
        *p++ = 0;
    } else {
        p = put_hex(p, s->ciphers, 2);
        *p++ = 0;
    }
    if (s->extensions)
        p = put_extensions(p, s);
    size_t n = (size_t)(p - out) - 4;
    out[0] = s->type;
    out[1] = 0;
    fb_store_be16(out + 2, (uint16_t)n);
    return n + 4;
}

size_t hello_record(uint8_t type, const uint8_t *p, size_t n, uint8_t *out)
{
    out[0] = type;
    out[1] = 3;
    out[2] = 1;
    fb_store_be16(out + 3, (uint16_t)n);
    memcpy(out + 5, p, n);
    return n + 5;
}
