#!/usr/bin/env python3
"""Lists at full size: lists.py ROWS [DIR]; B is the build directory.

Five million ranges in the tables, then by `lists check` and `lists match` from a file; `lists apply` of a whitelist of 500 endpoints, of those
five million ranges and of both to a case of ROWS sessions. Seconds of wall time and of CPU, and the peak of memory, as the kernel counts it."""
import json, os, random, subprocess, sys, tempfile, time

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
build = os.path.abspath(os.environ.get('B', 'build'))


def measure(what, *args):
    start = time.monotonic()
    p = subprocess.Popen([build + '/fbforensics', 'lists', *args], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    print('%-50s %6.2f s, %6.2f s of CPU, %5d MB' % (what, time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss // 1000))
    return p.returncode == 0


def whitelist(path):
    r = random.Random(1)
    endpoints = [{'domain': '*.example.com', 'port': 443, 'protocol': 'TCP'}, {'ip': '10.0.0.0/8', 'ports': [22, 53, {'start': 8000, 'end': 8099}]}]
    endpoints += [{'ip': '%d.%d.0.0/16' % (r.randrange(1, 224), r.randrange(256)), 'port': r.choice((80, 443))} for _ in range(498)]
    with open(path, 'w') as f:
        json.dump({'date': '2024-01-01', 'whitelists': [{'name': 'bench', 'endpoints': endpoints}]}, f)


def run(folder):
    black, white, case = folder + '/five-million.netset', folder + '/white.json', folder + '/bench.fbcase'
    subprocess.run([build + '/bench/bench_lists', black], check=True)
    whitelist(white)
    subprocess.run([build + '/bench/bench_store', str(rows), folder, 'ask', 'no question'], check=True, stdout=subprocess.DEVNULL)
    n = '%d sessions' % rows
    return all([measure('lists check, five million ranges', 'check', black), measure('lists match, five million ranges', 'match', '192.0.2.7', black),
                measure('lists apply, 500 endpoints, ' + n, 'apply', case, white), measure('lists apply, five million ranges, ' + n, 'apply', case, black),
                measure('lists apply, both, ' + n, 'apply', case, white, black)])


if len(sys.argv) > 2:
    good = run(sys.argv[2])
else:
    with tempfile.TemporaryDirectory(dir=os.environ.get('WORK')) as tmp:
        good = run(tmp)
sys.exit(0 if good else 1)
