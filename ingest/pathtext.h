/* A file name made fit for a one-line message: controls, bytes that are not UTF-8 and characters that turn
 * the reading direction become \xHH; long names lose their beginning. */
#ifndef FB_INGEST_PATHTEXT_H
#define FB_INGEST_PATHTEXT_H

#define FB_PATHTEXT_MAX 200

void fb_pathtext(const char *path, char out[static FB_PATHTEXT_MAX]);

#endif
