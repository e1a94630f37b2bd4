#include "store/join_int.h"

static enum fb_status fetch(void *ctx, uint64_t cid, unsigned group, uint8_t **p, size_t *n,
                            struct fb_err *err)
{
    return fb_case_blob(ctx, cid, group, p, n, err);
}

void fb_join_cursor_release(struct fb_join_cursor *cur)
{
    fb_chunk_close(cur->chunk);
    *cur = (struct fb_join_cursor){0};
}

enum fb_status fb_join_cursor_start(struct fb_join_cursor *cur, struct fb_case *c, struct fb_err *err)
{
    fb_join_cursor_release(cur);
    cur->c = c;
    FB_TRY(fb_case_refresh(c, err));
    return fb_join_cursor_next(cur, err);
}

/* Chunks are opened here and not through the cache of the case, so that one chunk of each input is held. */
static enum fb_status next_chunk(struct fb_join_cursor *cur, struct fb_err *err)
{
    const struct fb_chunk_meta *m = &cur->c->sessions.m[cur->next_chunk++];
    fb_chunk_close(cur->chunk);
    cur->chunk = fb_chunk_open(&cur->c->zip, m->cid, m->first_number, m->nrows, fetch, cur->c);
    cur->row = 0;
    return cur->chunk ? FB_OK : fb_err_nomem(err, "a chunk of the case");
}

enum fb_status fb_join_cursor_next(struct fb_join_cursor *cur, struct fb_err *err)
{
    struct fb_packet_ref ref;
    const struct fb_gone_list *gone = &cur->c->gone;
    cur->has = false;
    do {
        if (cur->chunk && cur->row < fb_chunk_nrows(cur->chunk) - 1) {
            cur->row++;
        } else {
            if (cur->next_chunk == cur->c->sessions.n)
                return FB_OK;
            FB_TRY(next_chunk(cur, err));
        }
    } while (fb_gone_number(gone, fb_chunk_first(cur->chunk) + cur->row));
    fb_chunk_session(cur->chunk, cur->row, &cur->s);
    FB_TRY(fb_chunk_failed(cur->chunk, err));
    FB_TRY(fb_timeline_find(cur->c, cur->s.first_ordinal, &ref, err));
    cur->evidence = ref.evidence;
    cur->has = true;
    return FB_OK;
}

enum fb_status fb_join_cursor_packets(struct fb_join_cursor *cur, const struct fb_packet_entry **e,
                                      struct fb_err *err)
{
    const struct fb_packet_chunk *k;
    while (cur->packet_chunk < cur->c->packets.n) {
        const struct fb_chunk_meta *m = &cur->c->packets.m[cur->packet_chunk];
        if (m->first_number > cur->s.number)
            return FB_EOF;
        if (m->last_number >= cur->s.number) {
            FB_TRY(fb_case_packet_chunk(cur->c, m, &k, err));
            while (cur->entry < k->n && k->entry[cur->entry].number < cur->s.number)
                cur->entry++;
            if (cur->entry < k->n) {
                if (k->entry[cur->entry].number > cur->s.number)
                    return FB_EOF;
                *e = &k->entry[cur->entry++];
                return FB_OK;
            }
        }
        cur->packet_chunk++;
        cur->entry = 0;
    }
    return FB_EOF;
}

enum fb_status fb_join_start(struct fb_join *j, struct fb_err *err)
{
    for (size_t i = 0; i < j->n; i++) {
        if (j->in[i].dropped)
            continue;
        if (fb_join_cursor_start(&j->in[i].cur, j->in[i].c, err) != FB_OK)
            return fb_err_wrap(err, "%s", j->in[i].name);
        if (j->in[i].cur.has && j->in[i].cur.evidence >= j->in[i].nev)
            return fb_err_set(err, FB_ERR_VERIFY, "%s: the case names evidence %u, which it does not have",
                              j->in[i].name, j->in[i].cur.evidence);
    }
    return FB_OK;
}

static bool before(const struct fb_join_case *a, const struct fb_join_case *b)
{
    if (a->cur.s.ts_ns != b->cur.s.ts_ns)
        return a->cur.s.ts_ns < b->cur.s.ts_ns;
    uint32_t ea = a->cur.evidence < a->nev ? a->ev[a->cur.evidence].merged : UINT32_MAX;
    uint32_t eb = b->cur.evidence < b->nev ? b->ev[b->cur.evidence].merged : UINT32_MAX;
    return ea < eb; /* then the order of the cases, in which they are asked */
}

struct fb_join_case *fb_join_least(struct fb_join *j)
{
    struct fb_join_case *least = NULL;
    for (size_t i = 0; i < j->n; i++)
        if (j->in[i].cur.has && (!least || before(&j->in[i], least)))
            least = &j->in[i];
    return least;
}
