/* Attacks in what HTTP asks for: target, user agent and referrer. Bodies are not kept, so what stands there
 * is not seen. */
#include "model/detect/detect_int.h"

#define TEXT_MAX 4096

/* Lower case, escapes undone. Each stands for an attack by itself: no page asks for these. */
static const char *const ATTACK[] = {
    /* SQL, CWE-89 */
    "' or '1'='1", "' or 1=1", "\" or 1=1", "information_schema", "benchmark(", "waitfor delay",
    "xp_cmdshell", "load_file(", "into outfile", "extractvalue(", "updatexml(", "' and sleep(", "pg_sleep(",
    "@@version",
    /* commands and code, CWE-78, 94 */
    ";wget ", ";curl ", "|wget ", "`wget ", "$(wget ", "; wget ", "; curl ", "wget http", "/bin/sh",
    "/bin/bash", "cmd.exe", "powershell ", "() {", "() { :;", "system(", "passthru(", "shell_exec(",
    "base64_decode(", "eval(", "phpinfo(", "invokefunction", "allow_url_include", "#_memberaccess", "%{(#",
    "class.classloader", "<?php", "php://input",
    /* names looked up, CVE-2021-44228 */
    "${jndi:", "${${", "${lower:", "${upper:", "${env:",
    /* files, CWE-22 */
    "../../../", "..\\..\\", "/etc/passwd", "/etc/shadow", "/proc/self/environ", "win.ini", "boot.ini",
    /* scripts, CWE-79 */
    "<script", "onerror=", "<svg/onload", "javascript:alert", "document.cookie", NULL};

/* What is looked for before an attack: administration, backups, holes that are known. */
static const char *const RECON[] = {"/.env",
                                    "/.git/",
                                    "/wp-config.php",
                                    "/phpmyadmin",
                                    "/manager/html",
                                    "/gponform",
                                    "/setup.cgi",
                                    "/cgi-bin/luci",
                                    "/boaform",
                                    "/_ignition",
                                    "/vendor/phpunit",
                                    "/solr/admin",
                                    "/actuator/",
                                    "/wls-wsat/",
                                    "/invoker/",
                                    "/jmx-console",
                                    "/.aws/",
                                    "/.ssh/",
                                    "/server-status",
                                    "/xmlrpc.php",
                                    "/shell?",
                                    "/tmunblock.cgi",
                                    "/webdav/",
                                    "/muieblackcat",
                                    "/w00tw00t",
                                    "/remote/fgt_lang",
                                    "/owa/auth/x.js",
                                    "/autodiscover.json?",
                                    "/druid/index",
                                    "/cgi-bin/test",
                                    "/cgi-bin/status",
                                    "/.well-known/../",
                                    "/nmaplowercheck",
                                    "/evox/about",
                                    NULL};

static bool begins(const char *p, const char *end, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* "select", after blanks, brackets, comments, ALL and DISTINCT. */
static bool select_follows(const char *p, const char *end)
{
    while (p < end) {
        if (begins(p, end, "/*")) {
            const char *close = memmem(p + 2, (size_t)(end - p - 2), "*/", 2);
            if (!close)
                return false;
            p = close + 2;
        } else if (strchr(" \t\r\n()", *p)) {
            p++;
        } else if (begins(p, end, "all")) {
            p += 3;
        } else if (begins(p, end, "distinct")) {
            p += 8;
        } else {
            break;
        }
    }
    return begins(p, end, "select") && (p + 6 == end || !is_letter(p[6]));
}

static bool has_union(const char *p, size_t n)
{
    static const char UNION[] = "union";
    const char *end = p + n, *at = p;
    while ((at = memmem(at, (size_t)(end - at), UNION, sizeof UNION - 1))) {
        bool alone = at == p || !is_letter(at[-1]);
        at += sizeof UNION - 1;
        if (alone && at < end && !is_letter(*at) && select_follows(at, end))
            return true;
    }
    return false;
}

void fb_det_web_init(struct fb_detect *d)
{
    fb_det_words_init(&d->attack, ATTACK);
    fb_det_words_init(&d->recon, RECON);
}

static bool attacks(const struct fb_detect *d, struct fb_span s, bool *looks)
{
    char text[TEXT_MAX];
    size_t n = fb_det_word_decode(text, sizeof text, s);
    if (looks)
        *looks = fb_det_words_in(&d->recon, text, n);
    return fb_det_words_in(&d->attack, text, n) || has_union(text, n);
}

bool fb_det_web_is_attack(const struct fb_detect *d, struct fb_span text)
{
    return attacks(d, text, NULL);
}

enum fb_status fb_det_web_attacks(struct fb_detect *d, const struct fb_detect_http *h, bool hostile)
{
    enum mark_rule rule = MR_WEB_ATTACK;
    struct fb_span what = h->uri;
    bool looks = false;
    if (!attacks(d, h->uri, &looks)) {
        if (hostile)
            what = h->user_agent;
        else if (attacks(d, h->referrer, NULL))
            what = h->referrer;
        else if (looks)
            rule = MR_WEB_RECON;
        else
            return FB_OK;
    }
    return fb_det_mark(d, rule, h->s, &h->s->resp_h, h->s->resp_p, what) ? FB_OK : FB_ERR_NOMEM;
}
