/* Options of a verb: one table gives parsing, --help and the suggestion for a misspelt name.
 *
 * A table lives on the stack of its verb and points at the variables that it fills; they hold the defaults
 * before parsing. Long names are lower-case; -x value, -xvalue, --name value, --name=value, grouped flags
 * (-Cq) and "--" are understood;
 * "-" is an argument. One thread. */
#ifndef FB_CLI_OPTIONS_H
#define FB_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fb_opt_kind {
    FB_OPT_FLAG,   /* bool */
    FB_OPT_TEXT,   /* const char * */
    FB_OPT_COUNT,  /* uint64_t, decimal */
    FB_OPT_SIZE,   /* uint64_t bytes, with K, M, G or T (powers of 1024) */
    FB_OPT_TIME,   /* int64_t nanoseconds, a point in time */
    FB_OPT_CHOICE, /* int: index into `choices` */
    FB_OPT_LIST,   /* struct fb_opt_list: may be given several times */
};

struct fb_opt_list {
    const char **item; /* owned; fb_opt_list_release */
    size_t n;
};
void fb_opt_list_release(struct fb_opt_list *l);

struct fb_opt {
    char letter;      /* 0: long name only */
    const char *name; /* NULL ends the table */
    enum fb_opt_kind kind;
    void *target;
    const char *arg;            /* what --help calls the value; NULL for flags */
    const char *const *choices; /* NULL-terminated, for FB_OPT_CHOICE */
    const char *help;
};

struct fb_cli_help {
    const char *verb;     /* "ingest" */
    const char *synopsis; /* what follows the verb: "FILE|DIR|-... -o CASE" */
    const char *about;    /* a paragraph */
    const char *examples; /* lines, each ended by a newline */
};

/* Parses argv[1..]: options into their targets; arguments are moved to the front of argv and counted in
 * *nargs. Returns -1 when the verb is to run, otherwise the exit code (0 after --help, 2 after a message). */
int fb_cli_parse(const struct fb_cli_help *help, const struct fb_opt *opts, int argc, char **argv,
                 int *nargs);

/* The nearest of n names to `word` by edit distance, or NULL when none is near enough to be meant. */
const char *fb_cli_nearest(const char *word, const char *const *names, size_t n);

#endif
