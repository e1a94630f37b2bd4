/* draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng, the parts that are written. */
#include "ingest/capture_out.h"

#include "base/cursor.h"
#include "ingest/pathtext.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define BUF_BYTES      ((size_t)256 << 10)
#define NAME_MAX_BYTES 1024
#define SNAPLEN_NONE   262144
#define CAPLEN_MAX     ((uint32_t)16 << 20)

struct fb_capture_out {
    int fd;
    bool own_fd, header_done;
    enum fb_capture_kind kind;
    uint32_t linktype; /* pcap: the only one */
    uint32_t nifaces;
    char name[FB_PATHTEXT_MAX];
    size_t len;
    uint8_t buf[BUF_BYTES];
};

static enum fb_status flush(struct fb_capture_out *o, struct fb_err *err)
{
    for (size_t off = 0; off < o->len;) {
        ssize_t n = write(o->fd, o->buf + off, o->len - off);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fb_err_set(err, FB_ERR_IO, "%s: %s", o->name, strerror(errno));
        off += (size_t)n;
    }
    o->len = 0;
    return FB_OK;
}

static enum fb_status put(struct fb_capture_out *o, const void *p, size_t n, struct fb_err *err)
{
    const uint8_t *b = p;
    while (n) {
        if (o->len == BUF_BYTES)
            FB_TRY(flush(o, err));
        size_t k = n < BUF_BYTES - o->len ? n : BUF_BYTES - o->len;
        memcpy(o->buf + o->len, b, k);
        o->len += k;
        b += k;
        n -= k;
    }
    return FB_OK;
}

static enum fb_status pcap_header(struct fb_capture_out *o, uint32_t linktype, struct fb_err *err)
{
    uint8_t h[24] = {0};
    fb_store_le32(h, 0xa1b23c4d);
    fb_store_le16(h + 4, 2);
    fb_store_le16(h + 6, 4);
    fb_store_le32(h + 16, SNAPLEN_NONE);
    fb_store_le32(h + 20, linktype);
    o->header_done = true;
    o->linktype = linktype;
    return put(o, h, sizeof h, err);
}

static enum fb_status section_header(struct fb_capture_out *o, struct fb_err *err)
{
    uint8_t h[28];
    fb_store_le32(h, 0x0a0d0d0a);
    fb_store_le32(h + 4, sizeof h);
    fb_store_le32(h + 8, 0x1a2b3c4d);
    fb_store_le16(h + 12, 1);
    fb_store_le16(h + 14, 0);
    fb_store_le64(h + 16, UINT64_MAX); /* section length not given */
    fb_store_le32(h + 24, sizeof h);
    o->header_done = true;
    return put(o, h, sizeof h, err);
}

enum fb_status fb_capture_out_open(const char *path, enum fb_capture_kind kind, struct fb_capture_out **out,
                                   struct fb_err *err)
{
    *out = NULL;
    struct fb_capture_out *o = calloc(1, sizeof *o);
    if (!o)
        return fb_err_nomem(err, "the output buffer");
    bool std = strcmp(path, "-") == 0;
    fb_pathtext(std ? "standard output" : path, o->name);
    o->kind = kind;
    o->own_fd = !std;
    o->fd = std ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (o->fd < 0) {
        enum fb_status st = fb_err_set(err, FB_ERR_IO, "%s: %s", o->name, strerror(errno));
        free(o);
        return st;
    }
    *out = o;
    return FB_OK;
}

static enum fb_status iface_block(struct fb_capture_out *o, uint32_t linktype, uint32_t snaplen,
                                  const char *name, struct fb_err *err)
{
    uint8_t b[16 + 8 + 4 + NAME_MAX_BYTES + 4 + 4 + 4] = {0};
    size_t n = 16, len = name ? strnlen(name, NAME_MAX_BYTES) : 0;
    fb_store_le32(b, 1);
    fb_store_le16(b + 8, (uint16_t)linktype);
    fb_store_le32(b + 12, snaplen);
    if (len) {
        fb_store_le16(b + n, 2);
        fb_store_le16(b + n + 2, (uint16_t)len);
        memcpy(b + n + 4, name, len);
        n += 4 + ((len + 3) & ~(size_t)3);
    }
    fb_store_le16(b + n, 9); /* if_tsresol: nanoseconds */
    fb_store_le16(b + n + 2, 1);
    b[n + 4] = 9;
    n += 8 + 4 + 4; /* the option, opt_endofopt, trailer */
    fb_store_le32(b + 4, (uint32_t)n);
    fb_store_le32(b + n - 4, (uint32_t)n);
    return put(o, b, n, err);
}

enum fb_status fb_capture_out_iface(struct fb_capture_out *o, uint32_t linktype, uint32_t snaplen,
                                    const char *name, uint32_t *iface, struct fb_err *err)
{
    if (linktype > UINT16_MAX)
        return fb_err_set(err, FB_ERR_USAGE,
                          "link type %u does not fit a capture file, expected at most 65535", linktype);
    if (o->kind == FB_CAPTURE_PCAP) {
        if (o->header_done && linktype != o->linktype)
            return fb_err_set(
                err, FB_ERR_USAGE,
                "the packets have link types %u and %u, a pcap file holds one; write pcapng instead",
                o->linktype, linktype);
        *iface = 0;
        return o->header_done ? FB_OK : pcap_header(o, linktype, err);
    }
    if (!o->header_done)
        FB_TRY(section_header(o, err));
    FB_TRY(iface_block(o, linktype, snaplen, name, err));
    *iface = o->nifaces++;
    return FB_OK;
}

static enum fb_status packet_block(struct fb_capture_out *o, uint32_t iface, int64_t ts_ns,
                                   const uint8_t *data, uint32_t caplen, uint32_t wirelen, struct fb_err *err)
{
    static const uint8_t zero[3] = {0};
    uint32_t pad = -caplen & 3, total = 32 + caplen + pad;
    uint8_t h[28], t[4];
    fb_store_le32(h, 6);
    fb_store_le32(h + 4, total);
    fb_store_le32(h + 8, iface);
    fb_store_le32(h + 12, (uint32_t)((uint64_t)ts_ns >> 32));
    fb_store_le32(h + 16, (uint32_t)ts_ns);
    fb_store_le32(h + 20, caplen);
    fb_store_le32(h + 24, wirelen);
    fb_store_le32(t, total);
    FB_TRY(put(o, h, sizeof h, err));
    FB_TRY(put(o, data, caplen, err));
    FB_TRY(put(o, zero, pad, err));
    return put(o, t, sizeof t, err);
}

enum fb_status fb_capture_out_packet(struct fb_capture_out *o, uint32_t iface, int64_t ts_ns,
                                     const uint8_t *data, uint32_t caplen, uint32_t wirelen,
                                     struct fb_err *err)
{
    FB_BUG(o->kind == FB_CAPTURE_PCAP ? !o->header_done || iface != 0 : iface >= o->nifaces);
    if (caplen > CAPLEN_MAX)
        return fb_err_set(err, FB_ERR_USAGE, "a packet of %u bytes, expected at most %u", caplen, CAPLEN_MAX);
    if (ts_ns < 0 || (o->kind == FB_CAPTURE_PCAP && ts_ns / 1000000000 > UINT32_MAX))
        return fb_err_set(err, FB_ERR_USAGE, "a packet time %s does not fit the output file",
                          ts_ns < 0 ? "before 1970" : "after 2106");
    if (o->kind == FB_CAPTURE_PCAPNG)
        return packet_block(o, iface, ts_ns, data, caplen, wirelen, err);
    uint8_t h[16];
    fb_store_le32(h, (uint32_t)(ts_ns / 1000000000));
    fb_store_le32(h + 4, (uint32_t)(ts_ns % 1000000000));
    fb_store_le32(h + 8, caplen);
    fb_store_le32(h + 12, wirelen);
    FB_TRY(put(o, h, sizeof h, err));
    return put(o, data, caplen, err);
}

enum fb_status fb_capture_out_close(struct fb_capture_out *o, struct fb_err *err)
{
    if (!o)
        return FB_OK;
    enum fb_status st = FB_OK;
    if (!o->header_done) /* no packets: still a capture file */
        st = o->kind == FB_CAPTURE_PCAP ? pcap_header(o, 1, err) : section_header(o, err);
    if (st == FB_OK)
        st = flush(o, err);
    if (o->own_fd && close(o->fd) != 0 && st == FB_OK)
        st = fb_err_set(err, FB_ERR_IO, "%s: %s", o->name, strerror(errno));
    free(o);
    return st;
}
