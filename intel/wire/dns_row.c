#include "intel/wire/dns_row.h"

#include "intel/wire/dns_def.h"
#include "intel/wire/dns_names.h"
#include "intel/wire/wire.h"

/* Lists are cut where the first of them is full: a message can point 4000 times at one long name. */
#define LIST_BYTES  8192
#define RECORDS_MAX 512

enum list { TEXTS, TTLS, NAMES, TYPES, DETAILS, LISTS };

/* Memory of one row, on the stack of the call. */
struct space {
    uint8_t list[2][LISTS][LIST_BYTES];
    uint8_t text[LIST_BYTES], detail[LIST_BYTES];
    uint8_t row[FB_REC_BYTES_MAX];
};

struct section {
    struct fb_buf list[LISTS];
};

/* A buffer over memory that does not grow. */
static struct fb_buf fixed(uint8_t *p, size_t n)
{
    return (struct fb_buf){.data = p, .cap = n, .max = n};
}

struct row {
    struct space *space;
    struct section answers, more;
    uint16_t edns_udp_bytes, rcode_high;
    struct fb_dns_name first_owner;
    bool has_owner;
};

static void row_init(struct row *r, struct space *space)
{
    r->space = space;
    r->edns_udp_bytes = r->rcode_high = 0;
    r->has_owner = false;
    for (int i = 0; i < LISTS; i++) {
        r->answers.list[i] = fixed(space->list[0][i], LIST_BYTES);
        r->more.list[i] = fixed(space->list[1][i], LIST_BYTES);
    }
}

static bool has_room(const struct section *s, const size_t need[LISTS])
{
    for (int i = 0; i < LISTS; i++)
        if (need[i] + 5 > s->list[i].cap - s->list[i].len)
            return false;
    return true;
}

/* Adds a record to the lists of its section; false when they are full. */
static bool add(struct row *r, struct section *s, const struct fb_dns_reader *reader,
                const struct fb_dns_rr *rr)
{
    struct fb_buf text = fixed(r->space->text, LIST_BYTES), detail = fixed(r->space->detail, LIST_BYTES);
    if (!fb_dns_rr_text(reader, rr, &text))
        return true; /* not of its type's form: not a fact */
    fb_dns_rr_detail(reader, rr, &detail);
    char own[FB_DNS_WORD], ttl[12];
    const char *type = reader->netbios && rr->type == FB_DNS_NB    ? "NB"
                       : reader->netbios && rr->type == FB_DNS_SRV ? "NBSTAT"
                                                                   : fb_dns_type_name(rr->type, own);
    int ttl_bytes = snprintf(ttl, sizeof ttl, "%lu", (unsigned long)rr->ttl);
    const size_t need[LISTS] = {text.len, (size_t)ttl_bytes, rr->name.n, strlen(type), detail.len};
    if (text.failed || detail.failed || !has_room(s, need))
        return false;
    fb_rec_item(&s->list[TEXTS], text.data, text.len);
    fb_rec_item(&s->list[TTLS], ttl, (size_t)ttl_bytes);
    fb_rec_item(&s->list[NAMES], rr->name.text, rr->name.n);
    fb_rec_item(&s->list[TYPES], type, strlen(type));
    fb_rec_item(&s->list[DETAILS], detail.data, detail.len);
    return true;
}

static void read_records(struct row *r, struct fb_dns_reader *reader)
{
    struct fb_dns_rr rr;
    bool full[2] = {false, false};
    for (int i = 0; i < RECORDS_MAX && fb_dns_next_rr(reader, &rr); i++) {
        if (rr.type == FB_DNS_OPT) {
            r->edns_udp_bytes = rr.class;
            r->rcode_high = (uint16_t)(rr.ttl >> 24);
            continue;
        }
        if (rr.section == FB_DNS_AUTHORITY)
            continue;
        bool more = rr.section == FB_DNS_ADDITIONAL;
        if (!more && !r->has_owner) {
            r->has_owner = true;
            r->first_owner = rr.name;
        }
        full[more] = full[more] || !add(r, more ? &r->more : &r->answers, reader, &rr);
    }
}

static void put_flag(struct fb_buf *row, uint16_t flags, unsigned bit)
{
    fb_rec_int(row, flags >> bit & 1);
}

static void put_question(struct fb_buf *row, const struct fb_dns_sides *s, struct fb_span name, bool typed,
                         uint16_t class, uint16_t type)
{
    char own[FB_DNS_WORD];
    if (name.p)
        fb_rec_bytes(row, name.p, name.n);
    else
        fb_rec_null(row);
    if (!typed) {
        for (int i = 0; i < 4; i++)
            fb_rec_null(row);
        return;
    }
    fb_rec_int(row, class);
    fb_rec_text(row, fb_dns_class_name(class, own));
    fb_rec_int(row, type);
    fb_rec_text(row, s->netbios && type == FB_DNS_NB    ? "NB"
                     : s->netbios && type == FB_DNS_SRV ? "NBSTAT"
                                                        : fb_dns_type_name(type, own));
}

static void put_lists(struct fb_buf *row, const struct section *s)
{
    for (int i = 0; i < LISTS; i++)
        fb_wire_list_cell(row, &s->list[i]);
}

/* What stands before the question: who, when, and which transaction. */
static void put_head(struct fb_buf *row, const struct fb_dns_sides *s, uint16_t id, uint16_t flags,
                     const struct fb_dns_asked *asked, const struct fb_seen *answered)
{
    char own[FB_DNS_WORD];
    fb_rec_text(row, s->protocol);
    fb_rec_addr(row, &s->client);
    fb_rec_addr(row, &s->server);
    fb_rec_int(row, id);
    if (asked)
        fb_rec_int(row, asked->at.ts_ns);
    else
        fb_rec_null(row);
    if (asked && answered)
        fb_rec_int(row, answered->ts_ns - asked->at.ts_ns);
    else
        fb_rec_null(row);
    uint16_t opcode = flags >> 11 & 15;
    fb_rec_int(row, opcode);
    fb_rec_text(row, fb_dns_opcode_name(opcode, s->netbios, own));
}

/* From AA to EDNS; `query_flags`: of the query when it was seen. */
static void put_flags(struct fb_buf *row, uint16_t flags, uint16_t query_flags, bool rejected, unsigned edns)
{
    put_flag(row, flags, 10);
    put_flag(row, flags, 9);
    put_flag(row, query_flags, 8);
    put_flag(row, flags, 7);
    fb_rec_int(row, query_flags >> 4 & 7);
    fb_rec_int(row, rejected);
    if (edns)
        fb_rec_int(row, edns);
    else
        fb_rec_null(row);
}

void fb_dns_put_query(struct fb_observe_out *out, const struct fb_dns_sides *s, const struct fb_dns_asked *q,
                      struct fb_dns_reader *reader)
{
    struct space space;
    struct row r;
    row_init(&r, &space);
    if (reader)
        read_records(&r, reader);
    struct fb_buf row = fixed(space.row, sizeof space.row);
    put_head(&row, s, q->id, q->flags, q, NULL);
    put_question(&row, s, (struct fb_span){q->name, q->name_bytes}, true, q->class, q->type);
    fb_rec_null(&row); /* rcode */
    fb_rec_null(&row);
    put_flags(&row, q->flags, q->flags, false, q->edns_udp_bytes ? q->edns_udp_bytes : r.edns_udp_bytes);
    fb_rec_null(&row); /* total_answers */
    for (int i = 0; i < LISTS; i++)
        fb_rec_null(&row); /* a query answers nothing */
    put_lists(&row, r.answers.list[TEXTS].len ? &r.answers : &r.more);
    fb_wire_put(out, &fb_dns_def, &q->at, &row);
}

void fb_dns_put_reply(struct fb_observe_out *out, const struct fb_dns_sides *s, const struct fb_seen *at,
                      struct fb_dns_reader *reader, const struct fb_dns_question *question,
                      const struct fb_dns_asked *asked)
{
    struct space space;
    struct row r;
    char own[FB_DNS_WORD];
    row_init(&r, &space);
    read_records(&r, reader);
    struct fb_buf row = fixed(space.row, sizeof space.row);
    put_head(&row, s, reader->id, reader->flags, asked, at);
    if (asked)
        put_question(&row, s, (struct fb_span){asked->name, asked->name_bytes}, true, asked->class,
                     asked->type);
    else if (question)
        put_question(&row, s, (struct fb_span){question->name.text, question->name.n}, true, question->class,
                     question->type);
    else
        put_question(&row, s, (struct fb_span){r.has_owner ? r.first_owner.text : NULL, r.first_owner.n},
                     false, 0, 0);
    uint16_t rcode = (uint16_t)(r.rcode_high << 4 | (reader->flags & 15));
    fb_rec_int(&row, rcode);
    fb_rec_text(&row, fb_dns_rcode_name(rcode, own));
    bool empty = reader->count[1] + reader->count[2] + reader->count[3] == 0;
    bool rejected = reader->count[0] ? empty : (reader->flags & 15) != 0;
    put_flags(&row, reader->flags, asked ? asked->flags : reader->flags, rejected,
              r.edns_udp_bytes ? r.edns_udp_bytes
              : asked          ? asked->edns_udp_bytes
                               : 0);
    fb_rec_int(&row, reader->count[1]);
    put_lists(&row, &r.answers);
    put_lists(&row, &r.more);
    fb_wire_put(out, &fb_dns_def, at, &row);
}
