/* The reading side of a case: lists of chunks, the cache of unpacked ones, sessions and their packets. */
#include "store/case_impl.h"
#include "store/chain.h"
#include "store/layers.h"
#include "store/rec_dir.h"

#include <sodium/utils.h>
#include <sys/stat.h>

/* Only reading: no other file, no setting, no change, whatever the statement says. */
static int authorize(void *ctx, int action, const char *a, const char *b, const char *db, const char *trigger)
{
    (void)a, (void)b, (void)db, (void)trigger;
    const struct fb_case *c = ctx;
    if (c->internal)
        return SQLITE_OK;
    return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
                   action == SQLITE_RECURSIVE
               ? SQLITE_OK
               : SQLITE_DENY;
}

enum fb_status fb_case_start_reading(struct fb_case *c, struct fb_err *err)
{
    if (!fb_zip_init(&c->zip, 3))
        return fb_err_nomem(err, "the case");
    FB_TRY(fb_vtab_register_sessions(c, err));
    FB_TRY(fb_vtab_register_packets(c, err));
    FB_TRY(fb_vtab_register_kernels(c, err));
    FB_TRY(fb_vtab_register_features(c, err));
    FB_TRY(fb_layers_attach(c, c->guest ? sqlite3_db_filename(c->db, "main") : c->path, err));
    if (!c->guest) /* a guest's connection is left as it is */
        sqlite3_set_authorizer(c->db, authorize, c);
    c->reading = true;
    return FB_OK;
}

void fb_case_forget(struct fb_case *c)
{
    while (c->held) {
        struct fb_held_chunk *next = c->held->next;
        fb_chunk_close(c->held->chunk);
        free(c->held);
        c->held = next;
    }
    fb_held_filters_free(c->filters);
    c->filters = NULL;
    fb_packet_chunk_release(&c->packet_chunk);
    fb_rec_forget(c);
    c->packet_cid = UINT64_MAX;
    c->data_version = 0;
}

void fb_case_stop_reading(struct fb_case *c)
{
    c->reading = false;
    fb_case_forget(c);
    fb_rec_state_free(c);
    fb_gone_release(&c->gone);
    sqlite3_finalize(c->get_version);
    fb_zip_release(&c->zip);
    free(c->sessions.m);
    free(c->packets.m);
    for (unsigned i = 0; i < 4; i++)
        free(c->info_text[i]);
    free(c->counter_name);
    fb_custody_keep_free(c->custody);
}

/* Statements that are used often are kept, but not on the connection of a guest: it could not be closed. */
static enum fb_status keep(struct fb_case *c, const char *sql, sqlite3_stmt **st, struct fb_err *err)
{
    c->internal++;
    enum fb_status got = *st ? FB_OK : fb_db_prepare(c->db, sql, st, err);
    c->internal--;
    return got;
}

static void let(struct fb_case *c, sqlite3_stmt **st)
{
    sqlite3_reset(*st);
    if (c->guest) {
        sqlite3_finalize(*st);
        *st = NULL;
    }
}

static enum fb_status opened(struct fb_case *c, enum fb_status st, struct fb_case **out, struct fb_err *err)
{
    if (st == FB_OK)
        st = fb_case_start_reading(c, err);
    if (st == FB_OK)
        *out = c;
    else
        fb_case_close(c);
    return st;
}

static enum fb_status open_case(const char *path, bool skip_sidecar, struct fb_case **out, struct fb_err *err)
{
    struct fb_case *c = calloc(1, sizeof *c);
    if (!c)
        return fb_err_nomem(err, "the case");
    c->packet_cid = UINT64_MAX;
    c->skip_sidecar = skip_sidecar;
    c->path = strdup(path);
    enum fb_status st = c->path ? fb_db_open(path, &c->db, err) : fb_err_nomem(err, "the case");
    /* Without locks of SQLite's, which a second connection of the same process could drop by being opened. */
    c->shareable = st == FB_OK && sqlite3_uri_boolean(sqlite3_db_filename(c->db, "main"), "immutable", 0);
    struct stat sb;
    c->shareable = c->shareable && stat(path, &sb) == 0;
    if (c->shareable) {
        c->file_dev = (uint64_t)sb.st_dev;
        c->file_ino = (uint64_t)sb.st_ino;
    }
    return opened(c, st, out, err);
}

enum fb_status fb_case_open(const char *path, struct fb_case **out, struct fb_err *err)
{
    return open_case(path, false, out, err);
}

enum fb_status fb_case_open_alone(const char *path, struct fb_case **out, struct fb_err *err)
{
    return open_case(path, true, out, err);
}

enum fb_status fb_case_reopen(struct fb_case *c, struct fb_err *err)
{
    int64_t as_of = c->as_of;
    bool has_as_of = c->has_as_of;
    fb_case_stop_reading(c);
    fb_timeline_free(c->timeline);
    sqlite3_close(c->db);
    struct fb_case fresh = {.path = c->path, .skip_sidecar = c->skip_sidecar, .packet_cid = UINT64_MAX};
    *c = fresh;
    FB_TRY(fb_db_open(c->path, &c->db, err));
    FB_TRY(fb_case_start_reading(c, err));
    return has_as_of ? fb_layers_set_as_of(c, as_of, err) : FB_OK;
}

enum fb_status fb_case_open_memory(uint8_t *bytes, size_t n, const char *name, struct fb_case **out,
                                   struct fb_err *err)
{
    struct fb_case *c = calloc(1, sizeof *c);
    if (!c) {
        sodium_free(bytes);
        return fb_err_nomem(err, "the case");
    }
    c->packet_cid = UINT64_MAX;
    c->secret = bytes;
    c->secret_bytes = n;
    return opened(c, fb_db_open_memory(bytes, n, name, &c->db, err), out, err);
}

enum fb_status fb_case_open_to_change(const char *path, bool only_read, struct fb_case **out,
                                      struct fb_err *err)
{
    if (only_read)
        return fb_case_open(path, out, err);
    struct fb_case *c = calloc(1, sizeof *c);
    if (!c)
        return fb_err_nomem(err, "the case");
    c->packet_cid = UINT64_MAX;
    c->internal = 1; /* our own statements write */
    FB_TRY(opened(c, fb_db_open_write(path, &c->db, err), out, err));
    enum fb_status st = fb_db_exec(c->db, "PRAGMA query_only=OFF", err); /* reading had turned it on */
    if (st != FB_OK) {
        fb_case_close(c);
        *out = NULL;
    }
    return st;
}

bool fb_case_probe(const char *path)
{
    uint8_t head[100];
    struct stat sb;
    FILE *f = stat(path, &sb) == 0 && S_ISREG(sb.st_mode) ? fopen(path, "rbe") : NULL;
    size_t n = f ? fread(head, 1, sizeof head, f) : 0;
    if (f)
        fclose(f);
    return n == sizeof head && memcmp(head, "SQLite format 3", 16) == 0 &&
           fb_load_be32(head + 68) == FB_CASE_APPLICATION_ID;
}

/* ---- lists of chunks ---- */

/* Numbers that do not fit each other are refused here, so that nothing behind it needs to ask again. */
static bool take_meta(sqlite3_stmt *st, enum fb_chunk_kind kind, const struct fb_chunk_meta *before,
                      struct fb_chunk_meta *m)
{
    int64_t cid = sqlite3_column_int64(st, 0), nrows = sqlite3_column_int64(st, 1);
    int64_t first = sqlite3_column_int64(st, 2), last = sqlite3_column_int64(st, 3);
    if (cid < 0 || nrows <= 0 || nrows > FB_CHUNK_ROWS || first <= 0 || last < first)
        return false;
    *m = (struct fb_chunk_meta){.cid = (uint64_t)cid, .nrows = (uint32_t)nrows};
    m->first_number = (uint64_t)first;
    m->last_number = (uint64_t)last;
    uint64_t window = m->cid >> 20;
    if ((m->cid >> 18 & 3) != kind || m->first_number <= window * FB_CHUNK_ROWS ||
        m->last_number > (window + 1) * FB_CHUNK_ROWS)
        return false;
    if (kind == FB_KIND_PACKETS)
        return !before || m->first_number >= before->last_number;
    return m->cid == FB_CID(window, kind, 0) && m->first_number == window * FB_CHUNK_ROWS + 1 &&
           m->last_number == m->first_number + m->nrows - 1 && sqlite3_column_blob(st, 4) &&
           fb_zone_read(sqlite3_column_blob(st, 4), (size_t)sqlite3_column_bytes(st, 4), &m->zone);
}

static enum fb_status read_list(struct fb_case *c, enum fb_chunk_kind kind, struct fb_chunk_list *list,
                                struct fb_err *err)
{
    sqlite3_stmt *st;
    c->internal++;
    enum fb_status got = fb_db_prepare(
        c->db, "SELECT cid, nrows, first_number, last_number, zone FROM chunk WHERE kind=? ORDER BY cid", &st,
        err);
    c->internal--;
    FB_TRY(got);
    sqlite3_bind_int(st, 1, (int)kind);
    size_t cap = 0;
    int rc;
    free(list->m);
    *list = (struct fb_chunk_list){0};
    while (got == FB_OK && (rc = sqlite3_step(st)) != SQLITE_DONE) {
        if (list->n == cap) {
            cap = cap ? cap * 2 : 16;
            struct fb_chunk_meta *grown = realloc(list->m, cap * sizeof *grown);
            if (!grown) {
                got = fb_err_nomem(err, "the chunks of the case");
                break;
            }
            list->m = grown;
        }
        if (rc != SQLITE_ROW)
            got = fb_db_error(c->db, err, "cannot read the chunks of the case");
        else if (!take_meta(st, kind, list->n ? &list->m[list->n - 1] : NULL, &list->m[list->n]))
            got = fb_err_set(err, FB_ERR_VERIFY, "chunk %lld of the case has a row that cannot be",
                             (long long)sqlite3_column_int64(st, 0));
        else
            list->n++;
    }
    sqlite3_finalize(st);
    return got;
}

enum fb_status fb_case_refresh(struct fb_case *c, struct fb_err *err)
{
    if (!c->reading)
        return fb_err_set(err, FB_ERR_USAGE, "this case is still being written");
    FB_TRY(keep(c, "PRAGMA data_version", &c->get_version, err));
    c->internal++; /* the authorizer may make SQLite prepare it again */
    int64_t version =
        sqlite3_step(c->get_version) == SQLITE_ROW ? sqlite3_column_int64(c->get_version, 0) : 0;
    let(c, &c->get_version);
    c->internal--;
    if (version != 0 && version == c->data_version)
        return FB_OK;
    c->data_version = 0;
    fb_held_filters_free(c->filters);
    c->filters = NULL;
    FB_TRY(read_list(c, FB_KIND_SESSIONS, &c->sessions, err));
    FB_TRY(read_list(c, FB_KIND_PACKETS, &c->packets, err));
    c->internal++;
    enum fb_status got = fb_gone_read(c->db, &c->gone, err);
    c->internal--;
    FB_TRY(got);
    FB_TRY(fb_rec_dir_read(c, c->db, &c->rec.kase, err));
    FB_TRY(fb_vtab_register_records(c, err));
    c->data_version = version;
    return FB_OK;
}

size_t fb_chunk_list_find(const struct fb_chunk_list *list, uint64_t number)
{
    size_t lo = 0, hi = list->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (list->m[mid].last_number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* ---- blobs and chunks ---- */

/* Straight into memory of its own: a statement would make a copy first. The handle is not kept, for it holds
 * a read transaction. */
enum fb_status fb_case_find_blob(struct fb_case *c, uint64_t k, uint8_t **p, size_t *n, struct fb_err *err)
{
    sqlite3_blob *blob = NULL;
    *p = NULL;
    *n = 0;
    c->internal++;
    int rc = sqlite3_blob_open(c->db, "main", "chunk_grp", "z", (sqlite3_int64)k, 0, &blob);
    c->internal--;
    enum fb_status got = FB_OK;
    if (rc == SQLITE_OK && sqlite3_blob_bytes(blob) > 0) {
        int bytes = sqlite3_blob_bytes(blob);
        *n = (size_t)bytes;
        *p = *n <= FB_BLOB_MAX ? malloc(*n) : NULL;
        if (!*p)
            got = fb_err_nomem(err, "a chunk of the case");
        else if (sqlite3_blob_read(blob, *p, bytes, 0) != SQLITE_OK)
            got = fb_db_error(c->db, err, "cannot read a chunk of the case");
    } else if (rc != SQLITE_OK && rc != SQLITE_ERROR) { /* SQLITE_ERROR: there is no such row */
        got = fb_db_error(c->db, err, "cannot read a chunk of the case");
    }
    if (got != FB_OK) {
        free(*p);
        *p = NULL;
    }
    sqlite3_blob_close(blob);
    return got;
}

enum fb_status fb_case_blob(struct fb_case *c, uint64_t cid, unsigned group, uint8_t **p, size_t *n,
                            struct fb_err *err)
{
    FB_TRY(fb_case_find_blob(c, cid * 16 + group, p, n, err));
    return *p ? FB_OK
              : fb_err_set(err, FB_ERR_VERIFY, "chunk %llu of the case has no column group %u",
                           (unsigned long long)cid, group);
}

static enum fb_status fetch(void *ctx, uint64_t cid, unsigned group, uint8_t **p, size_t *n,
                            struct fb_err *err)
{
    return fb_case_blob(ctx, cid, group, p, n, err);
}

/* Lets go of the least recently used chunks until the rest fits. */
static void trim(struct fb_case *c)
{
    size_t total = 0;
    for (struct fb_held_chunk **at = &c->held; *at;) {
        struct fb_held_chunk *h = *at;
        total += fb_chunk_bytes(h->chunk);
        if (total > FB_CHUNK_CACHE_BYTES && h->pins == 0) {
            total -= fb_chunk_bytes(h->chunk);
            *at = h->next;
            fb_chunk_close(h->chunk);
            free(h);
        } else {
            at = &h->next;
        }
    }
}

static void hold_first(struct fb_case *c, struct fb_held_chunk *h, struct fb_held_chunk **out)
{
    h->next = c->held;
    c->held = h;
    h->pins++;
    *out = h;
}

enum fb_status fb_case_take_chunk(struct fb_case *c, const struct fb_chunk_meta *m,
                                  struct fb_held_chunk **out, struct fb_err *err)
{
    struct fb_held_chunk **at = &c->held, *h;
    while (*at && (fb_chunk_cid((*at)->chunk) != m->cid || fb_chunk_nrows((*at)->chunk) != m->nrows))
        at = &(*at)->next;
    h = *at;
    if (h) {
        *at = h->next;
    } else {
        trim(c);
        h = calloc(1, sizeof *h);
        if (h)
            h->chunk = fb_chunk_open(&c->zip, m->cid, m->first_number, m->nrows, fetch, c);
        if (!h || !h->chunk) {
            free(h);
            return fb_err_nomem(err, "a chunk of the case");
        }
    }
    hold_first(c, h, out);
    return FB_OK;
}

enum fb_status fb_case_adopt_chunk(struct fb_case *c, struct fb_chunk *k, struct fb_held_chunk **out,
                                   struct fb_err *err)
{
    trim(c);
    struct fb_held_chunk *h = calloc(1, sizeof *h);
    if (!h) {
        fb_chunk_close(k);
        return fb_err_nomem(err, "a chunk of the case");
    }
    fb_chunk_move(k, &c->zip, fetch, c);
    h->chunk = k;
    hold_first(c, h, out);
    return FB_OK;
}

struct fb_chunk *fb_case_detach_chunk(struct fb_case *c, uint64_t window)
{
    struct fb_held_chunk **at = &c->held;
    while (*at && fb_chunk_cid((*at)->chunk) >> 20 != window)
        at = &(*at)->next;
    struct fb_held_chunk *h = *at;
    if (!h || h->pins > 0)
        return NULL;
    struct fb_chunk *k = h->chunk;
    *at = h->next;
    free(h);
    return k;
}

void fb_case_let_chunk(struct fb_case *c, struct fb_held_chunk *h)
{
    (void)c;
    if (h)
        h->pins--;
}

enum fb_status fb_case_packet_chunk(struct fb_case *c, const struct fb_chunk_meta *m,
                                    const struct fb_packet_chunk **out, struct fb_err *err)
{
    *out = &c->packet_chunk;
    if (c->packet_cid == m->cid)
        return FB_OK;
    uint8_t *p;
    size_t n;
    FB_TRY(fb_case_blob(c, m->cid, 0, &p, &n, err));
    fb_packet_chunk_release(&c->packet_chunk);
    c->packet_cid = UINT64_MAX;
    enum fb_status st = fb_packet_chunk_read(&c->zip, m->cid, p, n, &c->packet_chunk, err);
    free(p);
    FB_TRY(st);
    const struct fb_packet_chunk *k = &c->packet_chunk;
    if (k->n != m->nrows || k->entry[0].number != m->first_number ||
        k->entry[k->n - 1].number != m->last_number)
        return fb_err_set(err, FB_ERR_VERIFY,
                          "chunk %llu of the packet index is not what the case says of it",
                          (unsigned long long)m->cid);
    c->packet_cid = m->cid;
    return FB_OK;
}

/* ---- sessions ---- */

enum fb_status fb_case_session(struct fb_case *c, uint64_t number, struct fb_session *out, struct fb_err *err)
{
    FB_TRY(fb_case_refresh(c, err));
    size_t i = fb_chunk_list_find(&c->sessions, number);
    if (fb_gone_number(&c->gone, number))
        return fb_err_set(err, FB_ERR_NOTFOUND, "session %llu was removed from this case by retention",
                          (unsigned long long)number);
    if (i == c->sessions.n || number < c->sessions.m[i].first_number)
        return fb_err_set(err, FB_ERR_NOTFOUND, "there is no session %llu in this case",
                          (unsigned long long)number);
    struct fb_held_chunk *h;
    FB_TRY(fb_case_take_chunk(c, &c->sessions.m[i], &h, err));
    fb_chunk_session(h->chunk, (uint32_t)(number - c->sessions.m[i].first_number), out);
    enum fb_status st = fb_chunk_failed(h->chunk, err);
    /* It is now the most recently used one, so it stays until the next call. */
    fb_case_let_chunk(c, h);
    return st;
}

/* What is done with a row of a chunk: its session or only its ends go to whoever asked. */
struct walk {
    enum fb_status (*session)(void *ctx, const struct fb_session *s);
    enum fb_status (*ends)(void *ctx, const struct fb_session_ends *s);
    void *ctx;
};

static enum fb_status walk_row(const struct walk *w, struct fb_chunk *k, uint32_t row, struct fb_err *err)
{
    if (w->ends) {
        struct fb_session_ends e;
        fb_chunk_ends(k, row, &e);
        FB_TRY(fb_chunk_failed(k, err));
        return w->ends(w->ctx, &e);
    }
    struct fb_session s;
    fb_chunk_session(k, row, &s);
    FB_TRY(fb_chunk_failed(k, err));
    return w->session(w->ctx, &s);
}

static enum fb_status walk_all(struct fb_case *c, const struct walk *w, struct fb_err *err)
{
    FB_TRY(fb_case_refresh(c, err));
    uint64_t next = 1;
    enum fb_status st = FB_OK;
    while (st == FB_OK) {
        /* Found anew each time: the callback may use the case. */
        size_t at = fb_chunk_list_find(&c->sessions, next);
        if (at == c->sessions.n)
            break;
        struct fb_held_chunk *h;
        FB_TRY(fb_case_take_chunk(c, &c->sessions.m[at], &h, err));
        next = c->sessions.m[at].last_number + 1;
        const struct fb_gone *gone = fb_gone_find(&c->gone, fb_chunk_cid(h->chunk) >> 20);
        for (uint32_t i = 0; i < fb_chunk_nrows(h->chunk) && st == FB_OK; i++)
            if (!fb_gone_row(gone, i))
                st = walk_row(w, h->chunk, i, err);
        fb_case_let_chunk(c, h);
    }
    return st;
}

enum fb_status fb_case_each_session(struct fb_case *c,
                                    enum fb_status (*row)(void *ctx, const struct fb_session *s), void *ctx,
                                    struct fb_err *err)
{
    const struct walk w = {.session = row, .ctx = ctx};
    return walk_all(c, &w, err);
}

enum fb_status fb_case_each_ends(struct fb_case *c,
                                 enum fb_status (*row)(void *ctx, const struct fb_session_ends *s), void *ctx,
                                 struct fb_err *err)
{
    const struct walk w = {.ends = row, .ctx = ctx};
    return walk_all(c, &w, err);
}

/* ---- packets of a session ---- */

static int by_ordinal(const void *a, const void *b)
{
    uint64_t x = ((const struct fb_packet_ref *)a)->ordinal, y = ((const struct fb_packet_ref *)b)->ordinal;
    return x < y ? -1 : x > y;
}

static enum fb_status add_entry(struct fb_case *c, const struct fb_packet_entry *e, struct fb_buf *refs,
                                struct fb_err *err)
{
    struct fb_cur steps = fb_cur_init(e->steps, e->steps_bytes);
    uint64_t ordinal = e->first_ordinal;
    for (uint32_t i = 0; i < e->pkts; i++) {
        struct fb_packet_ref ref;
        if (i > 0)
            ordinal = fb_packet_step(&steps, ordinal);
        FB_TRY(fb_timeline_find(c, ordinal, &ref, err));
        fb_buf_put(refs, &ref, sizeof ref);
    }
    return refs->failed ? fb_err_nomem(err, "the packets of a session") : FB_OK;
}

static enum fb_status collect(struct fb_case *c, uint64_t number, struct fb_buf *refs, struct fb_err *err)
{
    for (size_t i = fb_chunk_list_find(&c->packets, number);
         i < c->packets.n && c->packets.m[i].first_number <= number; i++) {
        const struct fb_packet_chunk *k;
        FB_TRY(fb_case_packet_chunk(c, &c->packets.m[i], &k, err));
        uint32_t lo = 0, hi = k->n;
        while (lo < hi) {
            uint32_t mid = lo + (hi - lo) / 2;
            if (k->entry[mid].number < number)
                lo = mid + 1;
            else
                hi = mid;
        }
        for (; lo < k->n && k->entry[lo].number == number; lo++)
            FB_TRY(add_entry(c, &k->entry[lo], refs, err));
    }
    return FB_OK;
}

enum fb_status fb_case_session_packets(struct fb_case *c, uint64_t number, struct fb_packet_ref **out,
                                       size_t *n, struct fb_err *err)
{
    struct fb_session s;
    FB_TRY(fb_case_session(c, number, &s, err));
    struct fb_buf refs;
    fb_buf_init(&refs, SIZE_MAX / 4);
    enum fb_status st = collect(c, number, &refs, err);
    if (st != FB_OK) {
        fb_buf_release(&refs);
        return st;
    }
    *n = refs.len / sizeof **out;
    if (*n)
        qsort(refs.data, *n, sizeof **out, by_ordinal);
    *out = (struct fb_packet_ref *)(void *)refs.data;
    return FB_OK;
}
