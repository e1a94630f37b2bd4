/* Registered domains and what names say, without a list of public suffixes. */
#include "model/detect/detect_int.h"

static bool label_is(const char *p, size_t n, const char *text)
{
    return strlen(text) == n && memcmp(p, text, n) == 0;
}

/* Second-level labels below which countries register, as in co.uk, com.br, gov.au. */
static bool second_level(const char *p, size_t n)
{
    static const char *const L[] = {"co",  "com", "net", "org",  "gov", "edu", "ac",  "gob",  "go",
                                    "or",  "ne",  "ltd", "plc",  "mil", "nom", "gen", "govt", "sch",
                                    "nhs", "id",  "in",  "info", "web", "biz", "asso"};
    for (size_t i = 0; i < sizeof L / sizeof *L; i++)
        if (label_is(p, n, L[i]))
            return true;
    return false;
}

size_t fb_det_domain_begins(const char *name, size_t n)
{
    size_t dot[3], dots = 0;
    for (size_t i = n; i > 0 && dots < 3; i--)
        if (name[i - 1] == '.')
            dot[dots++] = i - 1;
    if (dots == 0)
        return n;
    size_t tld = n - dot[0] - 1;
    size_t second = dots > 1 ? dot[1] + 1 : 0;
    if (tld == 2 && second_level(name + second, dot[0] - second)) {
        if (dots == 1)
            return n; /* the suffix itself */
        return dots > 2 ? dot[2] + 1 : 0;
    }
    return second;
}

/* Words that stand as a part of a label between characters that are no letters. */
static bool word_in(const char *p, size_t n, const char *word)
{
    size_t w = strlen(word);
    for (size_t i = 0; i + w <= n; i++) {
        if (memcmp(p + i, word, w) != 0)
            continue;
        bool left = i == 0 || p[i - 1] < 'a' || p[i - 1] > 'z';
        bool right = i + w == n || p[i + w] < 'a' || p[i + w] > 'z';
        if (left && right)
            return true;
    }
    return false;
}

static bool part_in(const char *p, size_t n, const char *part)
{
    size_t w = strlen(part);
    for (size_t i = 0; i + w <= n; i++)
        if (memcmp(p + i, part, w) == 0)
            return true;
    return false;
}

/* The pool.ntp.org of time servers is none; "pool" alone is not enough. */
bool fb_det_domain_is_pool(const char *name, size_t n)
{
    static const char *const PART[] = {"stratum",   "xmrpool",    "supportxmr", "minexmr",     "moneroocean",
                                       "nanopool",  "ethermine",  "2miners",    "f2pool",      "hashvault",
                                       "nicehash",  "minergate",  "miningpool", "mining-pool", "cryptonight",
                                       "sparkpool", "hiveon",     "slushpool",  "viabtc",      "dwarfpool",
                                       "flypool",   "herominers", "unmineable", "c3pool",      "coinhive",
                                       "minerpool", "poolmining", "moneropool", "btcpool",     "ethpool"};
    static const char *const COIN[] = {"xmr", "monero", "btc",  "bitcoin", "eth",    "etc",   "rvn",
                                       "zec", "ltc",    "mine", "miner",   "miners", "mining"};
    for (size_t i = 0; i < sizeof PART / sizeof *PART; i++)
        if (part_in(name, n, PART[i]))
            return true;
    if (!word_in(name, n, "pool"))
        return false;
    for (size_t i = 0; i < sizeof COIN / sizeof *COIN; i++)
        if (word_in(name, n, COIN[i]))
            return true;
    return false;
}
