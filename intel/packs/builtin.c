#include "intel/packs/builtin.h"

#include "intel/packs/pack.h"

/* The file as it lies in the tree, with a NUL behind it, put into the program by the assembler. */
__asm__(".pushsection .rodata\n"
        "fb_builtin_risks:\n"
        ".incbin \"intel/data/risks.json\"\n"
        "fb_builtin_risks_end:\n"
        ".byte 0\n"
        ".popsection\n");
extern const uint8_t fb_builtin_risks[] __attribute__((visibility("hidden")));
extern const uint8_t fb_builtin_risks_end[] __attribute__((visibility("hidden")));

static struct fb_span text(const char *s)
{
    return (struct fb_span){(const uint8_t *)s, strlen(s)};
}

enum fb_status fb_builtin_pack(struct fb_buf *out, struct fb_err *err)
{
    struct fb_risk_build risks;
    struct fb_pack_build *pack = malloc(sizeof *pack);
    struct fb_buf body;
    struct fb_dataset_info info = {.name = text("fbforensics"),
                                   .version = text(FB_VERSION),
                                   .source = text("this program's own list"),
                                   .licence = text("Apache-2.0"),
                                   .kind = FB_DATASET_RISKS};
    uint64_t bad;
    if (!pack)
        return fb_err_nomem(err, "the built-in list");
    fb_risk_build_init(&risks);
    fb_pack_build_init(pack);
    fb_buf_init(&body, FB_PACK_BYTES_MAX);
    struct fb_span doc = {fb_builtin_risks, (size_t)(fb_builtin_risks_end - fb_builtin_risks)};
    enum fb_status st = fb_risk_build_json(&risks, doc, &bad, err);
    if (st == FB_OK)
        st = fb_risk_build_finish(&risks, &body, &info.entries, err);
    info.date = text(risks.date);
    if (st == FB_OK)
        st = fb_pack_build_add(pack, &info, (struct fb_span){body.data, body.len}, err);
    if (st == FB_OK)
        st = fb_pack_build_finish(pack, out, err);
    fb_buf_release(&body);
    fb_pack_build_release(pack);
    fb_risk_build_release(&risks);
    free(pack);
    return st;
}
