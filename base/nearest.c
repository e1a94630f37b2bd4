#include "base/nearest.h"

#define WORD_MAX 48

static unsigned edit_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    if (la > WORD_MAX || lb > WORD_MAX)
        return WORD_MAX;
    unsigned row[WORD_MAX + 1];
    for (unsigned j = 0; j <= lb; j++)
        row[j] = j;
    for (unsigned i = 1; i <= la; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= lb; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            unsigned other = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            row[j] = change < other ? change : other;
        }
    }
    return row[lb];
}

const char *fb_nearest(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    unsigned best_distance = WORD_MAX;
    for (size_t i = 0; i < n; i++) {
        unsigned d = edit_distance(word, names[i]);
        size_t len = strlen(word);
        if (len >= 3 && strncmp(word, names[i], len) == 0)
            d = 1; /* the beginning of a name */
        if (d < best_distance) {
            best_distance = d;
            best = names[i];
        }
    }
    return best && best_distance <= (strlen(best) + 2) / 3 ? best : NULL;
}
