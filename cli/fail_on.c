#include "cli/fail_on.h"

#include "cli/message.h"

enum word { NONCONFORMING, BLACKLIST, ABNORMAL, NWORDS };
static const char *const NAME[NWORDS] = {"nonconforming", "blacklist", "abnormal"};

/* Bits of the words; -1 when one is none. */
static int parse(const char *words)
{
    int bits = 0;
    if (words && !*words)
        return -1;
    for (const char *w = words; w;) {
        size_t n = strcspn(w, ","), i = 0;
        while (i < NWORDS && !(strlen(NAME[i]) == n && memcmp(NAME[i], w, n) == 0))
            i++;
        if (i == NWORDS)
            return -1;
        bits |= 1 << i;
        w = w[n] ? w + n + 1 : NULL;
    }
    return bits;
}

int fb_fail_on_check(const char *verb, const char *words)
{
    if (parse(words) >= 0)
        return -1;
    return fb_cli_usage(verb,
                        "--fail-on %s: expected nonconforming, blacklist, abnormal, or several of them with "
                        "commas",
                        words);
}

bool fb_fail_on_wants_scores(const char *words)
{
    return parse(words) & 1 << ABNORMAL;
}

bool fb_fail_on_found(const char *words, const struct fb_layer_counts *n)
{
    int bits = parse(words);
    return ((bits & 1 << NONCONFORMING) && n->nonconforming) || ((bits & 1 << BLACKLIST) && n->blacklisted) ||
           ((bits & 1 << ABNORMAL) && n->abnormal);
}
