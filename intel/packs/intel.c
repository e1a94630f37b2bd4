#include "intel/packs/intel.h"

#include "intel/packs/builtin.h"
#include "intel/packs/data_file.h"
#include "intel/special.h"

struct fb_intel {
    uint8_t *bytes; /* of the pack; NULL without one */
    struct fb_pack pack;
    struct fb_buf own_bytes;
    struct fb_pack own; /* what is built in */
};

/* Takes `bytes`, n of them; NULL: no pack. */
static enum fb_status open_owned(uint8_t *bytes, size_t n, struct fb_intel **out, struct fb_err *err)
{
    struct fb_intel *k = calloc(1, sizeof *k);
    if (!k) {
        free(bytes);
        return fb_err_nomem(err, "an intelligence pack");
    }
    k->bytes = bytes;
    fb_buf_init(&k->own_bytes, FB_PACK_BYTES_MAX);
    enum fb_status st = bytes ? fb_pack_open((struct fb_span){bytes, n}, &k->pack, err) : FB_OK;
    if (st == FB_OK)
        st = fb_builtin_pack(&k->own_bytes, err);
    if (st == FB_OK)
        st = fb_pack_open((struct fb_span){k->own_bytes.data, k->own_bytes.len}, &k->own, err);
    if (st != FB_OK) {
        fb_intel_close(k);
        return st;
    }
    *out = k;
    return FB_OK;
}

enum fb_status fb_intel_open(const char *path, struct fb_intel **out, struct fb_err *err)
{
    struct fb_data_file f = {0};
    if (!path)
        return open_owned(NULL, 0, out, err);
    FB_TRY(fb_data_file_read(path, &f, err));
    enum fb_status st = open_owned(f.data, f.n, out, err);
    return st == FB_OK ? FB_OK : fb_err_wrap(err, "%s", path);
}

enum fb_status fb_intel_open_bytes(struct fb_span bytes, struct fb_intel **out, struct fb_err *err)
{
    uint8_t *copy = malloc(bytes.n + 1);
    if (!copy)
        return fb_err_nomem(err, "an intelligence pack");
    if (bytes.n)
        memcpy(copy, bytes.p, bytes.n);
    return open_owned(copy, bytes.n, out, err);
}

void fb_intel_close(struct fb_intel *k)
{
    if (!k)
        return;
    fb_pack_release(&k->pack);
    fb_pack_release(&k->own);
    fb_buf_release(&k->own_bytes);
    free(k->bytes);
    free(k);
}

static const struct fb_pack_set *set_at(const struct fb_intel *k, size_t i)
{
    return i < k->pack.n ? &k->pack.set[i] : &k->own.set[i - k->pack.n];
}

size_t fb_intel_sets(const struct fb_intel *k)
{
    return k->pack.n + k->own.n;
}

const struct fb_dataset_info *fb_intel_set(const struct fb_intel *k, size_t i)
{
    return &set_at(k, i)->info;
}

const struct fb_digest *fb_intel_digest(const struct fb_intel *k)
{
    return k->bytes ? &k->pack.digest : NULL;
}

bool fb_intel_has(const struct fb_intel *k, enum fb_dataset_kind kind)
{
    for (size_t i = 0; i < k->pack.n; i++)
        if (k->pack.set[i].info.kind == kind)
            return true;
    return false;
}

const char *fb_intel_missing(const struct fb_intel *k, char out[static 64])
{
    struct fb_buf b;
    fb_buf_init(&b, 63);
    for (int kind = FB_DATASET_ORIGINS; kind < FB_DATASET_RISKS; kind++)
        if (!fb_intel_has(k, (enum fb_dataset_kind)kind))
            fb_buf_printf(&b, "%s%s", b.len ? ", " : "", fb_dataset_kind_name((enum fb_dataset_kind)kind));
    snprintf(out, 64, "%s", fb_buf_cstr(&b));
    fb_buf_release(&b);
    return out;
}

void fb_intel_addr(const struct fb_intel *k, const struct fb_addr *a, struct fb_addr_intel *out)
{
    *out = (struct fb_addr_intel){.special = fb_addr_special(a)};
    if (out->special)
        return;
    for (size_t i = 0; i < k->pack.n; i++) {
        const struct fb_pack_set *s = &k->pack.set[i];
        struct fb_origin_value v;
        if (s->info.kind != FB_DATASET_ORIGINS || !fb_origins_find(&s->origins, a, &v))
            continue;
        if (!out->asn_set && v.asn) {
            out->asn = v.asn;
            out->asn_set = &s->info;
        }
        /* The owner's name belongs to the AS number that it was found with. */
        if (!out->owner_set && v.owner.n && (!out->asn || out->asn == v.asn)) {
            out->owner = v.owner;
            out->owner_set = &s->info;
        }
        if (!out->country_set && v.country[0]) {
            memcpy(out->country, v.country, sizeof out->country);
            out->country_set = &s->info;
        }
    }
}

void fb_intel_mac(const struct fb_intel *k, const uint8_t mac[static 6], struct fb_mac_intel *out)
{
    *out = (struct fb_mac_intel){.group = mac[0] & FB_MAC_GROUP, .local = mac[0] & FB_MAC_LOCAL};
    if (out->local)
        return;
    for (size_t i = 0; i < k->pack.n; i++) {
        const struct fb_pack_set *s = &k->pack.set[i];
        struct fb_span vendor;
        unsigned bits;
        if (s->info.kind != FB_DATASET_OUI || !fb_ouis_find(&s->ouis, mac, &vendor, &bits) ||
            bits <= out->bits)
            continue;
        out->vendor = vendor;
        out->bits = bits;
        out->set = &s->info;
    }
}

void fb_intel_port(const struct fb_intel *k, uint8_t ip_proto, uint16_t port, struct fb_port_intel *out)
{
    *out = (struct fb_port_intel){0};
    for (size_t i = 0; i < fb_intel_sets(k); i++) {
        const struct fb_pack_set *s = set_at(k, i);
        if (s->info.kind == FB_DATASET_SERVICES && !out->service_set &&
            fb_services_find(&s->services, ip_proto, port, &out->service, &out->about))
            out->service_set = &s->info;
        if (s->info.kind == FB_DATASET_RISKS && !out->risk_set &&
            fb_risks_port(&s->risks, ip_proto, port, &out->risk))
            out->risk_set = &s->info;
    }
}

void fb_intel_vendor(const struct fb_intel *k, struct fb_span vendor, struct fb_risk *out,
                     const struct fb_dataset_info **set)
{
    *out = (struct fb_risk){0};
    *set = NULL;
    for (size_t i = 0; i < fb_intel_sets(k) && !*set; i++) {
        const struct fb_pack_set *s = set_at(k, i);
        if (s->info.kind == FB_DATASET_RISKS && fb_risks_vendor(&s->risks, vendor, out))
            *set = &s->info;
    }
}
