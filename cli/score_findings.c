#include "cli/score_findings.h"

#include "cli/detect_facts.h"
#include "cli/message.h"
#include "cli/score_int.h"
#include "model/score_def.h"

#include <stdlib.h>

static void text_of(const struct fb_rec_cell *c, char *out, size_t size)
{
    size_t n = c->null ? 0 : c->s.n < size ? c->s.n : size - 1;
    if (n)
        memcpy(out, c->s.p, n);
    out[n] = '\0';
}

static enum fb_status add_anomaly(struct fb_case *c, struct fb_group *group, const struct fb_rec_row *row,
                                  struct fb_err *err)
{
    const struct fb_rec_cell *cell = row->cells, *level = &cell[FB_EXPLANATION_ANOMALY];
    struct fb_session s;
    char culprits[92], statement[400];
    text_of(&cell[FB_EXPLANATION_CULPRITS], culprits, sizeof culprits);
    text_of(&cell[FB_EXPLANATION_STATEMENT], statement, sizeof statement);
    int64_t ppm = cell[FB_EXPLANATION_PERCENTILE].null ? 0 : cell[FB_EXPLANATION_PERCENTILE].i;
    enum fb_status st = fb_case_session(c, row->at.number, &s, err);
    if (st == FB_ERR_NOTFOUND) /* retention took it */
        return FB_OK;
    FB_TRY(st);
    struct fb_anomaly a = {.session = &s,
                           .abnormal = !level->null && level->s.n == 8,
                           .rank_ppm = ppm < 0 || ppm > 1000000 ? 0 : (uint32_t)ppm,
                           .culprits = culprits,
                           .statement = statement};
    return fb_group_add(group, &a) == FB_OK ? FB_OK : fb_err_nomem(err, "groups of anomalies");
}

static enum fb_status add_anomalies(struct fb_case *c, struct fb_findings *out, uint64_t *shed,
                                    struct fb_err *err)
{
    struct fb_rec_cursor *cur;
    struct fb_rec_row row;
    struct fb_group *group = fb_group_new(FB_SCORE_GROUPS_MAX);
    if (!group)
        return fb_err_nomem(err, "groups of anomalies");
    enum fb_status st = fb_rec_open(c, &fb_explanation_def, FB_REC_NEWEST, &cur, err);
    if (st == FB_OK) {
        while ((st = fb_rec_next(cur, &row, err)) == FB_OK)
            if ((st = add_anomaly(c, group, &row, err)) != FB_OK)
                break;
        fb_rec_close(cur);
    }
    if (st == FB_EOF)
        st = fb_group_finish(group, out, shed) == FB_OK ? FB_OK : fb_err_nomem(err, "groups of anomalies");
    fb_group_free(group);
    return st;
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    return fb_detect_session(ctx, s);
}

enum fb_status fb_findings_anew(struct fb_case *c, const struct fb_detect_opts *o, struct fb_findings *out,
                                struct fb_shed *shed, struct fb_err *err)
{
    struct fb_detect *d = fb_detect_new(o);
    if (!d)
        return fb_err_nomem(err, "the detectors");
    enum fb_status st = fb_case_each_session(c, on_session, d, err);
    if (st == FB_OK)
        st = fb_detect_facts(c, d, err);
    if (st == FB_OK)
        st = fb_detect_finish(d, out);
    if (st == FB_ERR_NOMEM)
        fb_err_nomem(err, "the detectors");
    struct fb_detect_shed forgot = fb_detect_shed(d);
    *shed = (struct fb_shed){.pairs = forgot.pairs, .targets = forgot.targets, .names = forgot.names};
    fb_detect_free(d);
    if (st == FB_OK)
        st = add_anomalies(c, out, &shed->groups, err);
    shed->findings = out->dropped;
    return st;
}
