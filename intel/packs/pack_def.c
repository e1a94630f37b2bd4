#include "intel/packs/pack_def.h"

#define DEF(var, id, label, cols)                                                                            \
    const struct fb_rec_def var = {label, id, FB_REC_ROWS, sizeof cols / sizeof *cols, cols}

static const struct fb_rec_col dataset[] = {
    {"name", FB_REC_TEXT},   {"kind", FB_REC_INT},    {"version", FB_REC_TEXT},
    {"date", FB_REC_TEXT},   {"source", FB_REC_TEXT}, {"licence", FB_REC_TEXT},
    {"entries", FB_REC_INT}, {"files", FB_REC_LIST},  {"digest", FB_REC_BLOB},
};
DEF(fb_dataset_def, 56, "dataset", dataset);

static const struct fb_rec_col origin[] = {
    {"asn", FB_REC_INT}, {"country", FB_REC_TEXT}, {"owner", FB_REC_TEXT}};
DEF(fb_origin_def, 57, "origin", origin);

static const struct fb_rec_col oui[] = {
    {"bits", FB_REC_INT}, {"prefix", FB_REC_INT}, {"vendor", FB_REC_TEXT}};
DEF(fb_oui_def, 58, "oui", oui);

static const struct fb_rec_col service[] = {
    {"proto", FB_REC_INT}, {"port", FB_REC_INT}, {"name", FB_REC_TEXT}, {"description", FB_REC_TEXT}};
DEF(fb_service_def, 59, "service", service);

static const struct fb_rec_col risk[] = {
    {"port", FB_REC_INT},  {"proto", FB_REC_INT},  {"vendor", FB_REC_TEXT},      {"severity", FB_REC_INT},
    {"count", FB_REC_INT}, {"name", FB_REC_TEXT},  {"description", FB_REC_TEXT}, {"source", FB_REC_TEXT},
    {"date", FB_REC_TEXT}, {"items", FB_REC_LIST},
};
DEF(fb_risk_def, 60, "risk", risk);

const char *fb_dataset_kind_name(enum fb_dataset_kind kind)
{
    static const char *const name[FB_DATASET_KINDS] = {"", "origins", "oui", "services", "risks"};
    return (unsigned)kind < FB_DATASET_KINDS ? name[kind] : "";
}
