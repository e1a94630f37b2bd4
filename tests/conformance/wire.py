#!/usr/bin/env python3
"""Records of the observer against tshark: SNI, JA3, HTTP hosts and URIs, DHCP host names, SSH banners, ARP.
wire.py CAPTURE_OR_DIR...; OBSERVE_DUMP is the program of that name (make build/observe_dump). VERBOSE=1 prints every difference.

An item is (ports of the session, value), counted once per capture, so that retransmissions and repeated messages do not matter. "beyond" are items of sessions
that tshark does not take apart as this protocol (other ports, reassembly); they do not count for precision. Exit code 1
when recall or precision of a kind is below 99 %."""
import collections, json, os, subprocess, sys

dump = os.environ.get('OBSERVE_DUMP', 'build/observe_dump')
verbose = os.environ.get('VERBOSE')
# kind: (tshark filter, tshark field, transport fields, table, column, extra condition on our row)
KINDS = {
    'tls sni': ('tls.handshake.type==1 && tcp', 'tls.handshake.extensions_server_name', 'tcp', 'tls', 'server_name', lambda r: r['transport'] == 'tcp'),
    'tls ja3': ('tls.handshake.type==1 && tcp', 'tls.handshake.ja3', 'tcp', 'tls', 'ja3', lambda r: r['transport'] == 'tcp'),
    'tls ja3s': ('tls.handshake.type==2 && tcp', 'tls.handshake.ja3s', 'tcp', 'tls', 'ja3s', lambda r: r['transport'] == 'tcp'),
    'quic sni': ('quic && tls.handshake.type==1', 'tls.handshake.extensions_server_name', 'udp', 'tls', 'server_name', lambda r: r['transport'] == 'quic'),
    'dtls sni': ('dtls.handshake.type==1', 'dtls.handshake.extensions_server_name', 'udp', 'tls', 'server_name', lambda r: r['transport'] == 'udp'),
    'http host': ('http.request && tcp && !ssdp', 'http.host', 'tcp', 'http', 'host', lambda r: True),
    'http uri': ('http.request && tcp && !ssdp', 'http.request.uri', 'tcp', 'http', 'uri', lambda r: True),
    'http agent': ('http.request && tcp && !ssdp', 'http.user_agent', 'tcp', 'http', 'user_agent', lambda r: True),
    'dhcp host': ('dhcp', 'dhcp.option.hostname', 'udp', 'dhcp', 'host_name', lambda r: r['version'] == 4),
    'ssh banner': ('ssh.protocol', 'ssh.protocol', 'tcp', 'ssh', ('client', 'server'), lambda r: True),
    'arp sender': ('arp && eth', 'arp.src.proto_ipv4', None, 'arp', 'sender_addr', lambda r: True),
}


def tshark(path, flt, field, ports):
    """-> (items, keys of the sessions that tshark takes apart as this protocol)"""
    args = ['tshark', '-n', '-o', 'tcp.reassemble_out_of_order:TRUE', '-r', path, '-Y', flt, '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=\x1f', '-e', field]
    for p in ('srcport', 'dstport') if ports else ():
        args += ['-e', f'{ports}.{p}']
    out = subprocess.run(args, capture_output=True).stdout.decode('utf-8', 'replace')
    found, keys = set(), set()
    for line in out.split('\n'):
        v = line.split('\t')
        key = tuple(sorted(x.split('\x1f')[-1] for x in v[1:3])) if ports else ()
        keys.add(key)
        if not v[0]:
            continue
        for item in v[0].split('\x1f'):
            found.add((key, item.rstrip('\r\n ')))
    return found, keys


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
                    found[kind].add((conn.get(r['_number'], ()) if ports else (), r[c].rstrip('\r\n ')))
    return found


def captures(args):
    for a in args:
        if os.path.isfile(a):
            yield a
        for d, _, names in sorted(os.walk(a)):
            for n in sorted(names):
                if '.pcap' in n or n.endswith('.cap'):
                    yield os.path.join(d, n)


def main():
    both, theirs, mine, beyond, files = collections.Counter(), collections.Counter(), collections.Counter(), collections.Counter(), 0
    for path in captures(sys.argv[1:]):
        have = ours(path)
        files += 1
        protos = subprocess.run(['tshark', '-n', '-r', path, '-q', '-z', 'io,phs'], capture_output=True, text=True).stdout
        for kind, (flt, field, ports, _, _, _) in KINDS.items():
            name = field.split('.')[0]
            if not (f' {name} ' in protos or f' {name}:' in protos or have[kind]):
                continue
            there, keys = tshark(path, flt, field, ports)
            beyond[kind] += sum(x[0] not in keys for x in have[kind])
            both[kind] += len(there & have[kind])
            theirs[kind] += len(there)
            mine[kind] += len(have[kind])
            if verbose:
                for x in sorted(there - have[kind]):
                    print(f'{path}: {kind} only tshark: {x}')
                for x in sorted(have[kind] - there):
                    print(f'{path}: {kind} only here: {x}')
    print('%-12s %8s %8s %8s %8s %8s %9s' % ('kind', 'tshark', 'here', 'beyond', 'both', 'recall', 'precision'))
    bad = False
    for kind in KINDS:
        r = both[kind] / theirs[kind] if theirs[kind] else 1
        known = mine[kind] - beyond[kind]
        p = both[kind] / known if known else 1
        bad = bad or r < 0.99 or p < 0.99
        print('%-12s %8d %8d %8d %8d %7.2f%% %8.2f%%' % (kind, theirs[kind], mine[kind], beyond[kind], both[kind], 100 * r, 100 * p))
    print(f'{files} captures')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
