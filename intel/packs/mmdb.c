/* Opening a MaxMind DB: metadata and the check of the whole file. */
#include "intel/packs/mmdb.h"

#include <stdlib.h>

#define MARKER       "\xab\xcd\xefMaxMind.com"
#define MARKER_LEN   14u
#define MARKER_REACH (128u << 10) /* the metadata are within the last 128 KiB */
#define SEPARATOR    16u          /* zero bytes between tree and data */

/* Where the last marker in reach starts; false when there is none. */
static bool find_marker(struct fb_span file, size_t *at)
{
    size_t reach = file.n < MARKER_REACH ? file.n : MARKER_REACH;
    for (size_t back = MARKER_LEN; back <= reach; back++)
        if (memcmp(file.p + file.n - back, MARKER, MARKER_LEN) == 0) {
            *at = file.n - back;
            return true;
        }
    return false;
}

bool fb_mmdb_is(struct fb_span file)
{
    size_t at;
    return find_marker(file, &at);
}

static bool meta_uint(struct fb_span meta, const struct fb_mmdb_value *map, const char *key, uint64_t *out)
{
    struct fb_mmdb_value v;
    return fb_mmdb_member(meta, map, key, &v) && fb_mmdb_uint(meta, &v, out);
}

static enum fb_status read_meta(struct fb_span meta, struct fb_mmdb *m, struct fb_err *err)
{
    struct fb_mmdb_value map, v;
    uint64_t major, nodes, bits, version, work = FB_MMDB_VALUES_MAX;
    size_t after;
    if (!fb_mmdb_check_value(meta, 0, &after, &work) || !fb_mmdb_value(meta, 0, &map) ||
        map.type != FB_MMDB_MAP)
        return fb_err_set(err, FB_ERR_INPUT, "the metadata of the MMDB file are no well-formed map");
    if (!meta_uint(meta, &map, "binary_format_major_version", &major) || major != 2)
        return fb_err_set(err, FB_ERR_INPUT, "the MMDB file is not of format version 2");
    if (!meta_uint(meta, &map, "node_count", &nodes) || !meta_uint(meta, &map, "record_size", &bits) ||
        !meta_uint(meta, &map, "ip_version", &version))
        return fb_err_set(err, FB_ERR_INPUT,
                          "the MMDB file does not say its node count, record size and IP version");
    if ((bits != 24 && bits != 28 && bits != 32) || (version != 4 && version != 6) || nodes == 0 ||
        nodes > UINT32_MAX - SEPARATOR)
        return fb_err_set(err, FB_ERR_INPUT,
                          "the MMDB file says %llu nodes, %llu bits a record, IP version %llu; known are 24, "
                          "28 and 32 bits and versions 4 and 6",
                          (unsigned long long)nodes, (unsigned long long)bits, (unsigned long long)version);
    m->nodes = (uint32_t)nodes;
    m->record_bits = (unsigned)bits;
    m->ip_bits = version == 4 ? 32 : 128;
    if (!meta_uint(meta, &map, "build_epoch", &m->build_epoch))
        m->build_epoch = 0;
    if (fb_mmdb_member(meta, &map, "database_type", &v)) {
        struct fb_span s = fb_mmdb_text(meta, &v);
        bool plain = s.n < sizeof m->type;
        for (size_t i = 0; plain && i < s.n; i++)
            plain = s.p[i] >= 0x20 && s.p[i] < 0x7f;
        if (plain && s.n)
            memcpy(m->type, s.p, s.n);
    }
    return FB_OK;
}

uint32_t fb_mmdb_record(const struct fb_mmdb *m, uint32_t node, unsigned side)
{
    const uint8_t *p = m->tree.p + (size_t)node * (m->record_bits / 4);
    switch (m->record_bits) {
    case 24:
        p += side ? 3 : 0;
        return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    case 28:
        if (side)
            return ((uint32_t)p[3] & 15) << 24 | (uint32_t)p[4] << 16 | (uint32_t)p[5] << 8 | p[6];
        return ((uint32_t)p[3] >> 4) << 24 | (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
    default:
        return fb_load_be32(p + (side ? 4 : 0));
    }
}

/* Every record leads somewhere; every place in the data that one leads to holds a well-formed value. A bit
 * per byte of the data says which places were looked at; the work in all is bounded by the size of the data.
 */
static enum fb_status check_records(const struct fb_mmdb *m, struct fb_err *err)
{
    uint64_t work = (uint64_t)m->data.n * 64 + (1u << 20), first = (uint64_t)m->nodes + SEPARATOR;
    uint8_t *seen = calloc(m->data.n / 8 + 1, 1);
    enum fb_status st = seen ? FB_OK : fb_err_nomem(err, "an MMDB file");
    for (uint32_t node = 0; st == FB_OK && node < m->nodes; node++)
        for (unsigned side = 0; st == FB_OK && side < 2; side++) {
            uint32_t r = fb_mmdb_record(m, node, side);
            size_t after;
            if (r <= m->nodes)
                continue;
            if (r < first || r - first >= m->data.n) {
                st = fb_err_set(err, FB_ERR_INPUT, "node %u of the MMDB file leads outside its data", node);
                break;
            }
            size_t at = (size_t)(r - first);
            if (seen[at / 8] >> at % 8 & 1)
                continue;
            seen[at / 8] = (uint8_t)(seen[at / 8] | 1u << at % 8);
            if (!fb_mmdb_check_value(m->data, at, &after, &work))
                st = fb_err_set(err, FB_ERR_INPUT,
                                "the value at offset %zu of the MMDB file's data is damaged, nested deeper "
                                "than %d or larger than %d values",
                                at, FB_MMDB_DEPTH_MAX, FB_MMDB_VALUES_MAX);
        }
    free(seen);
    return st;
}

enum fb_status fb_mmdb_open(struct fb_span file, struct fb_mmdb *out, struct fb_err *err)
{
    size_t at;
    *out = (struct fb_mmdb){0};
    if (!find_marker(file, &at))
        return fb_err_set(err, FB_ERR_INPUT, "no MMDB file: the mark before the metadata is not there");
    struct fb_span meta = {file.p + at + MARKER_LEN, file.n - at - MARKER_LEN};
    FB_TRY(read_meta(meta, out, err));
    uint64_t tree = (uint64_t)out->nodes * (out->record_bits / 4);
    if (tree + SEPARATOR > at)
        return fb_err_set(
            err, FB_ERR_INPUT,
            "the MMDB file says %u nodes, which take more bytes than it has before its metadata", out->nodes);
    out->tree = (struct fb_span){file.p, (size_t)tree};
    out->data = (struct fb_span){file.p + tree + SEPARATOR, at - (size_t)tree - SEPARATOR};
    enum fb_status st = check_records(out, err);
    if (st == FB_OK)
        st = fb_mmdb_check_tree(out, err);
    if (st != FB_OK)
        fb_mmdb_release(out);
    return st;
}

void fb_mmdb_release(struct fb_mmdb *m)
{
    free(m->same);
    *m = (struct fb_mmdb){0};
}
