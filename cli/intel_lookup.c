#include "cli/intel_lookup.h"

#include "base/escape.h"
#include "cli/intel_find.h"
#include "cli/intel_print.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/table.h"
#include "intel/packs/text_rows.h"

#define WIDTH 15 /* of the names in front of answers */

/* What is asked for. */
struct question {
    const char *word;
    enum { ADDRESS, MAC, PORT } kind;
    struct fb_addr addr;
    uint8_t mac[6];
    uint16_t port;
    uint8_t protos[2]; /* 0: none */
};

/* "443", "443/tcp". */
static bool parse_port(struct fb_span s, struct question *q)
{
    const uint8_t *slash = memchr(s.p, '/', s.n);
    uint64_t port;
    struct fb_span number = {s.p, slash ? (size_t)(slash - s.p) : s.n};
    if (!fb_span_u64(number, 65535, &port))
        return false;
    q->port = (uint16_t)port;
    if (!slash) {
        q->protos[0] = 6;
        q->protos[1] = 17;
        return true;
    }
    q->protos[0] = fb_ip_proto_from_name((struct fb_span){slash + 1, s.n - number.n - 1});
    return q->protos[0] != 0;
}

static bool parse(const char *word, struct question *q)
{
    struct fb_span s = {(const uint8_t *)word, strlen(word)};
    *q = (struct question){.word = word};
    q->kind = ADDRESS;
    if (fb_addr_parse(word, &q->addr))
        return true;
    q->kind = MAC;
    if (fb_mac_parse(s, q->mac))
        return true;
    q->kind = PORT;
    return s.n && parse_port(s, q);
}

static void put_text(struct fb_buf *b, const struct fb_intel *k, const struct question *q)
{
    size_t start;
    fb_escape_term(b, q->word, strlen(q->word));
    fb_buf_putc(b, '\n');
    start = b->len;
    if (q->kind == ADDRESS)
        fb_intel_put_addr(b, k, &q->addr, "  ", WIDTH);
    else if (q->kind == MAC)
        fb_intel_put_mac(b, k, q->mac, "  ", WIDTH);
    for (int i = 0; q->kind == PORT && i < 2 && q->protos[i]; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "  %s_", fb_ip_proto_name(q->protos[i]));
        fb_intel_put_port(b, k, q->protos[i], q->port, prefix, WIDTH + 5);
    }
    if (b->len == start)
        fb_buf_puts(b, "  nothing is known\n");
}

static void put_json(struct fb_buf *b, const struct fb_intel *k, const struct question *q)
{
    for (int i = 0; i < (q->kind == PORT ? 2 : 1); i++) {
        if (q->kind == PORT && !q->protos[i])
            break;
        fb_buf_puts(b, "{\"query\":");
        fb_escape_json(b, q->word, strlen(q->word));
        fb_buf_putc(b, ',');
        if (q->kind == ADDRESS)
            fb_intel_json_addr(b, k, &q->addr);
        else if (q->kind == MAC)
            fb_intel_json_mac(b, k, q->mac);
        if (q->kind == PORT) {
            fb_buf_printf(b, "\"proto\":\"%s\",", fb_ip_proto_name(q->protos[i]));
            fb_intel_json_port(b, k, q->protos[i], q->port);
        }
        fb_intel_json_pack(b, k);
        fb_buf_puts(b, "}\n");
    }
}

/* Opens the pack or prints why not; -1 or an exit code. */
static int open_pack(const char *verb, const char *given, char path[static PATH_MAX], struct fb_intel **k)
{
    struct fb_err err = {0};
    if (fb_intel_find_open(given, path, k, &err) != FB_OK)
        return fb_cli_fail(&err);
    if (!*k)
        return fb_cli_usage(verb, "packs are turned off (none)");
    return -1;
}

static void say_missing(const struct fb_intel *k)
{
    char missing[64];
    if (fb_intel_missing(k, missing)[0])
        fb_cli_say("no data set of: %s (see: fbforensics intel install)", missing);
}

int fb_intel_lookup(int argc, char **argv)
{
    const char *given = NULL;
    bool json = false;
    const struct fb_opt opts[] = {
        FB_OPT_INTEL(given), {'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "JSON lines"}, {0}};
    static const struct fb_cli_help help = {"intel lookup", "ADDR|MAC|PORT[/PROTO]...",
                                            "What the intelligence pack says about addresses, MACs and "
                                            "ports, each with the data set it comes from.",
                                            "  fbforensics intel lookup 1.1.1.1 00:1b:21:00:00:01 445/tcp\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs < 1)
        return fb_cli_usage(help.verb, "an address, a MAC or a port is needed");
    struct question q;
    for (int i = 0; i < nargs; i++)
        if (!parse(argv[i], &q))
            return fb_cli_usage(help.verb, "\"%s\" is neither an address nor a MAC nor a port", argv[i]);
    char path[PATH_MAX];
    struct fb_intel *k;
    code = open_pack(help.verb, given, path, &k);
    if (code >= 0)
        return code;
    struct fb_out out;
    struct fb_err err = {0};
    fb_out_open(&out, NULL, &err);
    for (int i = 0; i < nargs; i++) {
        parse(argv[i], &q);
        json ? put_json(&out.buf, k, &q) : put_text(&out.buf, k, &q);
        if (fb_out_row(&out) != FB_OK)
            break;
    }
    enum fb_status st = fb_out_close(&out, &err);
    say_missing(k);
    fb_intel_close(k);
    return st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}

static void info_json(struct fb_out *out, const char *path, const struct fb_intel *k)
{
    fb_buf_puts(&out->buf, "{\"pack\":");
    fb_json_span(&out->buf, (struct fb_span){(const uint8_t *)path, strlen(path)});
    fb_buf_putc(&out->buf, ',');
    fb_intel_json_pack(&out->buf, k);
    fb_buf_puts(&out->buf, "}\n");
}

static enum fb_status info_table(struct fb_out *out, const struct fb_intel *k, struct fb_err *err)
{
    static const char *const heading[] = {"name", "kind", "version", "date", "entries", "licence", "source"};
    static const bool right[] = {false, false, false, false, true, false, false};
    struct fb_table *t;
    FB_TRY(fb_table_new(out, heading, right, 7, &t, err));
    for (size_t i = 0; i < fb_intel_sets(k); i++) {
        const struct fb_dataset_info *d = fb_intel_set(k, i);
        const char *kind = fb_dataset_kind_name(d->kind);
        char n[24];
        int len = snprintf(n, sizeof n, "%llu", (unsigned long long)d->entries);
        fb_table_cell(t, d->name.p, d->name.n);
        fb_table_cell(t, kind, strlen(kind));
        fb_table_cell(t, d->version.p, d->version.n);
        fb_table_cell(t, d->date.p, d->date.n);
        fb_table_cell(t, n, (size_t)len);
        fb_table_cell(t, d->licence.p, d->licence.n);
        fb_table_cell(t, d->source.p, d->source.n);
        if (fb_table_end_row(t) != FB_OK)
            break;
    }
    return fb_table_finish(t);
}

static void info_head(struct fb_out *out, const char *path, const struct fb_intel *k)
{
    char hex[FB_DIGEST_HEXLEN], missing[64];
    const struct fb_digest *d = fb_intel_digest(k);
    fb_buf_puts(&out->buf, "pack      ");
    if (d) {
        fb_escape_term(&out->buf, path, strlen(path));
        fb_hex(d->b, FB_DIGEST_LEN, hex);
        fb_buf_printf(&out->buf, "\ndigest    %s\n", hex);
    } else {
        fb_buf_puts(&out->buf, "none; what is built in is there\n");
    }
    if (fb_intel_missing(k, missing)[0])
        fb_buf_printf(&out->buf, "missing   %s\n", missing);
    fb_buf_putc(&out->buf, '\n');
}

int fb_intel_info(int argc, char **argv)
{
    const char *given = NULL;
    bool json = false;
    const struct fb_opt opts[] = {{'j', "json", FB_OPT_FLAG, &json, NULL, NULL, "one JSON object"}, {0}};
    static const struct fb_cli_help help = {
        "intel info", "[PACK]",
        "The data sets of an intelligence pack: version, date, entries, licence, source.",
        "  fbforensics intel info\n  fbforensics intel info my.fbpack --json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs > 1)
        return fb_cli_usage(help.verb, "one pack at most");
    given = nargs ? argv[0] : NULL;
    char path[PATH_MAX];
    struct fb_intel *k;
    code = open_pack(help.verb, given, path, &k);
    if (code >= 0)
        return code;
    struct fb_out out;
    struct fb_err err = {0};
    enum fb_status st = FB_OK;
    fb_out_open(&out, NULL, &err);
    if (json) {
        info_json(&out, path, k);
    } else {
        info_head(&out, path, k);
        st = info_table(&out, k, &err);
    }
    enum fb_status closed = fb_out_close(&out, st == FB_OK || st == FB_EOF ? &err : NULL);
    fb_intel_close(k);
    return (st != FB_OK && st != FB_EOF) || closed != FB_OK ? fb_cli_fail(&err) : FB_EXIT_OK;
}

int fb_intel_verify(int argc, char **argv)
{
    const struct fb_opt opts[] = {{0}};
    static const struct fb_cli_help help = {"intel verify", "[PACK]",
                                            "Checks a pack: its digest, the digest of every data set, and "
                                            "that every entry has the form it must have.",
                                            "  fbforensics intel verify my.fbpack\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs > 1)
        return fb_cli_usage(help.verb, "one pack at most");
    char path[PATH_MAX], hex[FB_DIGEST_HEXLEN];
    struct fb_intel *k;
    code = open_pack(help.verb, nargs ? argv[0] : NULL, path, &k);
    if (code >= 0)
        return code;
    const struct fb_digest *d = fb_intel_digest(k);
    if (!d) {
        fb_intel_close(k);
        fb_cli_say("no pack was found");
        return FB_EXIT_INPUT;
    }
    fb_hex(d->b, FB_DIGEST_LEN, hex);
    printf("good      %s\n", hex);
    fb_intel_close(k);
    return FB_EXIT_OK;
}
