#include "tests/support/label_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX  64 /* different labels */
#define WORD_BYTES 32

struct reading {
    struct label_table *t;
    size_t cap, line;
    char separator;
    char word[WORDS_MAX][WORD_BYTES]; /* labels, in the order in which they came */
    size_t count[WORDS_MAX];
    unsigned nwords;
    char *why;
    size_t size;
};

static bool wrong(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct reading *r, const char *format, ...)
{
    va_list args;
    int n = r->line ? snprintf(r->why, r->size, "line %zu: ", r->line) : 0;
    va_start(args, format);
    vsnprintf(r->why + n, r->size - (size_t)n, format, args);
    va_end(args);
    return false;
}

/* Cuts the next field out of a line: without blanks and quotes around it. *at becomes NULL after the last. */
static char *next_field(char **at, char separator)
{
    char *field = *at, *end = strchr(field, separator);
    *at = end ? end + 1 : NULL;
    if (!end)
        end = field + strlen(field);
    while (end > field && strchr(" \t\r\n", end[-1]))
        end--;
    *end = '\0';
    field += strspn(field, " \t");
    if (*field == '"' && end - field >= 2 && end[-1] == '"') {
        end[-1] = '\0';
        field++;
    }
    return field;
}

static bool number_of(const char *field, double *out)
{
    char *end;
    *out = strtod(field, &end);
    bool number = end != field && *end == '\0';
    if (!number)
        *out = (double)NAN;
    return number;
}

static bool one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(word, *list) == 0)
            return true;
    return false;
}

static bool is_normal(const char *w)
{
    static const char *const LIST[] = {"normal", "normal.", "benign",   "inlier", "no",
                                       "false",  "neg",     "negative", "ok",     "good",
                                       "n",      "f",       "0",        "0.0",    NULL};
    double v;
    return one_of(w, LIST) || (number_of(w, &v) && v == 0);
}

static bool is_anomaly(const char *w)
{
    static const char *const LIST[] = {"anomaly",   "anomalous", "abnormal", "outlier", "attack",
                                       "malicious", "yes",       "positive", "pos",     "true",
                                       "bad",       "o",         "y",        "t",       NULL};
    return one_of(w, LIST);
}

/* Which of the labels it is, in its place among those seen. */
static bool take_label(struct reading *r, const char *field, uint8_t *out)
{
    char word[WORD_BYTES];
    if (*field == '\0' || strcasecmp(field, "nan") == 0)
        return wrong(r, "there is no label");
    snprintf(word, sizeof word, "%.*s", WORD_BYTES - 1, field);
    unsigned i = 0;
    while (i < r->nwords && strcmp(r->word[i], word) != 0)
        i++;
    if (i == WORDS_MAX)
        return wrong(r, "more than %d different labels: the last column is none", WORDS_MAX);
    if (i == r->nwords)
        memcpy(r->word[r->nwords++], word, sizeof word);
    r->count[i]++;
    *out = (uint8_t)i;
    return true;
}

static bool make_room(struct reading *r)
{
    struct label_table *t = r->t;
    if (t->n < r->cap)
        return true;
    size_t cap = r->cap ? r->cap * 2 : 1024;
    double *x = realloc(t->x, cap * t->dims * sizeof *x);
    t->x = x ? x : t->x;
    uint8_t *label = realloc(t->label, cap);
    t->label = label ? label : t->label;
    r->cap = cap;
    return (x && label) || wrong(r, "out of memory");
}

static bool add_row(struct reading *r, char *line)
{
    struct label_table *t = r->t;
    if (!make_room(r))
        return false;
    char *at = line;
    uint32_t n = 0;
    for (; at && n < t->dims; n++)
        number_of(next_field(&at, r->separator), &t->x[t->n * t->dims + n]);
    if (!at)
        return wrong(r, "%u fields instead of %u", n, t->dims + 1);
    if (!take_label(r, next_field(&at, r->separator), &t->label[t->n]))
        return false;
    if (at)
        return wrong(r, "more than %u fields", t->dims + 1);
    t->n++;
    return true;
}

static size_t count(const char *s, char c)
{
    size_t n = 0;
    for (; *s; s++)
        n += *s == c;
    return n;
}

/* Separator and number of columns; whether these are names: no numbers, or those of the columns, from 0. */
static bool first_line(struct reading *r, const char *line, uint32_t dims_max, bool *names)
{
    size_t commas = count(line, ','), semicolons = count(line, ';'), tabs = count(line, '\t');
    r->separator = semicolons > commas && semicolons >= tabs ? ';' : tabs > commas ? '\t' : ',';
    size_t n = count(line, r->separator);
    if (n < 1 || n > dims_max)
        return wrong(r, "%zu columns, and there must be 2 to %u, the label last", n + 1, dims_max + 1);
    r->t->dims = (uint32_t)n;
    char *copy = strdup(line), *at = copy;
    if (!copy)
        return wrong(r, "out of memory");
    static const char *const NAME[] = {"label", "class", "target", "outlier", "anomaly", "y", NULL};
    double v;
    size_t numbers = 0, ordered = 0;
    const char *field = "";
    for (size_t i = 0; at; i++) {
        field = next_field(&at, r->separator);
        bool number = number_of(field, &v);
        numbers += at && number;
        ordered += number && v == (double)i;
    }
    *names = numbers == 0 || ordered == n + 1 || (numbers == n && ordered == n && one_of(field, NAME));
    free(copy);
    return true;
}

/* The labels' places become 0 and 1. */
static bool settle_labels(struct reading *r)
{
    bool normal[WORDS_MAX], any_normal = false, any_anomaly = false;
    size_t positive = 0;
    for (unsigned i = 0; i < r->nwords; i++) {
        any_normal |= is_normal(r->word[i]);
        any_anomaly |= is_anomaly(r->word[i]);
    }
    r->line = 0;
    if (r->nwords < 2)
        return wrong(r, "%zu rows of one label: nothing to measure", r->t->n);
    if (!any_normal && !any_anomaly && r->nwords > 2)
        return wrong(r, "%u different labels, and none says which rows are normal", r->nwords);
    for (unsigned i = 0; i < r->nwords; i++)
        normal[i] = any_normal ? is_normal(r->word[i])
                    : any_anomaly
                        ? !is_anomaly(r->word[i])
                        : r->count[i] > r->count[1 - i] || (r->count[i] == r->count[1 - i] && i == 0);
    for (size_t i = 0; i < r->t->n; i++) {
        r->t->label[i] = !normal[r->t->label[i]];
        positive += r->t->label[i];
    }
    return (positive > 0 && positive < r->t->n) || wrong(r, "all labels say the same");
}

bool label_table_read(FILE *f, uint32_t dims_max, struct label_table *t, char *why, size_t size)
{
    static const char bom[] = "\xef\xbb\xbf";
    struct reading r = {.t = t, .why = why, .size = size};
    char *line = NULL;
    size_t cap = 0;
    bool ok = true, begun = false;
    *t = (struct label_table){0};
    while (ok && getline(&line, &cap, f) > 0) {
        char *at = ++r.line == 1 && strncmp(line, bom, 3) == 0 ? line + 3 : line;
        bool names = false;
        if (at[strspn(at, " \t\r\n")] == '\0')
            continue;
        if (!begun)
            ok = first_line(&r, at, dims_max, &names);
        begun = true;
        if (ok && !names)
            ok = add_row(&r, at);
    }
    free(line);
    if (ok && t->n == 0) {
        r.line = 0;
        ok = wrong(&r, "no rows");
    }
    if (ok)
        ok = settle_labels(&r);
    if (!ok)
        label_table_release(t);
    return ok;
}

void label_table_release(struct label_table *t)
{
    free(t->x);
    free(t->label);
    *t = (struct label_table){0};
}
