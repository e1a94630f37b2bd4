#!/usr/bin/env python3
"""Ingest against flow exporters on the same capture, interleaved: CPU seconds (user + system), wall seconds, peak memory; medians.

peers.py CAPTURE [RUNS]; FB is the program. Peers that are not installed are left out, and said so. The digest of the evidence is part of
every ingest; its price alone (openssl, the same instructions) stands in a row of its own, and the last column gives the ratio of CPU
time to nfpcapd's with it and without it."""
import os, shutil, statistics, subprocess, sys, tempfile

capture = os.path.abspath(sys.argv[1])
runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
fb = os.path.abspath(os.environ.get('FB', 'build/fbforensics'))


def measure(args, cwd):
    """One run: (cpu seconds, wall seconds, peak MB)."""
    import time
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.chdir(cwd)
        null = os.open('/dev/null', os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.execvp(args[0], args)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit('%s: exit status %#x' % (' '.join(args), status))
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024


with tempfile.TemporaryDirectory(dir=os.environ.get('WORK')) as tmp:
    os.makedirs(tmp + '/nf')
    programs = [
        ('fbforensics ingest', [fb, 'ingest', '--quiet', capture, '-o', 'x.fbcase']),
        ('sha256 alone (openssl)', ['openssl', 'dgst', '-sha256', capture]),
        ('nfpcapd', ['nfpcapd', '-r', capture, '-w', 'nf']),
        ('argus', ['argus', '-r', capture, '-w', 'x.argus']),
        ('softflowd', ['softflowd', '-r', capture, '-n', '127.0.0.1:9', '-d']),
    ]
    absent = [n for n, a in programs if not (shutil.which(a[0]) or os.path.exists(a[0]) or shutil.which('/usr/sbin/' + a[0]))]
    programs = [(n, a) for n, a in programs if n not in absent]
    os.environ['PATH'] += ':/usr/sbin:/sbin'
    with open(capture, 'rb') as f:      # into the page cache, for everybody
        while f.read(1 << 20):
            pass
    got = {n: [] for n, _ in programs}
    for _ in range(runs):
        for n, a in programs:
            for x in ('x.fbcase', 'x.argus'):
                if os.path.exists(tmp + '/' + x):
                    os.unlink(tmp + '/' + x)
            got[n].append(measure(a, tmp))
    print('%s, %d bytes, medians of %d runs' % (os.path.basename(capture), os.path.getsize(capture), runs))
    print('%-24s %8s %8s %8s %10s' % ('program', 'CPU s', 'wall s', 'MB', '/ nfpcapd'))
    med = {n: [statistics.median(r[i] for r in rows) for i in range(3)] for n, rows in got.items()}
    base = med.get('nfpcapd', [0])[0]
    digest = med.get('sha256 alone (openssl)', [0])[0]
    for n, (cpu, wall, mb) in med.items():
        ratio = '%.2f' % (cpu / base) if base else ''
        if n.startswith('fbforensics') and base:
            ratio += ' (%.2f without the digest)' % ((cpu - digest) / base)
        print('%-24s %8.2f %8.2f %8.0f %10s' % (n, cpu, wall, mb, ratio))
    if absent:
        print('not installed: ' + ', '.join(absent))
