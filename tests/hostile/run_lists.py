#!/usr/bin/env python3
"""Gives every file of a directory to the verbs that read lists, together with a case of CAPTURE.

usage: run_lists.py PROGRAM DIR CAPTURE [--seconds N] [--mib N] < LIST

LIST: lines `NAME WANT`, where WANT is refuse, accept or any. A finding is: a signal, an exit code that is none of the program's, a report of a
sanitizer, more time or memory than the limits, a control byte on either output, a refusal that is not one line which names the file, a refusal of
what is a list, or an answer to what is none. Exit code 1 when there are findings."""
import argparse
import os
import subprocess
import sys
import tempfile

ap = argparse.ArgumentParser()
ap.add_argument("program")
ap.add_argument("dir")
ap.add_argument("capture")
ap.add_argument("--seconds", type=int, default=20)
ap.add_argument("--mib", type=int, default=1024)
opt = ap.parse_args()
CONTROL = bytes(i for i in range(32) if i != 10) + b"\x7f"


def run(args):
    """Exit code (None: too slow), output, errors, peak memory in MiB."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        p = subprocess.Popen(["timeout", "-s", "KILL", str(opt.seconds), opt.program] + args, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        code = None if p.returncode in (137, -9) else p.returncode
        return code, out.read(1 << 24), err.read(1 << 24), usage.ru_maxrss // 1024


def wrong(code, out, err, mib, name, want):
    if code is None:
        return "took more than %d s, or was killed" % opt.seconds
    if b"Sanitizer" in err or b"runtime error" in err:
        return "a sanitizer reports"
    if code not in (0, 4, 5):
        return "exit code %d" % code
    if mib > opt.mib:
        return "%d MiB" % mib
    if (out + err).translate(None, CONTROL) != out + err:
        return "a control byte is printed"
    if code and (err.count(b"\n") != 1 or not err.startswith(b"fbforensics: ") or name.encode() not in err):
        return "a refusal that is not one line with the name of the file: %r" % err[:200]
    if (want == "refuse" and code == 0) or (want == "accept" and code):
        return "exit code %d where it should %s" % (code, want)
    return None


def main():
    runs = findings = 0
    base = tempfile.mkdtemp(dir=".")
    for line in sys.stdin:
        name, want = line.split()
        path = os.path.join(opt.dir, name)
        case = base + "/x.fbcase"
        with open(path, "rb") as f:
            kind = "--whitelist" if b'"whitelists"' in f.read(1 << 20) else "--blacklist"
        for args in (["lists", "check", path], ["lists", "import", path, "-o", base + "/x.json"], ["lists", "match", "192.0.2.1", path],
                     ["lists", "show", "--json", path], ["ingest", "-q", opt.capture, "-o", case, kind, path]):
            result = wrong(*run(args), name, want if args[1] == "check" or args[0] == "ingest" else "any")
            runs += 1
            if result:
                findings += 1
                print("%s: %s: %s" % (name, " ".join(args[:2]), result))
            for left in ("/x.fbcase", "/x.json"):
                if os.path.exists(base + left):
                    os.unlink(base + left)
    os.rmdir(base)
    print("%d runs, %d findings" % (runs, findings))
    return 1 if findings or not runs else 0


sys.exit(main())
