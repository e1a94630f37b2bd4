/* What the detectors share: the tables, and what each remembers. Only for model/detect*.c. */
#ifndef FB_MODEL_DETECT_INT_H
#define FB_MODEL_DETECT_INT_H

#include "model/detect/detect.h"
#include "model/detect/detect_num.h"
#include "model/detect/detect_table.h"

#define NS_PER_S 1000000000LL

enum { PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP = 1, PROTO_ICMP6 = 58 };

/* to - from, held at the ends of the range: times in captures may be anything. */
static inline int64_t span_ns(int64_t from, int64_t to)
{
    int64_t d;
    if (__builtin_sub_overflow(to, from, &d))
        return to < from ? INT64_MIN : INT64_MAX;
    return d;
}

/* The first session numbers of something. Most things have one or two, and there are many things. */
struct evidence {
    uint64_t few[2];
    uint64_t *many; /* owned; instead of `few` when it is not NULL */
    uint32_t n, cap;
};

/* Hosts at the other end, the first ones. */
struct sample {
    struct fb_addr host[FB_FINDING_HOSTS_MAX - 1];
    unsigned n;
};

struct beat {
    int64_t ts_ns;
    int64_t gap_ns; /* since the beat before; 0 for the first */
    int64_t bytes;
};

/* Beats of a pair: all of them up to a ceiling, then every second one by a hash of its index, then every
 * fourth ... */
struct series {
    struct beat *b;
    uint32_t n, cap;
    uint64_t beats; /* all */
    uint64_t mask;  /* of the hashes that are kept: 0 keeps all */
    int64_t first_ns, last_ns;
};

struct rhythm {
    uint64_t beats;
    int64_t interval_ns; /* median */
    uint64_t timing;     /* median deviation of the intervals in 1/1000 of it */
    uint64_t regular;    /* intervals between half and one and a half medians, in 1/1000 of all */
    uint64_t fano;       /* variance of beats in windows in 1/1000 of the mean; UINT64_MAX: not known */
    uint64_t sizes;      /* median deviation of the sizes in 1/1000 of their median */
    int64_t bytes;       /* median */
    uint64_t present;    /* beats in 1/1000 of what the span has room for, at most 1000 */
    uint64_t score;      /* 0..1000 */
};

struct pair_key {
    struct fb_addr orig_h, resp_h;
    uint16_t port;
    uint8_t ip_proto, zero;
};

/* Sessions from one host to one port of another. */
struct pair {
    struct pair_key key;
    uint64_t sessions;
    struct evidence evidence;
    int64_t first_ns, last_start_ns, last_ns;
    uint64_t orig_bytes, resp_bytes, orig_pkts, resp_pkts;
    uint64_t answered; /* sessions in which the responder sent payload, or took some */
    uint64_t probes;   /* sessions that came to nothing */
    char service[40];  /* the first one known */
    struct series series;
    uint64_t attempts; /* sessions as guessing passwords makes them, near each other or not */
    uint64_t damaged;  /* packets of ICMP whose checksum is wrong */
    /* The longest chain of short attempts, each within brute_gap_s of the one before. */
    uint64_t chain, chain_max;
    /* Attempts that began within the same ten seconds, at most. */
    uint64_t burst, burst_max;
    int64_t burst_ns;
    /* Sessions in the fullest minute. */
    uint64_t minute, minute_max;
    int64_t minute_ns;
    /* The longest session. */
    int64_t longest_ns;
    uint64_t longest_number;
    uint64_t longest_bytes;
    /* The session that beats best by itself. */
    uint32_t regularity_ppm;
    uint64_t beat_number, beat_segments;
    int64_t beat_gap_ns, beat_first_ns, beat_last_ns;
    /* The session with most unanswered packets a second. */
    uint64_t flood_pkts, flood_number;
    int64_t flood_ns;
    /* A name server that one session asked a lot. */
    uint64_t asked_pkts, asked_number, asked_bytes;
};

struct link_key {
    struct fb_addr orig_h, resp_h;
};

/* All that one host sent to another. */
struct link {
    struct link_key key;
    uint64_t sessions, ports, failed_ports, failed_tcp, probes;
    uint64_t low_port, high_port;
    uint64_t orig_bytes, resp_bytes, largest, largest_number;
    uint64_t sent_before; /* by the host to anybody, before the first session of this link */
    int64_t first_ns, last_ns, probe_first_ns, probe_last_ns;
    struct evidence probe_evidence, send_evidence;
    uint16_t main_port; /* of the largest session */
    uint8_t main_proto;
};

struct fan_key {
    struct fb_addr orig_h;
    uint16_t port;
    uint8_t ip_proto, zero;
};

/* All hosts that one host tried on one port. */
struct fan {
    struct fan_key key;
    uint64_t sessions, hosts, failed, probes;
    int64_t first_ns, last_ns;
    struct evidence evidence; /* of the probes, as the two times are */
    struct sample sample;
    int64_t all_first_ns, all_last_ns; /* of all sessions */
    struct evidence all;
    struct sample peers;
};

/* A service as its clients see it. */
struct target_key {
    struct fb_addr resp_h;
    uint16_t port;
    uint8_t ip_proto, zero;
};

struct target {
    struct target_key key;
    uint64_t half_open, minute, minute_max, clients;
    int64_t minute_ns, first_ns, last_ns;
    struct evidence evidence;
    struct sample sample; /* of the clients */
};

/* A service that asks who is there, as all who try to get in see it. */
struct siege {
    struct target_key key;
    uint64_t sessions, attempts, clients;
    int64_t first_ns, last_ns;
    struct evidence evidence;
    struct sample sample; /* of the clients */
};

struct host {
    struct fb_addr addr;
    uint64_t sessions, sent, peers;
    int64_t first_ns;
};

#define DOMAIN_MAX 80

/* Names asked below one registered domain. */
struct domain {
    char name[DOMAIN_MAX];          /* lower case, cut on the left, NUL-padded: the key */
    uint64_t sessions, last_number; /* runs of questions of one session */
    uint64_t queries, names, label_bytes, label_max, odd_types, failed;
    uint64_t query_bytes, answer_bytes;
    uint32_t letters[40]; /* a..z, 0..9, -, _, other of those that are letters in hosts' names */
    int64_t first_ns, last_ns;
    struct evidence evidence;
    struct fb_addr client, server; /* of the first question */
    struct sample clients;         /* others */
    /* Of the first client alone: */
    struct series series;
    uint64_t asked, asked_names, asked_odd;
};

/* Something asked for again and again: a name whatever its address (resp_h is zero then), or one thing of one
 * server within sessions that stay open. */
struct poll_key {
    struct fb_addr orig_h, resp_h;
    uint16_t port;
    char what[78]; /* printable, cut, NUL-padded */
};

struct poll {
    struct poll_key key;
    uint64_t sessions, last_number;
    int64_t first_ns, last_ns;
    struct evidence evidence;
    struct sample hosts;
    struct series series;
    uint8_t ip_proto;
};

/* What single sessions and records give away, counted by rule and ends. detect_mark.c makes findings of it.
 */
enum mark_rule {
    MR_WEB_ATTACK,
    MR_WEB_RECON,
    MR_SCANNER,
    MR_HEARTBLEED,
    MR_EXE_BARE,
    MR_EXE_HIDDEN,
    MR_EXE_PLAIN,
    MR_AGENT_RANDOM,
    MR_AGENT_SCRIPT,
    MR_AGENT_CRAWLER,
    MR_BARE_POST,
    MR_CERT_TOOL,
    MR_CERT_SELF,
    MR_TOR_CERT,
    MR_TOR_NAMES,
    MR_WINRM,
    MR_DCOM,
    MR_SMB_EXEC,
    MR_DGA,
    MR_VPN,
    MR_P2P,
    MR_TELNET,
    MR_FTP_LOGIN,
    MR_RULES,
    /* Facts that other rules ask for; no findings. */
    MR_DOMAIN_SERVER = MR_RULES,
    MR_ASKED_MAPPER, /* and calls procedures therefore */
};

#define MARK_TEXT 120

struct mark_key {
    struct fb_addr orig_h, resp_h;
    uint16_t port;
    uint8_t rule, zero;
};

struct mark {
    struct mark_key key;
    uint64_t n;     /* times seen */
    uint64_t part;  /* of these, where the rule asks for a share */
    uint64_t bytes; /* as the rule counts them */
    uint64_t sessions, last_number;
    int64_t first_ns, last_ns;
    struct evidence evidence;
    struct sample hosts; /* others */
    uint8_t ip_proto;
    char text[MARK_TEXT]; /* the first one, printable */
};

struct pool {
    struct fb_addr addr;
    char name[DOMAIN_MAX];
};

/* A list of words to look for, by which two bytes they begin with. */
struct words {
    const char *const *list; /* ends with NULL; each of two bytes at least */
    uint8_t begins[65536 / 8];
};

struct fb_detect {
    struct fb_detect_opts o;
    struct words attack, recon;
    struct fb_dtab pairs, links, fans, targets, sieges, hosts, domains, pools, polls, marks;
    struct fb_dset seen;
    size_t series_bytes;
    uint64_t dns_seen;
    int64_t first_ns, last_ns;
    uint64_t sessions;
};

#define OPT(d, name) ((d)->o.v[FB_DO_##name])

/* ---- detect_gather.c ---- */
uint64_t fb_det_sent_bytes(const struct fb_session *s); /* payload that the originator can have sent */
uint64_t fb_det_received_bytes(const struct fb_session *s);
bool fb_det_is_probe(const struct fb_session *s); /* an attempt that came to nothing */
enum fb_status fb_det_gather(struct fb_detect *d, const struct fb_session *s);

/* ---- detect_series.c ---- */
enum fb_status fb_det_series_add(struct fb_detect *d, struct series *s, int64_t ts_ns, uint64_t bytes);
void fb_det_series_free(struct fb_detect *d, struct series *s);

/* ---- detect_rhythm.c ---- */
/* Long enough and with enough beats to say something. */
bool fb_det_rhythm_fits(const struct fb_detect *d, const struct series *s);
/* What the series says, with its score; a score of 0 when the interval is too short. False: out of memory. */
bool fb_det_rhythm_of(const struct fb_detect *d, const struct series *s, struct rhythm *r);
/* Few beats: fewer than one and a half times the least number. */
bool fb_det_rhythm_is_short(const struct fb_detect *d, const struct rhythm *r);
/* "40 contacts, one every ...", without the full stop. `what`: "contacts". */
void fb_det_rhythm_say(const struct fb_detect *d, const struct series *s, const struct rhythm *r,
                       const char *what, struct fb_buf *out);
unsigned fb_det_rhythm_points(const struct fb_detect *d, const struct rhythm *r);

/* ---- detect_word.c: what texts look like ---- */
/* Printable ASCII of at most size - 1 bytes, '?' for the rest; NUL-padded. */
void fb_det_word_plain(char *out, size_t size, const void *p, size_t n);
/* Whether a label looks like drawn letters: many consonants in a row, or digits among letters. */
bool fb_det_word_is_drawn(const char *p, size_t n);
/* Lower case, %XX and + undone twice: what a web server may make of it. Returns the length. */
size_t fb_det_word_decode(char *out, size_t size, struct fb_span in);
bool fb_det_word_has(const char *text, size_t n, const char *part); /* `text` in lower case */
void fb_det_words_init(struct words *w, const char *const *list);
bool fb_det_words_in(const struct words *w, const char *text, size_t n);
bool fb_det_word_is(struct fb_span s, const char *text); /* whatever the case */

/* ---- detect_dns.c ---- */
uint64_t fb_det_asked_hash(struct fb_span name); /* a member of `seen` when that name was asked for */

/* ---- detect_mark.c ---- */
/* Counts one more; the entry, good until the next call, or NULL: out of memory. */
struct mark *fb_det_mark(struct fb_detect *d, enum mark_rule rule, const struct fb_session *s,
                         const struct fb_addr *resp_h, uint16_t port, struct fb_span text);
/* The same for one that there is; NULL: there is none. */
const struct mark *fb_det_marked(const struct fb_detect *d, enum mark_rule rule, const struct fb_addr *orig_h,
                                 const struct fb_addr *resp_h);

/* ---- detect_dga.c ---- */
/* A question below the registered domain that begins at `at`. */
enum fb_status fb_det_dga(struct fb_detect *d, const struct fb_detect_dns *q, const char *name, size_t n,
                          size_t at);

/* ---- detect_web.c, detect_lateral.c ---- */
void fb_det_web_init(struct fb_detect *d);
bool fb_det_web_is_attack(const struct fb_detect *d, struct fb_span text);
/* `hostile`: the user agent is an attack. */
enum fb_status fb_det_web_attacks(struct fb_detect *d, const struct fb_detect_http *h, bool hostile);
enum fb_status fb_det_lateral(struct fb_detect *d, const struct fb_session *s);
enum fb_status fb_det_policies(struct fb_detect *d, const struct fb_session *s);

/* ---- detect_poll.c ---- */
/* One more request for `what`; `resp_h` NULL: whatever the address. */
enum fb_status fb_det_poll(struct fb_detect *d, const struct fb_session *s, const struct fb_addr *resp_h,
                           struct fb_span what, int64_t ts_ns, uint64_t bytes);

/* ---- detect_host.c: what is known of addresses and ports ---- */
bool fb_det_host_is_private(const struct fb_addr *a); /* RFC 1918, 6598, 4193, loopback, link-local */
bool fb_det_host_is_group(const struct fb_addr *a);   /* multicast, broadcast, unspecified */
bool fb_det_port_is_periodic(uint8_t ip_proto, uint16_t port); /* whose clients beat by nature */
bool fb_det_port_is_auth(uint8_t ip_proto, uint16_t port, const char *service);
bool fb_det_port_is_screen(uint16_t port); /* FTP, a shell or a desktop: people open few of these */
bool fb_det_port_is_stratum(uint16_t port);
bool fb_det_port_is_coin(uint16_t port); /* between the nodes of a currency */
/* A port on which that service is not at home. False for services without a home. */
bool fb_det_port_is_odd(const char *service, uint16_t port);
bool fb_det_service_has(const char *services, const char *one); /* one name of a comma-separated list */

/* ---- detect_domain.c ---- */
/* The registered domain's place in a name: the last label but one, or but two below suffixes such as co.uk.
 * n: there is none. */
size_t fb_det_domain_begins(const char *name, size_t n);
/* The pool's name or NULL: whether the labels of a name speak of mining. */
bool fb_det_domain_is_pool(const char *name, size_t n);

/* ---- detect_finding.c: making findings ---- */
enum fb_status fb_det_note(struct evidence *e, uint64_t number); /* FB_ERR_NOMEM */
void fb_det_evidence_free(struct evidence *e);
void fb_det_sample_add(struct sample *s, const struct fb_addr *a);
struct finding_maker {
    struct fb_finding f;
    struct fb_buf reason;
};
void fb_det_make_begin(struct finding_maker *m, enum fb_finding_kind kind, const struct fb_addr *who);
void fb_det_make_host(struct finding_maker *m, const struct fb_addr *a);
void fb_det_make_pair(struct finding_maker *m, const struct pair *p);
void fb_det_make_evidence(struct finding_maker *m, const struct evidence *e);
/* Severity: base and points together, 1..95. */
void fb_det_make_severity(struct finding_maker *m, unsigned base, unsigned points, unsigned confidence);
void fb_det_make_next(struct finding_maker *m); /* from what the finding says about hosts and port */
enum fb_status fb_det_make_end(struct finding_maker *m, struct fb_findings *out);
void fb_det_put_addr(struct fb_buf *b, const struct fb_addr *a);

/* ---- the rules; each appends what it finds ---- */
enum fb_status fb_det_beacons(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_scans(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_brute(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_exfil(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_dns_tunnels(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_icmp_tunnels(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_long(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_mining(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_odd_ports(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_floods(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_polls(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_dns_beacons(struct fb_detect *d, struct fb_findings *out);
enum fb_status fb_det_marks(struct fb_detect *d, struct fb_findings *out);

#endif
