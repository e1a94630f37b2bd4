/* Data sets out of files of the forms that are in use (docs/intel.md): which form a file has is told by its
 * content, not by its name. Files of one source that hold the same kind of thing become one data set. */
#ifndef FB_INTEL_DATASET_BUILD_H
#define FB_INTEL_DATASET_BUILD_H

#include "intel/packs/data_file.h"
#include "intel/packs/pack.h"

/* What the user or a package's description says about a source; empty texts: not known. */
struct fb_dataset_about {
    char name[128], version[64], date[64], source[256], licence[256];
};

struct fb_dataset_build {
    struct fb_origin_build origins;
    struct fb_row_set oui, services;
    struct fb_risk_build risks;
    struct fb_buf files[FB_DATASET_KINDS]; /* lists for the manifest */
    bool used[FB_DATASET_KINDS];
    char date[64]; /* the newest that a file says of itself */
};

/* What was found in a file. */
struct fb_dataset_report {
    enum fb_dataset_kind kind;
    char form[192];
    uint64_t bad;      /* lines or entries that could not be understood */
    uint64_t bad_line; /* the first of them; 0: not known */
};

void fb_dataset_build_init(struct fb_dataset_build *b);
void fb_dataset_build_release(struct fb_dataset_build *b);

/* Reads a file; `name` stands in the manifest. FB_ERR_NOTFOUND (with a message) when the form is not known;
 * nothing was changed then. */
enum fb_status fb_dataset_build_file(struct fb_dataset_build *b, const char *name, struct fb_data_file *f,
                                     struct fb_dataset_report *report, struct fb_err *err);

/* Adds a data set for each kind that was found. */
enum fb_status fb_dataset_build_finish(struct fb_dataset_build *b, const struct fb_dataset_about *about,
                                       struct fb_pack_build *pack, struct fb_err *err);

/* Fills the empty texts of `about` from an npm package's package.json. */
enum fb_status fb_dataset_about_npm(struct fb_span json, struct fb_dataset_about *about, struct fb_err *err);

#endif
