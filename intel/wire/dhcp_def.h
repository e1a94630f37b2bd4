/* DHCP and DHCPv6 messages: one row each. Columns as in Zeek's dhcp.log, which has a row a transaction
 * instead. */
#ifndef FB_INTEL_DHCP_DEF_H
#define FB_INTEL_DHCP_DEF_H

#include "base/record.h"

enum fb_dhcp_col {
    FB_DHCP_VERSION, /* 4 or 6 */
    FB_DHCP_MSG_TYPE,
    FB_DHCP_TRANS_ID,
    FB_DHCP_MAC,           /* client's hardware address */
    FB_DHCP_CLIENT_ADDR,   /* ciaddr */
    FB_DHCP_ASSIGNED_ADDR, /* yiaddr; DHCPv6: first IA address */
    FB_DHCP_REQUESTED_ADDR,
    FB_DHCP_SERVER_ADDR, /* server identifier */
    FB_DHCP_HOST_NAME,
    FB_DHCP_CLIENT_FQDN,
    FB_DHCP_DOMAIN,
    FB_DHCP_LEASE_TIME, /* seconds */
    FB_DHCP_CLIENT_MESSAGE,
    FB_DHCP_SERVER_MESSAGE,
    FB_DHCP_VENDOR_CLASS,
    FB_DHCP_USER_CLASS,
    FB_DHCP_CLIENT_ID,  /* DHCPv6: DUID */
    FB_DHCP_SERVER_ID,  /* DHCPv6: DUID */
    FB_DHCP_PARAM_LIST, /* options asked for, in order */
    FB_DHCP_OPTIONS,    /* options present, in order */
    FB_DHCP_SUBNET_MASK,
    FB_DHCP_ROUTERS,     /* addresses as text, in order */
    FB_DHCP_DNS_SERVERS, /* the same; DHCPv6 too */
    FB_DHCP_NCOLS
};

extern const struct fb_rec_def fb_dhcp_def;

#endif
