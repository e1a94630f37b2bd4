#!/usr/bin/env python3
"""The packets of sessions against tshark, by frame number. packets.py CAPTURE...; FB is the program.

For each 5-tuple of TCP and UDP that is not fragmented or tunnelled, the frames of all its sessions together must be the frames that tshark
shows for it; and what `packets -o` cuts out must be those frames, byte for byte (tshark's own digest of the frame), also from gz, zst and xz."""
import collections, hashlib, json, os, shutil, subprocess, sys, tempfile

fb = os.environ.get('FB', 'build/fbforensics')
FIELDS = ['frame.number', 'frame.protocols', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'tcp.srcport', 'tcp.dstport',
          'udp.srcport', 'udp.dstport', 'ip.flags.mf', 'ip.frag_offset']


def run(args, **kw):
    return subprocess.run(args, capture_output=True, **kw)


def tshark_tuples(path):
    """-> {key: set of frames}, keys whose frames are all plain."""
    args = ['tshark', '-n', '-r', path, '-T', 'fields', '-o', 'ip.defragment:FALSE', '-o', 'tcp.desegment_tcp_streams:FALSE',
            '-o', 'ip.check_checksum:FALSE']
    for f in FIELDS:
        args += ['-e', f]
    frames, odd = collections.defaultdict(set), set()
    for line in run(args).stdout.decode('utf-8', 'replace').splitlines():
        v = (line.split('\t') + [''] * len(FIELDS))[:len(FIELDS)]
        r = dict(zip(FIELDS, v))
        src, dst = r['ip.src'] or r['ipv6.src'], r['ip.dst'] or r['ipv6.dst']
        proto = 'tcp' if r['tcp.srcport'] else 'udp' if r['udp.srcport'] else ''
        sp, dp = r[proto + '.srcport'] if proto else '', r[proto + '.dstport'] if proto else ''
        if not proto:
            continue
        key = (proto, frozenset(((src, sp), (dst, dp))))
        if ',' in src + dst + sp + dp or 'icmp' in r['frame.protocols'] or 'fraghdr' in r['frame.protocols'] or r['ip.flags.mf'] in ('1', 'True') or r['ip.frag_offset'] not in ('0', ''):
            odd.add(key)
            continue
        frames[key].add(int(r['frame.number']))
    return {k: v for k, v in frames.items() if k not in odd}


def check(path, tmp):
    case = os.path.join(tmp, 'x.fbcase')
    if os.path.exists(case):
        os.unlink(case)
    q = run([fb, 'ingest', '-C', '--quiet', path, '-o', case])
    if q.returncode not in (0, 3):
        return 0, ['%s: ingest: %s' % (path, q.stderr.decode())]
    want = tshark_tuples(path)
    ours = collections.defaultdict(set)
    sessions = [json.loads(x) for x in run([fb, 'sessions', '--json', case]).stdout.splitlines()]
    rows = run([fb, 'sql', case, '--json', 'select number, pkt_no from packets']).stdout.splitlines()
    by_number = collections.defaultdict(set)
    for x in rows:
        r = json.loads(x)
        by_number[r['number']].add(r['pkt_no'])
    numbers = collections.defaultdict(list)
    for s in sessions:
        key = (s['proto'], frozenset(((s['id.orig_h'], str(s['id.orig_p'])), (s['id.resp_h'], str(s['id.resp_p'])))))
        ours[key] |= by_number[s['number']]
        numbers[key].append(s['number'])
    bad = []
    checked = 0
    for key, frames in want.items():
        if key not in ours:
            continue        # dropped by rule: wrong IP length, checksum of the IP header ...
        checked += 1
        # Frames that tshark shows and a rule drops are no session's; the other way round there is no excuse.
        if ours[key] - frames or (frames - ours[key] and len(frames - ours[key]) > len(frames) // 10):
            bad.append('%s %s: only here %s, only tshark %s' % (path, key, sorted(ours[key] - frames)[:5], sorted(frames - ours[key])[:5]))
    for key in sorted((k for k in want if k in ours), key=lambda k: -len(ours[k]))[:3]:
        bad += cut(path, case, numbers[key], ours[key], tmp)
    return checked, bad


def frame_hashes(path, only=None):
    """Digest of each frame's bytes, by tshark's hex dump."""
    args = ['tshark', '-n', '-r', path, '-x'] + (['-Y', 'frame.number in {%s}' % ','.join(map(str, sorted(only)))] if only else [])
    text = run(args).stdout.decode('utf-8', 'replace')
    out = []
    for block in text.split('\n\n'):
        raw = ''.join(line[6:53].replace(' ', '') for line in block.splitlines() if len(line) > 6 and line[4:6] == '  ')
        if raw:
            out.append(hashlib.sha256(raw.encode()).hexdigest())
    return out


def cut(path, case, numbers, frames, tmp):
    out = os.path.join(tmp, 'cut.pcapng')
    if os.path.exists(out):
        os.unlink(out)
    q = run([fb, 'packets', case, *map(str, numbers), '-o', out])
    if q.returncode:
        return ['%s: packets %s: %s' % (path, numbers[:3], q.stderr.decode().strip())]
    if len(frames) > 2000:
        return []
    return [] if frame_hashes(out) == frame_hashes(path, frames) else ['%s: what packets %s cuts out differs' % (path, numbers[:3])]


bad, total, n = [], 0, 0
with tempfile.TemporaryDirectory() as tmp:
    for path in sys.argv[1:]:
        checked, b = check(path, tmp)
        total, n = total + checked, n + 1
        bad += b
    for tool, ext in (('gzip', 'gz'), ('zstd', 'zst'), ('xz', 'xz')):
        src = os.path.join(tmp, 'c.pcap')
        shutil.copy(sys.argv[1], src)
        with open(src + '.' + ext, 'wb') as f:
            f.write(run([tool, '-c', src]).stdout)
        checked, b = check(src + '.' + ext, tmp)
        total, n = total + checked, n + 1
        bad += b
for b in bad[:20]:
    print(b)
print('  PACKETS  %d captures, %d address and port pairs equal to tshark, %d differ' % (n, total - len(bad), len(bad)))
sys.exit(1 if bad else 0)
