/* The words for numbers in DNS messages, as Zeek's dns.log has them (IANA's DNS parameters registry). Any
 * thread. */
#ifndef FB_INTEL_DNS_NAMES_H
#define FB_INTEL_DNS_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#define FB_DNS_WORD 24 /* room for one word with its NUL */

bool fb_dns_type_known(uint16_t type);

/* "A", "AAAA" ...; "query-N" for what has no name. Returns a static text or `own`. */
const char *fb_dns_type_name(uint16_t type, char own[static FB_DNS_WORD]);
const char *fb_dns_class_name(uint16_t class, char own[static FB_DNS_WORD]); /* "C_INTERNET"; "qclass-N" */
const char *fb_dns_rcode_name(uint16_t rcode, char own[static FB_DNS_WORD]); /* "NOERROR"; "rcode-N" */
/* "query"; "opcode-N". NetBIOS has words of its own: "netbios-registration". */
const char *fb_dns_opcode_name(uint16_t opcode, bool netbios, char own[static FB_DNS_WORD]);

#endif
