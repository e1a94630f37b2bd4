#include "replay/history.h"

#include "base/memory.h"
void fb_history_put(struct fb_flow *f, char letter)
{
    if (f->history_len < FB_HISTORY_INLINE - 1) {
        f->history[f->history_len++] = letter;
        return;
    }
    if (f->history_len >= FB_HISTORY_MAX)
        return;
    if (!f->history_more) {
        f->history_more = fb_calloc(1, FB_HISTORY_MAX + 1);
        if (!f->history_more)
            return;
        memcpy(f->history_more, f->history, f->history_len);
    }
    f->history_more[f->history_len++] = letter;
}

bool fb_history_mark(struct fb_flow *f, int dir, char letter)
{
    uint64_t bit = 1ULL << ((letter - 'A') + (dir == FB_RESP ? 32 : 0));
    bool fresh = !(f->bits & bit);
    f->bits |= bit;
    return fresh;
}

void fb_history_once(struct fb_flow *f, int dir, char letter)
{
    if (fb_history_mark(f, dir, letter))
        fb_history_put(f, fb_history_side(letter, dir));
}

void fb_history_scaled(struct fb_flow *f, int dir, char letter, uint32_t *count)
{
    if (*count == UINT32_MAX)
        return;
    uint32_t c = ++*count;
    while (c % 10 == 0)
        c /= 10;
    if (c == 1)
        fb_history_put(f, fb_history_side(letter, dir));
}

const char *fb_history_text(const struct fb_flow *f)
{
    return f->history_more ? f->history_more : f->history;
}

void fb_history_clear(struct fb_flow *f)
{
    memset(f->history, 0, sizeof f->history);
    free(f->history_more);
    f->history_more = NULL;
    f->history_len = 0;
}
