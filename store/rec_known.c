/* The tables that this version of the program knows, whether a case has them or not. */
#include "store/rectab.h"

#include "intel/dhcp_def.h"
#include "intel/dns_def.h"
#include "intel/http_def.h"
#include "intel/names_def.h"
#include "intel/tls_def.h"

/* Ascending by id. One line for each definition (headers *_def.h of intel and model). */
static const struct fb_rec_def *const known[] = {
    &fb_dns_def, &fb_tls_def, &fb_http_def, &fb_dhcp_def, &fb_names_def, NULL, /* the end */
};

const struct fb_rec_def *fb_rec_known(size_t i)
{
    return i < sizeof known / sizeof *known ? known[i] : NULL;
}
