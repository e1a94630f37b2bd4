/* Zeek's ssl.log and http.log (TSV) out of a case: one line for each row of the tables `tls` and `http`, in
 * their order, with all of Zeek's columns. What is not kept here is unset: passwords, files and sniffed media
 * types, sni_matches_cert. URIs are raw, where Zeek's are percent-decoded (docs/observed.md has the other
 * differences). */
#ifndef FB_CLI_ZEEK_WIRE_H
#define FB_CLI_ZEEK_WIRE_H

#include "cli/output.h"
#include "cli/pseudonym.h"
#include "store/case.h"

enum fb_zeek_wire { FB_ZEEK_SSL, FB_ZEEK_HTTP };

/* `p` NULL: values as they are. */
enum fb_status fb_zeek_wire_print(struct fb_case *c, enum fb_zeek_wire log, struct fb_pseudonym *p,
                                  struct fb_out *out, struct fb_err *err);

#endif
