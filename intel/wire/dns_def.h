/* DNS transactions, and what mDNS, LLMNR and NetBIOS name service say: one row for a query with its answer,
 * for a query that nobody answered, and for an answer without a query. Columns are those of Zeek's dns.log
 * where Zeek has them. A row belongs to the packet of the answer; without an answer to that of the query. */
#ifndef FB_INTEL_DNS_DEF_H
#define FB_INTEL_DNS_DEF_H

#include "base/record.h"

enum fb_dns_col {
    FB_DNS_PROTOCOL, /* dns, mdns, llmnr, nbns */
    FB_DNS_CLIENT,   /* who asked, or was told */
    FB_DNS_SERVER,   /* who was asked, or told */
    FB_DNS_TRANS_ID,
    FB_DNS_QUERY_TS, /* null: the query was not seen */
    FB_DNS_RTT_NS,   /* query to answer; null unless both were seen */
    FB_DNS_OPCODE,
    FB_DNS_OPCODE_NAME,
    FB_DNS_QUERY_NAME, /* column `query`, as sent: see intel/wire/dns_msg.h; without a question the first
                        * answer's
                        */
    FB_DNS_QCLASS,
    FB_DNS_QCLASS_NAME,
    FB_DNS_QTYPE,
    FB_DNS_QTYPE_NAME,
    FB_DNS_RCODE, /* null: no answer; EDNS bits included */
    FB_DNS_RCODE_NAME,
    FB_DNS_AA,
    FB_DNS_TC,
    FB_DNS_RD,
    FB_DNS_RA,
    FB_DNS_Z,
    FB_DNS_REJECTED,
    FB_DNS_EDNS_UDP_BYTES, /* null: no EDNS */
    FB_DNS_TOTAL_ANSWERS,  /* as the header says */
    FB_DNS_ANSWERS,        /* the answer section; the five lists run in parallel */
    FB_DNS_TTLS,
    FB_DNS_ANSWER_NAMES,
    FB_DNS_ANSWER_TYPES,
    FB_DNS_ANSWER_DETAILS,
    FB_DNS_MORE_ANSWERS, /* the additional section; of an mDNS query the answers that it knows already */
    FB_DNS_MORE_TTLS,
    FB_DNS_MORE_NAMES,
    FB_DNS_MORE_TYPES,
    FB_DNS_MORE_DETAILS,
    FB_DNS_NCOLS
};

extern const struct fb_rec_def fb_dns_def;

#endif
