/* Pseudonyms for cells of record tables (docs/pseudonyms.md): addresses and MACs as in sessions, names label
 * by label, everything else that came from somebody as a keyed hash. The same value becomes the same
 * pseudonym in every table and column. What stays as it is, is on a list; a column that nobody thought of is
 * hidden. One thread. */
#ifndef FB_CLI_PSEUDONYM_CELL_H
#define FB_CLI_PSEUDONYM_CELL_H

#include "base/record.h"
#include "cli/pseudonym.h"

struct fb_pseudonym_cells;

/* For the columns of one table, each with a slot of its own below FB_REC_COLS_MAX. `p` is borrowed. */
enum fb_status fb_pseudonym_cells_new(struct fb_pseudonym *p, struct fb_pseudonym_cells **out,
                                      struct fb_err *err);
void fb_pseudonym_cells_free(struct fb_pseudonym_cells *m); /* accepts NULL */

/* Puts the pseudonym into the place of the value, borrowed until the slot is used again. Out of memory: the
 * cell becomes null, and the failure is kept. */
void fb_pseudonym_cell(struct fb_pseudonym_cells *m, unsigned slot, const char *table, const char *column,
                       enum fb_rec_type type, struct fb_rec_cell *cell);
enum fb_status fb_pseudonym_cells_failed(const struct fb_pseudonym_cells *m, struct fb_err *err);

#endif
