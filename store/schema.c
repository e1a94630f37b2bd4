#include "store/schema.h"

#include <string.h>

/* In case and sidecar alike. */
static const char custody_sql[] =
    "CREATE TABLE custody(seq INTEGER PRIMARY KEY, what TEXT NOT NULL, params TEXT NOT NULL, "
    "tool TEXT NOT NULL, build TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, host TEXT "
    "NOT NULL, inputs TEXT NOT NULL, outputs TEXT NOT NULL, prev BLOB NOT NULL, hash BLOB NOT "
    "NULL)";
static const char layer_sql[] =
    "CREATE TABLE layer(run_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, author TEXT NOT NULL, at "
    "INTEGER NOT NULL, tool TEXT NOT NULL, params TEXT NOT NULL, digest BLOB)";
static const char note_sql[] =
    "CREATE TABLE note(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, target_kind TEXT NOT "
    "NULL, target TEXT NOT NULL, number INTEGER, text TEXT NOT NULL, removes INTEGER)";
static const char record_chunk_sql[] =
    "CREATE TABLE record_chunk(rid INTEGER PRIMARY KEY, nrows INTEGER NOT NULL, first_number INTEGER NOT "
    "NULL, last_number INTEGER NOT NULL, ts_min INTEGER NOT NULL, ts_max INTEGER NOT NULL, first_ordinal "
    "INTEGER NOT NULL, last_ordinal INTEGER NOT NULL, content_hash BLOB NOT NULL, logical_hash BLOB NOT "
    "NULL)";
static const char record_grp_sql[] = "CREATE TABLE record_grp(k INTEGER PRIMARY KEY, z BLOB NOT NULL)";
static const char record_table_sql[] =
    "CREATE TABLE record_table(tid INTEGER PRIMARY KEY, name TEXT NOT NULL, id INTEGER NOT NULL, run_id "
    "INTEGER NOT NULL, ordering INTEGER NOT NULL, cols TEXT NOT NULL, nrows INTEGER NOT NULL, digest BLOB)";
static const char signature_sql[] =
    "CREATE TABLE signature(id INTEGER PRIMARY KEY, signer TEXT NOT NULL, at INTEGER NOT NULL, "
    "pubkey BLOB NOT NULL, sig BLOB)";
static const char tag_sql[] =
    "CREATE TABLE tag(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, target_kind TEXT NOT "
    "NULL, target TEXT NOT NULL, number INTEGER, tag TEXT NOT NULL, state INTEGER NOT NULL)";
static const char verdict_sql[] =
    "CREATE TABLE verdict(id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, target_kind TEXT NOT "
    "NULL, target TEXT NOT NULL, number INTEGER, verdict TEXT NOT NULL)";

static const struct fb_schema_table case_tables[] = {
    {"case_info", "CREATE TABLE case_info(id INTEGER PRIMARY KEY, key TEXT NOT NULL, value)"},
    {"checkpoint", "CREATE TABLE checkpoint(evidence INTEGER PRIMARY KEY, z BLOB NOT NULL)"},
    {"chunk", "CREATE TABLE chunk(cid INTEGER PRIMARY KEY, kind INTEGER NOT NULL, nrows INTEGER NOT NULL, "
              "first_number INTEGER NOT NULL, last_number INTEGER NOT NULL, ts_min INTEGER, ts_max "
              "INTEGER, zone BLOB, content_hash BLOB NOT NULL, logical_hash BLOB NOT NULL)"},
    {"chunk_grp", "CREATE TABLE chunk_grp(k INTEGER PRIMARY KEY, z BLOB NOT NULL)"},
    {"counter", "CREATE TABLE counter(id INTEGER PRIMARY KEY, name TEXT NOT NULL, value INTEGER NOT NULL)"},
    {"custody", custody_sql},
    {"damage", "CREATE TABLE damage(id INTEGER PRIMARY KEY, evidence INTEGER NOT NULL, byte_off INTEGER NOT "
               "NULL, pkt_no INTEGER NOT NULL, what TEXT NOT NULL)"},
    {"evidence",
     "CREATE TABLE evidence(evidence INTEGER PRIMARY KEY, path TEXT, size INTEGER NOT NULL, "
     "sha256 BLOB NOT NULL, format TEXT NOT NULL, compression TEXT NOT NULL, pkts INTEGER NOT "
     "NULL, cap_bytes INTEGER NOT NULL, wire_bytes INTEGER NOT NULL, first_ts INTEGER, last_ts "
     "INTEGER, backward_pkts INTEGER NOT NULL, damage_total INTEGER NOT NULL, notes_total INTEGER "
     "NOT NULL)"},
    {"evidence_note",
     "CREATE TABLE evidence_note(id INTEGER PRIMARY KEY, evidence INTEGER NOT NULL, byte_off "
     "INTEGER NOT NULL, pkt_no INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL)"},
    {"interface",
     "CREATE TABLE interface(id INTEGER PRIMARY KEY, evidence INTEGER NOT NULL, section INTEGER "
     "NOT NULL, iface INTEGER NOT NULL, linktype INTEGER NOT NULL, snaplen INTEGER NOT NULL, "
     "tsresol INTEGER NOT NULL, ts_offset_s INTEGER NOT NULL, name TEXT, description TEXT, filter "
     "TEXT, os TEXT, pkts INTEGER NOT NULL, if_recv INTEGER, if_drop INTEGER)"},
    {"layer", layer_sql},
    {"manifest", "CREATE TABLE manifest(id INTEGER PRIMARY KEY, body TEXT NOT NULL)"},
    {"note", note_sql},
    {"purge",
     "CREATE TABLE purge(cid INTEGER PRIMARY KEY, retention INTEGER NOT NULL, kind INTEGER NOT NULL, "
     "nrows INTEGER NOT NULL, first_number INTEGER NOT NULL, last_number INTEGER NOT NULL, removed "
     "INTEGER NOT NULL, gone BLOB, content_hash BLOB NOT NULL, logical_hash BLOB NOT NULL)"},
    {"record_chunk", record_chunk_sql},
    {"record_grp", record_grp_sql},
    {"record_purge",
     "CREATE TABLE record_purge(rid INTEGER PRIMARY KEY, retention INTEGER NOT NULL, nrows INTEGER NOT NULL, "
     "content_hash BLOB NOT NULL, logical_hash BLOB NOT NULL)"},
    {"record_table", record_table_sql},
    {"retention",
     "CREATE TABLE retention(id INTEGER PRIMARY KEY, cutoff INTEGER NOT NULL, sessions INTEGER NOT NULL, "
     "packets INTEGER NOT NULL, first_ts INTEGER NOT NULL, last_ts INTEGER NOT NULL, digest BLOB NOT NULL)"},
    {"run", "CREATE TABLE run(id INTEGER PRIMARY KEY, tool_version TEXT NOT NULL, params TEXT NOT NULL, "
            "custody TEXT NOT NULL)"},
    {"seal", "CREATE TABLE seal(id INTEGER PRIMARY KEY, z BLOB NOT NULL)"},
    {"signature", signature_sql},
    {"tag", tag_sql},
    {"timeline_run",
     "CREATE TABLE timeline_run(first_ordinal INTEGER PRIMARY KEY, nruns INTEGER NOT NULL, z BLOB "
     "NOT NULL)"},
    {"verdict", verdict_sql},
};

static const struct fb_schema_table sidecar_tables[] = {
    {"custody", custody_sql},
    {"layer", layer_sql},
    {"note", note_sql},
    {"record_chunk", record_chunk_sql},
    {"record_grp", record_grp_sql},
    {"record_table", record_table_sql},
    {"sidecar_info", "CREATE TABLE sidecar_info(id INTEGER PRIMARY KEY, key TEXT NOT NULL, value)"},
    {"signature", signature_sql},
    {"tag", tag_sql},
    {"verdict", verdict_sql},
};

const struct fb_schema fb_schema_case = {"case", case_tables, sizeof case_tables / sizeof *case_tables};
const struct fb_schema fb_schema_sidecar = {"sidecar", sidecar_tables,
                                            sizeof sidecar_tables / sizeof *sidecar_tables};

enum fb_status fb_schema_create(sqlite3 *db, const struct fb_schema *s, struct fb_err *err)
{
    for (size_t i = 0; i < s->n; i++)
        FB_TRY(fb_db_exec(db, s->table[i].sql, err));
    return FB_OK;
}

static bool is_table(sqlite3_stmt *st, const struct fb_schema_table *t)
{
    const char *want[4] = {"table", t->name, t->name, t->sql};
    for (int i = 0; i < 4; i++) {
        const char *col = (const char *)sqlite3_column_text(st, i);
        if (strcmp(col ? col : "", want[i]) != 0)
            return false;
    }
    return true;
}

enum fb_status fb_schema_check(sqlite3 *db, const struct fb_schema *s, struct fb_err *err)
{
    sqlite3_stmt *st;
    FB_TRY(fb_db_prepare(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name", &st, err));
    size_t n = 0;
    bool good = true;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW && good) {
        good = n < s->n && is_table(st, &s->table[n]);
        n++;
    }
    enum fb_status got = FB_OK;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        got = fb_db_error(db, err, "cannot read the schema");
    else if (!good || n != s->n)
        got = fb_err_set(err, FB_ERR_VERIFY,
                         "the tables of this %s are not those of a %s; it was altered or is none", s->what,
                         s->what);
    sqlite3_finalize(st);
    return got;
}
