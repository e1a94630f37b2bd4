/* RFC 8259; surrogates that stand alone are refused, as is a key that stands twice in an object. */
#include "base/json.h"

#include "base/utf8.h"

#define NODES_MAX ((size_t)1 << 26)

struct parser {
    struct fb_json *j;
    size_t cap, at;
    uint32_t open[FB_JSON_DEPTH_MAX];
    size_t depth;
    struct fb_err *err;
};

static enum fb_status fail(struct parser *p, size_t at, const char *what)
{
    return fb_err_set(p->err, FB_ERR_INPUT, "byte %zu (line %u): %s", at,
                      (unsigned)fb_json_line(p->j, (uint32_t)at), what);
}

static void skip_space(struct parser *p)
{
    const uint8_t *t = p->j->text;
    while (p->at < p->j->n && (t[p->at] == ' ' || t[p->at] == '\t' || t[p->at] == '\n' || t[p->at] == '\r'))
        p->at++;
}

static int peek(const struct parser *p)
{
    return p->at < p->j->n ? p->j->text[p->at] : -1;
}

static enum fb_status add(struct parser *p, enum fb_json_type type, size_t off, size_t end)
{
    struct fb_json *j = p->j;
    if (j->nnodes == NODES_MAX)
        return fb_err_set(p->err, FB_ERR_LIMIT, "more than %zu values", NODES_MAX);
    if (j->nnodes == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        struct fb_json_node *node = realloc(j->node, cap * sizeof *node);
        if (!node)
            return fb_err_nomem(p->err, "a JSON document");
        j->node = node;
        p->cap = cap;
    }
    j->node[j->nnodes] = (struct fb_json_node){
        .off = (uint32_t)off, .end = (uint32_t)end, .after = (uint32_t)j->nnodes + 1, .type = (uint8_t)type};
    j->nnodes++;
    return FB_OK;
}

static int hex4(const uint8_t *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        int c = p[i], d = c >= '0' && c <= '9'                 ? c - '0'
                          : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                               : -1;
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

/* The character of the escape at p (a backslash first); its length in the text, 0 when it is none. */
static size_t unescape(const uint8_t *p, size_t n, uint32_t *cp)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (n < 2)
        return 0;
    const char *simple = p[1] ? memchr(from, p[1], sizeof from - 1) : NULL;
    if (simple) {
        *cp = (uint8_t)to[simple - from];
        return 2;
    }
    int u = p[1] == 'u' && n >= 6 ? hex4(p + 2) : -1;
    if (u < 0 || (u >= 0xdc00 && u <= 0xdfff))
        return 0;
    *cp = (uint32_t)u;
    if (u < 0xd800 || u > 0xdbff)
        return 6;
    int low = n >= 12 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *cp = 0x10000 + (((uint32_t)u - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
    return 12;
}

static enum fb_status parse_string(struct parser *p)
{
    const uint8_t *t = p->j->text;
    size_t n = p->j->n, start = p->at, at = p->at + 1;
    bool escaped = false;
    while (at < n && t[at] != '"') {
        uint32_t cp;
        size_t len;
        if (t[at] < 0x20)
            return fail(p, at, "a control character in a string; expected an escape");
        if (t[at] == '\\') {
            escaped = true;
            len = unescape(t + at, n - at, &cp);
            if (len == 0)
                return fail(p, at, "expected an escape such as \\n or \\u0041, surrogates in pairs");
        } else if (t[at] < 0x80) {
            len = 1;
        } else {
            len = fb_utf8_decode(t + at, n - at, &cp);
            if (len == 0)
                return fail(p, at, "bytes that are not UTF-8");
        }
        at += len;
    }
    if (at >= n)
        return fail(p, start, "a string that does not end");
    p->at = at + 1;
    FB_TRY(add(p, FB_JSON_STRING, start, at + 1));
    p->j->node[p->j->nnodes - 1].escaped = escaped;
    return FB_OK;
}

static size_t digits(const uint8_t *t, size_t at, size_t n)
{
    size_t i = at;
    while (i < n && t[i] >= '0' && t[i] <= '9')
        i++;
    return i - at;
}

static enum fb_status parse_number(struct parser *p)
{
    const uint8_t *t = p->j->text;
    size_t n = p->j->n, at = p->at, k;
    at += t[at] == '-';
    k = digits(t, at, n);
    if (k == 0 || (k > 1 && t[at] == '0'))
        return fail(p, p->at, "expected a value; a number has no leading zero and no other base");
    at += k;
    if (at < n && t[at] == '.') {
        k = digits(t, at + 1, n);
        if (k == 0)
            return fail(p, at, "expected digits after the point");
        at += 1 + k;
    }
    if (at < n && (t[at] | 32) == 'e') {
        at++;
        at += at < n && (t[at] == '+' || t[at] == '-');
        k = digits(t, at, n);
        if (k == 0)
            return fail(p, at, "expected the digits of an exponent");
        at += k;
    }
    size_t start = p->at;
    p->at = at;
    return add(p, FB_JSON_NUMBER, start, at);
}

static enum fb_status parse_word(struct parser *p)
{
    static const struct {
        const char *word;
        enum fb_json_type type;
    } WORD[] = {{"null", FB_JSON_NULL}, {"true", FB_JSON_TRUE}, {"false", FB_JSON_FALSE}};
    for (size_t i = 0; i < sizeof WORD / sizeof *WORD; i++) {
        size_t len = strlen(WORD[i].word);
        if (p->j->n - p->at >= len && memcmp(p->j->text + p->at, WORD[i].word, len) == 0) {
            p->at += len;
            return add(p, WORD[i].type, p->at - len, p->at);
        }
    }
    return fail(p, p->at, p->at < p->j->n ? "expected a value" : "the text ends where a value is expected");
}

static enum fb_status parse_key(struct parser *p)
{
    skip_space(p);
    if (peek(p) != '"')
        return fail(p, p->at, "expected a key in double quotes");
    FB_TRY(parse_string(p));
    skip_space(p);
    if (peek(p) != ':')
        return fail(p, p->at, "expected : after a key");
    p->at++;
    return FB_OK;
}

static enum fb_status check_keys(struct parser *p, uint32_t object)
{
    size_t n;
    uint32_t *key = fb_json_keys(p->j, object, true, &n), twice = 0;
    if (n && !key)
        return fb_err_nomem(p->err, "a JSON document");
    for (size_t i = 1; i < n; i++) {
        if (fb_json_key_cmp(p->j, key[i - 1], key[i], true) != 0)
            continue;
        uint32_t later = key[i] > key[i - 1] ? key[i] : key[i - 1];
        if (!twice || later < twice)
            twice = later;
    }
    free(key);
    return twice ? fail(p, p->j->node[twice].off, "this key stands twice in its object") : FB_OK;
}

static enum fb_status close_container(struct parser *p)
{
    uint32_t i = p->open[--p->depth];
    p->at++;
    p->j->node[i].end = (uint32_t)p->at;
    p->j->node[i].after = (uint32_t)p->j->nnodes;
    return p->j->node[i].type == FB_JSON_OBJECT ? check_keys(p, i) : FB_OK;
}

/* A scalar, or the beginning of a container; *opened: a value is expected next. */
static enum fb_status parse_value(struct parser *p, bool *opened)
{
    *opened = false;
    skip_space(p);
    int c = peek(p);
    if (c == '"')
        return parse_string(p);
    if (c == '-' || (c >= '0' && c <= '9'))
        return parse_number(p);
    if (c != '{' && c != '[')
        return parse_word(p);
    if (p->depth == FB_JSON_DEPTH_MAX)
        return fb_err_set(p->err, FB_ERR_INPUT, "byte %zu (line %u): nested deeper than %d", p->at,
                          (unsigned)fb_json_line(p->j, (uint32_t)p->at), FB_JSON_DEPTH_MAX);
    p->open[p->depth++] = (uint32_t)p->j->nnodes;
    FB_TRY(add(p, c == '{' ? FB_JSON_OBJECT : FB_JSON_ARRAY, p->at, p->at + 1));
    p->at++;
    skip_space(p);
    if (peek(p) == (c == '{' ? '}' : ']'))
        return close_container(p);
    *opened = true;
    return c == '{' ? parse_key(p) : FB_OK;
}

/* After a value: commas and closing brackets. *more: another value is expected. */
static enum fb_status parse_after(struct parser *p, bool *more)
{
    *more = false;
    while (p->depth) {
        bool object = p->j->node[p->open[p->depth - 1]].type == FB_JSON_OBJECT;
        skip_space(p);
        int c = peek(p);
        if (c == ',') {
            p->at++;
            *more = true;
            return object ? parse_key(p) : FB_OK;
        }
        if (c != (object ? '}' : ']'))
            return fail(p, p->at, object ? "expected , or } in an object" : "expected , or ] in an array");
        FB_TRY(close_container(p));
    }
    skip_space(p);
    return p->at == p->j->n ? FB_OK : fail(p, p->at, "something stands behind the end of the document");
}

enum fb_status fb_json_parse(const void *text, size_t n, struct fb_json *out, struct fb_err *err)
{
    struct parser p = {.j = out, .err = err};
    *out = (struct fb_json){.text = text, .n = n};
    if (n > FB_JSON_BYTES_MAX)
        return fb_err_set(err, FB_ERR_LIMIT, "%zu bytes; a JSON document has at most %zu", n,
                          FB_JSON_BYTES_MAX);
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        p.at = 3; /* the mark of UTF-8 that some editors write */
    enum fb_status st = FB_OK;
    bool more = true;
    while (st == FB_OK && more) {
        st = parse_value(&p, &more);
        if (st == FB_OK && !more)
            st = parse_after(&p, &more);
    }
    if (st != FB_OK)
        fb_json_release(out);
    return st;
}

void fb_json_release(struct fb_json *j)
{
    free(j->node);
    *j = (struct fb_json){0};
}

const char *fb_json_type_name(enum fb_json_type t)
{
    static const char *const NAME[] = {"null",     "false",    "true",     "a number",
                                       "a string", "an array", "an object"};
    return NAME[t];
}

uint32_t fb_json_line(const struct fb_json *j, uint32_t off)
{
    uint32_t line = 1;
    const uint8_t *at = j->text, *end = j->text ? j->text + (off < j->n ? off : j->n) : NULL;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        line++;
        at++;
    }
    return line;
}

struct fb_span fb_json_raw(const struct fb_json *j, uint32_t i)
{
    return (struct fb_span){j->text + j->node[i].off, j->node[i].end - j->node[i].off};
}

static void put_utf8(struct fb_buf *b, uint32_t cp)
{
    if (cp < 0x80) {
        fb_buf_putc(b, (char)cp);
    } else if (cp < 0x800) {
        fb_buf_putc(b, (char)(0xc0 | cp >> 6));
        fb_buf_putc(b, (char)(0x80 | (cp & 63)));
    } else {
        if (cp < 0x10000) {
            fb_buf_putc(b, (char)(0xe0 | cp >> 12));
        } else {
            fb_buf_putc(b, (char)(0xf0 | cp >> 18));
            fb_buf_putc(b, (char)(0x80 | (cp >> 12 & 63)));
        }
        fb_buf_putc(b, (char)(0x80 | (cp >> 6 & 63)));
        fb_buf_putc(b, (char)(0x80 | (cp & 63)));
    }
}

struct fb_span fb_json_text(const struct fb_json *j, uint32_t i, struct fb_buf *scratch)
{
    struct fb_span s = {j->text + j->node[i].off + 1, j->node[i].end - j->node[i].off - 2};
    if (!j->node[i].escaped)
        return s;
    fb_buf_clear(scratch);
    for (size_t at = 0; at < s.n;) {
        uint32_t cp;
        size_t len = s.p[at] == '\\' ? unescape(s.p + at, s.n - at, &cp) : 0;
        if (len)
            put_utf8(scratch, cp);
        else
            fb_buf_putc(scratch, (char)s.p[at]);
        at += len ? len : 1;
    }
    return scratch->failed ? (struct fb_span){NULL, 0} : (struct fb_span){scratch->data, scratch->len};
}

bool fb_json_int(const struct fb_json *j, uint32_t i, int64_t *out)
{
    struct fb_span s = fb_json_raw(j, i);
    bool minus = s.n && s.p[0] == '-';
    uint64_t v = 0, limit = (uint64_t)INT64_MAX + minus;
    if (j->node[i].type != FB_JSON_NUMBER)
        return false;
    for (size_t k = minus; k < s.n; k++) {
        if (s.p[k] < '0' || s.p[k] > '9' || v > (limit - (uint64_t)(s.p[k] - '0')) / 10)
            return false;
        v = v * 10 + (uint64_t)(s.p[k] - '0');
    }
    *out = minus ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

uint32_t fb_json_member(const struct fb_json *j, uint32_t i, const char *key)
{
    size_t n = strlen(key);
    struct fb_buf scratch;
    uint32_t found = 0;
    fb_buf_init(&scratch, FB_JSON_BYTES_MAX);
    for (uint32_t k = i + 1; j->node[i].type == FB_JSON_OBJECT && k < j->node[i].after && !found;
         k = j->node[k + 1].after) {
        struct fb_span s = fb_json_text(j, k, &scratch);
        if (s.n == n && memcmp(s.p, key, n) == 0)
            found = k + 1;
    }
    fb_buf_release(&scratch);
    return found;
}

/* ---- keys in order ---- */

/* The next character of a string node's bytes; escapes resolved. */
static uint32_t next_char(const uint8_t **p, const uint8_t *end)
{
    uint32_t cp = **p;
    size_t len = 1;
    if (**p == '\\')
        len = unescape(*p, (size_t)(end - *p), &cp);
    else if (**p >= 0x80)
        len = fb_utf8_decode(*p, (size_t)(end - *p), &cp);
    *p += len ? len : 1;
    return cp;
}

/* The place of a character among others by UTF-16 units: those of two units stand with the surrogates. */
static uint32_t rank(uint32_t cp, bool utf16)
{
    if (!utf16 || cp < 0xe000)
        return cp;
    return cp >= 0x10000 ? cp - 0x10000 + 0xd800 : cp + 0x200000;
}

int fb_json_key_cmp(const struct fb_json *j, uint32_t a, uint32_t b, bool utf16)
{
    const uint8_t *pa = j->text + j->node[a].off + 1, *ea = j->text + j->node[a].end - 1;
    const uint8_t *pb = j->text + j->node[b].off + 1, *eb = j->text + j->node[b].end - 1;
    while (pa < ea && pb < eb) {
        uint32_t ca = rank(next_char(&pa, ea), utf16), cb = rank(next_char(&pb, eb), utf16);
        if (ca != cb)
            return ca < cb ? -1 : 1;
    }
    return (pa < ea) - (pb < eb);
}

struct order {
    const struct fb_json *j;
    bool utf16;
};

static int by_key(const void *a, const void *b, void *ctx)
{
    const struct order *o = ctx;
    const uint32_t *x = a, *y = b;
    int c = fb_json_key_cmp(o->j, *x, *y, o->utf16);
    return c ? c : (*x > *y) - (*x < *y);
}

uint32_t *fb_json_keys(const struct fb_json *j, uint32_t i, bool utf16, size_t *n)
{
    size_t count = 0;
    for (uint32_t k = i + 1; k < j->node[i].after; k = j->node[k + 1].after)
        count++;
    *n = count;
    uint32_t *key = count ? malloc(count * sizeof *key) : NULL;
    if (!key)
        return NULL;
    size_t at = 0;
    for (uint32_t k = i + 1; k < j->node[i].after; k = j->node[k + 1].after)
        key[at++] = k;
    struct order o = {j, utf16};
    qsort_r(key, count, sizeof *key, by_key, &o);
    return key;
}
