/* The table of analyzers, in the order in which they are attached. */
#include "replay/service/svc.h"

const struct svc_proto *const svc_protos[SVC_ID_COUNT] = {
    [SVC_DNS_UDP] = &svc_dns_udp, [SVC_DNS_TCP] = &svc_dns_tcp, [SVC_HTTP] = &svc_http,
    [SVC_SSL] = &svc_ssl,         [SVC_SSH] = &svc_ssh,         [SVC_FTP] = &svc_ftp,
};
