/* DNS messages, transactions, and which name a session gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "intel/name_join.h"
#include "intel/names_def.h"
#include "intel/wire/dns.h"
#include "intel/wire/dns_def.h"
#include "intel/wire/dns_msg.h"
#include "intel/wire/observer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- messages put together ---- */

struct msg {
    uint8_t b[70000];
    size_t n;
};

static void put(struct msg *m, const void *p, size_t n)
{
    memcpy(m->b + m->n, p, n);
    m->n += n;
}

static void put16(struct msg *m, unsigned v)
{
    fb_store_be16(m->b + m->n, (uint16_t)v);
    m->n += 2;
}

static void put32(struct msg *m, uint32_t v)
{
    fb_store_be32(m->b + m->n, v);
    m->n += 4;
}

static void name(struct msg *m, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, ".");
        m->b[m->n++] = (uint8_t)n;
        put(m, text, n);
        text += n + (text[n] == '.');
    }
    m->b[m->n++] = 0;
}

static void head(struct msg *m, unsigned id, unsigned flags, unsigned qd, unsigned an, unsigned ar)
{
    m->n = 0;
    put16(m, id);
    put16(m, flags);
    put16(m, qd);
    put16(m, an);
    put16(m, 0);
    put16(m, ar);
}

static void question(struct msg *m, const char *text, unsigned type)
{
    name(m, text);
    put16(m, type);
    put16(m, 1);
}

static void record(struct msg *m, const char *owner, unsigned type, uint32_t ttl, const void *data, size_t n)
{
    if (owner)
        name(m, owner);
    else
        put16(m, 0xc00c);
    put16(m, type);
    put16(m, 1);
    put32(m, ttl);
    put16(m, (unsigned)n);
    put(m, data, n);
}

static void a_reply(struct msg *m, unsigned id, const char *asked, uint32_t ttl, const uint8_t addr[4])
{
    head(m, id, 0x8180, 1, 1, 0);
    question(m, asked, 1);
    record(m, NULL, 1, ttl, addr, 4);
}

/* ---- a parser that is fed, and its rows as text ---- */

struct taken {
    struct fb_observe_out out;
    struct fb_buf text, row;
    size_t rows;
    const struct fb_rec_def *def;
};

static void take(struct fb_observe_out *out, const struct fb_rec_def *def, const struct fb_seen *at,
                 struct fb_span row)
{
    struct taken *t = (struct taken *)out;
    struct fb_rec_cell c[FB_REC_COLS_MAX];
    assert_true(fb_rec_read(def, row, c));
    t->rows++;
    t->def = def;
    fb_buf_clear(&t->row);
    fb_buf_put(&t->row, row.p, row.n);
    fb_buf_printf(&t->text, "#%llu", (unsigned long long)at->ordinal);
    for (size_t i = 0; i < def->ncols; i++) {
        if (c[i].null || def->cols[i].type == FB_REC_TIME || def->cols[i].type == FB_REC_ADDR)
            continue;
        fb_buf_printf(&t->text, " %s=", def->cols[i].name);
        struct fb_cur list = fb_cur_init(c[i].s.p, c[i].s.n);
        struct fb_span item;
        if (def->cols[i].type == FB_REC_INT)
            fb_buf_put_i64dec(&t->text, c[i].i);
        else if (def->cols[i].type != FB_REC_LIST)
            fb_buf_put(&t->text, c[i].s.p, c[i].s.n);
        else
            for (int k = 0; fb_rec_next_item(&list, &item); k++) {
                fb_buf_puts(&t->text, k ? "|" : "");
                fb_buf_put(&t->text, item.p, item.n);
            }
    }
    fb_buf_putc(&t->text, '\n');
}

struct talk {
    struct taken t;
    void *state;
    uint64_t ordinal;
    const struct fb_observer *ops;
};

static void talk_open(struct talk *k, const struct fb_observer *ops, uint8_t ip_proto, const char *to,
                      uint16_t from_p, uint16_t to_p)
{
    *k = (struct talk){.t.out.put = take, .ops = ops};
    fb_buf_init(&k->t.text, (size_t)64 << 20);
    fb_buf_init(&k->t.row, FB_REC_BYTES_MAX);
    struct fb_observed_flow f = {.ip_proto = ip_proto, .orig_p = from_p, .resp_p = to_p};
    assert_true(fb_addr_parse("10.0.0.2", &f.orig_h));
    assert_true(fb_addr_parse(to, &f.resp_h));
    k->state = ops->open(&f);
    assert_non_null(k->state);
}

static unsigned say(struct talk *k, bool from_orig, const void *p, size_t n)
{
    struct fb_seen at = {
        .ts_ns = (int64_t)(k->ordinal + 1) * 1000, .ordinal = k->ordinal + 1, .from_orig = from_orig};
    k->ordinal++;
    uint8_t *copy = malloc(n ? n : 1); /* exactly these bytes, for the sanitizers */
    assert_non_null(copy);
    if (n)
        memcpy(copy, p, n);
    unsigned bits = k->ops->data(k->state, &at, copy, n, &k->t.out);
    free(copy);
    return bits;
}

static const char *hang_up(struct talk *k)
{
    struct fb_seen at = {.ts_ns = 99, .ordinal = 99};
    if (k->state)
        k->ops->close(k->state, &at, &k->t.out);
    k->state = NULL;
    return fb_buf_cstr(&k->t.text);
}

static void talk_release(struct talk *k)
{
    hang_up(k);
    fb_buf_release(&k->t.text);
    fb_buf_release(&k->t.row);
}

static const uint8_t ADDR[4] = {192, 0, 2, 7};

static void a_query_and_its_answer_are_one_row_at_the_answer(void **state)
{
    (void)state;
    static struct msg m;
    struct talk k;
    talk_open(&k, &fb_dns_proto.ops, 17, "10.0.0.1", 4000, 53);
    head(&m, 7, 0x0100, 1, 0, 0);
    question(&m, "www.Example.com", 1);
    say(&k, true, m.b, m.n);
    assert_int_equal(k.t.rows, 0);
    a_reply(&m, 7, "www.example.COM", 60, ADDR);
    say(&k, false, m.b, m.n);
    assert_int_equal(k.t.rows, 1);
    assert_string_equal(
        hang_up(&k),
        "#2 protocol=dns trans_id=7 rtt_ns=1000 opcode=0 opcode_name=query query=www.Example.com "
        "qclass=1 qclass_name=C_INTERNET qtype=1 qtype_name=A rcode=0 rcode_name=NOERROR aa=0 tc=0 "
        "rd=1 ra=1 z=0 rejected=0 total_answers=1 answers=192.0.2.7 ttls=60 "
        "answer_names=www.example.COM answer_types=A answer_details=\n");
    talk_release(&k);
}

static void an_answer_to_another_question_or_from_the_wrong_side_answers_nothing(void **state)
{
    (void)state;
    static struct msg m;
    struct talk k;
    talk_open(&k, &fb_dns_proto.ops, 17, "10.0.0.1", 4000, 53);
    head(&m, 7, 0x0100, 1, 0, 0);
    question(&m, "a.example", 1);
    say(&k, true, m.b, m.n);
    a_reply(&m, 7, "b.example", 60, ADDR);
    say(&k, false, m.b, m.n); /* another name */
    a_reply(&m, 8, "a.example", 60, ADDR);
    say(&k, false, m.b, m.n); /* another id */
    a_reply(&m, 7, "a.example", 60, ADDR);
    say(&k, true, m.b, m.n); /* the client itself */
    assert_int_equal(k.t.rows, 3);
    assert_null(strstr(fb_buf_cstr(&k.t.text), "rtt_ns"));
    const char *text = hang_up(&k);
    assert_int_equal(k.t.rows, 4);
    const char *last = strstr(text, "#1 ");
    assert_non_null(last); /* of the query, though it comes last */
    assert_null(strstr(last, "rcode"));
    talk_release(&k);
}

static void queries_that_nobody_answers_are_bounded(void **state)
{
    (void)state;
    static struct msg m;
    struct talk k;
    talk_open(&k, &fb_dns_proto.ops, 17, "10.0.0.1", 4000, 53);
    for (unsigned i = 0; i < 1000; i++) {
        head(&m, i, 0x0100, 1, 0, 0);
        question(&m, "a.example", 1);
        say(&k, true, m.b, m.n);
    }
    assert_true(k.t.rows > 900);
    assert_true(k.ops->bytes(k.state) < 16384);
    hang_up(&k);
    assert_int_equal(k.t.rows, 1000);
    talk_release(&k);
}

static void tcp_messages_may_come_in_any_pieces(void **state)
{
    (void)state;
    static struct msg m, two;
    char *whole = NULL;
    for (size_t step = 0; step < 4; step++) {
        static const size_t size[] = {100000, 1, 2, 37};
        struct talk k;
        talk_open(&k, &fb_dns_proto.ops, 6, "10.0.0.1", 4000, 53);
        two.n = 0;
        for (unsigned i = 0; i < 3; i++) {
            a_reply(&m, i, "a.example", 60, ADDR);
            put16(&two, (unsigned)m.n);
            put(&two, m.b, m.n);
        }
        for (size_t at = 0; at < two.n; at += size[step])
            say(&k, false, two.b + at, two.n - at < size[step] ? two.n - at : size[step]);
        assert_int_equal(k.t.rows, 3);
        if (!whole) {
            whole = strdup(strstr(hang_up(&k), " protocol"));
        } else {
            assert_memory_equal(strstr(hang_up(&k), " protocol"), whole, strcspn(whole, "\n"));
        }
        talk_release(&k);
    }
    free(whole);
}

static void every_kind_of_answer_is_told_in_words(void **state)
{
    (void)state;
    static const struct {
        unsigned type;
        const char *data;
        size_t n;
        const char *text, *detail;
    } row[] = {
        {28, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, "2001:db8::1", ""},
        {5, "\3cdn\xc0\x0c", 6, "cdn.x.example", ""},
        {2, "\2ns\xc0\x0c", 5, "ns.x.example", ""},
        {12, "\xc0\x0c", 2, "x.example", ""},
        {15, "\0\12\4mail\xc0\x0c", 9, "mail.x.example", "10"},
        {16, "\5hello\1x", 8, "TXT 5 hello TXT 1 x", ""},
        {33, "\0\1\0\2\1\xbb\1h\xc0\x0c", 10, "h.x.example", "1 2 443"},
        {6, "\2ns\xc0\x0c\2me\xc0\x0c\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 30, "ns.x.example",
         "me.x.example 1 2 3 4 5"},
        {65, "\0\1\0\0\1\0\6\2h2\2h3\0\4\0\4\300\0\2\1", 21, ".", "1 alpn=h2,h3 ipv4hint=192.0.2.1"},
        {65400, "abc", 3, "<unknown type=65400>", ""},
        {46, "abc", 3, "RRSIG", ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        static struct msg m;
        head(&m, 1, 0x8180, 1, 1, 0);
        question(&m, "x.example", 1);
        record(&m, NULL, row[i].type, 5, row[i].data, row[i].n);
        struct fb_dns_reader r;
        struct fb_dns_rr rr;
        assert_true(fb_dns_begin(&r, m.b, m.n, false));
        assert_true(fb_dns_next_rr(&r, &rr));
        struct fb_buf text, detail;
        fb_buf_init(&text, 4096);
        fb_buf_init(&detail, 4096);
        assert_true(fb_dns_rr_text(&r, &rr, &text));
        fb_dns_rr_detail(&r, &rr, &detail);
        assert_string_equal(fb_buf_cstr(&text), row[i].text);
        assert_string_equal(fb_buf_cstr(&detail), row[i].detail);
        fb_buf_release(&text);
        fb_buf_release(&detail);
    }
}

static bool name_at(const uint8_t *p, size_t n, struct fb_dns_name *out)
{
    struct fb_dns_reader r;
    struct fb_dns_question q;
    bool ok = fb_dns_begin(&r, p, n, false) && fb_dns_next_question(&r, &q);
    if (ok)
        *out = q.name;
    return ok;
}

static void names_keep_their_bytes_and_never_look_like_another(void **state)
{
    (void)state;
    static struct msg m;
    struct fb_dns_name a;
    head(&m, 1, 0, 1, 0, 0);
    put(&m, "\3a.b\4c\\\x1b\xff\0\0\1\0\1", 14);
    assert_true(name_at(m.b, m.n, &a));
    assert_int_equal(a.n, 10);
    assert_memory_equal(a.text, "a\\.b.c\\\\\x1b\xff", 10);
    head(&m, 1, 0, 1, 0, 0);
    put(&m, "\0\0\1\0\1", 5);
    assert_true(name_at(m.b, m.n, &a));
    assert_int_equal(a.n, 1);
    assert_int_equal(a.text[0], '.');
}

static void names_that_loop_or_are_too_long_are_damage(void **state)
{
    (void)state;
    static const struct {
        const char *p;
        size_t n;
    } bad[] = {{"\xc0\x0c", 2}, {"\1a\xc0\x0c", 4}, {"\xc0\x20", 2},
               {"\xc0\x02", 2}, {"\x40zz", 3},      {"\5abc", 4}};
    static struct msg m;
    struct fb_dns_name a;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        head(&m, 1, 0, 1, 0, 0);
        put(&m, bad[i].p, bad[i].n);
        put(&m, "\0\1\0\1", 4);
        assert_false(name_at(m.b, m.n, &a));
    }
    for (int last = 60; last < 63; last++) { /* 254, 255 and 256 bytes */
        head(&m, 1, 0, 1, 0, 0);
        for (int i = 0; i < 4; i++) {
            int n = i < 3 ? 63 : last;
            m.b[m.n++] = (uint8_t)n;
            memset(m.b + m.n, '.', (size_t)n); /* each is escaped */
            m.n += (size_t)n;
        }
        put(&m, "\0\0\1\0\1", 5);
        assert_int_equal(name_at(m.b, m.n, &a), last < 62);
    }
}

static void a_record_with_a_name_that_is_too_long_is_passed_over(void **state)
{
    (void)state;
    static struct msg m;
    struct talk k;
    talk_open(&k, &fb_dns_proto.ops, 17, "10.0.0.1", 4000, 53);
    head(&m, 7, 0x8180, 1, 3, 0);
    question(&m, "a.example", 1);
    for (int i = 0; i < 2; i++) { /* as labels, and by a pointer to them */
        size_t at = m.n;
        for (int j = 0; j < 5 && i == 0; j++) {
            m.b[m.n++] = 60;
            memset(m.b + m.n, 'x', 60);
            m.n += 60;
        }
        if (i == 0)
            m.b[m.n++] = 0;
        else
            put16(&m, 0xc000U | (unsigned)(FB_DNS_HEADER + 15));
        put16(&m, 1);
        put16(&m, 1);
        put32(&m, 60);
        put16(&m, 4);
        put(&m, "\x09\x09\x09\x09", 4);
        assert_true(i == 1 || at == FB_DNS_HEADER + 15);
    }
    record(&m, NULL, 1, 60, "\x0a\x01\x02\x03", 4);
    say(&k, false, m.b, m.n);
    const char *text = hang_up(&k);
    assert_non_null(strstr(text, " answers=10.1.2.3 "));
    talk_release(&k);
}

static void a_message_that_unfolds_into_megabytes_stays_one_bounded_row(void **state)
{
    (void)state;
    static struct msg m;
    char big[256];
    struct talk k;
    memset(big, 'a', sizeof big - 1);
    big[63] = big[127] = big[191] = '.';
    big[250] = '\0';
    head(&m, 1, 0x8180, 1, 4000, 0);
    question(&m, big, 1);
    for (int i = 0; i < 4000; i++)
        record(&m, NULL, 5, 60, "\xc0\x0c", 2);
    talk_open(&k, &fb_dns_proto.ops, 17, "10.0.0.1", 4000, 53);
    say(&k, false, m.b, m.n);
    assert_int_equal(k.t.rows, 1);
    assert_true(k.t.row.len < FB_REC_BYTES_MAX && k.t.row.len > 8000);
    talk_release(&k);
}

static void netbios_names_are_decoded_with_their_kind(void **state)
{
    (void)state;
    static struct msg m;
    struct talk k;
    talk_open(&k, &fb_dns_proto.ops, 17, "10.0.0.255", 137, 137);
    head(&m, 9, 0x2910, 1, 0, 1); /* registration */
    question(&m, "FAEDCACACACACACACACACACACACACACA", 32);
    record(&m, NULL, 32, 300000, "\0\0\12\0\0\2", 6);
    say(&k, true, m.b, m.n);
    const char *text = hang_up(&k);
    assert_non_null(strstr(text, "protocol=nbns"));
    assert_non_null(strstr(text, "opcode_name=netbios-registration query=PC<20>"));
    assert_non_null(strstr(text, "more_answers=10.0.0.2"));
    talk_release(&k);
}

static void a_node_status_tells_names_flags_and_mac(void **state)
{
    (void)state;
    static const char data[] =
        "\3OFFICE PC      \0\4\0WORKGROUP      \0\204\0OFFICE PC      \40\4\0\0\1\2\3\4\5";
    static struct msg m;
    struct talk k;
    talk_open(&k, &fb_dns_proto.ops, 17, "10.0.0.2", 137, 137);
    head(&m, 9, 0x8400, 0, 1, 0);
    record(&m, "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 33, 0, data, sizeof data - 1);
    say(&k, false, m.b, m.n);
    const char *text = hang_up(&k);
    assert_non_null(strstr(text, "answers=OFFICE PC<00> WORKGROUP<00> OFFICE PC<20>"));
    assert_non_null(strstr(text, "answer_types=NBSTAT"));
    assert_non_null(strstr(text, "answer_details=1024 33792 1024 mac=00:01:02:03:04:05"));
    talk_release(&k);
}

static void what_an_asker_knows_already_is_told(void **state)
{
    (void)state;
    static struct msg m;
    struct talk k;
    talk_open(&k, &fb_dns_proto.ops, 17, "224.0.0.251", 5353, 5353);
    head(&m, 0, 0, 1, 1, 0);
    question(&m, "_ipp._tcp.local", 12);
    record(&m, NULL, 12, 120, "\4desk\xc0\x0c", 7);
    say(&k, true, m.b, m.n);
    const char *text = hang_up(&k);
    assert_int_equal(k.t.rows, 1);
    assert_null(strstr(text, " answers="));
    assert_non_null(strstr(text, "more_answers=desk._ipp._tcp.local"));
    talk_release(&k);
}

static void multicast_questions_wait_for_nobody(void **state)
{
    (void)state;
    static struct msg m;
    struct talk k;
    talk_open(&k, &fb_dns_proto.ops, 17, "224.0.0.251", 5353, 5353);
    head(&m, 0, 0, 2, 0, 0);
    question(&m, "_ipp._tcp.local", 12);
    question(&m, "tv.local", 1);
    say(&k, true, m.b, m.n);
    assert_int_equal(k.t.rows, 2);
    head(&m, 0, 0x8400, 0, 1, 0);
    record(&m, "tv.local", 1, 120, ADDR, 4);
    say(&k, true, m.b, m.n);
    const char *text = hang_up(&k);
    assert_int_equal(k.t.rows, 3);
    assert_non_null(
        strstr(text, "#2 protocol=mdns trans_id=0 opcode=0 opcode_name=query query=tv.local rcode=0"));
    talk_release(&k);
}

static void the_observer_finds_dns_on_other_ports_only_when_it_is_certain(void **state)
{
    (void)state;
    static struct msg m;
    struct talk k;
    head(&m, 7, 0x0100, 1, 0, 0);
    question(&m, "a.example", 1);
    talk_open(&k, &fb_intel_observer, 17, "10.0.0.1", 4000, 9999);
    say(&k, true, m.b, m.n);
    assert_string_not_equal(hang_up(&k), "");
    talk_release(&k);
    talk_open(&k, &fb_intel_observer, 17, "10.0.0.1", 4000, 9999);
    say(&k, true, m.b, m.n - 1); /* cut */
    assert_string_equal(hang_up(&k), "");
    talk_release(&k);
    put16(&m, 0); /* and longer than it should be */
    talk_open(&k, &fb_intel_observer, 17, "10.0.0.1", 4000, 9999);
    say(&k, true, m.b, m.n);
    assert_string_equal(hang_up(&k), "");
    talk_release(&k);
}

static void damaged_messages_never_do_harm(void **state)
{
    (void)state;
    static struct msg m;
    for (unsigned seed = 0; seed < 3000; seed++) {
        struct talk k;
        a_reply(&m, 1, "www.example.com", 60, ADDR);
        record(&m, "b.example", 33, 60, "\0\0\0\0\0\x50\xc0\x0c", 8);
        record(&m, NULL, 65, 60, "\0\1\0\0\1\0\3\2h2", 10);
        uint64_t x = seed * 0x9e3779b97f4a7c15ULL + 1;
        for (unsigned i = 0; i < 1 + seed % 5; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            m.b[x % m.n] = (uint8_t)(x >> 32);
        }
        size_t n = seed % 3 ? m.n : (size_t)(x >> 16) % (m.n + 1);
        talk_open(&k, &fb_dns_proto.ops, 17, "10.0.0.1", 4000, seed % 2 ? 53 : 137);
        say(&k, seed % 4 == 0, m.b, n);
        talk_release(&k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_and_its_answer_are_one_row_at_the_answer),
        cmocka_unit_test(an_answer_to_another_question_or_from_the_wrong_side_answers_nothing),
        cmocka_unit_test(queries_that_nobody_answers_are_bounded),
        cmocka_unit_test(tcp_messages_may_come_in_any_pieces),
        cmocka_unit_test(every_kind_of_answer_is_told_in_words),
        cmocka_unit_test(names_keep_their_bytes_and_never_look_like_another),
        cmocka_unit_test(names_that_loop_or_are_too_long_are_damage),
        cmocka_unit_test(a_record_with_a_name_that_is_too_long_is_passed_over),
        cmocka_unit_test(a_message_that_unfolds_into_megabytes_stays_one_bounded_row),
        cmocka_unit_test(netbios_names_are_decoded_with_their_kind),
        cmocka_unit_test(a_node_status_tells_names_flags_and_mac),
        cmocka_unit_test(what_an_asker_knows_already_is_told),
        cmocka_unit_test(multicast_questions_wait_for_nobody),
        cmocka_unit_test(the_observer_finds_dns_on_other_ports_only_when_it_is_certain),
        cmocka_unit_test(damaged_messages_never_do_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
