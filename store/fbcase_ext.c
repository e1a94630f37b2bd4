/* fbcase.so: the tables `sessions`, `packets`, `features` and those of records of a case in any other SQLite
 * client (docs/sql.md).
 *
 * Loaded into a connection whose main database is a case of this version; it adds read-only tables, what
 * people wrote about the case as views (layers.h), and the function fbcase_version(). Compiled with
 * FB_SQLITE_EXTENSION, so that every call goes to the SQLite that loads it, whichever copy that is. */
#include "store/rec_dir.h"
#include "store/vtab_features.h"

#include <sodium/core.h>

SQLITE_EXTENSION_INIT1

static void guest_free(void *arg)
{
    struct fb_case *c = arg;
    fb_case_stop_reading(c);
    fb_timeline_free(c->timeline);
    free(c);
}

static void version(sqlite3_context *x, int argc, sqlite3_value **argv)
{
    (void)argc, (void)argv;
    sqlite3_result_text(x, FB_VERSION, -1, SQLITE_STATIC);
}

static enum fb_status attach(sqlite3 *db, struct fb_err *err)
{
    const char *name = sqlite3_db_filename(db, "main");
    FB_TRY(fb_db_check(db, name && *name ? name : "main", err));
    struct fb_case *c = calloc(1, sizeof *c);
    if (!c)
        return fb_err_nomem(err, "the case");
    c->db = db;
    c->guest = true;
    c->packet_cid = UINT64_MAX;
    enum fb_status st = fb_case_start_reading(c, err);
    if (st == FB_OK)
        st = fb_case_refresh(c, err); /* which tables there are */
    if (st != FB_OK) {
        fb_vtab_remove_records(c);
        sqlite3_create_module_v2(db, "sessions", NULL, NULL, NULL);
        sqlite3_create_module_v2(db, "packets", NULL, NULL, NULL);
        sqlite3_create_module_v2(db, "features", NULL, NULL, NULL);
        fb_vtab_remove_kernels(db);
        guest_free(c);
        return st;
    }
    /* The function owns the case: its destructor runs when the connection closes, after the tables were
     * disconnected. Also when this call fails. */
    return sqlite3_create_function_v2(db, "fbcase_version", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, c, version,
                                      NULL, NULL, guest_free) == SQLITE_OK
               ? FB_OK
               : fb_db_error(db, err, "fbcase");
}

int sqlite3_fbcase_init(sqlite3 *db, char **msg, const sqlite3_api_routines *api);

__attribute__((visibility("default"))) int sqlite3_fbcase_init(sqlite3 *db, char **msg,
                                                               const sqlite3_api_routines *api)
{
    SQLITE_EXTENSION_INIT2(api)
    struct fb_err err = {0};
    if (sqlite3_libversion_number() < 3038000) {
        *msg = sqlite3_mprintf("fbcase needs SQLite 3.38 or newer; this is %s", sqlite3_libversion());
        return SQLITE_ERROR;
    }
    fb_case_set_features(&fb_model_feature_source);
    if (sodium_init() < 0 || attach(db, &err) != FB_OK) {
        *msg = sqlite3_mprintf("%s", err.msg);
        return SQLITE_ERROR;
    }
    return SQLITE_OK;
}
