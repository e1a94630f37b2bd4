/* Lists of lines: plain text, FireHOL's ipset and netset files, what `ipset save` writes, hosts files.
 *
 * What follows # or ; is a comment. A line with one word is an entry; one that begins with an address that
 * leads nowhere (0.0.0.0, 127.0.0.0/8, ::, ::1) and goes on with names is one of a hosts file. */
#include "intel/lists/list_read.h"

#define HEAD_BYTES 4096 /* where FireHOL says what it is */

bool fb_list_next_line(struct fb_cur *text, struct fb_span *line)
{
    size_t left = fb_cur_left(text);
    if (left == 0)
        return false;
    const uint8_t *nl = memchr(text->p, '\n', left);
    size_t n = nl ? (size_t)(nl - text->p) : left;
    const uint8_t *p = fb_cur_take(text, n);
    fb_cur_skip(text, nl ? 1 : 0);
    while (n && (p[n - 1] == ' ' || p[n - 1] == '\t' || p[n - 1] == '\r'))
        n--;
    while (n && (*p == ' ' || *p == '\t')) {
        p++;
        n--;
    }
    *line = (struct fb_span){p, n};
    return true;
}

/* The next word of the line; an empty one at its end. */
static struct fb_span next_word(struct fb_span *line)
{
    size_t i = 0, n;
    while (i < line->n && (line->p[i] == ' ' || line->p[i] == '\t'))
        i++;
    for (n = i; n < line->n && line->p[n] != ' ' && line->p[n] != '\t';)
        n++;
    struct fb_span word = {line->p + i, n - i};
    line->p += n;
    line->n -= n;
    return word;
}

static bool is_word(struct fb_span w, const char *text)
{
    return w.n == strlen(text) && strncasecmp((const char *)w.p, text, w.n) == 0;
}

/* An address that hosts files give to names that shall not be reached. */
static bool leads_nowhere(const struct fb_list_range *r)
{
    static const struct fb_addr zero6, one6 = {{[15] = 1}};
    return fb_addr_eq(&r->lo, &r->hi) &&
           (fb_addr_is_v4(&r->lo) ? r->lo.b[12] == 127 || fb_load_be32(r->lo.b + 12) == 0
                                  : fb_addr_eq(&r->lo, &zero6) || fb_addr_eq(&r->lo, &one6));
}

/* Names that every hosts file has for the machine itself. */
static bool is_own_name(struct fb_span w)
{
    static const char *const OWN[] = {
        "localhost",      "localhost.localdomain", "localhost6",   "local",           "broadcasthost",
        "ip6-localhost",  "ip6-loopback",          "ip6-localnet", "ip6-mcastprefix", "ip6-allnodes",
        "ip6-allrouters", "ip6-allhosts",          "0.0.0.0"};
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++)
        if (is_word(w, OWN[i]))
            return true;
    return false;
}

static enum fb_status put_name(struct fb_list_reader *r, struct fb_blacklist *b, struct fb_span w,
                               uint32_t line)
{
    struct fb_list_pattern p;
    const char *why;
    if (is_own_name(w)) {
        r->f->irrelevant++;
        return FB_OK;
    }
    if (!fb_list_pattern_parse(w.p, w.n, &p, &why))
        return fb_list_skip(r, line, w.p, w.n, why);
    return fb_list_put_domain(r, b, &p, line);
}

static enum fb_status put_hosts_line(struct fb_list_reader *r, struct fb_blacklist *b, struct fb_span whole,
                                     uint32_t line)
{
    struct fb_list_range range;
    const char *why;
    struct fb_span rest = whole, first = next_word(&rest), word = next_word(&rest);
    bool address = fb_list_range_parse(first.p, first.n, &range, &why) && fb_addr_eq(&range.lo, &range.hi);
    if (address && is_own_name(word)) {
        r->f->irrelevant++;
        return FB_OK;
    }
    if (!address || !leads_nowhere(&range))
        return fb_list_skip(
            r, line, whole.p, whole.n,
            "several words; a line of a hosts file begins with 0.0.0.0, 127.0.0.1, :: or ::1");
    for (; word.n; word = next_word(&rest))
        FB_TRY(put_name(r, b, word, line));
    r->f->form = FB_LIST_HOSTS;
    b->feed = true;
    return FB_OK;
}

static enum fb_status put_line(struct fb_list_reader *r, struct fb_blacklist *b, struct fb_span s,
                               uint32_t line)
{
    struct fb_span rest = s, first = next_word(&rest), second = next_word(&rest);
    if (second.n == 0)
        return fb_list_put_entry(r, b, first.p, first.n, line);
    if (is_word(first, "create") || is_word(first, "flush"))
        return FB_OK;
    if (is_word(first, "add")) {
        struct fb_span entry = next_word(&rest);
        r->f->form = FB_LIST_FIREHOL;
        b->feed = true;
        return fb_list_put_entry(r, b, entry.p, entry.n, line);
    }
    return put_hosts_line(r, b, s, line);
}

static bool contains(const uint8_t *text, size_t n, const char *what)
{
    return memmem(text, n, what, strlen(what)) != NULL;
}

enum fb_status fb_list_read_lines(struct fb_list_reader *r, const uint8_t *text, size_t n)
{
    size_t head = n < HEAD_BYTES ? n : HEAD_BYTES;
    bool firehol = contains(text, head, "hash:net ipset") || contains(text, head, "hash:ip ipset") ||
                   contains(text, head, "iplists.firehol.org");
    struct fb_blacklist *b = fb_list_only_black(r, firehol);
    struct fb_cur c = fb_cur_init(text, n);
    struct fb_span line;
    uint32_t number = 0;
    if (!b)
        return FB_ERR_NOMEM;
    r->f->form = firehol ? FB_LIST_FIREHOL : FB_LIST_PLAIN;
    while (fb_list_next_line(&c, &line)) {
        number++;
        size_t stop = 0;
        while (stop < line.n && line.p[stop] != '#' && line.p[stop] != ';')
            stop++;
        while (stop && (line.p[stop - 1] == ' ' || line.p[stop - 1] == '\t'))
            stop--;
        if (stop)
            FB_TRY(put_line(r, b, (struct fb_span){line.p, stop}, number));
    }
    return FB_OK;
}
