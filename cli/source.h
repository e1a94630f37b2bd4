/* What a verb works on: a case, or captures that are read into one in memory first. */
#ifndef FB_CLI_SOURCE_H
#define FB_CLI_SOURCE_H

#include "cli/ingest_run.h"
#include "cli/rows.h"

struct fb_source {
    struct fb_case *c;
    bool is_case; /* an existing case was opened */
    bool damaged; /* the evidence is damaged but usable: exit code 3 */
};

/* Opens; a message is printed and an exit code returned when that fails, otherwise -1. */
int fb_source_open(struct fb_source *s, const char *verb, char **paths, int npaths,
                   const struct fb_ingest_opts *o);

/* Closes and combines the verb's exit code with what is known about the evidence. */
int fb_source_close(struct fb_source *s, int code);

/* Prints the sessions of `s` to `path` (NULL: standard output), closes it and returns the exit code. */
int fb_source_print_rows(struct fb_source *s, const struct fb_rows_opts *ro, const char *path);

#endif
