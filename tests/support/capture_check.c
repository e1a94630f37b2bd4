#include "tests/support/capture_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static uint32_t number(const uint8_t *p, unsigned bytes, bool big)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | p[big ? i : bytes - 1 - i];
    return v;
}

char *check_slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot read %s", path);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    rewind(f);
    assert_true(size >= 0);
    char *t = malloc((size_t)size + 1);
    assert_non_null(t);
    assert_int_equal(fread(t, 1, (size_t)size, f), size);
    t[size] = '\0';
    fclose(f);
    *n = (size_t)size;
    return t;
}

static struct check_packet *add(struct check_capture *c)
{
    if ((c->n & (c->n - 1)) == 0) {
        c->packet = realloc(c->packet, (c->n ? c->n * 2 : 1) * sizeof *c->packet);
        assert_non_null(c->packet);
    }
    return &c->packet[c->n++];
}

static void read_pcap(struct check_capture *c, bool big, bool nano)
{
    uint32_t linktype = number(c->file + 20, 4, big);
    size_t at = 24;
    c->snaplen = number(c->file + 16, 4, big);
    while (at < c->size) {
        assert_true(c->size - at >= 16);
        const uint8_t *h = c->file + at;
        struct check_packet *p = add(c);
        int64_t fraction = number(h + 4, 4, big);
        assert_true(fraction < (nano ? 1000000000 : 1000000));
        *p = (struct check_packet){.ts_ns = number(h, 4, big) * 1000000000LL + fraction * (nano ? 1 : 1000),
                                   .p = h + 16,
                                   .captured = number(h + 8, 4, big),
                                   .wire = number(h + 12, 4, big),
                                   .linktype = linktype};
        at += 16;
        assert_true(p->captured <= c->size - at);
        at += p->captured;
    }
}

static void read_pcapng(struct check_capture *c)
{
    bool big = c->file[8] == 0x1a;
    uint32_t linktype = 0;
    int64_t unit_ns = 1000;
    for (size_t at = 0; at < c->size;) {
        assert_true(c->size - at >= 12);
        const uint8_t *b = c->file + at;
        uint32_t type = number(b, 4, big), len = number(b + 4, 4, big);
        assert_true(len >= 12 && len % 4 == 0 && len <= c->size - at);
        assert_int_equal(number(b + len - 4, 4, big), len);
        if (type == 1) {
            linktype = number(b + 8, 2, big);
            c->snaplen = number(b + 12, 4, big);
            if (len > 20 && number(b + 16, 2, big) == 9)
                unit_ns = b[20] == 9 ? 1 : -1;
            assert_true(unit_ns > 0);
        } else if (type == 6) {
            struct check_packet *p = add(c);
            uint64_t t = (uint64_t)number(b + 12, 4, big) << 32 | number(b + 16, 4, big);
            *p = (struct check_packet){.ts_ns = (int64_t)t * unit_ns,
                                       .p = b + 28,
                                       .captured = number(b + 20, 4, big),
                                       .wire = number(b + 24, 4, big),
                                       .linktype = linktype};
            assert_true(p->captured <= len - 32 && len - 32 - p->captured < 4);
        } else {
            assert_int_equal(type, 0x0a0d0d0a);
        }
        at += len;
    }
}

void check_capture_read(struct check_capture *c, const char *path)
{
    *c = (struct check_capture){0};
    c->file = (uint8_t *)check_slurp(path, &c->size);
    assert_true(c->size >= 24);
    switch (number(c->file, 4, true)) {
    case 0xa1b2c3d4:
        read_pcap(c, true, false);
        break;
    case 0xd4c3b2a1:
        read_pcap(c, false, false);
        break;
    case 0xa1b23c4d:
        read_pcap(c, true, true);
        break;
    case 0x4d3cb2a1:
        read_pcap(c, false, true);
        break;
    case 0x0a0d0d0a:
        read_pcapng(c);
        break;
    default:
        fail_msg("%s is no capture", path);
    }
    for (size_t i = 0; i < c->n; i++)
        assert_true(c->packet[i].captured <= c->snaplen && c->packet[i].captured <= c->packet[i].wire);
}

void check_capture_release(struct check_capture *c)
{
    free(c->file);
    free(c->packet);
    *c = (struct check_capture){0};
}

/* RFC 1071 the plain way: the one's complement sum over everything, checksum field included, is all ones. */
static uint32_t ones_sum(const uint8_t *p, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++) {
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static bool transport_bad(const uint8_t *addresses, size_t address_bytes, uint8_t proto, const uint8_t *p,
                          size_t n)
{
    uint8_t rest[4] = {0, proto, (uint8_t)(n >> 8), (uint8_t)n};
    uint32_t sum = proto == 1 ? 0 : ones_sum(rest, 4, ones_sum(addresses, address_bytes, 0));
    if (proto != 1 && proto != 6 && proto != 17 && proto != 58)
        return false;
    if (proto == 17 && n >= 8 && p[6] == 0 && p[7] == 0)
        return address_bytes == 32; /* IPv6 must have one */
    return ones_sum(p, n, sum) != 0xffff;
}

unsigned check_bad_sums(const struct check_packet *p)
{
    if (p->linktype != 1 || p->captured < p->wire || p->captured < 34)
        return 0;
    const uint8_t *ip = p->p + 14;
    uint32_t type = number(p->p + 12, 2, true), room = p->captured - 14;
    if (type == 0x0800) {
        uint32_t total = number(ip + 2, 2, true);
        unsigned bad = ones_sum(ip, 20, 0) != 0xffff;
        assert_true(ip[0] == 0x45 && total >= 20 && total <= room);
        if ((number(ip + 6, 2, true) & 0x3fff) == 0 && transport_bad(ip + 12, 8, ip[9], ip + 20, total - 20))
            bad |= 2;
        return bad;
    }
    if (type == 0x86dd && room >= 40) {
        uint32_t n = number(ip + 4, 2, true);
        assert_true(ip[0] >> 4 == 6 && n + 40 <= room);
        return transport_bad(ip + 8, 32, ip[6], ip + 40, n) ? 2 : 0;
    }
    return 0;
}

static const char *build(void)
{
    const char *b = getenv("B");
    return b && *b ? b : "build";
}

int check_run(const char *program, const char *arguments, const char *out)
{
    char command[4096];
    int n = snprintf(command, sizeof command, "'%s/%s' %s >'%s' 2>&1", build(), program, arguments, out);
    assert_true(n > 0 && (size_t)n < sizeof command);
    int rc = system(command);
    assert_true(rc != -1 && WIFEXITED(rc));
    return WEXITSTATUS(rc);
}

const char *check_dir(void)
{
    static char dir[512];
    if (!dir[0]) {
        snprintf(dir, sizeof dir, "%s/tests/fx-XXXXXX", build());
        assert_non_null(mkdtemp(dir));
    }
    return dir;
}

const char *check_path(const char *fmt, ...)
{
    static char path[4][1024];
    static unsigned turn;
    char name[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", check_dir(), name);
    return p;
}
