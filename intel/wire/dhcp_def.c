#include "intel/wire/dhcp_def.h"

static const struct fb_rec_col cols[FB_DHCP_NCOLS] = {
    [FB_DHCP_VERSION] = {"version", FB_REC_INT},
    [FB_DHCP_MSG_TYPE] = {"msg_type", FB_REC_TEXT},
    [FB_DHCP_TRANS_ID] = {"trans_id", FB_REC_INT},
    [FB_DHCP_MAC] = {"mac", FB_REC_TEXT},
    [FB_DHCP_CLIENT_ADDR] = {"client_addr", FB_REC_ADDR},
    [FB_DHCP_ASSIGNED_ADDR] = {"assigned_addr", FB_REC_ADDR},
    [FB_DHCP_REQUESTED_ADDR] = {"requested_addr", FB_REC_ADDR},
    [FB_DHCP_SERVER_ADDR] = {"server_addr", FB_REC_ADDR},
    [FB_DHCP_HOST_NAME] = {"host_name", FB_REC_TEXT},
    [FB_DHCP_CLIENT_FQDN] = {"client_fqdn", FB_REC_TEXT},
    [FB_DHCP_DOMAIN] = {"domain", FB_REC_TEXT},
    [FB_DHCP_LEASE_TIME] = {"lease_time", FB_REC_INT},
    [FB_DHCP_CLIENT_MESSAGE] = {"client_message", FB_REC_TEXT},
    [FB_DHCP_SERVER_MESSAGE] = {"server_message", FB_REC_TEXT},
    [FB_DHCP_VENDOR_CLASS] = {"vendor_class", FB_REC_TEXT},
    [FB_DHCP_USER_CLASS] = {"user_class", FB_REC_TEXT},
    [FB_DHCP_CLIENT_ID] = {"client_id", FB_REC_BLOB},
    [FB_DHCP_SERVER_ID] = {"server_id", FB_REC_BLOB},
    [FB_DHCP_PARAM_LIST] = {"param_list", FB_REC_TEXT},
    [FB_DHCP_OPTIONS] = {"options", FB_REC_TEXT},
    [FB_DHCP_SUBNET_MASK] = {"subnet_mask", FB_REC_ADDR},
    [FB_DHCP_ROUTERS] = {"routers", FB_REC_LIST},
    [FB_DHCP_DNS_SERVERS] = {"dns_servers", FB_REC_LIST},
};

const struct fb_rec_def fb_dhcp_def = {
    .name = "dhcp", .id = 4, .order = FB_REC_EVENTS, .ncols = FB_DHCP_NCOLS, .cols = cols};
