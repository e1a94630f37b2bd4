#!/usr/bin/env python3
"""The case file against a plain SQLite table with four indexes and, where npm can install it, DuckDB over Parquet: size, writing, questions.

case.py ROWS [DIR]; B is the build directory. Every question is put to all of them, and their answers must be the same (a checksum over all cells).
Asked: what was to be reached, for five million sessions on one core; milliseconds are of wall time from cold, or CPU time where it says warm.
Cold: milliseconds of wall time with the file dropped from the page cache, opening included. Warm: milliseconds of CPU time of the second run."""
import os, shutil, subprocess, sys, tempfile

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
build = os.path.abspath(os.environ.get('B', 'build'))
here = os.path.dirname(os.path.abspath(__file__))
modules = build + '/bench/npm'
ENGINES = ['fbcase', 'sqlite', 'parquet']
# What was asked for, by question: milliseconds cold.
ASKED = {
    'session by number': '15, 2 warm',
    'rare address, all columns': '40',
    'common address, 9 columns': '450',
    'domain suffix, 5 columns': '300',
    'top talkers, tenth of the time': '60',
    'five sums by VLAN (scan)': '250',
    'five aggregates in SQL': '700',
    'count by conn_state': '5',
    'count by end_reason (scan)': '100',
    '1000 random numbers, all columns': '300',
}
# Groups that hold Zeek's columns; the others are segments and TCP quality, ordinals, filters, packets.
ZEEK_GROUPS = ['sessions %d' % g for g in range(5)]


def have_duckdb():
    """Installs the npm package once; False when there is no npm or no way to it."""
    if not (shutil.which('npm') and shutil.which('node')):
        return False
    if not os.path.isdir(modules + '/node_modules/@duckdb/node-api'):
        os.makedirs(modules, exist_ok=True)
        r = subprocess.run(['npm', 'install', '--no-audit', '--no-fund', '--silent', '--prefix', modules, '@duckdb/node-api'],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
        if r.returncode != 0:
            return False
    return True


def evict(path):
    fd = os.open(path, os.O_RDONLY)
    os.fdatasync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def duck(*args):
    env = dict(os.environ, BENCH_MODULES=modules)
    return subprocess.run(['node', here + '/duck.mjs', *args], env=env, check=True, stdout=subprocess.PIPE, text=True).stdout


def run(folder):
    with_duck = have_duckdb()
    args = [build + '/bench/bench_store', str(rows), folder] + (['csv'] if with_duck else [])
    out = subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [line.split('\t') for line in out.splitlines()]
    if with_duck:
        parquet = folder + '/rows.parquet'
        lines += [x.split('\t') for x in duck('write', folder + '/rows.csv', parquet, str(rows)).splitlines()]
        os.unlink(folder + '/rows.csv')
        for _, name, sql in [x for x in lines if x[0] == 'sql']:
            evict(parquet)
            lines += [x.split('\t') for x in duck('ask', parquet, name, sql).splitlines()]
    return lines, with_duck


def show(lines, with_duck):
    print('%d sessions; one thread; bytes per row of fbcase include the packet index, of sqlite its indexes' % rows)
    for _, engine, speed, size in [x for x in lines if x[0] == 'write']:
        print('%-10s %10s rows per CPU second %8s bytes per row' % (engine, speed, size))
    for _, name, size in [x for x in lines if x[0] == 'group']:
        print('           column group %-12s %8s bytes per row' % (name, size))
    groups = {x[1]: float(x[2]) for x in lines if x[0] == 'group'}
    written = {x[1]: x for x in lines if x[0] == 'write'}
    print('\n%-46s %10s %12s' % ('', 'fbcase', 'asked'))
    for what, got, asked in [
            ('bytes per row, indexes included', written['fbcase'][3], '<= 70'),
            ('bytes per row, with names of responders', written['with names'][3], '<= 70'),
            ("bytes per row of Zeek's columns", '%.1f' % sum(groups.get(g, 0) for g in ZEEK_GROUPS), '<= 30'),
            ('rows per CPU second, written', written['fbcase'][2], '>= 350000')]:
        print('%-46s %10s %12s' % (what, got, asked))
    for _, name, speed in [x for x in lines if x[0] == 'speed']:
        print('%-46s %10s %12s' % (name + ', MB of file per CPU second', speed, '>= 450' if name == 'verify bytes' else '-'))
    asks = {}
    for _, engine, name, cold, warm, n, digest in [x for x in lines if x[0] == 'ask']:
        asks.setdefault(name, {})[engine] = (cold, warm, n, digest)
    print('\n%-34s' % 'milliseconds, cold / warm CPU' + ''.join('%22s' % e for e in ENGINES) + '%13s%10s' % ('asked', 'rows'))
    differ = []
    for name, by in asks.items():
        cells = ['%s / %s' % by[e][:2] if e in by else '-' for e in ENGINES]
        print('%-34s' % name + ''.join('%22s' % c for c in cells) + '%13s%10s' % (ASKED.get(name, '-'), by['fbcase'][2]))
        if len({v[2:] for v in by.values()}) > 1:
            differ.append(name)
    if not with_duck:
        print('DuckDB: not installed')
    for name in differ:
        print('ANSWERS DIFFER: ' + name + ': ' + repr(asks[name]))
    return not differ


if len(sys.argv) > 2:
    good = show(*run(sys.argv[2]))
else:
    with tempfile.TemporaryDirectory(dir=os.environ.get('WORK')) as tmp:
        good = show(*run(tmp))
sys.exit(0 if good else 1)
