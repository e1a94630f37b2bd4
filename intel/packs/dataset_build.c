#include "intel/packs/dataset_build.h"

#include "base/json.h"
#include "base/timefmt.h"
#include "intel/packs/mmdb_origins.h"
#include "intel/packs/origin_text.h"
#include "intel/packs/text_rows.h"

void fb_dataset_build_init(struct fb_dataset_build *b)
{
    *b = (struct fb_dataset_build){.date = ""};
    fb_origin_build_init(&b->origins);
    fb_row_set_init(&b->oui);
    fb_row_set_init(&b->services);
    fb_risk_build_init(&b->risks);
    for (int i = 0; i < FB_DATASET_KINDS; i++)
        fb_buf_init(&b->files[i], FB_REC_BYTES_MAX / 2);
}

void fb_dataset_build_release(struct fb_dataset_build *b)
{
    fb_origin_build_release(&b->origins);
    fb_row_set_release(&b->oui);
    fb_row_set_release(&b->services);
    fb_risk_build_release(&b->risks);
    for (int i = 0; i < FB_DATASET_KINDS; i++)
        fb_buf_release(&b->files[i]);
}

static void newer_date(struct fb_dataset_build *b, const char *date)
{
    if (strcmp(date, b->date) > 0)
        snprintf(b->date, sizeof b->date, "%s", date);
}

static enum fb_status read_mmdb(struct fb_dataset_build *b, struct fb_span file,
                                struct fb_dataset_report *report, struct fb_err *err)
{
    struct fb_mmdb m;
    FB_TRY(fb_mmdb_open(file, &m, err));
    report->kind = FB_DATASET_ORIGINS;
    snprintf(report->form, sizeof report->form, "MMDB%s%s, IPv%s", m.type[0] ? " " : "", m.type,
             m.ip_bits == 32 ? "4" : "4 and IPv6");
    if (m.build_epoch && m.build_epoch < 253402300800u && m.build_epoch < INT64_MAX / FB_NS_PER_S) {
        char t[FB_TIME_STRLEN];
        fb_time_format((int64_t)m.build_epoch * FB_NS_PER_S, t);
        t[10] = '\0';
        newer_date(b, t);
    }
    enum fb_status st = fb_mmdb_origins(&m, &b->origins, err);
    fb_mmdb_release(&m);
    return st;
}

/* {"000000": "VENDOR\naddress", ...}: an object whose keys are prefixes. */
static enum fb_status read_oui_object(const struct fb_json *j, struct fb_dataset_build *b,
                                      struct fb_buf *scratch, uint64_t *bad, struct fb_err *err)
{
    for (uint32_t k = 1; k < j->node[0].after; k = j->node[k + 1].after) {
        unsigned bits;
        uint64_t prefix;
        if (j->node[k + 1].type != FB_JSON_STRING ||
            !fb_oui_digits(fb_json_text(j, k, scratch), &bits, &prefix)) {
            ++*bad;
            continue;
        }
        struct fb_span vendor = fb_json_text(j, k + 1, scratch);
        const uint8_t *end = vendor.n ? memchr(vendor.p, '\n', vendor.n) : NULL;
        vendor.n = end ? (size_t)(end - vendor.p) : vendor.n;
        FB_TRY(fb_oui_add(&b->oui, bits, prefix, fb_span_trim(vendor), err));
    }
    return scratch->failed ? fb_err_nomem(err, "a JSON document") : FB_OK;
}

/* Is the first key of the object a prefix? */
static bool is_oui_object(const struct fb_json *j, struct fb_buf *scratch)
{
    unsigned bits;
    uint64_t prefix;
    return j->node[0].type == FB_JSON_OBJECT && j->node[0].after > 1 && j->node[2].type == FB_JSON_STRING &&
           fb_oui_digits(fb_json_text(j, 1, scratch), &bits, &prefix) && bits >= 24;
}

static enum fb_status read_json(struct fb_dataset_build *b, struct fb_span text,
                                struct fb_dataset_report *report, struct fb_err *err)
{
    struct fb_json j;
    struct fb_buf scratch;
    if (fb_risk_json_is(text)) {
        report->kind = FB_DATASET_RISKS;
        snprintf(report->form, sizeof report->form, "vulnerabilities as JSON");
        FB_TRY(fb_risk_build_json(&b->risks, text, &report->bad, err));
        newer_date(b, b->risks.date);
        return FB_OK;
    }
    FB_TRY(fb_json_parse(text.p, text.n, &j, err));
    fb_buf_init(&scratch, FB_JSON_BYTES_MAX);
    enum fb_status st = FB_OK;
    if (is_oui_object(&j, &scratch)) {
        report->kind = FB_DATASET_OUI;
        snprintf(report->form, sizeof report->form, "MAC blocks as a JSON object");
        st = read_oui_object(&j, b, &scratch, &report->bad, err);
    } else {
        st = fb_err_set(err, FB_ERR_NOTFOUND,
                        "a JSON document that is neither about vulnerabilities nor about MAC blocks");
    }
    fb_buf_release(&scratch);
    fb_json_release(&j);
    return st;
}

static enum fb_status read_text(struct fb_dataset_build *b, struct fb_data_file *f,
                                struct fb_dataset_report *report, struct fb_err *err)
{
    static const char *const oui_name[] = {"", "IEEE registry CSV", "IEEE registry text", "Wireshark manuf"};
    static const char *const services_name[] = {"", "IANA service names CSV", "/etc/services"};
    struct fb_span text = {f->data, f->n};
    enum fb_oui_form oui = fb_oui_recognise(text);
    enum fb_services_form services = oui ? FB_SERVICES_NONE : fb_services_recognise(text);
    if (oui) {
        report->kind = FB_DATASET_OUI;
        snprintf(report->form, sizeof report->form, "%s", oui_name[oui]);
        return fb_oui_read(oui, f->data, f->n, &b->oui, &report->bad, err);
    }
    if (services) {
        report->kind = FB_DATASET_SERVICES;
        snprintf(report->form, sizeof report->form, "%s", services_name[services]);
        return fb_services_read(services, f->data, f->n, &b->services, &report->bad, err);
    }
    struct fb_text_report t;
    enum fb_status st = fb_origin_text_read(f->data, f->n, &b->origins, &t, err);
    if (st == FB_ERR_INPUT && !t.rows)
        return fb_err_set(err, FB_ERR_NOTFOUND,
                          "in none of the forms that are known: address ranges (MMDB, CSV, TSV), MAC blocks, "
                          "services, vulnerabilities (JSON)");
    report->kind = FB_DATASET_ORIGINS;
    report->bad = t.bad;
    report->bad_line = t.bad_line;
    snprintf(report->form, sizeof report->form, "address ranges: %s", t.form);
    return st;
}

/* Text with a NUL in it is some binary form that is not known. */
static bool is_text(struct fb_span s)
{
    return s.n && !memchr(s.p, '\0', s.n < 4096 ? s.n : 4096);
}

enum fb_status fb_dataset_build_file(struct fb_dataset_build *b, const char *name, struct fb_data_file *f,
                                     struct fb_dataset_report *report, struct fb_err *err)
{
    struct fb_span all = {f->data, f->n}, start = all;
    enum fb_status st;
    char hex[65];
    *report = (struct fb_dataset_report){0};
    while (start.n && strchr(" \t\r\n", start.p[0]) && start.p[0]) {
        start.p++;
        start.n--;
    }
    if (fb_mmdb_is(all))
        st = read_mmdb(b, all, report, err);
    else if (!is_text(all))
        st = fb_err_set(err, FB_ERR_NOTFOUND, f->n ? "a binary file of a form that is not known" : "empty");
    else if (start.n && (start.p[0] == '{' || start.p[0] == '['))
        st = read_json(b, all, report, err);
    else
        st = read_text(b, f, report, err);
    if (st != FB_OK)
        return st;
    b->used[report->kind] = true;
    fb_hex(f->sha256, sizeof f->sha256, hex);
    fb_rec_item(&b->files[report->kind], name, strlen(name));
    fb_rec_item(&b->files[report->kind], hex, 64);
    return b->files[report->kind].failed
               ? fb_err_set(err, FB_ERR_LIMIT, "more files in one data set than its manifest can list")
               : FB_OK;
}

static struct fb_span text(const char *s)
{
    return (struct fb_span){(const uint8_t *)s, strlen(s)};
}

static enum fb_status put_body(struct fb_dataset_build *b, enum fb_dataset_kind kind, struct fb_buf *body,
                               uint64_t *entries, struct fb_err *err)
{
    size_t n = 0;
    enum fb_status st = FB_OK;
    if (kind == FB_DATASET_ORIGINS)
        return fb_origin_build_finish(&b->origins, body, entries, err);
    if (kind == FB_DATASET_RISKS)
        return fb_risk_build_finish(&b->risks, body, entries, err);
    st = fb_row_set_finish(kind == FB_DATASET_OUI ? &b->oui : &b->services, body, NULL, &n, err);
    *entries = n;
    return st;
}

enum fb_status fb_dataset_build_finish(struct fb_dataset_build *b, const struct fb_dataset_about *about,
                                       struct fb_pack_build *pack, struct fb_err *err)
{
    for (int kind = FB_DATASET_ORIGINS; kind < FB_DATASET_KINDS; kind++) {
        if (!b->used[kind])
            continue;
        struct fb_buf body;
        struct fb_dataset_info info = {.name = text(about->name),
                                       .version = text(about->version),
                                       .date = text(about->date[0] ? about->date : b->date),
                                       .source = text(about->source),
                                       .licence = text(about->licence),
                                       .kind = (enum fb_dataset_kind)kind,
                                       .files = {b->files[kind].data, b->files[kind].len}};
        fb_buf_init(&body, FB_PACK_BYTES_MAX);
        enum fb_status st = put_body(b, info.kind, &body, &info.entries, err);
        if (st == FB_OK && !info.entries)
            st = fb_err_set(err, FB_ERR_INPUT, "no entry in the data set of %s",
                            fb_dataset_kind_name(info.kind));
        if (st == FB_OK)
            st = fb_pack_build_add(pack, &info, (struct fb_span){body.data, body.len}, err);
        fb_buf_release(&body);
        if (st != FB_OK)
            return st;
    }
    return FB_OK;
}

/* A text that is too long is cut at a character. */
static void set_empty(char *to, size_t size, struct fb_span s)
{
    if (to[0] || !s.n)
        return;
    size_t n = s.n < size ? s.n : size - 1;
    while (n < s.n && n && (s.p[n] & 0xc0) == 0x80)
        n--;
    memcpy(to, s.p, n);
    to[n] = '\0';
}

/* The text of a member, or an empty span. */
static struct fb_span text_of(const struct fb_json *j, uint32_t object, const char *key,
                              struct fb_buf *scratch)
{
    uint32_t i = fb_json_member(j, object, key);
    return i && j->node[i].type == FB_JSON_STRING ? fb_json_text(j, i, scratch) : (struct fb_span){NULL, 0};
}

enum fb_status fb_dataset_about_npm(struct fb_span json, struct fb_dataset_about *about, struct fb_err *err)
{
    struct fb_json j;
    struct fb_buf scratch;
    FB_TRY(fb_json_parse(json.p, json.n, &j, err));
    fb_buf_init(&scratch, FB_JSON_BYTES_MAX);
    uint32_t repo = fb_json_member(&j, 0, "repository");
    bool is_text = repo && j.node[repo].type == FB_JSON_STRING;
    set_empty(about->name, sizeof about->name, text_of(&j, 0, "name", &scratch));
    set_empty(about->version, sizeof about->version, text_of(&j, 0, "version", &scratch));
    set_empty(about->licence, sizeof about->licence, text_of(&j, 0, "license", &scratch));
    if (repo)
        set_empty(about->source, sizeof about->source,
                  is_text ? fb_json_text(&j, repo, &scratch) : text_of(&j, repo, "url", &scratch));
    fb_buf_release(&scratch);
    fb_json_release(&j);
    return FB_OK;
}
