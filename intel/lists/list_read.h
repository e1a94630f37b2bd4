/* Inside the readers of lists: where they stand, and what they say when something is wrong. */
#ifndef FB_INTEL_LIST_READ_H
#define FB_INTEL_LIST_READ_H

#include "base/json.h"
#include "intel/lists/list_file.h"

struct fb_list_reader {
    struct fb_list_file *f;
    const struct fb_list_read_opts *o;
    struct fb_err *err;
    struct fb_json j;       /* of the JSON forms */
    struct fb_buf scratch;  /* texts without their escapes */
    uint32_t line, line_at; /* the line of a byte offset that only goes up */
};

/* Where a value stands: whitelists[0].endpoints[3].port */
struct fb_list_at {
    const struct fb_list_at *up;
    const char *key; /* NULL: element `index` of an array */
    uint32_t index;
};

/* FB_ERR_INPUT: byte, line, path, and the sentence. */
enum fb_status fb_list_fail(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                            const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A member of an object and what reads it into `target`. */
struct fb_list_key {
    const char *name;
    enum fb_status (*read)(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                           void *target);
};

/* Reads an object's members; null is as if the member were not there. An unknown key is an error that names
 * it and the nearest one. */
enum fb_status fb_list_read_object(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                   const struct fb_list_key *keys, size_t nkeys, void *target);

/* A string as a copy in the pool; no NUL and no control character may be in it. */
enum fb_status fb_list_read_text(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 const char **out);
/* The name of a list: 1 to 128 bytes without commas, which separate tags. */
enum fb_status fb_list_read_name(struct fb_list_reader *r, const struct fb_list_at *at, uint32_t node,
                                 const char **out);

/* How many elements an array has; `node` of each: start with array + 1, go on with node[i].after. */
uint32_t fb_list_count(const struct fb_list_reader *r, uint32_t array);

uint32_t fb_list_line(struct fb_list_reader *r, uint32_t off);

/* A bad entry: kept, counted, and with --strict an error. */
enum fb_status fb_list_skip(struct fb_list_reader *r, uint32_t line, const void *entry, size_t n,
                            const char *why);

/* An entry of a blacklist that is an address, a range or a domain. */
enum fb_status fb_list_put_range(struct fb_list_reader *r, struct fb_blacklist *b,
                                 const struct fb_list_range *range, uint32_t line);
enum fb_status fb_list_put_domain(struct fb_list_reader *r, struct fb_blacklist *b,
                                  const struct fb_list_pattern *p, uint32_t line);
/* Either; what is neither is skipped. */
enum fb_status fb_list_put_entry(struct fb_list_reader *r, struct fb_blacklist *b, const void *text, size_t n,
                                 uint32_t line);

/* The readers: r->j is parsed for the first three. */
enum fb_status fb_list_read_white(struct fb_list_reader *r);
enum fb_status fb_list_read_black(struct fb_list_reader *r);
enum fb_status fb_list_read_array(struct fb_list_reader *r, uint32_t array, const char *type);
enum fb_status fb_list_read_misp(struct fb_list_reader *r);
enum fb_status fb_list_read_lines(struct fb_list_reader *r, const uint8_t *text, size_t n);
enum fb_status fb_list_read_csv(struct fb_list_reader *r, const uint8_t *text, size_t n);

/* True when the text has a line of column names, which stands last before the data. */
bool fb_list_is_csv(const uint8_t *text, size_t n);

/* The next line without its end and without blanks around it; false at the end of the text. */
bool fb_list_next_line(struct fb_cur *text, struct fb_span *line);

/* A list without a name of its own: one blacklist, named like the file. */
struct fb_blacklist *fb_list_only_black(struct fb_list_reader *r, bool feed);

#endif
