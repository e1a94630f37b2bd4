#!/usr/bin/env python3
"""Community ids of every capture against the tables beside them. community_id.py FOLDER; FB is the program.

Zeek's table is compared row by row. The specification's values are compared by address and port, SCTP apart: sessions of SCTP have no ports
here, as in Zeek (docs/conformance.md)."""
import json, os, subprocess, sys

folder, fb = sys.argv[1], os.environ.get('FB', 'build/fbforensics')
COLUMNS = 'id.orig_h,id.orig_p,id.resp_h,id.resp_p,ip_proto,community_id'


def sessions(pcap):
    q = subprocess.run([fb, 'sessions', '--json', '--columns', COLUMNS, os.path.join(folder, pcap)], capture_output=True, text=True)
    if q.returncode:
        sys.exit('%s: exit %d: %s' % (pcap, q.returncode, q.stderr))
    return [json.loads(line) for line in q.stdout.splitlines()]


pcaps = sorted(f for f in os.listdir(folder) if f.endswith('.pcap'))
have = {p: sessions(p) for p in pcaps}
bad = checked = absent = 0
for line in open(os.path.join(folder, 'expected_zeek.tsv')):
    if line.startswith('#'):
        continue
    pcap, oh, op, _, rh, rp, proto, want = line.rstrip('\n').split('\t')
    rows = [s for s in have[pcap] if {s['id.orig_h'], s['id.resp_h']} == {oh, rh}]
    if not rows:
        absent += 1     # a row of a longer capture of the same name; the unit tests hold its value
        continue
    got = [s['community_id'] for s in rows if (s['id.orig_h'], s['id.orig_p'], s['id.resp_h'], s['id.resp_p']) == (oh, int(op), rh, int(rp))]
    checked += 1
    if want not in got:
        bad += 1
        print('%s %s:%s %s:%s: expected %s, got %s' % (pcap, oh, op, rh, rp, want, got))
everything = {s['community_id'] for rows in have.values() for s in rows}
for row in json.load(open(os.path.join(folder, 'spec_baseline_deflt.json'))):
    if row['proto'] == 132:
        continue
    checked += 1
    if row['communityid'] not in everything:
        bad += 1
        print('no session has %s' % row)
print('  COMMUNITY %d ids checked, %d differ, %d rows are not in the capture' % (checked, bad, absent))
sys.exit(1 if bad else 0)
