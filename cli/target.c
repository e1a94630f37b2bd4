#include "cli/target.h"

#include "base/escape.h"
#include "cli/message.h"
#include "cli/pick.h"
#include "store/query.h"

static enum fb_status session(struct fb_case *c, char *word, struct fb_cli_target *out, struct fb_err *err)
{
    struct fb_pick pick;
    struct fb_session s;
    char uid[FB_UID_STRLEN];
    FB_TRY(fb_pick_resolve(c, &word, 1, &pick, err));
    uint64_t number = pick.n == 1 ? pick.number[0] : 0;
    fb_pick_release(&pick);
    if (!number)
        return fb_err_set(err, FB_ERR_USAGE, "%s is more than one session", word);
    FB_TRY(fb_case_session(c, number, &s, err));
    fb_session_uid(&s, uid);
    snprintf(out->name, sizeof out->name, "%s", uid);
    out->t = (struct fb_target){"session", out->name, number};
    return FB_OK;
}

static enum fb_status host(struct fb_case *c, const char *text, struct fb_cli_target *out, struct fb_err *err)
{
    struct fb_addr a;
    char shown[FB_ADDR_STRLEN];
    struct fb_query *q = NULL;
    if (!fb_addr_parse(text, &a))
        return fb_err_set(err, FB_ERR_USAGE, "host:%s: expected an IPv4 or IPv6 address", text);
    fb_addr_format(&a, shown);
    FB_TRY(fb_query_prepare(c, "SELECT number FROM sessions WHERE ip = ? LIMIT 1", &q, err));
    enum fb_status st = fb_query_bind_text(q, 1, shown, err);
    if (st == FB_OK)
        st = fb_query_step(q, err);
    fb_query_close(q);
    if (st == FB_EOF)
        return fb_err_set(err, FB_ERR_NOTFOUND, "no session of this case has the host %s", shown);
    FB_TRY(st);
    snprintf(out->name, sizeof out->name, "%s", shown);
    out->t = (struct fb_target){"host", out->name, 0};
    return FB_OK;
}

static enum fb_status finding(const char *name, struct fb_cli_target *out, struct fb_err *err)
{
    if (!*name || strlen(name) >= sizeof out->name || strcspn(name, "\r\n") != strlen(name))
        return fb_err_set(err, FB_ERR_USAGE, "finding: should be followed by the name of a finding");
    snprintf(out->name, sizeof out->name, "%s", name);
    out->t = (struct fb_target){"finding", out->name, 0};
    return FB_OK;
}

static enum fb_status resolve(struct fb_case *c, char *word, struct fb_cli_target *out, struct fb_err *err)
{
    if (strncmp(word, "host:", 5) == 0)
        return host(c, word + 5, out, err);
    if (strncmp(word, "finding:", 8) == 0)
        return finding(word + 8, out, err);
    if (fb_pick_is(word))
        return session(c, word, out, err);
    return fb_err_set(err, FB_ERR_USAGE,
                      "%s: expected the number or uid of a session, host:ADDRESS or finding:NAME", word);
}

enum fb_status fb_target_resolve(const char *case_path, char *word, struct fb_cli_target *out,
                                 struct fb_err *err)
{
    struct fb_case *c = NULL;
    FB_TRY(fb_edit_recover(case_path, err));
    FB_TRY(fb_case_open(case_path, &c, err));
    enum fb_status st = resolve(c, word, out, err);
    fb_case_close(c);
    return st;
}

enum fb_status fb_target_edit(const char *case_path, const char *what, const char *options_json,
                              const char *examiner, struct fb_cli_edit *x, struct fb_err *err)
{
    *x = (struct fb_cli_edit){0};
    fb_buf_init(&x->params, (size_t)16 << 20);
    fb_custody_put_params(&x->params, options_json);
    fb_custody_entry_fill(&x->entry, what, fb_buf_cstr(&x->params), examiner);
    if (x->params.failed)
        return fb_err_nomem(err, "the custody log");
    FB_TRY(fb_edit_open(case_path, &x->e, err));
    return fb_edit_layer(x->e, "analyst", &x->entry, NULL, &x->run_id, err);
}

int fb_target_done(struct fb_cli_edit *x, enum fb_status st, const char *done, struct fb_err *err)
{
    bool side = x->e && fb_edit_in_sidecar(x->e);
    if (st == FB_OK)
        st = fb_edit_commit(x->e, &x->entry, err);
    fb_edit_close(x->e);
    fb_buf_release(&x->params);
    if (st != FB_OK)
        return fb_cli_fail(err);
    printf("%s in run %lld%s\n", done, (long long)x->run_id,
           side ? ", in the sidecar of the sealed case" : "");
    return FB_EXIT_OK;
}
