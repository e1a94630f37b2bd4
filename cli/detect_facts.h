/* What the tables of a case know that the detectors want: the questions to name servers with their
 * answers, and the names under which clients spoke to servers. */
#ifndef FB_CLI_DETECT_FACTS_H
#define FB_CLI_DETECT_FACTS_H

#include "model/detect/detect.h"
#include "store/case.h"

/* Hands to the detectors the rows of table dns, and of tls and http the names of responders. A case without
 * the tables has none. */
enum fb_status fb_detect_facts(struct fb_case *c, struct fb_detect *d, struct fb_err *err);

#endif
