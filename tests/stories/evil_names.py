"""Prints a description for `fbfixture write`: sessions whose names would play tricks on whatever shows them, in each place where
a session says a name in the clear. --tunnel: a DNS tunnel below a domain of that kind. --count: how many names there are."""
import struct
import sys

NAMES = [
    b'\x1b[2J\x1b[H', b'\x1b]0;owned\x07', b'\x1b]52;c;ZWNobw==\x07', b'\x9b31m', '\u009b31m'.encode(),  # terminals
    b'good\r\x08\x08bad', b'a\nALERT none', b'a\tb', b'a\0b', b'a\x7fb', b'\x07\x07',
    b'<script>alert(1)</script>', b'"><img src=x onerror=a()>', b"'><svg/onload=a()>", b'--></td></table>', b'&lt;&#60;',  # HTML
    b"=cmd|'/C calc'!A0", b'+1+1', b'-2+3', b'@SUM(1,1)', b'\t=1+1', b'\r=1+1', b'a","b', b'a;=1', '\uff1d1+1'.encode(),  # CSV
    b'","x":"', b'a\\u0000\\', '\u2028\u2029'.encode(), b"';DROP TABLE x;--", b'%s%n%99999d', b'$(id)`id`|id', b'../../etc',
    b'\xff\xfe\xc0\x80', b'\xed\xa0\x80', b'\xc0\xaf', '\u202egnp.exe'.encode(), 'a\u200bb'.encode(), '\ufeffa'.encode(),
    '\U000e0041\U000e0042'.encode(), '\u2066a\u2069'.encode(), 'p\u0430ypal'.encode(), b' blanks ', b'-', b'(empty)', b'L' * 63,
]


def label(b):
    return bytes([len(b)]) + b


def dns(name, kind, answers=b'', count=0, flags=0x0100):
    return struct.pack('>HHHHHH', 7, flags, 1, count, 0, 0) + name + struct.pack('>HH', kind, 1) + answers


def record(kind, data):
    return b'\xc0\x0c' + struct.pack('>HHIH', kind, 1, 60, len(data)) + data


def answer(name, evil):
    target = label(evil) + label(b'target') + b'\0'
    rows = [record(5, target), record(1, b'\xc0\0\2\7'), record(16, label(evil)), record(12, target),
            record(15, b'\0\1' + target), record(33, b'\0\0\0\0\0\x50' + target)]
    return dns(name, 1, b''.join(rows), len(rows), 0x8180)


def hello(evil):
    sni = struct.pack('>HBH', len(evil) + 3, 0, len(evil)) + evil
    alpn = struct.pack('>H', len(evil) + 1) + label(evil)
    ext = struct.pack('>HH', 0, len(sni)) + sni + struct.pack('>HH', 16, len(alpn)) + alpn
    body = b'\3\3' + b'r' * 32 + b'\0\0\2\xc0\x2f\1\0' + struct.pack('>H', len(ext)) + ext
    body = b'\1' + struct.pack('>I', len(body))[1:] + body
    return b'\x16\3\1' + struct.pack('>H', len(body)) + body


def dhcp(evil):
    options = b'\x35\1\3\x0c' + label(evil) + b'\x3c' + label(evil) + b'\x51' + label(b'\0\0\0' + evil) + b'\xff'
    return b'\1\1\6\0' + b'\0' * 24 + b'\2\0\0\0\0\1' + b'\0' * 202 + b'\x63\x82\x53\x63' + options


def nbns(evil):
    padded = evil[:15].ljust(15) + b'\0'
    return dns(label(bytes(65 + (x >> s & 15) for x in padded for s in (4, 0))) + b'\0', 0x20)


class Ports:
    at = 20000


def udp(client, server, port, *messages):
    Ports.at += 1
    print('session udp %s:%d > %s:%d' % (client, Ports.at if port != 67 else 68, server, port))
    for i, m in enumerate(messages):
        print('  %s hex %s' % ('><'[i], m.hex()))
    print('  expect none')


def tcp(port, *messages):
    Ports.at += 1
    print('session tcp c:%d > w:%d\n  syn\n  synack\n  ack' % (Ports.at, port))
    for i, m in messages:
        print('  %s hex %s' % (i, m.hex()))
    print('  fin\n  < fin\n  ack\n  expect none')


def http(evil):
    tcp(80, ('>', b'GET /' + evil + b' HTTP/1.1\r\nHost: ' + evil + b'\r\nUser-Agent: ' + evil + b'\r\n\r\n'),
        ('<', b'HTTP/1.1 200 ' + evil + b'\r\nServer: ' + evil + b'\r\nContent-Length: 0\r\n\r\n'))


def tunnel():
    """Long names below one domain that would clear a terminal: a finding has to name it."""
    for i in range(300):
        data = hex(i * 0x9e3779b97f4a7c15 << 100).encode()[2:42]
        udp('c', 'n', 53, dns(label(b'd' * 20 + data) + label(b'\x1b[2J\r\xe2\x80\xae=evil') + label(b'example') + b'\0', 16))


def main():
    if '--count' in sys.argv:
        return print(len(NAMES))
    print('host c 10.0.0.1\nhost n 10.0.0.53\nhost w 192.0.2.7\nhost m 224.0.0.251\nhost z 0.0.0.0\nhost all 255.255.255.255')
    if '--tunnel' in sys.argv:
        return tunnel()
    for evil in NAMES:
        name = label(evil) + label(b'example') + b'\0'
        line = evil.replace(b'\r', b'').replace(b'\n', b'')
        udp('c', 'n', 53, dns(name, 1), answer(name, evil))
        udp('c', 'm', 5353, dns(label(evil) + label(b'_http') + label(b'_tcp') + label(b'local') + b'\0', 12,
                                record(12, label(evil) + b'\xc0\x0c'), 1, 0x8400))
        udp('c', 'm', 5355, dns(label(evil) + b'\0', 1))
        udp('c', 'n', 137, nbns(evil))
        udp('z', 'all', 67, dhcp(evil))
        udp('c', 'm', 1900, b'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: ' + line + b'\r\nSERVER: ' + line + b'\r\n\r\n')
        tcp(443, ('>', hello(evil)))
        http(line)
        tcp(22, ('<', b'SSH-2.0-' + line + b'\r\n'), ('>', b'SSH-2.0-' + line + b'\r\n'))
        tcp(21, ('<', b'220 ' + line + b'\r\n'), ('>', b'USER ' + line + b'\r\n'))
        tcp(25, ('<', b'220 ' + line + b'\r\n'), ('>', b'EHLO ' + line + b'\r\n'))
    tcp(80, ('>', b'GET /' + b'u' * 9000 + b' HTTP/1.1\r\nHost: ' + b'\x1b' * 4000 + b'\r\nUser-Agent: ' + b'\x9b' * 8000 + b'\r\n\r\n'))


main()
