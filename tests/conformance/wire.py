#!/usr/bin/env python3
"""Records of the observer against tshark: SNI, JA3, HTTP hosts and URIs, DHCP host names, SSH banners, ARP.
wire.py CAPTURE_OR_DIR...; OBSERVE_DUMP is the program of that name (make build/observe_dump). VERBOSE=1 prints every difference.

An item is (ports of the session, value), counted once per capture, so that retransmissions and repeated messages do not matter. "beyond" are items of sessions
that tshark does not take apart as this protocol (other ports, reassembly); they do not count for precision. Exit code 1
when recall or precision of a kind is below 99 %."""
import collections, json, os, subprocess, sys
import tshark

dump = os.environ.get('OBSERVE_DUMP', 'build/observe_dump')
verbose = os.environ.get('VERBOSE')


def hello(kind, over):
    """Frames with a handshake message of that type over TLS, QUIC or DTLS."""
    name = 'dtls' if over == 'dtls' else 'tls'
    return lambda r: str(kind) in r[name + '.handshake.type'] and ('quic' in r['protocols']) == (over == 'quic') and bool(r['ports']['udp' if over != 'tls' else 'tcp'])


def request(r):  # not what tshark decrypts with the capture's keys
    return bool(r['http.request']) and bool(r['ports']['tcp']) and not r['protocols'] & {'ssdp', 'tls'}


# kind: (which frames of tshark's, its field, transport of the ports, table, column, which rows of ours)
KINDS = {
    'tls sni': (hello(1, 'tls'), 'tls.handshake.extensions_server_name', 'tcp', 'tls', 'server_name', lambda r: r['transport'] == 'tcp'),
    'tls ja3': (hello(1, 'tls'), 'tls.handshake.ja3', 'tcp', 'tls', 'ja3', lambda r: r['transport'] == 'tcp'),
    'tls ja3s': (hello(2, 'tls'), 'tls.handshake.ja3s', 'tcp', 'tls', 'ja3s', lambda r: r['transport'] == 'tcp'),
    'quic sni': (hello(1, 'quic'), 'tls.handshake.extensions_server_name', 'udp', 'tls', 'server_name', lambda r: r['transport'] == 'quic'),
    'quic ja3': (hello(1, 'quic'), 'tls.handshake.ja3', 'udp', 'tls', 'ja3', lambda r: r['transport'] == 'quic'),
    'dtls sni': (hello(1, 'dtls'), 'dtls.handshake.extensions_server_name', 'udp', 'tls', 'server_name', lambda r: r['transport'] == 'udp'),
    'http host': (request, 'http.host', 'tcp', 'http', 'host', lambda r: True),
    'http uri': (request, 'http.request.uri', 'tcp', 'http', 'uri', lambda r: True),
    'http agent': (request, 'http.user_agent', 'tcp', 'http', 'user_agent', lambda r: True),
    'dhcp host': (lambda r: 'dhcp' in r['protocols'], 'dhcp.option.hostname', 'udp', 'dhcp', 'host_name', lambda r: r['version'] == 4),
    'dhcpv6 fqdn': (lambda r: 'dhcpv6' in r['protocols'], 'dhcpv6.client_domain', 'udp', 'dhcp', 'client_fqdn', lambda r: r['version'] == 6),
    'ssh banner': (lambda r: bool(r['ssh.protocol']), 'ssh.protocol', 'tcp', 'ssh', ('client', 'server'), lambda r: True),
    'arp sender': (lambda r: 'arp' in r['protocols'] and 'eth' in r['protocols'], 'arp.src.proto_ipv4', None, 'arp', 'sender_addr', lambda r: True),
}
PORTS = [f'{t}.{side}port' for t in ('tcp', 'udp') for side in ('src', 'dst')]
FIELDS = sorted({k[1] for k in KINDS.values()} | {'frame.protocols', 'tls.handshake.type', 'dtls.handshake.type', 'http.request'}) + PORTS
FILTER = 'not wg and (tls.handshake or dtls.handshake or http.request or dhcp or dhcpv6 or ssh.protocol or arp)'


def trim(v):
    """tshark ends a text at NUL and a name of DHCPv6 with the root's dot."""
    return v.split('\0')[0].rstrip('\r\n .')


def theirs(path):
    """-> {kind: (items, keys of the sessions that tshark takes apart as this protocol)}"""
    found = {k: (set(), set()) for k in KINDS}
    for r in tshark.rows(path, FILTER, FIELDS):
        r['protocols'] = set(':'.join(r['frame.protocols']).split(':'))
        r['ports'] = {t: tuple(sorted(r[f'{t}.{side}port'][-1] for side in ('src', 'dst'))) if r[t + '.srcport'] else () for t in ('tcp', 'udp')}
        for kind, (which, field, transport, *_) in KINDS.items():
            if not which(r):
                continue
            key = r['ports'][transport] if transport else ()
            found[kind][1].add(key)
            found[kind][0].update((key, trim(v)) for v in r[field])
    return found


def ours(path):
    out = subprocess.run([dump, '-C', path], capture_output=True).stdout.decode('utf-8', 'replace')
    rows = [json.loads(l) for l in out.split('\n') if l]
    conn = {r['_number']: tuple(sorted((str(r['orig_p']), str(r['resp_p'])))) for r in rows if r['_table'] == 'conn'}
    found = {k: set() for k in KINDS}
    for r in rows:
        for kind, (_, _, ports, table, column, cond) in KINDS.items():
            if r['_table'] != table or not cond(r):
                continue
            for c in column if isinstance(column, tuple) else (column,):
                if r[c] is not None:
                    found[kind].add((conn.get(r['_number'], ()) if ports else (), trim(r[c])))
    return found


def main():
    both, here, there, beyond, files = collections.Counter(), collections.Counter(), collections.Counter(), collections.Counter(), 0
    for path in tshark.captures(sys.argv[1:]):
        mine, other = ours(path), theirs(path)
        files += 1
        for kind in KINDS:
            items, keys = other[kind]
            beyond[kind] += sum(x[0] not in keys for x in mine[kind])
            both[kind] += len(items & mine[kind])
            there[kind] += len(items)
            here[kind] += len(mine[kind])
            if verbose:
                for x in sorted(items - mine[kind]):
                    print(f'{path}: {kind} only tshark: {x}')
                for x in sorted(x for x in mine[kind] - items if x[0] in keys):
                    print(f'{path}: {kind} only here: {x}')
    print('%-12s %8s %8s %8s %8s %8s %9s' % ('kind', 'tshark', 'here', 'beyond', 'both', 'recall', 'precision'))
    bad = False
    for kind in KINDS:
        r = both[kind] / there[kind] if there[kind] else 1
        known = here[kind] - beyond[kind]
        p = both[kind] / known if known else 1
        bad = bad or r < 0.99 or p < 0.99
        print('%-12s %8d %8d %8d %8d %7.2f%% %8.2f%%' % (kind, there[kind], here[kind], beyond[kind], both[kind], 100 * r, 100 * p))
    print(f'{files} captures')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
