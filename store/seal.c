#include "store/seal.h"

#include "base/escape.h"
#include "store/case_impl.h"
#include "store/chain.h"
#include "store/edit.h"
#include "store/manifest.h"
#include "store/seal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct fb_digest zeros;

static enum fb_status check_before(const char *path, struct fb_case_info *info, struct fb_err *err)
{
    struct fb_case *c = NULL;
    FB_TRY(fb_case_open(path, &c, err));
    enum fb_status st = fb_case_info(c, info, err);
    if (st == FB_OK && info->sealed)
        st = fb_err_set(err, FB_ERR_USAGE, "this case is sealed already");
    if (st == FB_OK && !info->complete)
        st = fb_err_set(err, FB_ERR_USAGE,
                        "this case is incomplete: its ingest was interrupted; it cannot be sealed");
    if (st == FB_OK)
        st = fb_case_check(c, err);
    if (st == FB_OK)
        st = fb_custody_check(c, NULL, NULL, err);
    fb_case_close(c);
    return st;
}

/* ---- the copy ---- */

static enum fb_status copy_case(const char *path, const char *copy, struct fb_err *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    if (unlink(copy) != 0 && errno != ENOENT)
        return fb_err_set(err, FB_ERR_IO, "a left-over file beside the case cannot be removed: %s",
                          strerror(errno));
    FB_TRY(fb_db_open(path, &db, err));
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM attaches its target */
    enum fb_status got = fb_db_exec(db, "PRAGMA query_only=OFF", err);
    if (got == FB_OK)
        got = fb_db_prepare(db, "VACUUM INTO ?", &st, err);
    if (got == FB_OK) {
        sqlite3_bind_text(st, 1, copy, -1, SQLITE_STATIC);
        got = fb_db_run(db, st, err);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    return got;
}

static enum fb_status put_text(sqlite3 *db, const char *sql, const char *a, const char *b, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, sql, &st, err));
    sqlite3_bind_text(st, 1, a, -1, SQLITE_STATIC);
    if (b)
        sqlite3_bind_text(st, 2, b, -1, SQLITE_STATIC);
    enum fb_status got = fb_db_run(db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status put_custody(sqlite3 *db, const struct fb_seal_opts *o, const struct fb_case_info *info,
                                  struct fb_err *err)
{
    char cases[FB_DIGEST_HEXLEN], evidence[FB_DIGEST_HEXLEN], packets[FB_DIGEST_HEXLEN], text[400];
    fb_hex(info->case_digest.b, FB_DIGEST_LEN, cases);
    fb_hex(info->evidence_digest.b, FB_DIGEST_LEN, evidence);
    fb_hex(info->packet_index_digest.b, FB_DIGEST_LEN, packets);
    snprintf(text, sizeof text,
             "{\"case_digest\":\"%s\",\"evidence_digest\":\"%s\",\"packet_index_digest\":\"%s\"}", cases,
             evidence, packets);
    struct fb_custody_entry e = *o->entry;
    e.inputs_json = text;
    e.outputs_json = text;
    return fb_chain_append(db, &zeros, &e, NULL, err);
}

static enum fb_status put_signers(sqlite3 *db, const struct fb_seal_opts *o, int64_t at_ns,
                                  struct fb_err *err)
{
    sqlite3_stmt *st;
    enum fb_status got = FB_OK;
    FB_TRY(fb_db_prepare(db, "INSERT INTO signature(signer, at, pubkey) VALUES(?,?,?)", &st, err));
    for (size_t i = 0; i < o->nkeys && got == FB_OK; i++) {
        sqlite3_bind_text(st, 1, o->key[i]->id.name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(st, 2, at_ns);
        sqlite3_bind_blob(st, 3, o->key[i]->id.pub, FB_PUBLIC_LEN, SQLITE_STATIC);
        got = fb_db_run(db, st, err);
    }
    sqlite3_finalize(st);
    return got;
}

/* The manifest over everything else, and the blob with the hole. */
static enum fb_status put_manifest(sqlite3 *db, size_t nkeys, struct fb_digest *manifest, struct fb_err *err)
{
    struct fb_buf body;
    struct fb_digest marker;
    sqlite3_stmt *st;
    uint8_t z[FB_DIGEST_LEN + FB_SEAL_HOLE_BYTES(FB_SEAL_KEYS_MAX)] = {0};
    fb_buf_init(&body, 1u << 20);
    enum fb_status got = fb_manifest_build(db, &body, err);
    if (got == FB_OK)
        got = put_text(db, "INSERT INTO manifest(body) VALUES(?)", fb_buf_cstr(&body), NULL, err);
    fb_manifest_digest(body.data, body.len, manifest);
    fb_buf_release(&body);
    FB_TRY(got);
    fb_seal_marker(manifest, &marker);
    memcpy(z, marker.b, FB_DIGEST_LEN);
    FB_TRY(fb_db_prepare(db, "INSERT INTO seal(z) VALUES(?)", &st, err));
    sqlite3_bind_blob64(st, 1, z, FB_DIGEST_LEN + FB_SEAL_HOLE_BYTES(nkeys), SQLITE_STATIC);
    got = fb_db_run(db, st, err);
    sqlite3_finalize(st);
    return got;
}

static enum fb_status fill_copy(sqlite3 *db, const struct fb_seal_opts *o, const struct fb_case_info *info,
                                int64_t at_ns, struct fb_digest *manifest, struct fb_err *err)
{
    FB_TRY(fb_db_exec(db, "PRAGMA journal_mode=DELETE; PRAGMA secure_delete=ON; BEGIN IMMEDIATE", err));
    FB_TRY(fb_db_exec(db, "INSERT INTO case_info(key, value) VALUES('sealed',1)", err));
    FB_TRY(put_text(db, "INSERT INTO case_info(key, value) VALUES('title',?1),('examiner',?2)",
                    o->title ? o->title : "", o->examiner ? o->examiner : "", err));
    FB_TRY(put_custody(db, o, info, err));
    FB_TRY(put_manifest(db, o->nkeys, manifest, err));
    FB_TRY(put_signers(db, o, at_ns, err));
    FB_TRY(fb_db_exec(db, "COMMIT", err));
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1);
    return fb_db_exec(db, "VACUUM", err);
}

/* Digest and signatures into the hole, and the file to the disk. */
static enum fb_status fill_hole(const char *copy, const struct fb_seal_opts *o, int64_t at_ns,
                                const struct fb_digest *manifest, struct fb_err *err)
{
    struct fb_digest marker, file;
    uint64_t off = 0;
    uint8_t hole[FB_SEAL_HOLE_BYTES(FB_SEAL_KEYS_MAX)];
    size_t n = FB_SEAL_HOLE_BYTES(o->nkeys);
    fb_seal_marker(manifest, &marker);
    FB_TRY(fb_seal_file_digest(copy, &marker, n, &file, &off, err));
    memcpy(hole, file.b, FB_DIGEST_LEN);
    for (size_t i = 0; i < o->nkeys; i++) {
        uint8_t msg[FB_SEAL_MSG_LEN];
        fb_seal_message(manifest, &file, o->key[i]->id.name, at_ns, msg);
        fb_key_sign(o->key[i], msg, sizeof msg, hole + FB_DIGEST_LEN + i * FB_SIG_LEN);
    }
    int fd = open(copy, O_WRONLY | O_CLOEXEC);
    bool ok =
        fd >= 0 && pwrite(fd, hole, n, (off_t)off) == (ssize_t)n && fchmod(fd, 0444) == 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return ok ? FB_OK : fb_err_set(err, FB_ERR_IO, "the sealed case cannot be written: %s", strerror(why));
}

static enum fb_status put_in_place(const char *copy, const char *path, struct fb_err *err)
{
    if (rename(copy, path) != 0)
        return fb_err_set(err, FB_ERR_IO, "the sealed case cannot take the place of the case: %s",
                          strerror(errno));
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd); /* not every file system can */
        close(fd);
    }
    free(dir);
    return FB_OK;
}

static enum fb_status seal_copy(const char *copy, const struct fb_seal_opts *o,
                                const struct fb_case_info *info, struct fb_err *err)
{
    sqlite3 *db = NULL;
    struct fb_digest manifest;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t at_ns = o->entry->at_ns ? o->entry->at_ns : (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    FB_TRY(fb_db_open_write(copy, &db, err));
    enum fb_status st = fill_copy(db, o, info, at_ns, &manifest, err);
    sqlite3_close(db);
    return st == FB_OK ? fill_hole(copy, o, at_ns, &manifest, err) : st;
}

enum fb_status fb_seal(const char *case_path, const struct fb_seal_opts *o, struct fb_err *err)
{
    struct fb_case_info info;
    struct fb_buf copy;
    if (o->nkeys < 1 || o->nkeys > FB_SEAL_KEYS_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "a case is sealed with 1 to %d keys", FB_SEAL_KEYS_MAX);
    FB_TRY(check_before(case_path, &info, err));
    fb_buf_init(&copy, 1u << 16);
    fb_buf_printf(&copy, "%s.sealing", case_path);
    const char *to = fb_buf_cstr(&copy);
    enum fb_status st = copy.failed ? fb_err_nomem(err, "a path") : copy_case(case_path, to, err);
    if (st == FB_OK)
        st = seal_copy(to, o, &info, err);
    if (st == FB_OK)
        st = put_in_place(to, case_path, err);
    if (st != FB_OK)
        unlink(to);
    fb_buf_release(&copy);
    return st;
}

/* ---- one more signature ---- */

/* Nobody signs a file that is not the one that was sealed. */
static enum fb_status check_file(const char *path, const struct fb_seal_state *seal, struct fb_err *err)
{
    struct fb_digest marker, file;
    fb_seal_marker(&seal->manifest, &marker);
    FB_TRY(fb_seal_file_digest(path, &marker, FB_SEAL_HOLE_BYTES(seal->nkeys), &file, NULL, err));
    if (memcmp(file.b, seal->hole, FB_DIGEST_LEN) != 0)
        return fb_err_set(err, FB_ERR_VERIFY, "the file was changed since it was sealed; it is not signed");
    return FB_OK;
}

static enum fb_status has_signed(sqlite3 *db, const struct fb_sign_key *key, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, "SELECT 1 FROM main.signature WHERE pubkey=?", &st, err));
    sqlite3_bind_blob(st, 1, key->id.pub, FB_PUBLIC_LEN, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? fb_err_set(err, FB_ERR_USAGE, "this key has signed the case already") : FB_OK;
}

static enum fb_status add_signature(sqlite3 *db, const struct fb_seal_state *seal,
                                    const struct fb_sign_key *key, int64_t at_ns, struct fb_err *err)
{
    struct fb_digest file;
    uint8_t msg[FB_SEAL_MSG_LEN], sig[FB_SIG_LEN];
    sqlite3_stmt *st;
    memcpy(file.b, seal->hole, FB_DIGEST_LEN);
    fb_seal_message(&seal->manifest, &file, key->id.name, at_ns, msg);
    fb_key_sign(key, msg, sizeof msg, sig);
    FB_TRY(fb_db_prepare(db, "INSERT INTO signature(signer, at, pubkey, sig) VALUES(?,?,?,?)", &st, err));
    sqlite3_bind_text(st, 1, key->id.name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, at_ns);
    sqlite3_bind_blob(st, 3, key->id.pub, FB_PUBLIC_LEN, SQLITE_STATIC);
    sqlite3_bind_blob(st, 4, sig, FB_SIG_LEN, SQLITE_STATIC);
    enum fb_status got = fb_db_run(db, st, err);
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_seal_sign_again(const char *case_path, const struct fb_sign_key *key,
                                  const struct fb_custody_entry *entry, struct fb_err *err)
{
    struct fb_edit *e = NULL;
    FB_TRY(fb_edit_open(case_path, &e, err));
    enum fb_status st =
        fb_edit_in_sidecar(e) ? FB_OK : fb_err_set(err, FB_ERR_USAGE, "this case is not sealed");
    if (st == FB_OK)
        st = check_file(case_path, fb_edit_seal(e), err);
    if (st == FB_OK)
        st = has_signed(fb_edit_case_db(e), key, err);
    if (st == FB_OK)
        st = has_signed(fb_edit_db(e), key, err);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t at_ns = entry->at_ns ? entry->at_ns : (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (st == FB_OK)
        st = add_signature(fb_edit_db(e), fb_edit_seal(e), key, at_ns, err);
    if (st == FB_OK)
        st = fb_edit_commit(e, entry, err);
    fb_edit_close(e);
    return st;
}
