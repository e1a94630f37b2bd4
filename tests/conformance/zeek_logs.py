#!/usr/bin/env python3
"""Records of the observer against the other logs of Zeek (dns, ssl, x509, http, quic, ssh, smtp, ftp, dhcp).
zeek_logs.py CASES_DIR; OBSERVE_DUMP is the program of that name (make build/observe_dump).

Rows are compared as sets of the fields that both sides have, without the connection, since Zeek's tests mask uids and times. What differs is
printed with its reason where one is known (REASONS); any other difference, or fewer than 99 % of all fields equal, makes the exit code 1."""
import collections, json, os, re, subprocess, sys, urllib.parse

dump = os.environ.get('OBSERVE_DUMP', 'build/observe_dump')
FIELDS = {
    'dns': ('dns', {**{f: f for f in ('trans_id', 'query', 'qclass', 'qclass_name', 'qtype', 'qtype_name', 'rcode', 'rcode_name', 'answers',
                                      'rejected')}, **{f: f.lower() for f in ('AA', 'TC', 'RD', 'RA', 'Z', 'TTLs')}}),
    'ssl': ('tls', {f: f for f in ('version', 'cipher', 'curve', 'server_name', 'resumed', 'last_alert', 'next_protocol', 'established',
                                   'ssl_history', 'cert_chain_fps', 'client_cert_chain_fps', 'subject', 'issuer')}),
    'quic': ('tls', {'version': 'quic_version', 'client_initial_dcid': 'client_initial_dcid', 'client_scid': 'client_scid',
                     'server_scid': 'server_scid', 'server_name': 'server_name', 'client_protocol': 'client_alpn'}),
    'x509': ('x509', {'fingerprint': 'fingerprint', 'certificate.version': 'version', 'certificate.serial': 'serial',
                      'certificate.subject': 'subject', 'certificate.issuer': 'issuer', 'certificate.not_valid_before': 'not_valid_before',
                      'certificate.not_valid_after': 'not_valid_after', 'certificate.key_alg': 'key_alg', 'certificate.sig_alg': 'sig_alg',
                      'certificate.key_type': 'key_type', 'certificate.key_length': 'key_length', 'certificate.exponent': 'exponent',
                      'certificate.curve': 'curve', 'san.dns': 'san_dns', 'basic_constraints.ca': 'basic_constraints_ca',
                      'basic_constraints.path_len': 'basic_constraints_path_len', 'host_cert': 'host_cert', 'client_cert': 'client_cert'}),
    'http': ('http', {f: f for f in ('trans_depth', 'method', 'host', 'uri', 'referrer', 'version', 'user_agent', 'origin', 'request_body_len',
                                     'response_body_len', 'status_code', 'status_msg', 'info_code', 'info_msg', 'username', 'proxied')}),
    'ssh': ('ssh', {f: f for f in ('version', 'client', 'server', 'cipher_alg', 'mac_alg', 'compression_alg', 'kex_alg', 'host_key_alg')}),
    'smtp': ('smtp', {**{f: f for f in ('trans_depth', 'helo', 'mailfrom', 'rcptto', 'date', 'reply_to', 'msg_id', 'in_reply_to', 'subject',
                                        'last_reply', 'user_agent', 'tls')}, 'from': 'header_from', 'to': 'header_to'}),
    'ftp': ('ftp', {'user': 'user', 'command': 'command', 'reply_code': 'reply_code', 'reply_msg': 'reply_msg',
                    'data_channel.passive': 'data_channel_passive', 'data_channel.resp_p': 'data_channel_resp_p'}),
    'dhcp': ('dhcp', {'mac': 'mac', 'host_name': 'host_name', 'client_fqdn': 'client_fqdn', 'domain': 'domain',
                      'requested_addr': 'requested_addr', 'assigned_addr': 'assigned_addr'}),
}
# (log, field): why the two may differ
REASONS = {
    ('dns', 'RA'): 'Zeek says F for a reply without answers; here the bit as it was sent (the export as dns.log follows Zeek)',
    ('http', 'response_body_len'): 'Zeek counts content after gunzip; here the bytes that came over the wire after de-chunking',
    ('http', 'uri'): 'Zeek logs the URI percent-decoded (and as UTF-8); here it is kept raw',
    ('http', 'host'): 'without a Host header the authority of the target is taken',
    ('http', 'status_code'): 'HTTP/0.9 and requests without a reply have no status here, and 0 or - in Zeek',
    ('http', 'status_msg'): 'an empty reason is - here, <empty> in Zeek',
    ('smtp', 'subject'): 'after a gap within a message Zeek parses no headers any more',
    ('smtp', 'from'): 'likewise',
    ('smtp', 'to'): 'likewise',
    ('ftp', 'reply_code'): 'replies that a gap or an overlong command separated from their commands are not paired here; Zeek guesses',
    ('ftp', 'reply_msg'): 'likewise',
    ('ftp', 'data_channel.passive'): 'likewise',
    ('ftp', 'data_channel.resp_p'): 'likewise',
    ('ftp', 'user'): 'Zeek says <unknown> before USER',
}
VALUES = {('http', 'status_msg', '<empty>'): '-', ('http', 'status_code', '0'): '-', ('ftp', 'user', '<unknown>'): '-',
          ('ftp', 'command', '<init>'): '-', ('quic', 'client_scid', '(empty)'): '', ('quic', 'server_scid', '(empty)'): ''}


def zeek_rows(path, log):
    names, rows = None, []
    for line in open(path, encoding='utf-8', errors='surrogateescape'):
        line = line.rstrip('\n')
        if line.startswith('#fields'):
            names = line.split('\t')[1:]
        elif line.startswith('#') or not line:
            continue
        elif names is None:
            names = line.split('\t')
        else:
            rows.append(dict(zip(names, line.split('\t'))))
    return names or [], rows


def ours(v, log, field):
    if v is None or v == []:
        return '-'
    if field in ('resumed', 'established', 'host_cert', 'client_cert', 'basic_constraints.ca', 'tls', 'data_channel.passive', 'rejected', 'AA', 'TC',
                 'RD', 'RA'):
        return 'T' if v else 'F'
    if field == 'TTLs':
        return ','.join(t + '.000000' for t in v)
    if isinstance(v, list):
        if log == 'quic':
            return v[0]
        return ','.join(sorted(v) if field in ('rcptto', 'to', 'proxied') else v)
    if field.startswith('certificate.not_valid'):
        return '%d.000000' % (v // 10**9)
    if field == 'uri':
        return urllib.parse.unquote(v)
    return str(v)


def theirs(v, log, field):
    v = VALUES.get((log, field, v), v)
    if v == '(empty)':
        return '-'
    if field in ('rcptto', 'to', 'proxied') and ',' in v:
        return ','.join(sorted(v.split(',')))
    return re.sub(r'\\x([0-9a-fA-F]{2})', lambda m: chr(int(m[1], 16)), v)


def pair_up(log, fields, zrows, orows):
    """Equal rows first; then each row of Zeek's takes the row of ours that agrees in most fields."""
    left, pairs, rest = list(orows), [], []
    for z in zrows:
        if z in left:
            left.remove(z)
            pairs.append((z, z))
        else:
            rest.append(z)
    for z in rest:
        best = max(left, key=lambda o: sum(z[f] == o[f] for f in fields), default=None)
        if best is not None:
            left.remove(best)
        pairs.append((z, best))
    return pairs, left


def main():
    cases, total, agree, bad = sys.argv[1], collections.Counter(), collections.Counter(), 0
    explained = collections.Counter()
    for name in sorted(os.listdir(cases)):
        d = os.path.join(cases, name)
        logs = [l for l in FIELDS if os.path.exists(os.path.join(d, 'expected_%s.log' % l))]
        if not logs:
            continue
        meta = json.load(open(os.path.join(d, 'meta.json')))
        args = [dump] + (['-C'] if meta.get('ignore_checksums') else []) + [os.path.join(d, 'input.pcap')]
        out = subprocess.run(args, capture_output=True).stdout.decode('utf-8', 'replace')
        recs = collections.defaultdict(list)
        for line in out.split('\n')[:-1]:
            r = json.loads(line)
            recs[r['_table']].append(r)
        for log in logs:
            table, columns = FIELDS[log]
            names, zraw = zeek_rows(os.path.join(d, 'expected_%s.log' % log), log)
            fields = [f for f in columns if f in names]
            if not fields:
                continue
            zrows = [{f: theirs(z.get(f, '-'), log, f) for f in fields} for z in zraw]
            mine = [r for r in recs[table] if log != 'quic' or r['transport'] == 'quic']
            orows = [{f: ours(r[columns[f]], log, f) for f in fields} for r in mine]
            if log == 'x509':  # Zeek logs a certificate once
                orows = [dict(t) for t in dict.fromkeys(tuple(o.items()) for o in orows)]
            if log == 'ftp':  # Zeek logs the commands that move files, and all only on request
                have = {z.get('command') for z in zrows}
                orows = [o for o in orows if o.get('command') in have]
            if log == 'dhcp':  # a row a transaction there, a row a message here
                for z in zrows:
                    for f in fields:
                        total[log, f] += 1
                        ok = z[f] == '-' or any(o[f] == z[f] for o in orows)
                        agree[log, f] += ok
                        if not ok:
                            bad += 1
                            print(f'{name} {log}.{f}: zeek {z[f]!r}, here {sorted(set(o[f] for o in orows))!r}')
                continue
            pairs, extra = pair_up(log, fields, zrows, orows)
            for z, o in pairs:
                if o is None and os.path.exists(os.path.join(d, 'expected_websocket.log')):
                    print(f'{name} {log}: inside of a WebSocket, which is not looked into (explained)')
                    continue
                if o is None:
                    bad += 1
                    print(f'{name} {log}: missing {z}')
                    continue
                for f in fields:
                    total[log, f] += 1
                    if z[f] == o[f]:
                        agree[log, f] += 1
                    elif (log, f) in REASONS:
                        explained[log, f] += 1
                        print(f'{name} {log}.{f}: zeek {z[f][:60]!r}, here {o[f][:60]!r} (explained)')
                    else:
                        bad += 1
                        print(f'{name} {log}.{f}: zeek {z[f][:100]!r}, here {o[f][:100]!r}')
            for o in extra:
                bad += 1
                print(f'{name} {log}: not in Zeek {o}')
    print('\n%-34s %6s %6s %s' % ('field', 'rows', 'equal', 'explained'))
    for k in sorted(total):
        why = f'{explained[k]}: {REASONS[k]}' if explained[k] else ''
        print('%-34s %6d %6d %s' % ('.'.join(k), total[k], agree[k], why))
    print(f'{sum(agree.values())} of {sum(total.values())} fields equal, {sum(explained.values())} explained, {bad} other differences')
    return 1 if bad or sum(agree.values()) < 0.99 * sum(total.values()) else 0


if __name__ == '__main__':
    sys.exit(main())
