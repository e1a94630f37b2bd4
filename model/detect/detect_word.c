/* What texts from traffic look like. All in ASCII, without locale; whatever is no ASCII is data. */
#include "model/detect/detect_int.h"

void fb_det_word_plain(char *out, size_t size, const void *p, size_t n)
{
    const unsigned char *c = p;
    memset(out, 0, size);
    for (size_t i = 0; i < n && i + 1 < size; i++)
        out[i] = c[i] >= 0x20 && c[i] < 0x7f ? (char)c[i] : '?';
}

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool fb_det_word_is(struct fb_span s, const char *text)
{
    if (s.n != strlen(text))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (lower(s.p[i]) != lower((uint8_t)text[i]))
            return false;
    return true;
}

bool fb_det_word_has(const char *text, size_t n, const char *part)
{
    return memmem(text, n, part, strlen(part)) != NULL;
}

static unsigned first_two(const char *p)
{
    return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

void fb_det_words_init(struct words *w, const char *const *list)
{
    *w = (struct words){.list = list};
    for (; *list; list++)
        w->begins[first_two(*list) / 8] |= (uint8_t)(1u << first_two(*list) % 8);
}

static bool word_at(const struct words *w, const char *p, size_t n)
{
    for (const char *const *l = w->list; *l; l++)
        if ((*l)[0] == p[0] && (*l)[1] == p[1] && strlen(*l) <= n && memcmp(*l, p, strlen(*l)) == 0)
            return true;
    return false;
}

/* Nearly all places are passed by a look at a bit. */
bool fb_det_words_in(const struct words *w, const char *text, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++)
        if (w->begins[first_two(text + i) / 8] >> first_two(text + i) % 8 & 1 && word_at(w, text + i, n - i))
            return true;
    return false;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; what %00 stands for becomes a blank, as no pattern looks for it. */
static size_t unescape(char *p, size_t n)
{
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        char c = p[i] == '+' ? ' ' : p[i];
        if (c == '%' && i + 2 < n && hex(p[i + 1]) >= 0 && hex(p[i + 2]) >= 0) {
            c = lower((uint8_t)(hex(p[i + 1]) * 16 + hex(p[i + 2])));
            i += 2;
        }
        p[out++] = c ? c : ' ';
    }
    return out;
}

size_t fb_det_word_decode(char *out, size_t size, struct fb_span in)
{
    size_t n = in.n < size ? in.n : size;
    for (size_t i = 0; i < n; i++)
        out[i] = lower(in.p[i]);
    n = unescape(out, n);
    return unescape(out, n);
}

static bool is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

/* Words have a vowel in each five letters and no digits between their letters; what a generator draws has
 * neither. Of 26 letters drawn evenly, 10 in a row hold five consonants in a row three times of five. */
bool fb_det_word_is_drawn(const char *p, size_t n)
{
    size_t letters = 0, vowels = 0, run = 0, longest = 0, between = 0;
    if (n < 7)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = lower((uint8_t)p[i]);
        bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'z';
        if (!digit && !letter)
            return false;
        between += digit && i > 0 && i + 1 < n && !(p[i - 1] >= '0' && p[i - 1] <= '9');
        letters += letter;
        vowels += letter && is_vowel(c);
        run = letter && !is_vowel(c) ? run + 1 : digit ? run : 0;
        longest = run > longest ? run : longest;
    }
    return longest >= 5 || between >= 2 || (between && vowels * 4 < letters) || vowels * 6 < letters;
}
