# A resolver for stories on loopback: answers PTR questions over UDP and TCP as its first argument says, writes its port
# to `port` and every question to `asked`, and ends by itself.
#   plain     ADDRESS from argv[2:] as ADDRESS=NAME has NAME, others NXDOMAIN
#   truncate  the same, but cut over UDP
#   silent    never answers
#   lie       first an answer of another id, then one to another question, then the true one
#   refuse    REFUSED
#   alias     an alias of the reverse zone (RFC 2317), its record first
import ipaddress, os, socket, struct, sys, threading, time

mode, names = sys.argv[1], dict(a.split("=", 1) for a in sys.argv[2:])
records = {ipaddress.ip_address(a).reverse_pointer: n.encode().decode("unicode_escape").encode("latin1") for a, n in names.items()}
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
port = udp.getsockname()[1]
tcp = socket.socket()
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcp.bind(("127.0.0.1", port))
tcp.listen(16)
log = open("asked", "a")


def wire(name):
    return b"".join(bytes([len(label)]) + label for label in name.split(b".")) + b"\0"


def read_name(q):
    at, labels = 12, []
    while q[at]:
        labels.append(q[at + 1:at + 1 + q[at]])
        at += 1 + q[at]
    return b".".join(labels).decode("latin1"), at + 5


def rr(owner, kind, data, ttl=300):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def reply(q, over_tcp):
    name, end = read_name(q)
    print(time.time(), "tcp" if over_tcp else "udp", name, file=log, flush=True)
    head = lambda flags, n: q[:2] + struct.pack(">HHHHH", 0x8180 | flags, 1, n, 0, 0) + q[12:end]
    if mode == "refuse":
        return head(5, 0)
    if mode == "truncate" and not over_tcp:
        return head(0x200, 0)
    if name not in records:
        return head(3, 0)
    data = wire(records[name])
    if mode == "alias":
        to = b"\x05alias\x07example\0"
        return head(0, 2) + rr(to, 12, data) + rr(b"\xc0\x0c", 5, to)
    return head(0, 1) + rr(b"\xc0\x0c", 12, data)


def serve_tcp():
    while True:
        c, _ = tcp.accept()
        n = struct.unpack(">H", c.recv(2, socket.MSG_WAITALL))[0]
        r = reply(c.recv(n, socket.MSG_WAITALL), True)
        out = struct.pack(">H", len(r)) + r
        c.send(out[:1])  # a length that comes in two pieces
        time.sleep(0.02)
        c.sendall(out[1:])
        c.close()


def serve_udp():
    while True:
        q, peer = udp.recvfrom(2048)
        r = reply(q, False)
        if mode == "silent":
            continue
        if mode == "lie":
            evil = b"\x04evil\x07example\0"
            _, end = read_name(q)
            udp.sendto(bytes([q[0] ^ 255, q[1]]) + r[2:end] + rr(b"\xc0\x0c", 12, evil), peer)
            other = wire(b"1.1.1.1.in-addr.arpa") + q[end - 4:end]
            udp.sendto(q[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + other + rr(b"\xc0\x0c", 12, evil), peer)
        udp.sendto(r, peer)


for f in (serve_tcp, serve_udp):
    threading.Thread(target=f, daemon=True).start()
open("port.new", "w").write(str(port))
os.rename("port.new", "port")
time.sleep(60)
