#include "cli/pseudonym_cell.h"

#include "base/cursor.h"

#include <stdlib.h>

enum class { UNKNOWN, CLEAR, WORD, HIDDEN, LEFT_OUT };

/* Columns that hold words of this program, or numbers as text. WORD: also words that the other side chose, of
 * which only the usual ones stay. LEFT_OUT: sentences that name hosts. */
static const struct {
    const char *table, *columns;
    enum class class;
} COLUMNS[] = {
    {"dhcp", " msg_type param_list options ", CLEAR},
    {"dns", " protocol opcode_name qclass_name qtype_name rcode_name ttls answer_types more_ttls more_types ",
     CLEAR},
    {"explanation", " anomaly culprits statement explained ", CLEAR},
    {"findings", " kind proto service also evidence ", CLEAR},
    {"findings", " reason next ", LEFT_OUT},
    {"ftp", " command ", WORD},
    {"http", " method version ", WORD},
    {"list_verdict", " conformance ", CLEAR},
    {"model", " form ", CLEAR},
    {"names", " resp_domain_source orig_domain_source ", CLEAR},
    {"ndp", " msg_type ", CLEAR},
    {"score", " anomaly ", CLEAR},
    {"scoring", " model_digest source why drift features_digest ", CLEAR},
    {"ssdp", " method nts ", WORD},
    {"ssh", " hassh hassh_server ", CLEAR},
    {"tls",
     " transport version cipher curve last_alert ssl_history client_version starttls quic_version ja3 ja3s "
     "ja4 ",
     CLEAR},
    {"tls", " next_protocol client_alpn ", WORD},
    {"x509", " key_alg sig_alg key_type exponent curve ", CLEAR},
};

static const char WORDS[] =
    " GET HEAD POST PUT DELETE OPTIONS PATCH CONNECT TRACE PROPFIND 0.9 1.0 1.1 2 3 2.0 3.0 "
    "h2 h3 http/1.0 http/1.1 spdy/3.1 dot doq imap pop3 ftp M-SEARCH NOTIFY ssdp:alive "
    "ssdp:byebye ssdp:update ssdp:discover USER PASS ACCT CWD CDUP QUIT PORT PASV EPRT "
    "EPSV TYPE RETR STOR APPE DELE RMD MKD PWD LIST NLST SIZE MDTM SYST FEAT NOOP AUTH ";

struct fb_pseudonym_cells {
    struct fb_pseudonym *p;
    enum class class[FB_REC_COLS_MAX];
    struct fb_buf text[FB_REC_COLS_MAX];
    struct fb_buf item;
    bool failed;
};

#define TEXT_MAX (4u << 20) /* a row of 64 KiB of labels of one byte, with 17 bytes for each */

enum fb_status fb_pseudonym_cells_new(struct fb_pseudonym *p, struct fb_pseudonym_cells **out,
                                      struct fb_err *err)
{
    struct fb_pseudonym_cells *m = calloc(1, sizeof *m);
    if (!m)
        return fb_err_nomem(err, "pseudonyms");
    m->p = p;
    for (size_t i = 0; i < FB_REC_COLS_MAX; i++)
        fb_buf_init(&m->text[i], TEXT_MAX);
    fb_buf_init(&m->item, TEXT_MAX);
    *out = m;
    return FB_OK;
}

void fb_pseudonym_cells_free(struct fb_pseudonym_cells *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < FB_REC_COLS_MAX; i++)
        fb_buf_release(&m->text[i]);
    fb_buf_release(&m->item);
    free(m);
}

enum fb_status fb_pseudonym_cells_failed(const struct fb_pseudonym_cells *m, struct fb_err *err)
{
    return m && m->failed ? fb_err_nomem(err, "pseudonyms") : FB_OK;
}

/* ---- which columns ---- */

static bool among(const char *words, const void *p, size_t n)
{
    for (const char *w = words + 1; *w; w += strcspn(w, " ") + 1)
        if (strcspn(w, " ") == n && memcmp(w, p, n) == 0)
            return true;
    return false;
}

static enum class class_of(const char *table, const char *column) {
    for (size_t i = 0; i < sizeof COLUMNS / sizeof *COLUMNS;
         i++) if (strcmp(COLUMNS[i].table, table) == 0 &&
                  among(COLUMNS[i].columns, column, strlen(column))) return COLUMNS[i]
        .class;
    return HIDDEN;
}

/* ---- texts ---- */

static void put_hash(struct fb_pseudonym *p, char kind, const void *s, size_t n, struct fb_buf *out)
{
    uint8_t hash[16];
    char hex[17];
    fb_pseudonym_hash(p, s, n, hash);
    fb_hex(hash, 8, hex);
    fb_buf_putc(out, kind);
    fb_buf_puts(out, hex);
}

static bool put_addr(struct fb_pseudonym *p, const char *text, struct fb_buf *out)
{
    struct fb_addr a;
    char shown[FB_ADDR_STRLEN];
    if (!fb_addr_parse(text, &a))
        return false;
    fb_pseudonym_addr(p, &a);
    fb_buf_put(out, shown, fb_addr_format(&a, shown));
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

static bool put_mac(struct fb_pseudonym *p, const char *text, struct fb_buf *out)
{
    uint8_t mac[6];
    if (strlen(text) != 17)
        return false;
    for (int i = 0; i < 6; i++) {
        int hi = hex_digit(text[3 * i]), lo = hex_digit(text[3 * i + 1]);
        if (hi < 0 || lo < 0 || (i < 5 && text[3 * i + 2] != ':' && text[3 * i + 2] != '-'))
            return false;
        mac[i] = (uint8_t)(hi << 4 | lo);
    }
    fb_pseudonym_mac(p, mac);
    fb_buf_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    return true;
}

static bool is_label(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = (char)(s[i] | 0x20);
        if (!(c >= 'a' && c <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-' && s[i] != '_')
            return n == 1 && *s == '*';
    }
    return n > 0;
}

/* Each label becomes a hash of itself and all that follow it: names of one domain keep one ending. The case
 * of letters and a dot at the end are no difference. */
static bool put_name(struct fb_pseudonym *p, char *s, size_t n, struct fb_buf *out)
{
    n -= n > 1 && s[n - 1] == '.';
    for (size_t at = 0; at <= n;) {
        const char *dot = memchr(s + at, '.', n - at);
        size_t len = dot ? (size_t)(dot - (s + at)) : n - at;
        if (!is_label(s + at, len))
            return false;
        at += len + 1;
    }
    for (size_t i = 0; i < n; i++)
        if (s[i] >= 'A' && s[i] <= 'Z')
            s[i] = (char)(s[i] | 0x20);
    for (size_t at = 0; at <= n;) {
        const char *dot = memchr(s + at, '.', n - at);
        size_t len = dot ? (size_t)(dot - (s + at)) : n - at;
        if (at)
            fb_buf_putc(out, '.');
        if (s[at] == '*')
            fb_buf_putc(out, '*');
        else
            put_hash(p, 'n', s + at, n - at, out);
        at += len + 1;
    }
    return true;
}

/* "HOST:PORT", "[ADDRESS]:PORT" and "ADDRESS/BITS": what stands behind the host, or the end of the text. */
static char *tail_of(char *s)
{
    char *colon = strrchr(s, ':'), *slash = strchr(s, '/');
    char *t = slash ? slash : colon && (strchr(s, ':') == colon || colon[-1] == ']') ? colon : NULL;
    size_t n = t ? strspn(t + 1, "0123456789") : 0;
    return n >= 1 && n <= 5 && t[n + 1] == '\0' && t > s ? t : s + strlen(s);
}

static bool put_host(struct fb_pseudonym *p, char *s, struct fb_buf *out)
{
    char tail[8];
    char *end = tail_of(s);
    snprintf(tail, sizeof tail, "%s", end);
    *end = '\0';
    bool bracket = *s == '[' && end > s + 1 && end[-1] == ']';
    if (bracket)
        *--end = '\0';
    fb_buf_puts(out, bracket ? "[" : "");
    bool done = put_addr(p, s + bracket, out) || (!bracket && put_name(p, s, (size_t)(end - s), out));
    fb_buf_puts(out, bracket ? "]" : "");
    fb_buf_puts(out, tail);
    return done;
}

static void put_text(struct fb_pseudonym *p, struct fb_span s, struct fb_buf *out)
{
    char copy[1100];
    size_t from = out->len;
    if (s.n == 0 || (s.n == 1 && *s.p == '.')) {
        fb_buf_put(out, s.p, s.n);
        return;
    }
    if (s.n < sizeof copy && !memchr(s.p, 0, s.n)) {
        memcpy(copy, s.p, s.n);
        copy[s.n] = '\0';
        if (put_addr(p, copy, out) || put_mac(p, copy, out) || put_host(p, copy, out))
            return;
        out->len = from;
    }
    put_hash(p, 'h', s.p, s.n, out);
}

static void put_word(struct fb_pseudonym *p, struct fb_span s, struct fb_buf *out)
{
    if (s.n && among(WORDS, s.p, s.n))
        fb_buf_put(out, s.p, s.n);
    else
        put_text(p, s, out);
}

/* ---- cells ---- */

static void put_list(struct fb_pseudonym_cells *m, bool words, struct fb_span list, struct fb_buf *out)
{
    struct fb_cur c = fb_cur_init(list.p, list.n);
    struct fb_span item;
    while (fb_rec_next_item(&c, &item)) {
        fb_buf_clear(&m->item);
        (words ? put_word : put_text)(m->p, item, &m->item);
        fb_rec_item(out, m->item.data, m->item.len);
        m->failed |= m->item.failed;
    }
}

void fb_pseudonym_cell(struct fb_pseudonym_cells *m, unsigned slot, const char *table, const char *column,
                       enum fb_rec_type type, struct fb_rec_cell *cell)
{
    uint8_t hash[16];
    struct fb_buf *out = &m->text[slot];
    if (cell->null || type == FB_REC_INT || type == FB_REC_TIME)
        return;
    if (m->class[slot] == UNKNOWN)
        m->class[slot] = class_of(table, column);
    bool words = m->class[slot] == WORD;
    if (type == FB_REC_ADDR) {
        fb_pseudonym_addr(m->p, &cell->addr);
        return;
    }
    if (m->class[slot] == CLEAR)
        return;
    fb_buf_clear(out);
    if (type == FB_REC_LIST) {
        put_list(m, words, cell->s, out);
    } else if (type == FB_REC_TEXT) {
        (words ? put_word : put_text)(m->p, cell->s, out);
    } else {
        fb_pseudonym_hash(m->p, cell->s.p, cell->s.n, hash);
        fb_buf_put(out, hash, sizeof hash);
    }
    m->failed |= out->failed;
    cell->null = out->failed || m->class[slot] == LEFT_OUT;
    cell->s = (struct fb_span){out->data, out->len};
}
