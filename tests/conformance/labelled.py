#!/usr/bin/env python3
"""Rank of the labelled hosts among the findings, per capture.

usage: labelled.py PROGRAM DIR [--all]
DIR holds captures and labels.json (a list of objects with file, verdict, attacker_ips, c2_ips, victim_ips,
malicious_flows). A line a file that is not benign: the first rank whose hosts name an attacker, a C2 server or an
end of a malicious flow; "-" when there is none. Benign files: how many findings, and the worst. --all prints the
findings themselves too. Exit code 1 when a file cannot be read; ranks are figures, not a test."""
import json
import os
import statistics
import subprocess
import sys


def hosts_of(label):
    strong = set(label["attacker_ips"]) | set(label["c2_ips"])
    for flow in label["malicious_flows"]:
        strong |= {flow.get("src"), flow.get("dst")}
    return {h for h in strong if h}


def findings(program, path):
    r = subprocess.run([program, "findings", "--json", "-q", path], capture_output=True, text=True)
    if r.returncode not in (0, 3):
        raise RuntimeError("%s: exit code %d: %s" % (path, r.returncode, r.stderr.strip()))
    return [json.loads(line) for line in r.stdout.splitlines()]


def main():
    program, where = sys.argv[1], sys.argv[2]
    labels = json.load(open(os.path.join(where, "labels.json")))
    ranks, benign, bad = [], [], 0
    for label in labels:
        try:
            found = findings(program, os.path.join(where, label["file"]))
        except RuntimeError as e:
            print(e, file=sys.stderr)
            bad = 1
            continue
        worst = found[0] if found else None
        text = "%s %d" % (worst["kind"], worst["severity"]) if worst else "none"
        hosts = hosts_of(label)
        if label["verdict"] == "benign" or not hosts:
            benign.append((len(found), worst["severity"] if worst else 0))
            print("%-9s %3d findings, worst %-22s %s" % (label["verdict"], len(found), text, label["file"]))
        else:
            rank = next((f["rank"] for f in found if hosts & set(f["hosts"])), None)
            hit = next((f["kind"] for f in found if f["rank"] == rank), "")
            ranks.append(rank)
            print("%-9s rank %-3s of %-3d %-16s %s" % (label["verdict"], rank or "-", len(found), hit, label["file"]))
        if "--all" in sys.argv:
            for f in found[:8]:
                print("      %d %s %s %s" % (f["severity"], f["kind"], " ".join(f["hosts"][:3]), f["reason"]))
    named = [r for r in ranks if r]
    print("%d labelled files: %d with a finding about a labelled host, %d with it first, median rank %s" % (
        len(ranks), len(named), sum(r == 1 for r in named), statistics.median(named) if named else "-"))
    print("%d benign files: %d without a finding, %d with one of severity 60 or more" % (
        len(benign), sum(n == 0 for n, _ in benign), sum(s >= 60 for _, s in benign)))
    sys.exit(bad)


if __name__ == "__main__":
    main()
