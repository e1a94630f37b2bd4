#include "model/features.h"

#include <stddef.h>

/* The fields that vectors name. */
static const struct {
    const char *name;
    size_t at, size;
} FIELDS[] = {
#define FIELD(f)                                                                                             \
    {                                                                                                        \
#f, offsetof(struct fb_session, f), sizeof((struct fb_session *)0)->f                                \
    }
    FIELD(duration_ns),
    FIELD(orig_ip_bytes),
    FIELD(resp_ip_bytes),
    FIELD(orig_pkts),
    FIELD(resp_pkts),
    FIELD(missed_bytes),
    FIELD(segments),
    FIELD(segment_gap_sum_ns),
    FIELD(resp_p),
    FIELD(ip_proto),
    FIELD(segment_regularity_ppm),
#undef FIELD
};

static bool set_field(struct fb_session *s, const char *name, int64_t value)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        if (strcmp(FIELDS[i].name, name) != 0)
            continue;
        char *at = (char *)s + FIELDS[i].at;
        switch (FIELDS[i].size) {
        case 1:
            *(uint8_t *)at = (uint8_t)value;
            return true;
        case 2:
            memcpy(at, &(uint16_t){(uint16_t)value}, 2);
            return true;
        case 4:
            memcpy(at, &(uint32_t){(uint32_t)value}, 4);
            return true;
        default:
            memcpy(at, &value, 8);
            return true;
        }
    }
    return false;
}

bool fb_feature_run_vector(enum fb_feature f, const struct fb_feature_vector *v, int64_t *got)
{
    struct fb_session s = {0};
    struct fb_features out;
    uint64_t process = 0;
    for (size_t i = 0; i < FB_VECTOR_FIELDS && v->in[i].field; i++) {
        if (strcmp(v->in[i].field, "process") == 0)
            process = (uint64_t)v->in[i].value;
        else if (!set_field(&s, v->in[i].field, v->in[i].value))
            return false;
    }
    fb_features_of(&s, process, &out);
    *got = out.v[f];
    return true;
}

static void put_vector(struct fb_buf *out, const struct fb_feature_vector *v)
{
    for (size_t i = 0; i < FB_VECTOR_FIELDS && v->in[i].field; i++) {
        fb_buf_printf(out, "%s%s ", i ? ", " : "", v->in[i].field);
        fb_buf_put_i64dec(out, v->in[i].value);
    }
    fb_buf_puts(out, " gives ");
    fb_buf_put_i64dec(out, v->want);
}

static void put_encoding(struct fb_buf *out, const struct fb_feature_def *d)
{
    switch (d->kind) {
    case FB_FK_LOG:
        fb_buf_puts(out, "log2(1 + value / ");
        fb_buf_put_i64dec(out, d->resolution);
        fb_buf_puts(out, ")");
        break;
    case FB_FK_LINEAR:
        fb_buf_puts(out, "value / ");
        fb_buf_put_i64dec(out, d->resolution);
        break;
    case FB_FK_CATEGORY:
        fb_buf_puts(out, "how rare the value is in training: -log2((count + 1) / (rows + values + 1)) bits");
        break;
    }
}

static void put_feature(struct fb_buf *out, const struct fb_feature_def *d)
{
    fb_buf_printf(out, "\n## %s\n\n| | |\n|---|---|\n| unit | %s |\n| range | 0 to ", d->name, d->unit);
    fb_buf_put_i64dec(out, d->max);
    fb_buf_printf(out, " |\n| formula | %s |\n| edge cases | %s |\n| in the forest | ", d->formula, d->edges);
    put_encoding(out, d);
    fb_buf_puts(out, " |\n| test vectors | ");
    put_vector(out, &d->vectors[0]);
    fb_buf_puts(out, "; ");
    put_vector(out, &d->vectors[1]);
    fb_buf_puts(out, " |\n");
}

void fb_features_doc(struct fb_buf *out)
{
    fb_buf_puts(
        out,
        "# The features of a session\n\n"
        "Twelve numbers, computed from the session row alone (docs/sessions.md) whenever they are asked for; "
        "they are not stored.\nAll are integers in the unit given; nothing is rounded other than down, "
        "values "
        "beyond the range become its end.\nThis page is printed by `fbforensics features --doc` from the "
        "table "
        "in `model/feature_table.c`; a test compares the two.\nFields that a test vector does not name are "
        "0.\n");
    for (size_t i = 0; i < FB_NFEATURES; i++)
        put_feature(out, &fb_feature_defs[i]);
}
