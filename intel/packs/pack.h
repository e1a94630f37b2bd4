/* An intelligence pack: data sets in one file, canonical and versioned (docs/intel.md). The same sources in
 * the same order give the same bytes on every machine. Read as untrusted input: the digests and the form of
 * every data set are checked when it is opened, nothing is looked up before. */
#ifndef FB_INTEL_PACK_H
#define FB_INTEL_PACK_H

#include "base/digest.h"
#include "intel/packs/origins.h"
#include "intel/packs/oui.h"
#include "intel/packs/pack_def.h"
#include "intel/packs/risks.h"
#include "intel/packs/services.h"

#define FB_PACK_SETS_MAX  256
#define FB_PACK_BYTES_MAX ((size_t)1 << 30)

/* What a data set says about itself. Texts are UTF-8 or not, untrusted, borrowed. */
struct fb_dataset_info {
    struct fb_span name, version, date, source, licence;
    enum fb_dataset_kind kind;
    uint64_t entries;
    struct fb_span files; /* for fb_rec_next_item: name and SHA-256 in hex, in turn */
    struct fb_digest digest;
};

/* Appends the row of fb_dataset_def that describes it; `with_files` false: without its files. */
void fb_dataset_put(struct fb_buf *row, const struct fb_dataset_info *info, bool with_files);

/* ---- making ---- */

struct fb_pack_build {
    struct fb_buf bytes; /* rows and bodies */
    struct fb_pack_part {
        size_t row_off, row_n, body_off, body_n;
    } part[FB_PACK_SETS_MAX];
    size_t n;
};

void fb_pack_build_init(struct fb_pack_build *b);
void fb_pack_build_release(struct fb_pack_build *b);

/* Copies. A data set with the same name and kind takes the place of the one before it. The digest is
 * computed; info->digest is not looked at. */
enum fb_status fb_pack_build_add(struct fb_pack_build *b, const struct fb_dataset_info *info,
                                 struct fb_span body, struct fb_err *err);

/* Appends the pack to `out`. */
enum fb_status fb_pack_build_finish(const struct fb_pack_build *b, struct fb_buf *out, struct fb_err *err);

/* ---- reading ---- */

struct fb_pack_set {
    struct fb_dataset_info info;
    struct fb_span body;
    union {
        struct fb_origins origins;
        struct fb_ouis ouis;
        struct fb_services services;
        struct fb_risks risks;
    };
};

struct fb_pack {
    struct fb_pack_set *set;
    size_t n;
    struct fb_digest digest; /* of the pack */
};

/* Borrows the bytes. FB_ERR_VERIFY when a digest does not hold, FB_ERR_INPUT when it is no pack, FB_ERR_NEWER
 * when it is of a later version. */
enum fb_status fb_pack_open(struct fb_span bytes, struct fb_pack *out, struct fb_err *err);
void fb_pack_release(struct fb_pack *p);

#endif
