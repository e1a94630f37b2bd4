#include "intel/wire/arp.h"

#include "intel/wire/arp_def.h"
#include "intel/wire/wire.h"

static void mac_cell(struct fb_buf *row, const uint8_t *mac)
{
    if (mac)
        fb_wire_mac_cell(row, mac);
    else
        fb_rec_null(row);
}

static void addr_cell(struct fb_buf *row, const uint8_t *p)
{
    struct fb_addr a = fb_addr_v4(p);
    fb_rec_addr(row, &a);
}

static void packet(const struct fb_seen *at, uint16_t ethertype, const uint8_t *src_mac,
                   const uint8_t *dst_mac, const uint8_t *p, size_t n, struct fb_observe_out *out)
{
    (void)ethertype;
    struct fb_cur c = fb_cur_init(p, n);
    uint16_t hardware = fb_cur_be16(&c), protocol = fb_cur_be16(&c);
    uint8_t hlen = fb_cur_u8(&c), plen = fb_cur_u8(&c);
    uint16_t operation = fb_cur_be16(&c);
    const uint8_t *sender_mac = fb_cur_take(&c, 6), *sender = fb_cur_take(&c, 4);
    const uint8_t *target_mac = fb_cur_take(&c, 6), *target = fb_cur_take(&c, 4);
    struct fb_buf row;
    if (!fb_cur_ok(&c) || protocol != 0x0800 || hlen != 6 || plen != 4 || (hardware != 1 && hardware != 6))
        return;
    fb_buf_init(&row, 256);
    fb_rec_int(&row, operation);
    mac_cell(&row, sender_mac);
    addr_cell(&row, sender);
    mac_cell(&row, target_mac);
    addr_cell(&row, target);
    mac_cell(&row, src_mac);
    mac_cell(&row, dst_mac);
    fb_wire_put(out, &fb_arp_def, at, &row);
    fb_buf_release(&row);
}

const struct fb_intel_proto fb_proto_arp = {.name = "arp", .ethertype = 0x0806, .ops = {.packet = packet}};
const struct fb_intel_proto fb_proto_rarp = {.name = "rarp", .ethertype = 0x8035, .ops = {.packet = packet}};
