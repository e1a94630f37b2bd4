#!/usr/bin/env python3
"""Runs the reading verbs over the files that make_cases.py lists on standard input.

usage: run_cases.py PROGRAM DIR [--seconds N] [--mib N] < LIST

A finding is: a signal, an exit code that is none of the program's, a report of a sanitizer, more time or memory than the
limits, a control byte on either output, or an answer where the list says `refuse`. Exit code 1 when there are findings."""
import argparse
import os
import resource
import subprocess
import sys

ap = argparse.ArgumentParser()
ap.add_argument("program")
ap.add_argument("dir")
ap.add_argument("--seconds", type=int, default=20)
ap.add_argument("--mib", type=int, default=1024)
opt = ap.parse_args()
GOOD_CODES = {0, 3, 4, 5}
CONTROL = bytes(i for i in range(32) if i not in (9, 10, 13)) + b"\x7f"


def verbs(p):
    return (["info", p], ["info", "--json", p], ["sessions", "--json", "--sort", "bytes-desc", p], ["show", p, "1"],
            ["packets", "--list", p, "1-3"], ["sql", p, "SELECT * FROM sessions, evidence LIMIT 200"],
            ["sql", "--csv", p, "SELECT * FROM packets LIMIT 200"], ["export", "--format", "zeek-tsv", p])


def run(args):
    """Exit code (negative: signal; None: too slow), output, errors, peak memory in MiB."""
    out, err = os.memfd_create("out"), os.memfd_create("err")
    p = subprocess.Popen([opt.program] + args, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (opt.seconds, opt.seconds + 1)))
    import signal
    signal.alarm(opt.seconds)
    try:
        _, status, usage = os.wait4(p.pid, 0)
    except TimeoutError:
        p.kill()
        os.wait4(p.pid, 0)
        p.returncode = -9
        return None, b"", b"", 0
    finally:
        signal.alarm(0)
    p.returncode = os.waitstatus_to_exitcode(status)
    text = []
    for fd in (out, err):
        os.lseek(fd, 0, 0)
        text.append(os.read(fd, 1 << 24))
        os.close(fd)
    return p.returncode, text[0], text[1], usage.ru_maxrss // 1024


def wrong(code, out, err, mib, want):
    if code is None:
        return "took more than %d s" % opt.seconds
    if code not in GOOD_CODES:
        return "exit code %d" % code
    if b"Sanitizer" in err or b"runtime error" in err:
        return "a sanitizer reports"
    if mib > opt.mib:
        return "%d MiB" % mib
    if want == "refuse" and code not in (4, 5):
        return "answered with exit code %d" % code
    for what, text in (("output", out), ("error", err)):
        if text.translate(None, CONTROL) != text:
            return "a control byte on standard " + what
    return None


def on_alarm(*_):
    raise TimeoutError


def main():
    import signal
    signal.signal(signal.SIGALRM, on_alarm)
    findings = runs = files = 0
    for line in sys.stdin:
        name, want = line.rstrip("\n").split("\t")
        files += 1
        for args in verbs(os.path.join(opt.dir, name)):
            runs += 1
            code, out, err, mib = run(args)
            why = wrong(code, out, err, mib, want)
            if why:
                findings += 1
                print("%s: %s: %s" % (name, args[0], why))
                print("    " + err[:400].decode("utf-8", "replace").replace("\n", "\n    "))
    print("%d files, %d runs, %d findings" % (files, runs, findings))
    sys.exit(findings > 0 or files == 0)


main()
