/* The data section of a MaxMind DB: control bytes, sizes, pointers. */
#include "intel/packs/mmdb.h"

/* A control byte and what belongs to it; for a pointer `n` is its target. */
static bool read_control(struct fb_cur *c, enum fb_mmdb_type *type, uint32_t *n)
{
    static const uint32_t pointer_base[4] = {0, 2048, 526336, 0};
    uint8_t ctrl = fb_cur_u8(c);
    unsigned t = ctrl >> 5, low = ctrl & 31;
    if (t == FB_MMDB_POINTER) {
        unsigned size = low >> 3;
        uint32_t v = size == 3 ? 0 : low & 7;
        for (unsigned i = 0; i <= size; i++)
            v = v << 8 | fb_cur_u8(c);
        *type = FB_MMDB_POINTER;
        *n = v + pointer_base[size];
        return fb_cur_ok(c);
    }
    if (t == 0) {
        t = 7u + fb_cur_u8(c);
        if (t < FB_MMDB_INT32)
            return false; /* a type that has no need of a second byte */
    }
    if (low == 29)
        low = 29u + fb_cur_u8(c);
    else if (low == 30)
        low = 285u + fb_cur_be16(c);
    else if (low == 31)
        low = 65821u + fb_cur_be24(c);
    *type = (enum fb_mmdb_type)t;
    *n = low;
    return fb_cur_ok(c);
}

/* Which sizes a type may have. */
static bool size_ok(enum fb_mmdb_type type, uint32_t n, size_t left)
{
    switch (type) {
    case FB_MMDB_STRING:
    case FB_MMDB_BYTES:
        return n <= left;
    case FB_MMDB_DOUBLE:
        return n == 8 && n <= left;
    case FB_MMDB_FLOAT:
        return n == 4 && n <= left;
    case FB_MMDB_UINT16:
        return n <= 2 && n <= left;
    case FB_MMDB_UINT32:
    case FB_MMDB_INT32:
        return n <= 4 && n <= left;
    case FB_MMDB_UINT64:
        return n <= 8 && n <= left;
    case FB_MMDB_UINT128:
        return n <= 16 && n <= left;
    case FB_MMDB_MAP:
        return n <= left / 2; /* a key and a value take a byte each */
    case FB_MMDB_ARRAY:
        return n <= left;
    case FB_MMDB_BOOL:
        return n <= 1;
    case FB_MMDB_POINTER:
        break;
    }
    return false; /* a pointer to a pointer, the data cache container, the end marker, types to come */
}

bool fb_mmdb_value(struct fb_span section, size_t at, struct fb_mmdb_value *out)
{
    if (at >= section.n)
        return false;
    struct fb_cur c = fb_cur_init(section.p + at, section.n - at);
    if (!read_control(&c, &out->type, &out->n))
        return false;
    bool followed = out->type == FB_MMDB_POINTER;
    size_t after = (size_t)(c.p - section.p);
    if (followed) {
        if (out->n >= section.n)
            return false;
        c = fb_cur_init(section.p + out->n, section.n - out->n);
        if (!read_control(&c, &out->type, &out->n))
            return false;
    }
    if (!size_ok(out->type, out->n, fb_cur_left(&c)))
        return false;
    out->at = (size_t)(c.p - section.p);
    bool bytes = out->type != FB_MMDB_MAP && out->type != FB_MMDB_ARRAY && out->type != FB_MMDB_BOOL;
    out->after = followed ? after : out->at + (bytes ? out->n : 0);
    return true;
}

/* A map or array that is being walked. */
struct open_value {
    uint64_t left;     /* values still to come; keys count */
    bool map, pointed; /* pointed: what comes after it does not follow its last item */
    size_t resume;     /* where the value after it stands, when it was pointed to */
};

bool fb_mmdb_check_value(struct fb_span section, size_t at, size_t *after, uint64_t *work)
{
    struct open_value stack[FB_MMDB_DEPTH_MAX];
    unsigned depth = 0;
    for (unsigned seen = 0; seen < FB_MMDB_VALUES_MAX; seen++) {
        struct fb_mmdb_value v;
        if (*work == 0 || !fb_mmdb_value(section, at, &v))
            return false;
        --*work;
        struct open_value *up = depth ? &stack[depth - 1] : NULL;
        if (up && up->map && up->left % 2 == 0 && v.type != FB_MMDB_STRING)
            return false; /* a key */
        if (up)
            up->left--;
        bool holds = v.type == FB_MMDB_MAP || v.type == FB_MMDB_ARRAY;
        at = v.after;
        if (holds && v.n) {
            if (depth == FB_MMDB_DEPTH_MAX)
                return false;
            bool pointed = v.after != v.at;
            stack[depth++] = (struct open_value){v.type == FB_MMDB_MAP ? 2 * (uint64_t)v.n : v.n,
                                                 v.type == FB_MMDB_MAP, pointed, v.after};
            at = v.at;
        }
        while (depth && stack[depth - 1].left == 0) {
            depth--;
            if (stack[depth].pointed)
                at = stack[depth].resume;
        }
        if (depth == 0) {
            *after = at;
            return true;
        }
    }
    return false;
}

/* Where the value after the one at `at` stands; the whole is known to be well-formed. */
static bool skip(struct fb_span section, size_t at, size_t *after)
{
    uint64_t work = FB_MMDB_VALUES_MAX;
    return fb_mmdb_check_value(section, at, after, &work);
}

bool fb_mmdb_member(struct fb_span section, const struct fb_mmdb_value *map, const char *key,
                    struct fb_mmdb_value *out)
{
    size_t at = map->at, want = strlen(key);
    if (map->type != FB_MMDB_MAP)
        return false;
    for (uint32_t i = 0; i < map->n; i++) {
        struct fb_mmdb_value k;
        if (!fb_mmdb_value(section, at, &k) || k.type != FB_MMDB_STRING)
            return false;
        if (k.n == want && memcmp(section.p + k.at, key, want) == 0)
            return fb_mmdb_value(section, k.after, out);
        if (!skip(section, k.after, &at))
            return false;
    }
    return false;
}

struct fb_span fb_mmdb_text(struct fb_span section, const struct fb_mmdb_value *v)
{
    if (v->type != FB_MMDB_STRING)
        return (struct fb_span){NULL, 0};
    return (struct fb_span){section.p + v->at, v->n};
}

bool fb_mmdb_uint(struct fb_span section, const struct fb_mmdb_value *v, uint64_t *out)
{
    if (v->type != FB_MMDB_UINT16 && v->type != FB_MMDB_UINT32 && v->type != FB_MMDB_UINT64)
        return false;
    *out = 0;
    for (uint32_t i = 0; i < v->n; i++)
        *out = *out << 8 | section.p[v->at + i];
    return true;
}
