/* The thresholds of the detectors: names, defaults, ranges. docs/detectors.md explains them. */
#include "model/detect/detect.h"

#include <errno.h>
#include <stdlib.h>

#define MEBI (1024 * 1024)

const struct fb_detect_option_def fb_detect_options[FB_DO_COUNT] = {
    [FB_DO_BEACON_BEATS] = {"beacon_beats", 8, 4, 1000000, "beats that a beacon has at least"},
    [FB_DO_BEACON_INTERVAL_MS] = {"beacon_interval_ms", 1000, 100, 86400000, "shortest median interval"},
    [FB_DO_BEACON_SPAN_S] = {"beacon_span_s", 30, 1, 86400000, "shortest time from first to last beat"},
    [FB_DO_BEACON_DISPERSION_PCT] = {"beacon_dispersion_pct", 40, 1, 100,
                                     "median deviation of the intervals, in percent of their median"},
    [FB_DO_BEACON_FANO_PCT] = {"beacon_fano_pct", 35, 1, 100,
                               "variance of the beats in equal windows, in percent of their mean"},
    [FB_DO_BEACON_SCORE] = {"beacon_score", 600, 1, 1000, "score from which pairs are findings"},
    [FB_DO_BEACON_SEGMENTS] = {"beacon_segments", 24, 8, 1000000,
                               "messages in a session that beats by itself"},
    [FB_DO_BEACON_REGULARITY_PCT] = {"beacon_regularity_pct", 42, 1, 100, "regularity of its messages"},
    [FB_DO_SCAN_PORTS] = {"scan_ports", 15, 3, 65536, "ports of one host"},
    [FB_DO_SCAN_PORTS_NONE_OPEN] = {"scan_ports_none_open", 6, 3, 65536,
                                    "TCP ports, when none let anybody in"},
    [FB_DO_SCAN_HOSTS] = {"scan_hosts", 20, 3, 1000000, "hosts on one port"},
    [FB_DO_SCAN_FAILED_PCT] = {"scan_failed_pct", 50, 1, 100, "share of them that was probed in vain"},
    [FB_DO_BRUTE_SESSIONS] = {"brute_sessions", 10, 3, 1000000, "attempts one after the other"},
    [FB_DO_BRUTE_AT_ONCE] = {"brute_at_once", 6, 3, 1000000,
                             "attempts on a shell or desktop within ten seconds"},
    [FB_DO_BRUTE_GAP_S] = {"brute_gap_s", 60, 1, 86400, "longest time between two of them"},
    [FB_DO_BRUTE_SECONDS] = {"brute_seconds", 60, 1, 86400, "longest attempt"},
    [FB_DO_BRUTE_BYTES] = {"brute_bytes", 20000, 100, 1000000000, "payload of an attempt, one way, at most"},
    [FB_DO_BRUTE_SLOW] = {"brute_slow", 30, 3, 1000000, "attempts of one host however far apart"},
    [FB_DO_BRUTE_CLIENTS] = {"brute_clients", 5, 2, 1000000, "hosts that try one service together"},
    [FB_DO_BRUTE_ALL] = {"brute_all", 40, 3, 1000000, "attempts of them all"},
    [FB_DO_EXFIL_BYTES] = {"exfil_bytes", MEBI, 1, INT64_MAX, "payload sent to one host at least"},
    [FB_DO_EXFIL_RATIO] = {"exfil_ratio", 3, 1, 1000000, "times as much sent as received"},
    [FB_DO_EXFIL_TIMES] = {"exfil_times", 10, 1, 1000000, "times what is usual between two hosts"},
    [FB_DO_DNS_NAMES] = {"dns_names", 30, 3, 1000000, "different names below one domain"},
    [FB_DO_DNS_LABEL] = {"dns_label", 20, 4, 250, "characters before the domain, on average"},
    [FB_DO_DNS_BYTES] = {"dns_bytes", 4000, 100, INT64_MAX, "payload both ways when names are unknown"},
    [FB_DO_DGA_NAMES] = {"dga_names", 15, 3, 1000000, "domains of a client that do not exist"},
    [FB_DO_ICMP_BYTES] = {"icmp_bytes", 4000, 100, INT64_MAX, "payload of echoes between two hosts"},
    [FB_DO_ICMP_DAMAGED] = {"icmp_damaged", 20, 2, 1000000,
                            "echoes with a wrong checksum, either way between two hosts"},
    [FB_DO_LONG_SECONDS] = {"long_seconds", 3600, 10, 86400000, "duration of a long connection"},
    [FB_DO_MINING_SECONDS] = {"mining_seconds", 60, 1, 86400000, "duration of a miner's session"},
    [FB_DO_STROBE_MINUTE] = {"strobe_minute", 100, 10, 100000000, "sessions of one pair within a minute"},
    [FB_DO_FLOOD_PKTS] = {"flood_pkts", 500, 100, INT64_MAX, "unanswered packets of a session"},
    [FB_DO_FLOOD_HALF_OPEN] = {"flood_half_open", 1000, 100, INT64_MAX,
                               "half-open sessions of one service within a minute"},
    [FB_DO_WEB_ATTACKS] = {"web_attacks", 1, 1, 1000000, "requests of HTTP that carry an attack"},
    [FB_DO_WEB_RECON] = {"web_recon", 3, 1, 1000000, "requests for what only an attacker looks for"},
    [FB_DO_EXE_BYTES] = {"exe_bytes", 1000, 1, INT64_MAX, "program fetched without encryption"},
    [FB_DO_AGENT_LETTERS] = {"agent_letters", 12, 6, 250, "letters of a drawn user agent"},
    [FB_DO_TOR_NAMES] = {"tor_names", 3, 1, 1000000, "drawn names of the form that Tor uses"},
    [FB_DO_LATERAL_BYTES] = {"lateral_bytes", 50000, 1000, INT64_MAX,
                             "sent to a share in a session that also calls procedures"},
    [FB_DO_POLICY_PKTS] = {"policy_pkts", 10, 1, 1000000, "packets of a VPN or file sharing"},
    [FB_DO_MAX_PAIRS] = {"max_pairs", 65536, 64, 16777216, "pairs that are remembered"},
    [FB_DO_MAX_TARGETS] = {"max_targets", 2097152, 1024, 268435456, "targets that are told apart"},
    [FB_DO_MAX_NAMES] = {"max_names", 16384, 64, 16777216, "domains that are remembered"},
    [FB_DO_MAX_FINDINGS] = {"max_findings", 1000, 1, 1000000, "findings that are kept"},
};

void fb_detect_defaults(struct fb_detect_opts *o)
{
    for (unsigned i = 0; i < FB_DO_COUNT; i++)
        o->v[i] = fb_detect_options[i].value;
}

enum fb_status fb_detect_set(struct fb_detect_opts *o, const char *assignment, struct fb_err *err)
{
    size_t n = strcspn(assignment, "=");
    for (unsigned i = 0; i < FB_DO_COUNT; i++) {
        const struct fb_detect_option_def *d = &fb_detect_options[i];
        if (strlen(d->name) != n || memcmp(d->name, assignment, n) != 0 || assignment[n] != '=')
            continue;
        const char *text = assignment + n + 1;
        char *end;
        errno = 0;
        long long v = strtoll(text, &end, 10);
        if (end == text || *end || errno || v < d->min || v > d->max)
            return fb_err_set(err, FB_ERR_USAGE, "%s takes a number from %lld to %lld", d->name,
                              (long long)d->min, (long long)d->max);
        o->v[i] = v;
        return FB_OK;
    }
    return fb_err_set(err, FB_ERR_USAGE, "no detector option \"%.40s\": see docs/detectors.md", assignment);
}

void fb_detect_put(const struct fb_detect_opts *o, struct fb_buf *out)
{
    bool some = false;
    for (unsigned i = 0; i < FB_DO_COUNT; i++) {
        if (o->v[i] == fb_detect_options[i].value)
            continue;
        fb_buf_printf(out, "%s%s=%lld", some ? " " : "", fb_detect_options[i].name, (long long)o->v[i]);
        some = true;
    }
}

enum fb_status fb_detect_get(struct fb_detect_opts *o, const char *text, size_t n, struct fb_err *err)
{
    fb_detect_defaults(o);
    for (size_t i = 0; i < n; i++) {
        char one[64];
        const char *end = memchr(text + i, ' ', n - i);
        size_t len = end ? (size_t)(end - text) - i : n - i;
        if (len >= sizeof one || n > FB_DETECT_TEXT_MAX)
            return fb_err_set(err, FB_ERR_USAGE, "thresholds of the detectors that are none");
        memcpy(one, text + i, len);
        one[len] = '\0';
        FB_TRY(fb_detect_set(o, one, err));
        i += len;
    }
    return FB_OK;
}
