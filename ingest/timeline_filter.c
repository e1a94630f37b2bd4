/* libpcap filter expressions, compiled without an interface and without ever asking a name server. */
#include "ingest/timeline_int.h"

#include <pcap/pcap.h>

#define LINKTYPES_MAX 32 /* compiled programs kept; more link types in one timeline take turns */
#define EXPR_MAX      65536
#define SNAPLEN       262144

struct program {
    uint32_t linktype;
    struct bpf_program bpf;
};

struct fb_filter {
    char *expr;
    struct program prog[LINKTYPES_MAX];
    size_t nprog, turn;
};

/* Words of the filter language (pcap-filter(7)) that are no names of hosts or networks. */
static const char *const keywords[] = {"dst",
                                       "src",
                                       "host",
                                       "net",
                                       "mask",
                                       "port",
                                       "portrange",
                                       "proto",
                                       "protochain",
                                       "gateway",
                                       "less",
                                       "greater",
                                       "byte",
                                       "broadcast",
                                       "multicast",
                                       "and",
                                       "or",
                                       "not",
                                       "ether",
                                       "link",
                                       "arp",
                                       "rarp",
                                       "ip",
                                       "sctp",
                                       "tcp",
                                       "udp",
                                       "icmp",
                                       "igmp",
                                       "igrp",
                                       "pim",
                                       "vrrp",
                                       "carp",
                                       "ip6",
                                       "icmp6",
                                       "ah",
                                       "esp",
                                       "atalk",
                                       "aarp",
                                       "decnet",
                                       "lat",
                                       "sca",
                                       "moprc",
                                       "mopdl",
                                       "iso",
                                       "esis",
                                       "es-is",
                                       "isis",
                                       "is-is",
                                       "clnp",
                                       "csnp",
                                       "l1",
                                       "l2",
                                       "iih",
                                       "lsp",
                                       "snp",
                                       "psnp",
                                       "stp",
                                       "ipx",
                                       "netbeui",
                                       "radio",
                                       "fddi",
                                       "tr",
                                       "wlan",
                                       "ppp",
                                       "slip",
                                       "vlan",
                                       "mpls",
                                       "pppoed",
                                       "pppoes",
                                       "geneve",
                                       "vxlan",
                                       "len",
                                       "length",
                                       "inbound",
                                       "outbound",
                                       "ifindex",
                                       "ifname",
                                       "on",
                                       "rnr",
                                       "rulenum",
                                       "reason",
                                       "rset",
                                       "ruleset",
                                       "subrulenum",
                                       "srnr",
                                       "action",
                                       "type",
                                       "subtype",
                                       "dir",
                                       "direction",
                                       "addr1",
                                       "addr2",
                                       "addr3",
                                       "addr4",
                                       "ra",
                                       "ta",
                                       "llc",
                                       "vpi",
                                       "vci",
                                       "lane",
                                       "metac",
                                       "bcc",
                                       "oam",
                                       "oamf4",
                                       "oamf4ec",
                                       "oamf4sc",
                                       "sc",
                                       "ilmic",
                                       "connectmsg",
                                       "icmptype",
                                       "icmpcode",
                                       "icmp6type",
                                       "icmp6code",
                                       "tcpflags",
                                       "tcp-fin",
                                       "tcp-syn",
                                       "tcp-rst",
                                       "tcp-push",
                                       "tcp-ack",
                                       "tcp-urg",
                                       "tcp-ece",
                                       "tcp-cwr",
                                       "icmp-echoreply",
                                       "icmp-unreach",
                                       "icmp-sourcequench",
                                       "icmp-redirect",
                                       "icmp-echo",
                                       "icmp-routeradvert",
                                       "icmp-routersolicit",
                                       "icmp-timxceed",
                                       "icmp-paramprob",
                                       "icmp-tstamp",
                                       "icmp-tstampreply",
                                       "icmp-ireq",
                                       "icmp-ireqreply",
                                       "icmp-maskreq",
                                       "icmp-maskreply",
                                       "icmp6-echo",
                                       "icmp6-echoreply",
                                       "icmp6-routersolicit",
                                       "icmp6-routeradvert",
                                       "icmp6-neighborsolicit",
                                       "icmp6-neighboradvert",
                                       "icmp6-redirect",
                                       "icmp6-packettoobig",
                                       "icmp6-timeexceeded",
                                       "icmp6-parameterproblem",
                                       "icmp6-destinationunreach"};

/* After these a word is a service, a protocol or a frame type: looked up in local tables. */
static const char *const takes_word[] = {"port",    "portrange", "proto",     "protochain", "type",
                                         "subtype", "dir",       "direction", "ifname",     "on",
                                         "reason",  "rset",      "ruleset",   "action",     "llc"};
/* After these the qualifiers of the word before still hold. */
static const char *const joins[] = {"and", "or", "not"};

static bool in_list(const char *w, size_t n, const char *const *list, size_t nlist)
{
    for (size_t i = 0; i < nlist; i++)
        if (strlen(list[i]) == n && memcmp(list[i], w, n) == 0)
            return true;
    return false;
}

/* Numbers and addresses that libpcap's scanner takes as such. Anything else that it calls a name, like 10-20
 * or 1.2.3.4.5. */
static bool is_literal(const char *w, size_t n)
{
    size_t dec = 0, hex = 0, colon = 0, dot = 0, dash = 0;
    for (size_t i = 0; i < n; i++) {
        bool d = w[i] >= '0' && w[i] <= '9',
             h = d || (w[i] >= 'a' && w[i] <= 'f') || (w[i] >= 'A' && w[i] <= 'F');
        dec += d;
        hex += h;
        colon += w[i] == ':';
        dot += w[i] == '.';
        dash += w[i] == '-';
    }
    if (n > 2 && w[0] == '0' && (w[1] | 0x20) == 'x')
        return hex + 1 == n;
    if (dec > 0 && dec + dot == n && dot <= 3)
        return true;
    if (colon)
        return hex + colon + dot == n;
    /* MAC addresses: 00-11-22-33-44-55, 00.11.22.33.44.55, 0011.2233.4455, 001122334455 */
    if (hex + dot + dash != n || (dot && dash))
        return false;
    return (dot + dash == 5 && n <= 17) || (dot == 2 && n == 14) || (dot + dash == 0 && n == 12);
}

static bool word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_' || c == ':';
}

/* libpcap would ask the resolver for any word that it does not know. Such words are refused before it sees
 * them. */
static enum fb_status refuse_names(const char *expr, struct fb_err *err)
{
    bool words_ok = false;
    for (const char *p = expr; *p;) {
        if (*p == ')')
            words_ok = false;
        if (!word_char(*p)) {
            p++;
            continue;
        }
        size_t n = 0;
        bool in_brackets = p > expr && p[-1] == '[', escaped = p > expr && p[-1] == '\\';
        while (word_char(p[n]))
            n++;
        if (!escaped && in_list(p, n, takes_word, sizeof takes_word / sizeof *takes_word))
            words_ok = true;
        else if (!escaped && in_list(p, n, keywords, sizeof keywords / sizeof *keywords))
            words_ok = words_ok && in_list(p, n, joins, sizeof joins / sizeof *joins);
        else if (!is_literal(p, n) && !words_ok && !in_brackets)
            return fb_err_set(
                err, FB_ERR_USAGE,
                "the filter names \"%.*s\", which would have to be looked up; give an address instead",
                (int)(n < 60 ? n : 60), p);
        p += n;
    }
    return FB_OK;
}

/* LINKTYPE_ in files to DLT_ of this system, where they differ (libpcap's pcap-common.c). */
static int to_dlt(uint32_t linktype)
{
    switch (linktype) {
    case 100:
        return DLT_ATM_RFC1483;
    case 101:
        return DLT_RAW;
    case 102:
        return DLT_SLIP_BSDOS;
    case 103:
        return DLT_PPP_BSDOS;
    case 106:
        return DLT_ATM_CLIP;
    default:
        return (int)linktype;
    }
}

static bool compile(const char *expr, uint32_t linktype, struct bpf_program *out, char *msg, size_t nmsg)
{
    pcap_t *p = pcap_open_dead(to_dlt(linktype), SNAPLEN);
    if (!p) {
        snprintf(msg, nmsg, "out of memory");
        return false;
    }
    bool ok = pcap_compile(p, out, expr, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!ok)
        snprintf(msg, nmsg, "%s", pcap_geterr(p));
    pcap_close(p);
    return ok;
}

enum fb_status fb_filter_new(const char *expr, struct fb_filter **out, struct fb_err *err)
{
    /* An expression is good when it is for one of these: Ethernet, raw IP, 802.11, Linux cooked, PFLOG. */
    static const uint32_t tries[] = {1, 101, 105, 113, 117};
    char msg[160] = "", other[160];
    if (strlen(expr) > EXPR_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "the filter is longer than %d characters", EXPR_MAX);
    FB_TRY(refuse_names(expr, err));
    bool ok = false;
    for (size_t i = 0; i < sizeof tries / sizeof *tries && !ok; i++) {
        struct bpf_program b;
        ok = compile(expr, tries[i], &b, i ? other : msg, sizeof msg);
        if (ok)
            pcap_freecode(&b);
    }
    if (!ok)
        return fb_err_set(err, FB_ERR_USAGE, "the filter does not hold: %s (see pcap-filter(7))", msg);
    struct fb_filter *f = calloc(1, sizeof *f);
    if (f)
        f->expr = strdup(expr);
    if (!f || !f->expr) {
        free(f);
        return fb_err_nomem(err, "the filter");
    }
    *out = f;
    return FB_OK;
}

static struct program *program_for(struct fb_filter *f, uint32_t linktype, struct fb_err *err)
{
    for (size_t i = 0; i < f->nprog; i++)
        if (f->prog[i].linktype == linktype)
            return &f->prog[i];
    char msg[160] = "";
    struct bpf_program b;
    if (!compile(f->expr, linktype, &b, msg, sizeof msg)) {
        fb_err_set(err, FB_ERR_USAGE, "the filter cannot be applied to packets of link type %u: %s", linktype,
                   msg);
        return NULL;
    }
    struct program *p = &f->prog[f->nprog < LINKTYPES_MAX ? f->nprog++ : f->turn++ % LINKTYPES_MAX];
    pcap_freecode(&p->bpf);
    *p = (struct program){linktype, b};
    return p;
}

enum fb_status fb_filter_match(struct fb_filter *f, const struct fb_record *rec, bool *match,
                               struct fb_err *err)
{
    struct program *p =
        f->nprog && f->prog[0].linktype == rec->linktype ? &f->prog[0] : program_for(f, rec->linktype, err);
    if (!p)
        return FB_ERR_USAGE;
    struct pcap_pkthdr h = {.caplen = rec->caplen, .len = rec->wirelen};
    *match = pcap_offline_filter(&p->bpf, &h, rec->data) != 0;
    return FB_OK;
}

void fb_filter_free(struct fb_filter *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->nprog; i++)
        pcap_freecode(&f->prog[i].bpf);
    free(f->expr);
    free(f);
}
