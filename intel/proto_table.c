/* Who is asked about a session's first bytes, in this order. */
#include "intel/arp.h"
#include "intel/dhcp.h"
#include "intel/dns.h"
#include "intel/ftp.h"
#include "intel/http.h"
#include "intel/ndp.h"
#include "intel/proto.h"
#include "intel/quic.h"
#include "intel/smtp.h"
#include "intel/ssdp.h"
#include "intel/ssh.h"
#include "intel/starttls.h"
#include "intel/tls.h"

const struct fb_intel_proto *const fb_intel_protos[] = {
    &fb_dns_proto,  &fb_proto_tls,         &fb_proto_dtls,    &fb_proto_quic, &fb_proto_http, &fb_proto_ssh,
    &fb_proto_smtp, &fb_proto_ftp,         &fb_proto_dhcp,    &fb_proto_ssdp, &fb_proto_ndp,  &fb_proto_arp,
    &fb_proto_rarp, &fb_proto_mail_access, &fb_proto_upgrade, NULL,
};
