/* What the groups of a record chunk are made of; shared by its writer and its reader. */
#ifndef FB_STORE_REC_STREAMS_H
#define FB_STORE_REC_STREAMS_H

#include "store/dict.h"
#include "store/rec_chunk.h"

/* Stored in cases. Group 0 has NUMBER, and in EVENTS TS and ORDINAL; group i + 1 is column i. */
enum fb_rec_stream {
    FB_REC_STREAM_NUMBER = 0,
    FB_REC_STREAM_TS = 1,
    FB_REC_STREAM_ORDINAL = 2,
    FB_REC_STREAM_VALUES = 3, /* INT, TIME: the value; otherwise: code in the dictionary. Null: 0 */
    FB_REC_STREAM_NULLS = 4,  /* 1: null; absent when no row is */
    FB_REC_STREAM_DICT = 5,   /* cells as bytes; not in INT and TIME */
    FB_REC_STREAMS = 6
};

/* Widens the ranges by one row. */
static inline void fb_rec_meta_add(struct fb_rec_meta *m, const struct fb_rec_at *at, bool first)
{
    if (first || at->number < m->first_number)
        m->first_number = at->number;
    if (first || at->number > m->last_number)
        m->last_number = at->number;
    if (first || at->ts_ns < m->ts_min_ns)
        m->ts_min_ns = at->ts_ns;
    if (first || at->ts_ns > m->ts_max_ns)
        m->ts_max_ns = at->ts_ns;
    if (first || at->ordinal < m->first_ordinal)
        m->first_ordinal = at->ordinal;
    if (first || at->ordinal > m->last_ordinal)
        m->last_ordinal = at->ordinal;
}

#endif
