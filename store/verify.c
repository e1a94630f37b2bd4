#include "store/verify.h"

#include "base/escape.h"
#include "base/timefmt.h"
#include "store/case_impl.h"
#include "store/chain.h"
#include "store/manifest.h"
#include "store/rec_dir.h"
#include "store/sidecar.h"

struct verify {
    const char *path;
    const struct fb_verify_opts *o;
    fb_verify_report report;
    void *ctx;
    struct fb_err first; /* the first broken link */

    struct fb_case *c;
    struct fb_case_info info;
    struct fb_seal_state seal;
    bool sealed, content_holds;
    uint8_t *key_seen; /* per given key */
};

static void say(struct verify *v, const char *name, enum fb_check_state state, const char *text)
{
    v->report(v->ctx, name, state, text);
}

__attribute__((format(printf, 3, 4))) static void good(struct verify *v, const char *name, const char *fmt,
                                                       ...)
{
    char text[FB_ERR_MSG_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    say(v, name, FB_CHECK_OK, text);
}

/* Reports the outcome of a check; keeps the first failure. */
static bool took(struct verify *v, const char *name, enum fb_status st, const struct fb_err *err)
{
    if (st == FB_OK)
        return true;
    say(v, name, FB_CHECK_FAILED, err->msg);
    if (v->first.status == FB_OK) {
        v->first = *err;
        /* A file that is no case, or cannot be read, keeps its own status. */
        if (st != FB_ERR_INPUT && st != FB_ERR_NEWER && st != FB_ERR_NOMEM && st != FB_ERR_IO)
            v->first.status = FB_ERR_VERIFY;
    }
    return false;
}

/* ---- content ---- */

static void check_content(struct verify *v)
{
    static const struct {
        const char *name, *fine;
        enum fb_check_part part;
    } part[] = {
        {"database", "the pages of the database are in order", FB_CHECK_DATABASE},
        {"chunks", "every chunk matches its digests, and every row what its chunk says", FB_CHECK_CHUNKS},
        {"numbers", "session numbers follow each other without a gap", FB_CHECK_NUMBERS},
        {"digests", "case digest, packet index digest and evidence digest were computed again",
         FB_CHECK_DIGESTS},
    };
    v->content_holds = true;
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        struct fb_err err = {0};
        bool quick = v->o->quick && part[i].part == FB_CHECK_CHUNKS;
        if (!v->info.complete && part[i].part >= FB_CHECK_NUMBERS)
            say(v, part[i].name, FB_CHECK_SKIPPED, "the case is incomplete");
        else if (took(v, part[i].name, fb_case_check_part(v->c, quick ? FB_CHECK_BYTES : part[i].part, &err),
                      &err))
            good(v, part[i].name, "%s",
                 quick ? "the bytes of every chunk match their digest; rows were not decoded" : part[i].fine);
        else
            v->content_holds = false;
    }
}

/* The last "WHAT-finish" says what the digests were when the case was made. */
struct last_finish {
    char outputs[512];
};

static enum fb_status keep_finish(void *ctx, const struct fb_custody_record *r)
{
    struct last_finish *f = ctx;
    size_t n = strlen(r->e.what);
    if (n > 7 && strcmp(r->e.what + n - 7, "-finish") == 0)
        snprintf(f->outputs, sizeof f->outputs, "%s", r->e.outputs_json);
    return FB_OK;
}

/* The last edit's record says what the layers were after it. */
struct last_layers {
    char hex[FB_DIGEST_HEXLEN];
};

static enum fb_status keep_layers(void *ctx, const struct fb_custody_record *r)
{
    static const char key[] = "\"layers_digest\":\"";
    struct last_layers *f = ctx;
    const char *at = NULL;
    for (const char *p = r->e.outputs_json; (p = strstr(p, key)) != NULL; p++)
        at = p + sizeof key - 1; /* the last one is ours: what the caller gave stands before it */
    if (at)
        snprintf(f->hex, sizeof f->hex, "%s", at);
    return FB_OK;
}

static enum fb_status compare_layers(sqlite3 *db, bool sidecar, const struct last_layers *f,
                                     struct fb_err *err)
{
    struct fb_digest now;
    char hex[FB_DIGEST_HEXLEN];
    FB_TRY(fb_layers_digest(db, sidecar, &now, err));
    fb_hex(now.b, FB_DIGEST_LEN, hex);
    if ((sidecar || f->hex[0]) && strcmp(hex, f->hex) != 0)
        return fb_err_set(err, FB_ERR_VERIFY,
                          "notes, tags or verdicts%s are not those that the custody log says were written",
                          sidecar ? " of the sidecar, or its signatures," : "");
    return FB_OK;
}

static enum fb_status check_layers(struct verify *v, struct fb_err *err)
{
    struct last_layers f = {{0}};
    FB_TRY(fb_custody_each(v->c, keep_layers, &f, err));
    v->c->internal++;
    enum fb_status st = compare_layers(v->c->db, false, &f, err);
    v->c->internal--;
    return st;
}

static enum fb_status compare_finish(struct verify *v, struct fb_err *err)
{
    struct last_finish f = {{0}};
    char hex[FB_DIGEST_HEXLEN];
    FB_TRY(fb_custody_each(v->c, keep_finish, &f, err));
    fb_hex(v->info.case_digest.b, FB_DIGEST_LEN, hex);
    if (f.outputs[0] && v->info.complete && !strstr(f.outputs, hex))
        return fb_err_set(err, FB_ERR_VERIFY,
                          "the case digest is not the one that the custody log says the run had");
    return FB_OK;
}

static void check_chain(struct verify *v)
{
    struct fb_err err = {0};
    struct fb_digest head;
    uint64_t n = 0;
    char hex[FB_DIGEST_HEXLEN];
    enum fb_status st = fb_custody_check(v->c, &head, &n, &err);
    if (st == FB_OK)
        st = compare_finish(v, &err);
    if (st == FB_OK)
        st = check_layers(v, &err);
    if (st == FB_OK && v->sealed && memcmp(head.b, v->seal.head.b, FB_DIGEST_LEN) != 0)
        st = fb_err_set(&err, FB_ERR_VERIFY, "custody record %llu is not the last one that was sealed",
                        (unsigned long long)n);
    fb_hex(head.b, FB_DIGEST_LEN, hex);
    if (!took(v, "chain", st, &err))
        v->content_holds = false;
    else
        good(v, "chain", "%llu custody records, head %s", (unsigned long long)n, hex);
}

/* ---- seal ---- */

static void check_manifest(struct verify *v)
{
    struct fb_err err = {0};
    v->c->internal++;
    enum fb_status st = fb_manifest_check(v->c->db, v->seal.body, v->seal.nbody, &err);
    v->c->internal--;
    if (!took(v, "manifest", st, &err))
        v->content_holds = false;
    else
        good(v, "manifest", "every table is the one that was sealed");
}

static void check_file(struct verify *v)
{
    struct fb_err err = {0};
    struct fb_digest marker, file;
    fb_seal_marker(&v->seal.manifest, &marker);
    size_t nhole = FB_SEAL_HOLE_BYTES(v->seal.nkeys);
    enum fb_status st =
        v->o->in_memory ? fb_seal_bytes_digest(v->c->secret, v->c->secret_bytes, &marker, nhole, &file, &err)
                        : fb_seal_file_digest(v->path, &marker, nhole, &file, NULL, &err);
    if (st == FB_OK && memcmp(file.b, v->seal.hole, FB_DIGEST_LEN) != 0)
        st = fb_err_set(
            &err, FB_ERR_VERIFY,
            v->content_holds
                ? "the file was changed since it was sealed, in bytes that hold no row: header, free space, "
                  "who signed, or the digest itself"
                : "the file was changed since it was sealed");
    if (took(v, "file", st, &err))
        good(v, "file", "every byte of the file is the one that was sealed");
}

static const struct fb_public_key *known_key(struct verify *v, const uint8_t *pub)
{
    for (size_t i = 0; i < v->o->nkeys; i++)
        if (memcmp(v->o->key[i].pub, pub, FB_PUBLIC_LEN) == 0) {
            v->key_seen[i] = 1;
            return &v->o->key[i];
        }
    return NULL;
}

/* `sig` NULL: malformed. */
static void check_signature(struct verify *v, const char *signer, int64_t at_ns, const uint8_t *pub,
                            const uint8_t *sig)
{
    struct fb_err err = {0};
    struct fb_digest file;
    struct fb_buf name;
    uint8_t msg[FB_SEAL_MSG_LEN];
    char at[FB_TIME_STRLEN], hex[FB_DIGEST_HEXLEN];
    fb_buf_init(&name, 300);
    fb_escape_term(&name, signer, strlen(signer));
    memcpy(file.b, v->seal.hole, FB_DIGEST_LEN);
    fb_seal_message(&v->seal.manifest, &file, signer, at_ns, msg);
    enum fb_status st = FB_OK;
    if (!sig || !pub || !fb_key_verify(pub, msg, sizeof msg, sig))
        st = fb_err_set(&err, FB_ERR_VERIFY, "the signature of \"%s\" does not hold", fb_buf_cstr(&name));
    if (took(v, "signature", st, &err)) {
        const struct fb_public_key *k = known_key(v, pub);
        fb_time_format(at_ns, at);
        fb_hex(pub, FB_PUBLIC_LEN, hex);
        good(v, "signature", "by \"%s\" on %s, key %s: %s", fb_buf_cstr(&name), at, hex,
             k ? "a key that was given" : "an unknown key (none that was given)");
    }
    fb_buf_release(&name);
}

/* Signatures of the case lie in the hole, those of the sidecar in their rows. Returns how many there are. */
static size_t check_signatures(struct verify *v, sqlite3 *db, bool in_hole)
{
    sqlite3_stmt *st;
    struct fb_err err = {0};
    size_t n = 0;
    enum fb_status got =
        fb_db_prepare(db, "SELECT signer, at, pubkey, sig FROM main.signature ORDER BY id", &st, &err);
    int rc = SQLITE_DONE;
    for (; got == FB_OK && (rc = sqlite3_step(st)) == SQLITE_ROW; n++) {
        const char *signer = (const char *)sqlite3_column_text(st, 0);
        const uint8_t *pub = sqlite3_column_bytes(st, 2) == FB_PUBLIC_LEN ? sqlite3_column_blob(st, 2) : NULL;
        const uint8_t *sig = NULL;
        if (in_hole)
            sig = n < v->seal.nkeys ? v->seal.hole + FB_DIGEST_LEN + n * FB_SIG_LEN : NULL;
        else if (sqlite3_column_bytes(st, 3) == FB_SIG_LEN)
            sig = sqlite3_column_blob(st, 3);
        check_signature(v, signer ? signer : "", sqlite3_column_int64(st, 1), pub, sig);
    }
    if (got == FB_OK && rc != SQLITE_DONE)
        got = fb_db_error(db, &err, "cannot read the signatures");
    sqlite3_finalize(st);
    if (got == FB_OK && in_hole && n != v->seal.nkeys)
        got =
            fb_err_set(&err, FB_ERR_VERIFY, "the case has %zu signers and %zu signatures", n, v->seal.nkeys);
    took(v, "signature", got, &err);
    return n;
}

static void check_keys(struct verify *v)
{
    for (size_t i = 0; i < v->o->nkeys; i++) {
        struct fb_err err = {0};
        struct fb_buf name;
        if (v->key_seen[i])
            continue;
        fb_buf_init(&name, 300);
        fb_escape_term(&name, v->o->key[i].name, strlen(v->o->key[i].name));
        took(v, "signature",
             fb_err_set(&err, FB_ERR_VERIFY, "the case is not signed with the key of \"%s\" that was given",
                        fb_buf_cstr(&name)),
             &err);
        fb_buf_release(&name);
    }
}

static void check_sidecar(struct verify *v)
{
    struct fb_err err = {0};
    sqlite3 *side = NULL;
    struct last_layers last = {{0}};
    uint64_t n = 0;
    if (v->o->in_memory) {
        say(v, "sidecar", FB_CHECK_SKIPPED, "an encrypted case stands alone: decrypt it to look beside it");
        return;
    }
    enum fb_status st = fb_sidecar_open(v->path, v->sealed ? &v->seal : NULL, &side, &err);
    if (st == FB_ERR_NOTFOUND) {
        say(v, "sidecar", FB_CHECK_SKIPPED, "there is none");
        return;
    }

    if (st == FB_OK)
        st = fb_chain_walk(side, &v->seal.head, "sidecar record", true, keep_layers, &last, NULL, &n, &err);
    if (st == FB_OK)
        st = compare_layers(side, true, &last, &err);
    if (st == FB_OK)
        st = fb_rec_check_side(v->c, side, &err);
    if (took(v, "sidecar", st, &err)) {
        good(v, "sidecar", "it belongs to this case; %llu custody records", (unsigned long long)n);
        check_signatures(v, side, false);
    }
    sqlite3_close(side);
}

static void check_seal(struct verify *v)
{
    if (!v->sealed) {
        say(v, "manifest", FB_CHECK_SKIPPED, "the case is not sealed");
        say(v, "file", FB_CHECK_SKIPPED, "the case is not sealed");
        say(v, "signature", FB_CHECK_SKIPPED, "the case is not sealed");
        return;
    }
    check_manifest(v);
    check_file(v);
    v->c->internal++;
    check_signatures(v, v->c->db, true);
    v->c->internal--;
}

/* Opens the case and its seal. A case that says that it is sealed has one, and the other way round. */
static bool open_all(struct verify *v)
{
    struct fb_err err = {0};
    v->c = v->o->in_memory;
    enum fb_status st = v->c ? FB_OK : fb_case_open_alone(v->path, &v->c, &err);
    if (st == FB_OK)
        st = fb_case_info(v->c, &v->info, &err);
    if (st == FB_OK) {
        v->c->internal++;
        st = fb_seal_read(v->c->db, &v->seal, &err);
        v->c->internal--;
        v->sealed = st == FB_OK;
        if (st == FB_ERR_NOTFOUND)
            st = FB_OK;
        if (st == FB_OK && v->sealed != v->info.sealed)
            st = fb_err_set(&err, FB_ERR_VERIFY, "the case says that it is %s, but it %s a manifest",
                            v->info.sealed ? "sealed" : "not sealed", v->sealed ? "has" : "lacks");
    }
    if (!took(v, "structure", st, &err))
        return false;
    good(v, "structure", "the tables are those of a case of schema version %d", FB_CASE_SCHEMA_VERSION);
    if (v->info.complete)
        good(v, "complete", "the run that made the case came to its end");
    else
        say(v, "complete", FB_CHECK_SKIPPED, "the ingest was interrupted; what is there is checked");
    return true;
}

enum fb_status fb_verify(const char *case_path, const struct fb_verify_opts *o, fb_verify_report report,
                         void *ctx, struct fb_err *err)
{
    struct verify v = {.path = case_path, .o = o, .report = report, .ctx = ctx};
    v.key_seen = calloc(o->nkeys + 1, 1);
    if (!v.key_seen)
        return fb_err_nomem(err, "verification");
    bool opened = open_all(&v), complete = true;
    if (opened) {
        check_content(&v);
        check_chain(&v);
        check_seal(&v);
        check_sidecar(&v);
        check_keys(&v);
        complete = v.info.complete;
    }
    fb_seal_state_release(&v.seal);
    if (!o->in_memory)
        fb_case_close(v.c);
    free(v.key_seen);
    if (v.first.status != FB_OK) {
        if (err)
            *err = v.first;
        return v.first.status;
    }
    return complete ? FB_OK
                    : fb_err_set(err, FB_ERR_DAMAGED, "the case is incomplete: its ingest was interrupted");
}
