/* Sessions as rows: walks a case, in number order or sorted, and prints in one of five forms. */
#ifndef FB_CLI_ROWS_H
#define FB_CLI_ROWS_H

#include "cli/fields.h"
#include "cli/output.h"
#include "cli/pseudonym.h"
#include "cli/row_filter.h"

enum fb_row_format { FB_ROWS_TABLE, FB_ROWS_JSON, FB_ROWS_CSV, FB_ROWS_ZEEK_TSV, FB_ROWS_ZEEK_JSON };

struct fb_rows_opts {
    enum fb_row_format format;
    struct fb_columns columns;   /* of table, JSON and CSV; Zeek's forms have Zeek's columns */
    const struct fb_field *sort; /* NULL: by number */
    bool descending;
    uint64_t limit;                 /* 0: none */
    struct fb_row_filter filter;    /* checked; not together with pseudonyms */
    struct fb_pseudonym *pseudonym; /* NULL: values as they are */
};

/* Prints; FB_OK also when nobody reads any more. */
enum fb_status fb_rows_print(struct fb_case *c, const struct fb_rows_opts *o, struct fb_out *out,
                             struct fb_err *err);

/* "field" or "field-desc" into `o`. False after a message. */
bool fb_rows_parse_sort(const char *verb, const char *text, struct fb_rows_opts *o);

#endif
