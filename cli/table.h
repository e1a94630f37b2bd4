/* Tables for people. Columns are as wide as what the first rows need; numbers stand to the right; text that
 * came from traffic is escaped here. On a terminal long text columns are cut so that a row fits (… marks the
 * place), and columns that can be spared are left out; elsewhere neither is. Widths count characters by their
 * terminal columns. One thread. */
#ifndef FB_CLI_TABLE_H
#define FB_CLI_TABLE_H

#include "cli/output.h"

struct fb_table;

/* `heading` entries are borrowed; `right` says which columns are numbers. Bold headings on a terminal without
 * NO_COLOR. */
enum fb_status fb_table_new(struct fb_out *out, const char *const *heading, const bool *right, size_t ncols,
                            struct fb_table **t, struct fb_err *err);

/* On a terminal where a row does not fit, these columns are left out, one after the other until it does:
 * headings with commas between, the first to go first. Before the first row; `headings` is borrowed. */
void fb_table_spare(struct fb_table *t, const char *headings);

/* Cells of a row come one by one, from the left. */
void fb_table_cell(struct fb_table *t, const void *text, size_t n);

/* The row is complete: FB_OK, FB_EOF when nobody reads any more, or an error of the output. */
enum fb_status fb_table_end_row(struct fb_table *t);

/* Prints what is held back, and on a terminal "(none)" when there was no row; `t` is freed in any case. */
enum fb_status fb_table_finish(struct fb_table *t);

/* Columns of the terminal on standard output; 80 when it does not say. */
size_t fb_table_terminal_width(void);

/* Columns that the UTF-8 text takes on a terminal. */
size_t fb_text_width(const void *text, size_t n);

#endif
