/* Appending to a case that exists: custody records, layers, notes, tags, verdicts, signatures. Facts are
 * never touched.
 *
 * An edit is one transaction: nothing is there before fb_edit_commit, all of it afterwards. While a case is
 * not sealed it is written itself; the edit of a sealed case goes to its sidecar, which is made when there is
 * none. Ids and run numbers go on across the two. Every edit ends with a custody record in
 * the same transaction. One thread. */
#ifndef FB_STORE_EDIT_H
#define FB_STORE_EDIT_H

#include "store/custody.h"

struct fb_edit;

/* FB_ERR_USAGE when the case is incomplete, FB_ERR_VERIFY when a sidecar lies there that is not its own. */
enum fb_status fb_edit_open(const char *case_path, struct fb_edit **out, struct fb_err *err);
/* The same for a case that is open: what is committed shows in it at once. Cursors and queries on it are
 * closed before fb_edit_commit. Serves cases in memory too, but for one that was decrypted (FB_ERR_USAGE). */
enum fb_status fb_edit_open_for(struct fb_case *c, struct fb_edit **out, struct fb_err *err);
/* Takes back an edit that was interrupted, as fb_edit_open does: for verbs that read the case before they
 * edit it. */
enum fb_status fb_edit_recover(const char *case_path, struct fb_err *err);
void fb_edit_close(struct fb_edit *e); /* drops what was not committed; accepts NULL */

/* Appends the custody record and commits. To inputs and outputs of `entry` it adds a digest over the layers
 * before and after, so that they are bound to the chain. */
enum fb_status fb_edit_commit(struct fb_edit *e, const struct fb_custody_entry *entry, struct fb_err *err);

/* True: the case is sealed. */
bool fb_edit_in_sidecar(const struct fb_edit *e);

/* A new layer of `kind` ("analyst", later "score", "list" ...): who, when and tool are those of `entry`.
 * `digest` may be NULL. */
enum fb_status fb_edit_layer(struct fb_edit *e, const char *kind, const struct fb_custody_entry *entry,
                             const struct fb_digest *digest, int64_t *run_id, struct fb_err *err);

/* What a note, tag or verdict is about. */
struct fb_target {
    const char *kind; /* "session", "host", "finding" */
    const char *name; /* uid, address, name of the finding */
    uint64_t number;  /* of a session; 0 otherwise */
};

enum fb_status fb_edit_note(struct fb_edit *e, int64_t run_id, const struct fb_target *t, const char *text,
                            int64_t *id, struct fb_err *err);
/* Takes a note away, by a row that says so. FB_ERR_NOTFOUND when there is no such note, or it is gone
 * already. */
enum fb_status fb_edit_remove_note(struct fb_edit *e, int64_t run_id, int64_t id, struct fb_err *err);
enum fb_status fb_edit_tag(struct fb_edit *e, int64_t run_id, const struct fb_target *t, const char *tag,
                           bool set, struct fb_err *err);
/* "" takes the verdict away. */
enum fb_status fb_edit_verdict(struct fb_edit *e, int64_t run_id, const struct fb_target *t,
                               const char *verdict, struct fb_err *err);

/* ---- for other files of the case ---- */

struct sqlite3;
struct fb_seal_state;
struct sqlite3 *fb_edit_db(struct fb_edit *e); /* what is written: case or sidecar, inside the transaction */
struct sqlite3 *fb_edit_case_db(struct fb_edit *e); /* the case; only to read when it is sealed */
const struct fb_seal_state *fb_edit_seal(const struct fb_edit *e);

#endif
