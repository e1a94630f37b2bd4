#include "intel/lists/list_domain.h"

static bool no(const char **why, const char *text)
{
    *why = text;
    return false;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 32) : c;
}

static enum fb_list_pattern_kind kind_of(const char *t, size_t n)
{
    size_t stars = 0;
    for (size_t i = 0; i < n; i++)
        stars += t[i] == '*';
    if (stars == 0)
        return FB_LIST_EXACT;
    if (stars > 1)
        return FB_LIST_MANY;
    if (n > 2 && t[0] == '*' && t[1] == '.')
        return FB_LIST_SUFFIX;
    if (n > 2 && t[n - 1] == '*' && t[n - 2] == '.')
        return FB_LIST_PREFIX;
    return FB_LIST_ONE;
}

static bool check_labels(const char *t, size_t n, const char **why)
{
    size_t start = 0;
    bool star = false;
    for (size_t i = 0; i <= n; i++) {
        if (i == n || t[i] == '.') {
            if (i == start)
                return no(why, "a name with an empty label");
            if (i - start > 63 && !star)
                return no(why, "a label of more than 63 characters");
            start = i + 1;
            star = false;
        } else {
            star |= t[i] == '*';
        }
    }
    return true;
}

/* Does the last label say a number, so that whoever reads the name takes it for an address (URL
 * Standard, 3.5, "ends in a number")? It is no address either. */
static bool ends_in_number(const char *t, size_t n)
{
    size_t start = n;
    while (start && t[start - 1] != '.')
        start--;
    bool hex = n - start >= 2 && t[start] == '0' && t[start + 1] == 'x';
    for (size_t i = start + (hex ? 2 : 0); i < n; i++)
        if (!((t[i] >= '0' && t[i] <= '9') || (hex && t[i] >= 'a' && t[i] <= 'f')))
            return false;
    return true;
}

bool fb_list_pattern_parse(const void *text, size_t n, struct fb_list_pattern *out, const char **why)
{
    const uint8_t *p = text;
    if (n > 1 && p[n - 1] == '.')
        n--;
    if (n == 0)
        return no(why, "an empty name");
    if (n > FB_LIST_NAME_MAX)
        return no(why, "a name of more than 253 characters");
    for (size_t i = 0; i < n; i++) {
        out->text[i] = (char)lower(p[i]);
        if (p[i] >= 0x80)
            return no(why, "a name with other letters than ASCII; write its A-labels (xn--)");
        if (!is_letter(lower(p[i])) && p[i] != '.' && p[i] != '*')
            return no(why, "a character that no domain name has");
    }
    out->text[n] = '\0';
    out->n = (uint8_t)n;
    out->kind = kind_of(out->text, n);
    if (!check_labels(out->text, n, why))
        return false;
    return !ends_in_number(out->text, n) ||
           no(why, "neither an address nor a name: its last part is a number");
}

size_t fb_list_name_normal(const void *name, size_t n, char out[static FB_LIST_NAME_MAX + 1])
{
    const uint8_t *p = name;
    if (n && p[n - 1] == '.')
        n--;
    if (n == 0 || n > FB_LIST_NAME_MAX)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] <= ' ' || p[i] >= 0x7f || p[i] == '*')
            return 0;
        out[i] = (char)lower(p[i]);
    }
    out[n] = '\0';
    return n;
}

/* Parts between stars, each found at the first place behind the one before; memmem is linear, and no place is
 * looked at again by the next part. `least`: characters that a star stands for at least. */
static bool match_stars(const char *p, size_t np, const char *name, size_t n, size_t least)
{
    const char *star = memchr(p, '*', np), *end = p + np, *at = name, *stop = name + n;
    size_t head = (size_t)(star - p);
    if (head > n || memcmp(p, name, head) != 0)
        return false;
    at += head;
    for (;;) {
        const char *part = star + 1;
        if (least > (size_t)(stop - at))
            return false;
        at += least;
        star = memchr(part, '*', (size_t)(end - part));
        size_t len = (size_t)((star ? star : end) - part), left = (size_t)(stop - at);
        if (!star)
            return len <= left && memcmp(stop - len, part, len) == 0;
        const char *found = len ? memmem(at, left, part, len) : at;
        if (!found)
            return false;
        at = found + len;
    }
}

bool fb_list_pattern_match(const struct fb_list_pattern *p, const char *name, size_t n)
{
    size_t key = p->n - 2u;
    switch (p->kind) {
    case FB_LIST_EXACT:
        return n == p->n && memcmp(name, p->text, n) == 0;
    case FB_LIST_SUFFIX: /* the dot and R */
        return n >= key + 1 && memcmp(name + n - key - 1, p->text + 1, key + 1) == 0;
    case FB_LIST_PREFIX:
        return n >= key && memcmp(name, p->text, key) == 0 && (n == key || name[key] == '.');
    case FB_LIST_ONE:
        return match_stars(p->text, p->n, name, n, 1);
    case FB_LIST_MANY:
        return match_stars(p->text, p->n, name, n, 0);
    }
    return false;
}

struct fb_span fb_list_pattern_key(const struct fb_list_pattern *p)
{
    const uint8_t *t = (const uint8_t *)p->text;
    if (p->kind == FB_LIST_SUFFIX)
        return (struct fb_span){t + 2, p->n - 2u};
    return (struct fb_span){t, p->kind == FB_LIST_PREFIX ? p->n - 2u : p->n};
}
