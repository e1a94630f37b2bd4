/* Inheritance: own endpoints first, then parents in the listed order, depth first, each list once. */
#include "base/escape.h"
#include "intel/lists/list_set_impl.h"

enum { NEW, OPEN, DONE };

struct level {
    uint32_t list; /* in resolver.by_name */
    size_t next;   /* parent to go to */
};

struct resolver {
    struct fb_list_set *s;
    struct fb_list_white_ref *by_name; /* sorted */
    size_t n;
    uint8_t *state;
    struct level *stack;
    size_t depth;
    struct fb_err *err;
};

static int by_name(const void *a, const void *b)
{
    const struct fb_list_white_ref *x = a, *y = b;
    int c = strcmp(x->list->name, y->list->name);
    return c ? c : (x->order > y->order) - (x->order < y->order);
}

static uint32_t find(const struct resolver *r, const char *name)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = strcmp(r->by_name[mid].list->name, name);
        if (c == 0)
            return (uint32_t)mid;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return UINT32_MAX;
}

/* "a -> b -> c" from level `from` on, and then `last`. */
static enum fb_status fail_chain(struct resolver *r, size_t from, const char *last, const char *what)
{
    struct fb_buf b;
    fb_buf_init(&b, 65536);
    for (size_t i = from; i < r->depth; i++) {
        const char *name = r->by_name[r->stack[i].list].list->name;
        if (b.len > 200 && i + 1 < r->depth) {
            fb_buf_puts(&b, "... -> ");
            i = r->depth - 1;
            name = r->by_name[r->stack[i].list].list->name;
        }
        fb_escape_term(&b, name, strlen(name));
        fb_buf_puts(&b, " -> ");
    }
    fb_escape_term(&b, last, strlen(last));
    const struct fb_list_white_ref *top = &r->by_name[r->stack[r->depth - 1].list];
    fb_err_set(r->err, FB_ERR_INPUT, "%s: line %u: %s: %s", top->file->name, top->list->line, what,
               fb_buf_cstr(&b));
    fb_buf_release(&b);
    return FB_ERR_INPUT;
}

static enum fb_status put_endpoints(struct resolver *r, uint32_t list)
{
    struct fb_list_set *s = r->s;
    const struct fb_list_white_ref *w = &r->by_name[list];
    for (size_t i = 0; i < w->list->nendpoints; i++) {
        if (s->nactive == FB_LIST_ENTRIES_MAX)
            return fb_err_set(r->err, FB_ERR_LIMIT, "%s: more than %u endpoints", w->file->name,
                              FB_LIST_ENTRIES_MAX);
        if (!fb_list_grow((void **)&s->active, s->nactive, &s->active_cap, sizeof *s->active))
            return fb_err_nomem(r->err, "a whitelist");
        s->active[s->nactive++] = (struct fb_list_active){w->file, w->list, &w->list->endpoint[i]};
    }
    return FB_OK;
}

static enum fb_status enter(struct resolver *r, uint32_t list)
{
    r->state[list] = OPEN;
    r->stack[r->depth++] = (struct level){list, 0};
    return put_endpoints(r, list);
}

/* A list and all that it extends. The stack is as deep as there are lists, since none is entered twice. */
static enum fb_status visit(struct resolver *r, uint32_t root)
{
    if (r->state[root] != NEW)
        return FB_OK;
    FB_TRY(enter(r, root));
    while (r->depth) {
        struct level *top = &r->stack[r->depth - 1];
        const struct fb_whitelist *list = r->by_name[top->list].list;
        if (top->next == list->nextends) {
            r->state[top->list] = DONE;
            r->depth--;
            continue;
        }
        const char *name = list->extends[top->next++];
        uint32_t parent = find(r, name);
        if (parent == UINT32_MAX)
            return fail_chain(r, 0, name, "a whitelist extends one that is not there");
        size_t from = 0;
        while (r->state[parent] == OPEN && r->stack[from].list != parent)
            from++;
        if (r->state[parent] == OPEN)
            return fail_chain(r, from, name, "whitelists extend each other in a circle");
        if (r->state[parent] == NEW)
            FB_TRY(enter(r, parent));
    }
    return FB_OK;
}

static enum fb_status collect(struct resolver *r, const struct fb_list_set *s)
{
    for (size_t i = 0; i < s->nfiles; i++)
        for (size_t k = 0; k < s->file[i]->nwhite; k++) {
            r->by_name[r->n] = (struct fb_list_white_ref){&s->file[i]->white[k], s->file[i], (uint32_t)r->n};
            r->n++;
        }
    qsort(r->by_name, r->n, sizeof *r->by_name, by_name);
    for (size_t i = 1; i < r->n; i++)
        if (strcmp(r->by_name[i - 1].list->name, r->by_name[i].list->name) == 0) {
            struct fb_buf b;
            fb_buf_init(&b, 1024);
            fb_escape_term(&b, r->by_name[i].list->name, strlen(r->by_name[i].list->name));
            fb_err_set(r->err, FB_ERR_INPUT, "%s: line %u: a second whitelist with the name \"%s\"",
                       r->by_name[i].file->name, r->by_name[i].list->line, fb_buf_cstr(&b));
            fb_buf_release(&b);
            return FB_ERR_INPUT;
        }
    return FB_OK;
}

/* Every list is checked, also one that is not chosen: a file with a cycle is refused whole. */
static enum fb_status run(struct resolver *r, uint32_t *given)
{
    struct fb_list_set *s = r->s;
    FB_TRY(collect(r, s));
    for (uint32_t i = 0; i < r->n; i++)
        given[r->by_name[i].order] = i;
    for (size_t i = 0; i < r->n; i++)
        FB_TRY(visit(r, given[i]));
    if (s->nchoose == 0)
        return FB_OK;
    memset(r->state, NEW, r->n);
    s->nactive = 0;
    for (size_t i = 0; i < s->nchoose; i++) {
        uint32_t list = find(r, s->choose[i]);
        if (list == UINT32_MAX)
            return fb_err_set(r->err, FB_ERR_USAGE, "no whitelist has the name \"%.100s\"", s->choose[i]);
        FB_TRY(visit(r, list));
    }
    return FB_OK;
}

enum fb_status fb_list_resolve(struct fb_list_set *s, struct fb_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s->nfiles; i++) {
        n += s->file[i]->nwhite;
        if (n > FB_LIST_WHITE_MAX)
            return fb_err_set(err, FB_ERR_LIMIT, "%s: more than %u whitelists", s->file[i]->name,
                              FB_LIST_WHITE_MAX);
    }
    s->has_white = n > 0;
    if (n == 0 && s->nchoose)
        return fb_err_set(err, FB_ERR_USAGE, "no whitelist has the name \"%.100s\"", s->choose[0]);
    if (n == 0)
        return FB_OK;
    struct resolver r = {.s = s, .err = err};
    r.by_name = calloc(n, sizeof *r.by_name);
    r.state = calloc(n, 1);
    r.stack = calloc(n, sizeof *r.stack);
    uint32_t *given = calloc(n, sizeof *given);
    enum fb_status st =
        r.by_name && r.state && r.stack && given ? run(&r, given) : fb_err_nomem(err, "whitelists");
    free(r.by_name);
    free(r.state);
    free(r.stack);
    free(given);
    return st;
}
