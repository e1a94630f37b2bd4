/* The tables that this version of the program knows, whether a case has them or not. */
#include "intel/lists/list_verdict_def.h"
#include "intel/names_def.h"
#include "intel/packs/pack_def.h"
#include "intel/resolve/resolved_def.h"
#include "intel/wire/arp_def.h"
#include "intel/wire/dhcp_def.h"
#include "intel/wire/dns_def.h"
#include "intel/wire/ftp_def.h"
#include "intel/wire/http_def.h"
#include "intel/wire/ndp_def.h"
#include "intel/wire/smtp_def.h"
#include "intel/wire/ssdp_def.h"
#include "intel/wire/ssh_def.h"
#include "intel/wire/tls_def.h"
#include "intel/wire/x509_def.h"
#include "model/finding_def.h"
#include "model/score_def.h"
#include "store/rectab.h"

/* Ascending by id. */
/* clang-format off */
static const struct fb_rec_def *const known[] = {
    &fb_dns_def,
    &fb_tls_def,
    &fb_http_def,
    &fb_dhcp_def,
    &fb_ssh_def,
    &fb_smtp_def,
    &fb_ftp_def,
    &fb_ssdp_def,
    &fb_arp_def,
    &fb_ndp_def,
    &fb_x509_def,
    &fb_names_def,
    &fb_score_def,
    &fb_list_verdict_def,
    &fb_explanation_def,
    &fb_finding_def,
    &fb_scoring_def,
    &fb_model_part_def,
    &fb_resolved_def,
    &fb_dataset_def,
};
/* clang-format on */

const struct fb_rec_def *fb_rec_known(size_t i)
{
    return i < sizeof known / sizeof *known ? known[i] : NULL;
}
