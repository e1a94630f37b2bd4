/* Zeek's dns.log (TSV) out of a case. What differs: the order of rows is that of the case; TC is that of the
 * answer when there is one; messages whose opcode Zeek does not track are left out. */
#ifndef FB_CLI_ZEEK_DNS_H
#define FB_CLI_ZEEK_DNS_H

#include "cli/output.h"
#include "cli/pseudonym.h"
#include "store/case.h"

/* `p` NULL: values as they are. */
enum fb_status fb_zeek_dns_print(struct fb_case *c, struct fb_pseudonym *p, struct fb_out *out,
                                 struct fb_err *err);

#endif
