#!/usr/bin/env python3
"""Packet counts against capinfos -c. counts.py FOLDER...; FB is the program.

Every file that capinfos can count must give the same count here; a cut one may be reported as damaged by both, with the same
count. No run may crash or hang."""
import concurrent.futures, json, os, subprocess, sys

fb = os.environ.get('FB', 'build/fbforensics')


def run(args):
    try:
        q = subprocess.run(args, capture_output=True, timeout=120)
        return q.returncode, q.stdout.decode('utf-8', 'replace'), q.stderr.decode('utf-8', 'replace')
    except subprocess.TimeoutExpired:
        return -1, '', 'hangs'


def check(path):
    rc, out, err = run([fb, 'info', '--json', path])
    if rc not in (0, 3, 4):
        return 'bad', '%s: exit %d: %s' % (path, rc, err[-300:])
    got = json.loads(out)['packets'] if rc != 4 else None
    crc, cout, cerr = run(['capinfos', '-c', '-M', '-r', '-T', path])
    want = None
    fields = cout.strip().split('\n')[-1].split('\t') if cout.strip() else []
    if len(fields) == 2 and fields[1].isdigit():
        want = int(fields[1])
    if want is None:
        return 'skip', path
    if got != want:
        return 'diff', '%s: %s packets, capinfos counts %d (%s)' % (path, got, want, (err or cerr).strip()[:200])
    return 'same', path


SKIP = ('.json', '.jsonl', '.md', '.py', '.log', '.tsv', '.txt', '.csv')
paths = [os.path.join(d, f) for top in sys.argv[1:] for d, _, fs in os.walk(top) for f in sorted(fs) if not f.endswith(SKIP)]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    results = list(pool.map(check, paths))
kinds = [k for k, _ in results]
for k, text in results:
    if k in ('bad', 'diff'):
        print(text)
print('  COUNTS   %d files: %d equal to capinfos, %d that capinfos cannot count, %d differ, %d failed' %
      (len(paths), kinds.count('same'), kinds.count('skip'), kinds.count('diff'), kinds.count('bad')))
sys.exit(1 if kinds.count('bad') or kinds.count('diff') else 0)
