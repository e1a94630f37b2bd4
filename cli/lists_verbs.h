/* The subcommands of `lists`. argv[0] is the subcommand; each returns the exit code of the program. */
#ifndef FB_CLI_LISTS_VERBS_H
#define FB_CLI_LISTS_VERBS_H

#include "base/buf.h"

int fb_lists_check(int argc, char **argv);
int fb_lists_show(int argc, char **argv);
int fb_lists_match(int argc, char **argv);
int fb_lists_verify(int argc, char **argv);
int fb_lists_sign(int argc, char **argv);
int fb_lists_keygen(int argc, char **argv);
int fb_lists_make(int argc, char **argv);
int fb_lists_augment(int argc, char **argv);
int fb_lists_merge(int argc, char **argv);
int fb_lists_diff(int argc, char **argv);
int fb_lists_unused(int argc, char **argv);
int fb_lists_apply(int argc, char **argv);
int fb_lists_import(int argc, char **argv);

/* A new file, or standard output when `path` is NULL. Returns the exit code. */
int fb_lists_save(const char *path, const struct fb_buf *text);

#endif
