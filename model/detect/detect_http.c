/* What requests of HTTP give away: programs that are fetched, clients that are no browsers, and what is asked
 * for again and again within sessions that stay open. */
#include "base/hash.h"
#include "model/detect/detect_int.h"

#include <stdio.h>

#define AGENT_MAX 250

static bool one_of(struct fb_span s, const char *const *list)
{
    for (; *list; list++)
        if (fb_det_word_is(s, *list))
            return true;
    return false;
}

/* Without its parameters. */
static struct fb_span media_type(struct fb_span s)
{
    const uint8_t *end = s.n ? memchr(s.p, ';', s.n) : NULL;
    if (end)
        s.n = (size_t)(end - s.p);
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

/* The path of the target, without query and fragment. */
static struct fb_span path_of(struct fb_span uri)
{
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] == '?' || uri.p[i] == '#')
            uri.n = i;
    return uri;
}

static struct fb_span extension_of(struct fb_span path)
{
    size_t at = path.n;
    while (at > 0 && path.p[at - 1] != '.' && path.p[at - 1] != '/')
        at--;
    if (at == 0 || path.p[at - 1] != '.')
        return (struct fb_span){0};
    return (struct fb_span){path.p + at, path.n - at};
}

/* Whether a request was seen that names no host but by its address. */
static bool is_bare(const struct fb_detect_http *h)
{
    char text[FB_ADDR_STRLEN];
    struct fb_addr a;
    struct fb_span host = h->host;
    if (!h->method.p || fb_det_host_is_private(&h->s->resp_h) || fb_det_word_is(h->method, "CONNECT"))
        return false;
    if (host.n && host.p[0] == '[') /* RFC 3986, 3.2.2 */
        host = (struct fb_span){host.p + 1, host.n - 1 - (host.p[host.n - 1] == ']')};
    if (host.n >= sizeof text)
        return false;
    fb_det_word_plain(text, sizeof text, host.p, host.n);
    return host.n == 0 || fb_addr_parse(text, &a);
}

static enum fb_status program(struct fb_detect *d, const struct fb_detect_http *h, enum mark_rule rule)
{
    struct fb_span what = h->uri.p ? h->uri : h->content_type;
    struct mark *m = fb_det_mark(d, rule, h->s, &h->s->resp_h, h->s->resp_p, what);
    if (m)
        m->bytes += h->response_bytes;
    return m ? FB_OK : FB_ERR_NOMEM;
}

/* Windows and Unix programs and scripts, and the builds for small devices that worms fetch. */
static enum fb_status downloads(struct fb_detect *d, const struct fb_detect_http *h)
{
    static const char *const TYPE[] = {"application/x-dosexec",
                                       "application/x-msdownload",
                                       "application/x-msdos-program",
                                       "application/vnd.microsoft.portable-executable",
                                       "application/x-executable",
                                       "application/x-elf",
                                       "application/x-sharedlib",
                                       "application/x-exe",
                                       "application/exe",
                                       "application/x-winexe",
                                       "application/hta",
                                       NULL},
                             *const PROGRAM[] = {"exe", "dll", "scr", "pif", "cpl", "hta",
                                                 "ps1", "vbs", "bat", "elf", "msi", NULL},
                             *const BUILD[] = {"arm",  "arm4",   "arm5", "arm6", "arm7",
                                               "mips", "mipsel", "mpsl", "x86",  "ppc",
                                               "sh4",  "m68k",   "spc",  "sh",   NULL},
                             *const PAGE[] = {"php", "asp", "aspx", "jsp", "cgi",  "html", "htm",
                                              "jpg", "gif", "png",  "txt", "jpeg", "css",  NULL};
    struct fb_span type = media_type(h->content_type), ext = extension_of(path_of(h->uri));
    bool octets = fb_det_word_is(type, "application/octet-stream"), typed = one_of(type, TYPE),
         page = one_of(ext, PAGE), named = one_of(ext, PROGRAM);
    if (h->status != 200 || h->response_bytes < (uint64_t)OPT(d, EXE_BYTES) ||
        fb_det_host_is_private(&h->s->resp_h))
        return FB_OK;
    bool text = type.n >= 5 && memcmp(type.p, "text/", 5) == 0;
    if (is_bare(h) && (typed || named || one_of(ext, BUILD) || (octets && page)))
        return program(d, h, MR_EXE_BARE);
    if (typed && page)
        return program(d, h, MR_EXE_HIDDEN);
    return typed || (named && !text) ? program(d, h, MR_EXE_PLAIN) : FB_OK;
}

/* Letters of both cases and digits that change from one to the next as drawn ones do: a third of the time at
 * least. Names of programs have a few changes. */
static bool is_drawn(const struct fb_detect *d, struct fb_span s)
{
    size_t changes = 0;
    int before = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        int now = c >= 'a' && c <= 'z' ? 1 : c >= 'A' && c <= 'Z' ? 2 : c >= '0' && c <= '9' ? 3 : 0;
        if (!now)
            return false;
        changes += i > 0 && now != before;
        before = now;
    }
    return s.n >= (size_t)OPT(d, AGENT_LETTERS) && changes * 3 >= s.n;
}

static bool has_any(const char *text, size_t n, const char *const *list)
{
    for (; *list; list++)
        if (fb_det_word_has(text, n, *list))
            return true;
    return false;
}

/* What a user agent says of itself; MR_RULES: nothing of note. */
static enum mark_rule judge_agent(const struct fb_detect *d, struct fb_span agent)
{
    static const char *const TOOL[] = {"sqlmap",    "nikto",      "nmap scripting", "masscan", "zgrab",
                                       "dirbuster", "gobuster",   "feroxbuster",    "wpscan",  "wfuzz",
                                       "hydra",     "nessus",     "openvas",        "nuclei",  "acunetix",
                                       "w3af",      "arachni",    "havij",          "zmeu",    "morfeus",
                                       "muieblack", "jorgee",     "metasploit",     "commix",  "fuzz faster",
                                       "dirb ",     "netsparker", "whatweb",        NULL},
                             *const SCRIPT[] = {"windowspowershell", "powershell/", "certutil",
                                                "winhttprequest", NULL},
                             *const CRAWLER[] = {"bot/",     "bot;",      "crawler", "spider",
                                                 "+http://", "+https://", "slurp",   NULL};
    char low[AGENT_MAX];
    size_t n = agent.n < AGENT_MAX ? agent.n : AGENT_MAX;
    for (size_t i = 0; i < n; i++)
        low[i] = (char)(agent.p[i] >= 'A' && agent.p[i] <= 'Z' ? agent.p[i] + 32 : agent.p[i]);
    if (has_any(low, n, TOOL))
        return MR_SCANNER;
    if (is_drawn(d, agent))
        return MR_AGENT_RANDOM;
    if (has_any(low, n, SCRIPT))
        return MR_AGENT_SCRIPT;
    return has_any(low, n, CRAWLER) ? MR_AGENT_CRAWLER : MR_RULES;
}

static bool is_browser(struct fb_span agent)
{
    static const char BROWSER[] = "Mozilla/";
    return agent.n && memmem(agent.p, agent.n, BROWSER, sizeof BROWSER - 1);
}

static enum fb_status clients(struct fb_detect *d, const struct fb_detect_http *h, enum mark_rule rule)
{
    struct fb_span text = h->user_agent;
    if (rule == MR_RULES) {
        if (!fb_det_word_is(h->method, "POST") || is_browser(h->user_agent) || !is_bare(h))
            return FB_OK;
        rule = MR_BARE_POST;
        text = h->uri;
    }
    return fb_det_mark(d, rule, h->s, &h->s->resp_h, h->s->resp_p, text) ? FB_OK : FB_ERR_NOMEM;
}

/* Few user agents stand in many requests: those that say nothing of note are remembered. */
static uint64_t agent_hash(struct fb_span agent)
{
    static const struct fb_hash_key key = {0x757365726167656eULL, 0x747373656e6f6e65ULL};
    return fb_siphash13(&key, agent.p, agent.n);
}

/* What is asked for: method and path, or, where only the replies were seen, what they are. */
static enum fb_status polls(struct fb_detect *d, const struct fb_detect_http *h)
{
    char what[128];
    char method[12], path[100];
    struct fb_span uri = path_of(h->uri);
    if (h->method.p) {
        fb_det_word_plain(method, sizeof method, h->method.p, h->method.n);
        fb_det_word_plain(path, sizeof path, uri.p, uri.n);
        snprintf(what, sizeof what, "%s %s", method, path);
    } else {
        snprintf(what, sizeof what, "replies of %llu bytes", (unsigned long long)h->response_bytes);
    }
    struct fb_span w = {(const uint8_t *)what, strlen(what)};
    return fb_det_poll(d, h->s, &h->s->resp_h, w, h->ts_ns, h->request_bytes + h->response_bytes);
}

/* What a proxy is asked for names somebody else. */
static bool is_own_name(const struct fb_detect_http *h)
{
    return !fb_det_word_is(h->method, "CONNECT") && (h->uri.n == 0 || h->uri.p[0] == '/');
}

enum fb_status fb_detect_http(struct fb_detect *d, const struct fb_detect_http *h)
{
    uint64_t agent = agent_hash(h->user_agent);
    bool known = fb_dset_has(&d->seen, agent), hostile = !known && fb_det_web_is_attack(d, h->user_agent);
    enum mark_rule client = known ? MR_RULES : judge_agent(d, h->user_agent);
    if (!known && !hostile && client == MR_RULES && fb_dset_add(&d->seen, agent) < 0)
        return FB_ERR_NOMEM;
    FB_TRY(fb_det_web_attacks(d, h, hostile));
    FB_TRY(downloads(d, h));
    FB_TRY(clients(d, h, client));
    FB_TRY(polls(d, h));
    if (!h->host.n || !is_own_name(h))
        return FB_OK;
    FB_TRY(fb_det_poll(d, h->s, NULL, h->host, h->s->ts_ns, fb_det_sent_bytes(h->s)));
    return fb_detect_name(d, &h->s->resp_h, (const char *)h->host.p, h->host.n);
}
