/* The tables that this version of the program knows, whether a case has them or not. */
#include "intel/list_verdict_def.h"
#include "store/rectab.h"

/* Ascending by id. One line for each definition (headers *_def.h of intel and model). */
static const struct fb_rec_def *const known[] = {
    &fb_list_verdict_def, /* 34 */
    NULL, /* the end */
};

const struct fb_rec_def *fb_rec_known(size_t i)
{
    return i < sizeof known / sizeof *known ? known[i] : NULL;
}
