/* Values of session columns in their printed forms. */
#include "base/cursor.h"
#include "base/escape.h"
#include "base/record.h"
#include "base/timefmt.h"
#include "cli/fields.h"

static void put_uids(struct fb_buf *out, const struct fb_row *row, bool json)
{
    bool first = true;
    if (json)
        fb_buf_putc(out, '[');
    for (uint32_t i = 0; i < row->s->nparents; i++) {
        const char *uid = fb_parents_uid(row->parents, row->s->parents[i]);
        if (!uid)
            continue;
        if (!first)
            fb_buf_putc(out, ',');
        first = false;
        if (json)
            fb_buf_putc(out, '"');
        fb_buf_puts(out, uid);
        if (json)
            fb_buf_putc(out, '"');
    }
    if (json)
        fb_buf_putc(out, ']');
}

static void put_list(struct fb_buf *out, const struct fb_value *v, bool json)
{
    struct fb_cur c = fb_cur_init(v->bytes.p, v->bytes.n);
    struct fb_span item;
    for (bool first = true; fb_rec_next_item(&c, &item); first = false) {
        fb_buf_puts(out, first ? "" : ",");
        if (json)
            fb_escape_json(out, item.p, item.n);
        else
            fb_buf_put(out, item.p, item.n);
    }
}

void fb_value_put(struct fb_buf *out, const struct fb_value *v, const struct fb_row *row)
{
    char t[FB_TIME_STRLEN], a[FB_ADDR_STRLEN];
    switch (v->kind) {
    case FB_VAL_UNSET:
        break;
    case FB_VAL_UINT:
        fb_buf_put_u64dec(out, v->u);
        break;
    case FB_VAL_TIME:
        fb_buf_put(out, t, fb_time_format(v->i, t));
        break;
    case FB_VAL_DURATION:
        fb_buf_put(out, t, fb_time_format_seconds(v->i, 9, t));
        break;
    case FB_VAL_TEXT:
        fb_buf_puts(out, v->text);
        break;
    case FB_VAL_ADDR:
        fb_buf_put(out, a, fb_addr_format(&v->addr, a));
        break;
    case FB_VAL_UIDS:
        put_uids(out, row, false);
        break;
    case FB_VAL_INT:
        fb_buf_put_i64dec(out, v->i);
        break;
    case FB_VAL_BYTES:
        fb_buf_put(out, v->bytes.p, v->bytes.n);
        break;
    case FB_VAL_LIST:
        put_list(out, v, false);
        break;
    }
}

void fb_value_put_human(struct fb_buf *out, const struct fb_value *v, const struct fb_row *row)
{
    char t[FB_TIME_STRLEN];
    if (v->kind == FB_VAL_DURATION)
        fb_buf_put(out, t, fb_time_format_human(v->i, t));
    else
        fb_value_put(out, v, row);
}

void fb_value_put_json(struct fb_buf *out, const struct fb_value *v, const struct fb_row *row)
{
    switch (v->kind) {
    case FB_VAL_UNSET:
        fb_buf_puts(out, "null");
        break;
    case FB_VAL_TEXT:
        fb_escape_json(out, v->text, strlen(v->text));
        break;
    case FB_VAL_TIME:
    case FB_VAL_ADDR:
        fb_buf_putc(out, '"');
        fb_value_put(out, v, row);
        fb_buf_putc(out, '"');
        break;
    case FB_VAL_UIDS:
        put_uids(out, row, true);
        break;
    case FB_VAL_BYTES:
        fb_escape_json(out, v->bytes.p, v->bytes.n);
        break;
    case FB_VAL_LIST:
        fb_buf_putc(out, '[');
        put_list(out, v, true);
        fb_buf_putc(out, ']');
        break;
    case FB_VAL_INT:
    case FB_VAL_UINT:
    case FB_VAL_DURATION:
        fb_value_put(out, v, row);
        break;
    }
}

void fb_value_put_key(struct fb_buf *out, const struct fb_value *v, const struct fb_row *row)
{
    uint8_t t[8];
    if (v->kind == FB_VAL_UNSET)
        return;
    fb_buf_putc(out, '\1'); /* after unset, whose key is empty */
    switch (v->kind) {
    case FB_VAL_UINT:
        fb_store_be64(t, v->u);
        fb_buf_put(out, t, sizeof t);
        break;
    case FB_VAL_TIME:
    case FB_VAL_DURATION:
    case FB_VAL_INT:
        fb_store_be64(t, (uint64_t)v->i ^ (uint64_t)1 << 63);
        fb_buf_put(out, t, sizeof t);
        break;
    case FB_VAL_ADDR:
        fb_buf_put(out, v->addr.b, sizeof v->addr.b);
        break;
    default:
        fb_value_put(out, v, row);
        break;
    }
}
