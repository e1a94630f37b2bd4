#include "store/window.h"

#define BLOCK_BYTES (64u << 10)

void fb_items_release(struct fb_items *items)
{
    while (items->head) {
        struct fb_block *next = items->head->next;
        free(items->head);
        items->head = next;
    }
    *items = (struct fb_items){0};
}

bool fb_items_put(struct fb_items *items, const void *p, size_t n)
{
    struct fb_block *b = items->tail;
    if (!b || b->cap - b->len < n) {
        size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
        b = malloc(sizeof *b + cap);
        if (!b)
            return false;
        *b = (struct fb_block){.cap = cap};
        if (items->tail)
            items->tail->next = b;
        else
            items->head = b;
        items->tail = b;
        items->held_bytes += sizeof *b + cap;
    }
    memcpy(b->bytes + b->len, p, n);
    b->len += n;
    return true;
}

struct fb_window *fb_window_new(uint64_t index)
{
    struct fb_window *w = calloc(1, sizeof *w);
    if (w)
        w->index = index;
    return w;
}

void fb_window_free(struct fb_window *w)
{
    if (!w)
        return;
    fb_items_release(&w->rows);
    fb_items_release(&w->pieces);
    free(w);
}

size_t fb_window_bytes(const struct fb_window *w)
{
    return w->rows.held_bytes + w->pieces.held_bytes;
}

enum fb_status fb_window_add_session(struct fb_window *w, struct fb_buf *scratch, const struct fb_session *s,
                                     struct fb_err *err)
{
    /* The row's length goes in front of it and is known only afterwards: room for the longest head, filled
     * from the right. */
    uint8_t head[20] = {0};
    fb_buf_clear(scratch);
    fb_buf_put(scratch, head, sizeof head);
    if (!fb_row_put(scratch, s, NULL))
        return scratch->failed
                   ? fb_err_nomem(err, "a session row")
                   : fb_err_set(err, FB_ERR_LIMIT,
                                "session %llu: service, history, tunnel path or outer sessions are too long",
                                (unsigned long long)s->number);
    size_t n = fb_put_varint(head, (s->number - 1) % FB_CHUNK_ROWS);
    n += fb_put_varint(head + n, scratch->len - sizeof head);
    memcpy(scratch->data + sizeof head - n, head, n);
    if (!fb_items_put(&w->rows, scratch->data + sizeof head - n, scratch->len - (sizeof head - n)))
        return fb_err_nomem(err, "session rows");
    w->arrived++;
    return FB_OK;
}

static bool put_piece(struct fb_window *w, struct fb_buf *scratch, const struct fb_packet_entry *e)
{
    fb_buf_clear(scratch);
    fb_buf_put_varint(scratch, (e->number - 1) % FB_CHUNK_ROWS);
    fb_buf_put_varint(scratch, e->first_ordinal);
    fb_buf_put_varint(scratch, e->pkts);
    fb_buf_put_varint(scratch, e->steps_bytes);
    fb_buf_put(scratch, e->steps, e->steps_bytes);
    return !scratch->failed && fb_items_put(&w->pieces, scratch->data, scratch->len);
}

enum fb_status fb_window_add_packets(struct fb_window *w, struct fb_buf *scratch,
                                     const struct fb_packet_run *run, struct fb_err *err)
{
    struct fb_cur c = fb_cur_init(run->steps, run->steps_bytes);
    struct fb_packet_entry e = {
        .number = run->number, .first_ordinal = run->first_ordinal, .pkts = 1, .steps = run->steps};
    uint64_t ordinal = run->first_ordinal;
    for (uint32_t i = 1; i < run->pkts; i++) {
        const uint8_t *before = c.p;
        ordinal = fb_packet_step(&c, ordinal);
        if (e.pkts == FB_ENTRY_PKTS) {
            e.steps_bytes = (size_t)(before - e.steps);
            if (!put_piece(w, scratch, &e))
                return fb_err_nomem(err, "the packet index");
            e.first_ordinal = ordinal;
            e.pkts = 0;
            e.steps = c.p;
        }
        e.pkts++;
    }
    if (run->pkts == 0 || !fb_cur_ok(&c) || fb_cur_left(&c) != 0)
        return fb_err_set(err, FB_ERR_USAGE,
                          "the packet index of session %llu does not hold the steps that it announces",
                          (unsigned long long)run->number);
    e.steps_bytes = (size_t)(c.p - e.steps);
    return put_piece(w, scratch, &e) ? FB_OK : fb_err_nomem(err, "the packet index");
}
