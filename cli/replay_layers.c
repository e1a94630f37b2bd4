#include "cli/replay_layers.h"

#include "base/escape.h"
#include "cli/name_run.h"
#include "intel/name_join.h"
#include "intel/names_def.h"
#include "model/finding_def.h"
#include "model/score_def.h"
#include "store/rectab.h"

static const struct fb_rec_def *const TABLES[FB_LAYER_TABLES] = {&fb_score_def, &fb_explanation_def,
                                                                 &fb_finding_def};

/* An empty layer, which hides an older one, has no digest, as no layer at all. */
static enum fb_status newest_of(struct fb_case *c, const char *name, int64_t *run_id, char *hex,
                                struct fb_err *err)
{
    struct fb_rec_info t;
    enum fb_status st;
    *run_id = 0;
    hex[0] = '\0';
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++)
        if (t.newest && t.run_id && strcmp(t.name, name) == 0) {
            *run_id = t.run_id;
            if (t.nrows)
                fb_hex(t.digest.b, FB_DIGEST_LEN, hex);
        }
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status digest_of(struct fb_case *c, const char *name, int64_t run_id, char *hex,
                                struct fb_err *err)
{
    struct fb_rec_info t;
    enum fb_status st;
    hex[0] = '\0';
    for (size_t i = 0; (st = fb_case_record_table(c, i, &t, err)) == FB_OK; i++)
        if (t.run_id == run_id && t.finished && strcmp(t.name, name) == 0)
            fb_hex(t.digest.b, FB_DIGEST_LEN, hex);
    return st == FB_EOF ? FB_OK : st;
}

/* Scores the copy as the case was scored: its lists say what is left out, its model is taken when it was
 * given. */
static enum fb_status score_again(struct fb_case *recorded, struct fb_case *rebuilt,
                                  const struct fb_scoring *s, unsigned threads, struct fb_scoring *out,
                                  struct fb_err *err)
{
    struct fb_model given = {.rows = 0};
    struct fb_scoring_how how = {.params = s->params,
                                 .sample_rows = s->sample_rows,
                                 .blacklisted = s->blacklisted,
                                 .lists = recorded,
                                 .lists_run = s->lists_run,
                                 .detect = s->detect,
                                 .threads = threads};
    if (s->from_file) {
        FB_TRY(fb_scoring_model(recorded, s, &given, err));
        how.model = &given;
    }
    enum fb_status st = fb_scoring_run(rebuilt, &how, out, err);
    fb_model_release(&given);
    return st;
}

/* A case in memory that was merged has no names yet, any other those of the usual grace. */
static enum fb_status name_again(struct fb_case *recorded, struct fb_case *rebuilt,
                                 struct fb_layers_result *out, struct fb_first_difference *diff,
                                 struct fb_err *err)
{
    int64_t run[2], grace_ns;
    struct fb_layer_digest *d = &out->names;
    d->table = fb_names_def.name;
    FB_TRY(newest_of(recorded, d->table, &run[0], d->recorded, err));
    FB_TRY(newest_of(rebuilt, d->table, &run[1], d->rebuilt, err));
    FB_TRY(fb_names_recorded_grace(recorded, &grace_ns, err));
    if (!run[1] || grace_ns != FB_NAME_GRACE_NS) {
        FB_TRY(fb_names_run(rebuilt, grace_ns, NULL, err));
        FB_TRY(newest_of(rebuilt, d->table, &run[1], d->rebuilt, err));
    }
    if (strcmp(d->recorded, d->rebuilt) == 0)
        return FB_OK;
    out->equal = false;
    return fb_record_table_compare(recorded, run[0], rebuilt, run[1], &fb_names_def, diff, err);
}

static enum fb_status compare(struct fb_case *recorded, const struct fb_scoring *a, struct fb_case *rebuilt,
                              const struct fb_scoring *b, struct fb_layers_result *out,
                              struct fb_first_difference *diff, struct fb_err *err)
{
    memcpy(out->model[0], a->model, sizeof out->model[0]);
    memcpy(out->model[1], b->model, sizeof out->model[1]);
    memcpy(out->features[0], a->features, sizeof out->features[0]);
    if (*a->features) /* else it was not recorded: nothing to compare with */
        memcpy(out->features[1], b->features, sizeof out->features[1]);
    out->equal &= strcmp(out->features[0], out->features[1]) == 0;
    if (strcmp(a->model, b->model) != 0) {
        out->equal = false;
        if (!diff->any)
            FB_TRY(
                fb_record_table_compare(recorded, a->run_id, rebuilt, b->run_id, &fb_scoring_def, diff, err));
    }
    for (int i = 0; i < FB_LAYER_TABLES; i++) {
        struct fb_layer_digest *d = &out->table[i];
        d->table = TABLES[i]->name;
        FB_TRY(digest_of(recorded, d->table, a->run_id, d->recorded, err));
        FB_TRY(digest_of(rebuilt, d->table, b->run_id, d->rebuilt, err));
        if (strcmp(d->recorded, d->rebuilt) == 0)
            continue;
        out->equal = false;
        if (!diff->any)
            FB_TRY(fb_record_table_compare(recorded, a->run_id, rebuilt, b->run_id, TABLES[i], diff, err));
    }
    out->compared = true;
    return FB_OK;
}

enum fb_status fb_layers_replay(struct fb_case *recorded, struct fb_case *rebuilt, unsigned threads,
                                struct fb_layers_result *out, struct fb_first_difference *diff,
                                struct fb_err *err)
{
    struct fb_scoring a, b;
    struct fb_case_info info;
    *out = (struct fb_layers_result){.why_not = "", .equal = true, .named = true};
    FB_TRY(name_again(recorded, rebuilt, out, diff, err));
    enum fb_status st = fb_scoring_read(recorded, &a, err);
    if (st == FB_ERR_NOTFOUND)
        return FB_OK;
    if (st == FB_OK)
        st = fb_case_info(recorded, &info, err);
    if (st == FB_OK && info.sessions_removed)
        out->why_not = "sessions were removed from the case";
    else if (st == FB_OK)
        st = score_again(recorded, rebuilt, &a, threads, &b, err);
    if (st == FB_OK && !info.sessions_removed) {
        st = compare(recorded, &a, rebuilt, &b, out, diff, err);
        fb_scoring_release(&b);
    }
    fb_scoring_release(&a);
    return st;
}

static void put_pair(struct fb_buf *b, const char *what, const char *recorded, const char *rebuilt)
{
    fb_buf_printf(b, "%-15s ", what);
    fb_escape_term(b, *recorded ? recorded : "none", strlen(*recorded ? recorded : "none"));
    if (strcmp(recorded, rebuilt) == 0)
        fb_buf_puts(b, ": equal\n");
    else
        fb_buf_printf(b, ": NOT EQUAL, now %s\n", *rebuilt ? rebuilt : "none");
}

void fb_layers_put_text(struct fb_buf *b, const struct fb_layers_result *r)
{
    if (r->named && (*r->names.recorded || *r->names.rebuilt))
        put_pair(b, "names", r->names.recorded, r->names.rebuilt);
    if (!r->compared) {
        if (r->why_not && *r->why_not)
            fb_buf_printf(b, "scores          not compared: %s\n", r->why_not);
        return;
    }
    if (*r->features[0])
        put_pair(b, "features", r->features[0], r->features[1]);
    put_pair(b, "model", r->model[0], r->model[1]);
    for (int i = 0; i < FB_LAYER_TABLES; i++)
        if (*r->table[i].recorded || *r->table[i].rebuilt)
            put_pair(b, r->table[i].table, r->table[i].recorded, r->table[i].rebuilt);
}

static void put_json_digests(struct fb_buf *b, const char *recorded, const char *rebuilt)
{
    fb_buf_printf(b, "{\"equal\":%s,\"recorded\":", strcmp(recorded, rebuilt) == 0 ? "true" : "false");
    fb_escape_json(b, recorded, strlen(recorded));
    fb_buf_printf(b, ",\"rebuilt\":\"%s\"}", rebuilt);
}

static void put_json_pair(struct fb_buf *b, const char *key, const char *recorded, const char *rebuilt)
{
    fb_buf_printf(b, ",\"%s\":", key);
    put_json_digests(b, recorded, rebuilt);
}

void fb_layers_put_json(struct fb_buf *b, const struct fb_layers_result *r)
{
    if (r->named) {
        fb_buf_puts(b, "\"names\":");
        put_json_digests(b, r->names.recorded, r->names.rebuilt);
    } else {
        fb_buf_puts(b, "\"names\":null");
    }
    fb_buf_puts(b, ",\"scoring\":");
    if (!r->compared) {
        fb_buf_puts(b, "null");
        return;
    }
    fb_buf_printf(b, "{\"equal\":%s", r->equal ? "true" : "false");
    put_json_pair(b, "model_digest", r->model[0], r->model[1]);
    put_json_pair(b, "features_digest", r->features[0], r->features[1]);
    for (int i = 0; i < FB_LAYER_TABLES; i++)
        put_json_pair(b, r->table[i].table, r->table[i].recorded, r->table[i].rebuilt);
    fb_buf_putc(b, '}');
}
