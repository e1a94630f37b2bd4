/* Writes packets into a new capture file: pcap with nanoseconds, or pcapng with any number of interfaces.
 *
 * Output is little-endian on every machine and holds nothing but what it was given, so that the same packets
 * give the same bytes. The file is complete only after fb_capture_out_close said FB_OK. Belongs to one
 * thread. */
#ifndef FB_INGEST_CAPTURE_OUT_H
#define FB_INGEST_CAPTURE_OUT_H

#include "base/err.h"

#include <stddef.h>

struct fb_capture_out;

enum fb_capture_kind { FB_CAPTURE_PCAP, FB_CAPTURE_PCAPNG };

/* Creates or empties `path`; "-" is standard output. */
enum fb_status fb_capture_out_open(const char *path, enum fb_capture_kind kind, struct fb_capture_out **out,
                                   struct fb_err *err);

/* Adds an interface (snaplen in bytes, 0 for none; name may be NULL) and returns its number in *iface. pcap
 * files hold one link type: a second interface of the same link type is the first one again, another link
 * type is FB_ERR_USAGE. */
enum fb_status fb_capture_out_iface(struct fb_capture_out *o, uint32_t linktype, uint32_t snaplen,
                                    const char *name, uint32_t *iface, struct fb_err *err);

/* Writes a packet. In pcap, times from 2106 on do not fit, and in neither format times before 1970:
 * FB_ERR_USAGE. */
enum fb_status fb_capture_out_packet(struct fb_capture_out *o, uint32_t iface, int64_t ts_ns,
                                     const uint8_t *data, uint32_t caplen, uint32_t wirelen,
                                     struct fb_err *err);

/* Writes what is buffered and closes; frees `o` in any case. Accepts NULL. */
enum fb_status fb_capture_out_close(struct fb_capture_out *o, struct fb_err *err);

#endif
