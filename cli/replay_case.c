#include "base/escape.h"
#include "cli/custody_entry.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/replay.h"
#include "cli/replay_layers.h"
#include "cli/rerun.h"
#include "store/edit.h"

struct result {
    struct fb_case_info recorded, rebuilt;
    struct fb_first_difference diff;
    struct fb_layers_result layers;
    bool evidence, sessions, packets, records; /* equal */
};

static bool facts_equal(const struct result *r)
{
    return r->evidence && r->sessions && r->packets && r->records;
}

static bool all_equal(const struct result *r)
{
    return facts_equal(r) && r->layers.equal;
}

static bool same(const struct fb_digest *a, const struct fb_digest *b)
{
    return memcmp(a->b, b->b, FB_DIGEST_LEN) == 0;
}

static enum fb_status compare(struct fb_rerun *run, struct result *r, struct fb_err *err)
{
    FB_TRY(fb_case_info(run->recorded, &r->recorded, err));
    FB_TRY(fb_case_info(run->rebuilt, &r->rebuilt, err));
    r->evidence = same(&r->recorded.evidence_digest, &r->rebuilt.evidence_digest);
    r->sessions = same(&r->recorded.case_digest, &r->rebuilt.case_digest);
    r->packets = same(&r->recorded.packet_index_digest, &r->rebuilt.packet_index_digest);
    r->records = same(&r->recorded.records_digest, &r->rebuilt.records_digest);
    if (r->sessions && r->packets && r->records) {
        unsigned threads = run->how->threads > 64 ? 64 : (unsigned)run->how->threads;
        fb_first_difference_init(&r->diff);
        FB_TRY(fb_layers_replay(run->recorded, run->rebuilt, threads, &r->layers, &r->diff, err));
        FB_TRY(fb_case_info(run->rebuilt, &r->rebuilt, err)); /* their texts are good until the next call */
        return fb_case_info(run->recorded, &r->recorded, err);
    }
    FB_TRY(fb_cases_compare(run->recorded, run->rebuilt, &r->diff, err));
    return fb_case_info(run->recorded, &r->recorded, err); /* its texts are good until the next call */
}

/* ---- text ---- */

static void put_digest(struct fb_buf *b, const char *what, bool equal, const struct fb_digest *recorded,
                       const struct fb_digest *rebuilt)
{
    char hex[2][FB_DIGEST_HEXLEN];
    fb_hex(recorded->b, FB_DIGEST_LEN, hex[0]);
    fb_hex(rebuilt->b, FB_DIGEST_LEN, hex[1]);
    fb_buf_printf(b, "%-15s %s", what, hex[0]);
    if (equal)
        fb_buf_puts(b, ": equal\n");
    else
        fb_buf_printf(b, ": NOT EQUAL, now %s\n", hex[1]);
}

static void put_evidence(struct fb_buf *b, const struct fb_rerun_evidence *e)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_buf_puts(b, "evidence        ");
    fb_escape_term(b, e->known.path, strlen(e->known.path));
    if (strcmp(e->path, e->known.path) != 0) {
        fb_buf_puts(b, ", now ");
        fb_escape_term(b, e->path, strlen(e->path));
    }
    fb_hex(e->known.sha256, sizeof e->known.sha256, hex);
    if (e->changed)
        fb_buf_printf(b, ": NOT EQUAL, changed since it was read (%llu bytes, sha256 %s)\n",
                      (unsigned long long)e->known.size_bytes, hex);
    else
        fb_buf_printf(b, ": equal (sha256 %s)\n", hex);
}

static void put_difference(struct fb_buf *b, const struct fb_first_difference *d)
{
    if (!d->any)
        return;
    if (d->table[0])
        fb_buf_printf(b, "first difference: table %s, row %llu (session %llu), %s: recorded ", d->table,
                      (unsigned long long)d->record, (unsigned long long)d->number, d->field);
    else
        fb_buf_printf(b, "first difference: session %llu (%s), %s: recorded ", (unsigned long long)d->number,
                      d->uid, d->field);
    fb_escape_term(b, d->recorded.data, d->recorded.len);
    fb_buf_puts(b, ", rebuilt ");
    fb_escape_term(b, d->rebuilt.data, d->rebuilt.len);
    fb_buf_putc(b, '\n');
}

static void put_text(struct fb_buf *b, const struct fb_rerun *run, const struct result *r)
{
    for (size_t i = 0; i < run->nev; i++)
        put_evidence(b, &run->ev[i]);
    put_digest(b, "evidence digest", r->evidence, &r->recorded.evidence_digest, &r->rebuilt.evidence_digest);
    put_digest(b, "case digest", r->sessions, &r->recorded.case_digest, &r->rebuilt.case_digest);
    put_digest(b, "packet index", r->packets, &r->recorded.packet_index_digest,
               &r->rebuilt.packet_index_digest);
    put_digest(b, "records", r->records, &r->recorded.records_digest, &r->rebuilt.records_digest);
    fb_layers_put_text(b, &r->layers);
    put_difference(b, &r->diff);
    if (strcmp(r->recorded.tool_version, FB_VERSION) != 0) {
        fb_buf_puts(b, "made by         fbforensics ");
        fb_escape_term(b, r->recorded.tool_version, strlen(r->recorded.tool_version));
        fb_buf_puts(b, ", built again by " FB_VERSION "\n");
    }
    if (all_equal(r))
        fb_buf_printf(b, "equal: %llu sessions of %llu packets were built again from the evidence\n",
                      (unsigned long long)r->rebuilt.sessions, (unsigned long long)r->rebuilt.pkts);
    else
        fb_buf_puts(b, facts_equal(r) ? "NOT EQUAL: the sessions do not give these names and scores\n"
                                      : "NOT EQUAL: the evidence does not give this case\n");
}

/* ---- JSON ---- */

static void put_json_digest(struct fb_buf *b, const char *key, bool equal, const struct fb_digest *recorded,
                            const struct fb_digest *rebuilt)
{
    char hex[2][FB_DIGEST_HEXLEN];
    fb_hex(recorded->b, FB_DIGEST_LEN, hex[0]);
    fb_hex(rebuilt->b, FB_DIGEST_LEN, hex[1]);
    fb_buf_printf(b, ",\"%s\":{\"equal\":%s,\"recorded\":\"%s\",\"rebuilt\":\"%s\"}", key,
                  equal ? "true" : "false", hex[0], hex[1]);
}

static void put_json(struct fb_buf *b, const struct fb_rerun *run, const struct result *r)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_buf_printf(b, "{\"equal\":%s,\"evidence\":[", all_equal(r) ? "true" : "false");
    for (size_t i = 0; i < run->nev; i++) {
        const struct fb_rerun_evidence *e = &run->ev[i];
        fb_hex(e->known.sha256, sizeof e->known.sha256, hex);
        fb_buf_printf(b, "%s{\"equal\":%s,\"sha256\":\"%s\",\"path\":", i ? "," : "",
                      e->changed ? "false" : "true", hex);
        fb_escape_json(b, e->known.path, strlen(e->known.path));
        fb_buf_puts(b, ",\"found\":");
        fb_escape_json(b, e->path, strlen(e->path));
        fb_buf_putc(b, '}');
    }
    fb_buf_putc(b, ']');
    put_json_digest(b, "evidence_digest", r->evidence, &r->recorded.evidence_digest,
                    &r->rebuilt.evidence_digest);
    put_json_digest(b, "case_digest", r->sessions, &r->recorded.case_digest, &r->rebuilt.case_digest);
    put_json_digest(b, "packet_index_digest", r->packets, &r->recorded.packet_index_digest,
                    &r->rebuilt.packet_index_digest);
    put_json_digest(b, "records_digest", r->records, &r->recorded.records_digest, &r->rebuilt.records_digest);
    fb_buf_putc(b, ',');
    fb_layers_put_json(b, &r->layers);
    fb_buf_puts(b, ",\"first_difference\":");
    if (r->diff.any) {
        fb_buf_putc(b, '{');
        if (r->diff.table[0])
            fb_buf_printf(b, "\"table\":\"%s\",\"row\":%llu,", r->diff.table,
                          (unsigned long long)r->diff.record);
        fb_buf_printf(b, "\"number\":%llu,\"uid\":\"%s\",\"field\":\"%s\",\"recorded\":",
                      (unsigned long long)r->diff.number, r->diff.uid, r->diff.field);
        fb_escape_json(b, r->diff.recorded.data, r->diff.recorded.len);
        fb_buf_puts(b, ",\"rebuilt\":");
        fb_escape_json(b, r->diff.rebuilt.data, r->diff.rebuilt.len);
        fb_buf_putc(b, '}');
    } else {
        fb_buf_puts(b, "null");
    }
    fb_buf_printf(b, ",\"sessions\":%llu,\"tool_version\":", (unsigned long long)r->rebuilt.sessions);
    fb_escape_json(b, r->recorded.tool_version, strlen(r->recorded.tool_version));
    fb_buf_puts(b, "}\n");
}

static enum fb_status print(const struct fb_rerun *run, const struct result *r, bool json, struct fb_err *err)
{
    struct fb_out out;
    FB_TRY(fb_out_open(&out, NULL, err));
    if (json)
        put_json(&out.buf, run, r);
    else
        put_text(&out.buf, run, r);
    return fb_out_close(&out, err);
}

/* Into the custody log: that the case was built again and was equal. Inputs and outputs are the digests. */
static enum fb_status record(const char *path, const struct result *r, struct fb_err *err)
{
    struct fb_custody_entry entry;
    struct fb_edit *edit = NULL;
    struct fb_buf params, digests;
    char hex[4][FB_DIGEST_HEXLEN];
    fb_buf_init(&params, (size_t)16 << 20);
    fb_buf_init(&digests, 4096);
    fb_hex(r->rebuilt.case_digest.b, FB_DIGEST_LEN, hex[0]);
    fb_hex(r->rebuilt.evidence_digest.b, FB_DIGEST_LEN, hex[1]);
    fb_hex(r->rebuilt.packet_index_digest.b, FB_DIGEST_LEN, hex[2]);
    fb_hex(r->rebuilt.records_digest.b, FB_DIGEST_LEN, hex[3]);
    fb_buf_printf(&digests,
                  "{\"case_digest\":\"%s\",\"evidence_digest\":\"%s\",\"packet_index_digest\":\"%s\","
                  "\"records_digest\":\"%s\"}",
                  hex[0], hex[1], hex[2], hex[3]);
    fb_custody_put_params(&params, "{\"equal\":true}");
    fb_custody_entry_fill(&entry, "replay", fb_buf_cstr(&params), NULL);
    entry.outputs_json = fb_buf_cstr(&digests);
    enum fb_status st = fb_edit_open(path, &edit, err);
    if (st == FB_OK)
        st = fb_edit_commit(edit, &entry, err);
    fb_edit_close(edit);
    fb_buf_release(&params);
    fb_buf_release(&digests);
    return st;
}

static enum fb_status open_recorded(struct fb_rerun *run, const char *path, struct fb_err *err)
{
    struct fb_case_info info;
    if (fb_encrypted_probe(path))
        FB_TRY(fb_unlock_open(path, &run->how->unlock, &run->recorded, err));
    else
        FB_TRY(fb_case_open(path, &run->recorded, err));
    FB_TRY(fb_case_info(run->recorded, &info, err));
    if (!info.complete)
        return fb_err_set(err, FB_ERR_INPUT, "%s: the case is incomplete: there is no whole to compare with",
                          path);
    /* Its digests must be those of its rows, or equal digests would say nothing about the rows. */
    return fb_case_check(run->recorded, err);
}

int fb_replay_case(const char *path, const struct fb_replay_opts *o)
{
    struct fb_err err = {0};
    struct fb_rerun run = {.how = &o->in};
    struct result r = {0};
    const struct fb_evidence_find find = {.also = o->evidence, .case_path = path};
    enum fb_status st = open_recorded(&run, path, &err);
    if (st == FB_OK)
        st = fb_rerun_find(&run, &find, &err);
    if (st == FB_OK)
        st = fb_rerun_build(&run, &err);
    if (st == FB_OK)
        st = compare(&run, &r, &err);
    if (st == FB_OK)
        st = print(&run, &r, o->json, &err);
    int code = st != FB_OK ? fb_cli_fail(&err) : all_equal(&r) ? FB_EXIT_OK : FB_EXIT_VERIFY;
    fb_first_difference_release(&r.diff);
    fb_rerun_release(&run);
    fb_case_close(run.recorded);
    /* A case that cannot be written to was compared all the same. */
    if (code == FB_EXIT_OK && !fb_encrypted_probe(path) && record(path, &r, &err) != FB_OK && !o->in.quiet)
        fb_cli_say("%s: warning: that it is equal was not recorded: %s", path, err.msg);
    return code;
}
