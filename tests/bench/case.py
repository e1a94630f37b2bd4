#!/usr/bin/env python3
"""The case file against a plain SQLite table with four indexes and, where npm can install it, DuckDB over Parquet: size, writing, questions.

case.py ROWS [DIR]; B is the build directory. Every question is put to all of them, and their answers must be the same (a checksum over all cells).
Cold: milliseconds of wall time with the file dropped from the page cache, opening included. Warm: milliseconds of CPU time of the second run."""
import os, shutil, subprocess, sys, tempfile

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
build = os.path.abspath(os.environ.get('B', 'build'))
here = os.path.dirname(os.path.abspath(__file__))
modules = build + '/bench/npm'
ENGINES = ['fbcase', 'sqlite', 'parquet']


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
    asks = {}
    for _, engine, name, cold, warm, n, digest in [x for x in lines if x[0] == 'ask']:
        asks.setdefault(name, {})[engine] = (cold, warm, n, digest)
    print('\n%-34s' % 'milliseconds, cold / warm CPU' + ''.join('%22s' % e for e in ENGINES) + '%10s' % 'rows')
    differ = []
    for name, by in asks.items():
        cells = ['%s / %s' % by[e][:2] if e in by else '-' for e in ENGINES]
        print('%-34s' % name + ''.join('%22s' % c for c in cells) + '%10s' % by['fbcase'][2])
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
