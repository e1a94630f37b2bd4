# A pcapng capture whose interface says its addresses: eth0 of 192.168.9.5, whose MAC is private. A DHCP lease for a
# laptop names mask, router and resolver; the laptop then asks the resolver, which does not answer.
import ipaddress, struct, sys

SELF, LAPTOP, SERVER = (bytes.fromhex(m) for m in ("02aa00000005", "001122334430", "001122334401"))


def block(kind, body):
    n = len(body) + 12
    return struct.pack("<II", kind, n) + body + struct.pack("<I", n)


def option(code, data):
    return struct.pack("<HH", code, len(data)) + data + bytes(-len(data) % 4)


def udp(src, sp, dst, dp, data, smac, dmac):
    src, dst = (ipaddress.ip_address(a).packed for a in (src, dst))
    u = struct.pack(">HHHH", sp, dp, 8 + len(data), 0) + data
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(u), 0, 0, 64, 17, 0) + src + dst
    s = sum(struct.unpack(">10H", ip))
    s = (s & 0xFFFF) + (s >> 16)
    ip = ip[:10] + struct.pack(">H", 0xFFFF ^ ((s & 0xFFFF) + (s >> 16))) + ip[12:]
    return dmac + smac + b"\x08\x00" + ip + u


def packed(text):
    return ipaddress.ip_address(text).packed


def dhcp(op, kind, yours, options):
    head = struct.pack(">BBBBIHH", op, 1, 6, 0, 7, 0, 0) + bytes(4) + packed(yours) + bytes(8) + LAPTOP + bytes(10 + 192)
    return head + b"\x63\x82\x53\x63\x35\x01" + bytes([kind]) + options + b"\xff"


lease = (b"\x36\x04" + packed("192.168.9.1") + b"\x33\x04\0\0\x0e\x10" + b"\x01\x04" + packed("255.255.255.128") +
         b"\x03\x04" + packed("192.168.9.1") + b"\x06\x08" + packed("192.168.9.1") + packed("8.8.8.8"))
frames = [
    udp("0.0.0.0", 68, "255.255.255.255", 67, dhcp(1, 3, "0.0.0.0", b"\x0c\x06laptop"), LAPTOP, b"\xff" * 6),
    udp("192.168.9.1", 67, "192.168.9.30", 68, dhcp(2, 5, "192.168.9.30", lease), SERVER, LAPTOP),
    udp("192.168.9.30", 5000, "192.168.9.5", 9, b"hello", LAPTOP, SELF),
    udp("192.168.9.5", 9, "192.168.9.30", 5000, b"there", SELF, LAPTOP),
]
out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
out += block(1, struct.pack("<HHI", 1, 0, 0) + option(2, b"eth0") + option(4, packed("192.168.9.5") + packed("255.255.255.0")) +
             option(6, SELF) + option(5, packed("fe80::5") + b"\x40") + option(0, b""))
for i, f in enumerate(frames):
    out += block(6, struct.pack("<IIIII", 0, 0x60000, i * 1000, len(f), len(f)) + f + bytes(-len(f) % 4))
open(sys.argv[1], "wb").write(out)
