/* What the tables of a case know that the detectors want: the questions to name servers and their answers. */
#ifndef FB_CLI_DETECT_FACTS_H
#define FB_CLI_DETECT_FACTS_H

#include "model/detect.h"
#include "store/case.h"

/* Hands the rows of table dns to the detectors. A case without the table has none. */
enum fb_status fb_detect_facts(struct fb_case *c, struct fb_detect *d, struct fb_err *err);

#endif
