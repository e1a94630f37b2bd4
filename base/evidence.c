#include "base/evidence.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A note's text is cut here, so that a file of huge comments cannot fill the memory. */
#define NOTE_TEXT_MAX 4096
#define SENTENCE_MAX  512

void fb_evidence_release(struct fb_evidence *e)
{
    free(e->path);
    for (size_t i = 0; i < e->ndamage; i++)
        free(e->damage[i].what);
    free(e->damage);
    for (size_t i = 0; i < e->nifaces; i++) {
        free(e->ifaces[i].name);
        free(e->ifaces[i].description);
        free(e->ifaces[i].filter);
        free(e->ifaces[i].os);
    }
    free(e->ifaces);
    for (size_t i = 0; i < e->nnotes; i++) {
        free(e->notes[i].kind);
        free(e->notes[i].text);
    }
    free(e->notes);
    free(e->checkpoints);
    free(e->meta_offs);
    memset(e, 0, sizeof *e);
}

const char *fb_evidence_format_name(enum fb_evidence_format f)
{
    switch (f) {
    case FB_FORMAT_PCAP:
        return "pcap";
    case FB_FORMAT_PCAPNG:
        return "pcapng";
    case FB_FORMAT_UNKNOWN:
        break;
    }
    return "unknown";
}

const char *fb_compression_name(enum fb_compression c)
{
    switch (c) {
    case FB_COMP_GZIP:
        return "gzip";
    case FB_COMP_ZSTD:
        return "zstd";
    case FB_COMP_LZ4:
        return "lz4";
    case FB_COMP_XZ:
        return "xz";
    case FB_COMP_NONE:
        break;
    }
    return "none";
}

enum fb_status fb_evidence_add_damage(struct fb_evidence *e, uint64_t byte_off, uint64_t pkt_no,
                                      const char *fmt, ...)
{
    e->damage_total++;
    if (e->ndamage >= FB_DAMAGE_MAX)
        return FB_OK;
    /* Exact growth: records that came out of a case carry no capacity, and there are few of them. */
    struct fb_damage *d = realloc(e->damage, (e->ndamage + 1) * sizeof *d);
    if (!d)
        return FB_ERR_NOMEM;
    e->damage = d;
    char text[SENTENCE_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    char *what = strdup(text);
    if (!what)
        return FB_ERR_NOMEM;
    e->damage[e->ndamage++] = (struct fb_damage){.byte_off = byte_off, .pkt_no = pkt_no, .what = what};
    return FB_OK;
}

enum fb_status fb_evidence_add_note(struct fb_evidence *e, uint64_t byte_off, uint64_t pkt_no,
                                    const char *kind, const void *text, size_t n)
{
    e->notes_total++;
    if (e->nnotes >= FB_NOTES_MAX)
        return FB_OK;
    struct fb_evidence_note *notes = realloc(e->notes, (e->nnotes + 1) * sizeof *notes);
    if (!notes)
        return FB_ERR_NOMEM;
    e->notes = notes;
    struct fb_evidence_note note = {.byte_off = byte_off, .pkt_no = pkt_no};
    note.kind = strdup(kind);
    note.text = strndup(n ? text : "", n < NOTE_TEXT_MAX ? n : NOTE_TEXT_MAX);
    if (!note.kind || !note.text) {
        free(note.kind);
        free(note.text);
        return FB_ERR_NOMEM;
    }
    e->notes[e->nnotes++] = note;
    return FB_OK;
}
