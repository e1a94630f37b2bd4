#include "cli/fail_on.h"

#include "cli/message.h"
#include "cli/score_opts.h"

/* The words of lists as bits 0 and 1, those of fb_fail_on_choices from bit 2 on; -1 when one is none. */
enum { NONCONFORMING = 1, BLACKLIST = 2, SCORES_AT = 2 };

static int bit_of(const char *w, size_t n)
{
    if (n == 13 && memcmp(w, "nonconforming", n) == 0)
        return NONCONFORMING;
    if (n == 9 && memcmp(w, "blacklist", n) == 0)
        return BLACKLIST;
    for (int i = 0; fb_fail_on_choices[i]; i++)
        if (strlen(fb_fail_on_choices[i]) == n && memcmp(fb_fail_on_choices[i], w, n) == 0)
            return 1 << (SCORES_AT + i);
    return -1;
}

static int parse(const char *words)
{
    int bits = 0;
    for (const char *w = words; w;) {
        size_t n = strcspn(w, ",");
        int bit = bit_of(w, n);
        if (bit < 0)
            return -1;
        bits |= bit;
        w = w[n] ? w + n + 1 : NULL;
    }
    return bits & ~(1 << (SCORES_AT + FB_FAIL_NEVER));
}

int fb_fail_on_check(const char *verb, const char *words)
{
    if (parse(words) >= 0)
        return -1;
    return fb_cli_usage(verb,
                        "--fail-on %s: expected nonconforming, blacklist, suspicious, abnormal, low, medium, "
                        "high, critical, or several of them with commas",
                        words);
}

int fb_fail_on_check_lists(const char *verb, const char *words, const struct fb_list_set *set)
{
    const struct fb_list_black_active *black;
    int bits = parse(words);
    if ((bits & NONCONFORMING) && !(set && fb_list_set_has_whitelists(set)))
        return fb_cli_usage(verb,
                            "--fail-on nonconforming needs a whitelist; without one no session is that");
    if ((bits & BLACKLIST) && !(set && fb_list_set_blacklists(set, &black)))
        return fb_cli_usage(verb, "--fail-on blacklist needs a blacklist; without one no session is on it");
    return -1;
}

bool fb_fail_on_wants_scores(const char *words)
{
    return parse(words) >> SCORES_AT != 0;
}

bool fb_fail_on_judged(const char *words, uint64_t nonconforming, uint64_t blacklisted)
{
    int bits = parse(words);
    return ((bits & NONCONFORMING) && nonconforming) || ((bits & BLACKLIST) && blacklisted);
}

int fb_fail_on_scored(struct fb_case *c, const char *words, struct fb_err *err)
{
    int bits = parse(words) >> SCORES_AT, code = FB_EXIT_OK;
    for (int i = 0; code == FB_EXIT_OK && bits >> i; i++)
        if (bits >> i & 1)
            code = fb_fail_on_code(c, i, err);
    return code;
}
