/* Documents about vulnerabilities. */
#include "intel/json_doc.h"
#include "intel/packs/risks.h"
#include "intel/packs/services.h"
#include "intel/packs/text_rows.h"

#define TEXT_MAX 8192u /* bytes of one name or description; longer ones are cut */

static struct fb_span text(const cJSON *object, const char *key)
{
    struct fb_span s = fb_json_doc_text(object, key);
    if (s.n <= TEXT_MAX)
        return s;
    s.n = TEXT_MAX;
    while (s.n && (s.p[s.n] & 0xc0) == 0x80)
        s.n--; /* not within a character */
    return s;
}

static enum fb_severity severity(const cJSON *entry, uint64_t count)
{
    struct fb_span word = text(entry, "severity");
    for (int i = FB_SEVERITY_INFO; i < FB_SEVERITIES; i++)
        if (fb_span_is_word(word, fb_severity_name((enum fb_severity)i)))
            return (enum fb_severity)i;
    return count >= 10 ? FB_SEVERITY_HIGH : count ? FB_SEVERITY_MEDIUM : FB_SEVERITY_LOW;
}

static uint64_t put_items(const cJSON *entry, struct fb_buf *items)
{
    uint64_t n = 0;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(entry, "vulnerabilities"), *v;
    if (!cJSON_IsArray(list))
        return 0;
    cJSON_ArrayForEach(v, list)
    {
        struct fb_span name = text(v, "name"), about = text(v, "description");
        if (!name.n)
            continue;
        if (n++ >= FB_RISK_ITEMS_MAX || items->len + name.n + about.n + 16 > items->max)
            continue;
        fb_rec_item(items, name.p, name.n);
        fb_rec_item(items, about.p, about.n);
    }
    return n;
}

static enum fb_status add_entry(struct fb_risk_build *b, const cJSON *entry, uint64_t *bad,
                                struct fb_err *err)
{
    uint64_t port;
    struct fb_span proto = text(entry, "protocol");
    struct fb_risk_entry e = {.port = -1, .vendor = text(entry, "vendor")};
    if (fb_json_doc_uint(entry, "port", 65535, &port))
        e.port = (int)port;
    e.ip_proto = fb_ip_proto_from_name(proto);
    bool other = proto.n && !e.ip_proto && !fb_span_is_word(proto, "any") && !fb_span_is_word(proto, "both");
    if ((e.port < 0) == (e.vendor.n == 0) || (e.port >= 0 && other)) {
        ++*bad;
        return FB_OK;
    }
    struct fb_buf items;
    fb_buf_init(&items, FB_REC_BYTES_MAX / 4);
    uint64_t n = put_items(entry, &items);
    if (!fb_json_doc_uint(entry, "count", UINT32_MAX, &e.count) || e.count < n)
        e.count = n;
    e.severity = severity(entry, e.count);
    e.name = text(entry, "name");
    e.about = text(entry, "description");
    e.source = text(entry, "source");
    e.date = text(entry, "date");
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

enum fb_status fb_risk_build_json(struct fb_risk_build *b, struct fb_span doc, uint64_t *bad,
                                  struct fb_err *err)
{
    cJSON *j = NULL;
    const cJSON *entry;
    *bad = 0;
    FB_TRY(fb_json_doc_parse(doc, &j, err));
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(j, "vulnerabilities");
    struct fb_span date = text(j, "date");
    enum fb_status st = FB_OK;
    if (!cJSON_IsArray(list))
        st = fb_err_set(err, FB_ERR_INPUT, "no list \"vulnerabilities\" in the JSON document");
    else
        cJSON_ArrayForEach(entry, list) if (st == FB_OK) st = add_entry(b, entry, bad, err);
    if (st == FB_OK && date.n && date.n < sizeof b->date) {
        char t[sizeof b->date] = "";
        memcpy(t, date.p, date.n);
        if (strcmp(t, b->date) > 0)
            memcpy(b->date, t, sizeof t);
    }
    cJSON_Delete(j);
    return st;
}
