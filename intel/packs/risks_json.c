/* Documents about vulnerabilities. */
#include "base/json.h"
#include "intel/packs/risks.h"
#include "intel/packs/services.h"
#include "intel/packs/text_rows.h"

#define TEXT_MAX 8192u /* bytes of one name or description; longer ones are cut */

/* Texts of one entry that are needed at the same time, each with a buffer of its own for what had escapes. */
enum field {
    VENDOR,
    PROTOCOL,
    NAME,
    DESCRIPTION,
    SOURCE,
    DATE,
    SEVERITY,
    ITEM_NAME,
    ITEM_DESCRIPTION,
    FIELDS
};

struct reader {
    struct fb_json j;
    struct fb_buf scratch[FIELDS];
};

static struct fb_span text(struct reader *r, uint32_t object, enum field f)
{
    static const char *const KEY[FIELDS] = {"vendor", "protocol", "name", "description", "source",
                                            "date",   "severity", "name", "description"};
    uint32_t i = fb_json_member(&r->j, object, KEY[f]);
    if (!i || r->j.node[i].type != FB_JSON_STRING)
        return (struct fb_span){NULL, 0};
    struct fb_span s = fb_json_text(&r->j, i, &r->scratch[f]);
    if (s.n <= TEXT_MAX)
        return s;
    s.n = TEXT_MAX;
    while (s.n && (s.p[s.n] & 0xc0) == 0x80)
        s.n--; /* not within a character */
    return s;
}

/* A member that is a whole number 0 ... max; numbers written as text count. */
static bool number(struct reader *r, uint32_t object, const char *key, uint64_t max, uint64_t *out)
{
    uint32_t i = fb_json_member(&r->j, object, key);
    int64_t v;
    if (i && r->j.node[i].type == FB_JSON_STRING)
        return fb_span_u64(fb_json_text(&r->j, i, &r->scratch[ITEM_NAME]), max, out);
    if (!i || !fb_json_int(&r->j, i, &v) || v < 0 || (uint64_t)v > max)
        return false;
    *out = (uint64_t)v;
    return true;
}

static enum fb_severity severity(struct reader *r, uint32_t entry, uint64_t count)
{
    struct fb_span word = text(r, entry, SEVERITY);
    for (int i = FB_SEVERITY_INFO; i < FB_SEVERITIES; i++)
        if (fb_span_is_word(word, fb_severity_name((enum fb_severity)i)))
            return (enum fb_severity)i;
    return count >= 10 ? FB_SEVERITY_HIGH : count ? FB_SEVERITY_MEDIUM : FB_SEVERITY_LOW;
}

static uint64_t put_items(struct reader *r, uint32_t entry, struct fb_buf *items)
{
    uint64_t n = 0;
    uint32_t list = fb_json_member(&r->j, entry, "vulnerabilities");
    if (!list || r->j.node[list].type != FB_JSON_ARRAY)
        return 0;
    for (uint32_t v = list + 1; v < r->j.node[list].after; v = r->j.node[v].after) {
        struct fb_span name = text(r, v, ITEM_NAME), about = text(r, v, ITEM_DESCRIPTION);
        if (!name.n)
            continue;
        if (n++ >= FB_RISK_ITEMS_MAX || items->len + name.n + about.n + 16 > items->max)
            continue;
        fb_rec_item(items, name.p, name.n);
        fb_rec_item(items, about.p, about.n);
    }
    return n;
}

static enum fb_status add_entry(struct fb_risk_build *b, struct reader *r, uint32_t entry, uint64_t *bad,
                                struct fb_err *err)
{
    uint64_t port;
    struct fb_span proto = text(r, entry, PROTOCOL);
    struct fb_risk_entry e = {.port = -1, .vendor = text(r, entry, VENDOR)};
    if (number(r, entry, "port", 65535, &port))
        e.port = (int)port;
    e.ip_proto = fb_ip_proto_from_name(proto);
    bool other = proto.n && !e.ip_proto && !fb_span_is_word(proto, "any") && !fb_span_is_word(proto, "both");
    if ((e.port < 0) == (e.vendor.n == 0) || (e.port >= 0 && other)) {
        ++*bad;
        return FB_OK;
    }
    struct fb_buf items;
    fb_buf_init(&items, FB_REC_BYTES_MAX / 4);
    uint64_t n = put_items(r, entry, &items);
    if (!number(r, entry, "count", UINT32_MAX, &e.count) || e.count < n)
        e.count = n;
    e.severity = severity(r, entry, e.count);
    e.name = text(r, entry, NAME);
    e.about = text(r, entry, DESCRIPTION);
    e.source = text(r, entry, SOURCE);
    e.date = text(r, entry, DATE);
    e.items = &items;
    enum fb_status st = fb_risk_build_add(b, &e, err);
    fb_buf_release(&items);
    return st;
}

bool fb_risk_json_is(struct fb_span doc)
{
    static const char key[] = "\"vulnerabilities\"";
    return doc.n && memmem(doc.p, doc.n, key, strlen(key)) != NULL;
}

static void newer_date(struct fb_risk_build *b, struct fb_span date)
{
    char t[sizeof b->date] = "";
    if (date.n == 0 || date.n >= sizeof t)
        return;
    memcpy(t, date.p, date.n);
    if (strcmp(t, b->date) > 0)
        memcpy(b->date, t, sizeof t);
}

enum fb_status fb_risk_build_json(struct fb_risk_build *b, struct fb_span doc, uint64_t *bad,
                                  struct fb_err *err)
{
    struct reader r;
    *bad = 0;
    FB_TRY(fb_json_parse(doc.p, doc.n, &r.j, err));
    for (int i = 0; i < FIELDS; i++)
        fb_buf_init(&r.scratch[i], FB_JSON_BYTES_MAX);
    uint32_t list = fb_json_member(&r.j, 0, "vulnerabilities");
    enum fb_status st = FB_OK;
    if (!list || r.j.node[list].type != FB_JSON_ARRAY)
        st = fb_err_set(err, FB_ERR_INPUT, "no list \"vulnerabilities\" in the JSON document");
    for (uint32_t v = list + 1; st == FB_OK && v < r.j.node[list].after; v = r.j.node[v].after)
        st = add_entry(b, &r, v, bad, err);
    if (st == FB_OK)
        newer_date(b, text(&r, 0, DATE));
    for (int i = 0; i < FIELDS; i++) {
        if (st == FB_OK && r.scratch[i].failed)
            st = fb_err_nomem(err, "a JSON document");
        fb_buf_release(&r.scratch[i]);
    }
    fb_json_release(&r.j);
    return st;
}
