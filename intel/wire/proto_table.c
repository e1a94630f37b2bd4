/* Who is asked about a session's first bytes, in this order. */
#include "intel/wire/arp.h"
#include "intel/wire/dhcp.h"
#include "intel/wire/dns.h"
#include "intel/wire/ftp.h"
#include "intel/wire/http.h"
#include "intel/wire/ndp.h"
#include "intel/wire/proto.h"
#include "intel/wire/quic.h"
#include "intel/wire/smtp.h"
#include "intel/wire/ssdp.h"
#include "intel/wire/ssh.h"
#include "intel/wire/starttls.h"
#include "intel/wire/tls.h"

const struct fb_intel_proto *const fb_intel_protos[] = {
    &fb_dns_proto,  &fb_proto_tls,         &fb_proto_dtls,    &fb_proto_quic, &fb_proto_http, &fb_proto_ssh,
    &fb_proto_smtp, &fb_proto_ftp,         &fb_proto_dhcp,    &fb_proto_ssdp, &fb_proto_ndp,  &fb_proto_arp,
    &fb_proto_rarp, &fb_proto_mail_access, &fb_proto_upgrade, NULL,
};
