#!/usr/bin/env python3
"""Agreement of the forest with published figures: auc.py PROGRAM DIR runs bench_auc over the tables of DIR.

Paper mode against the re-run of the reference implementation (sahandha/eif) in LinkedIn's isolation-forest README, mean of ten seeds; default mode, in
the mean over all tables that are named here and found, against isotree's extended forest (ndim 2, standardised)."""
import subprocess
import sys

REF = {"annthyroid": (.651, .015), "breastw": (.984, .015), "mammography": (.864, .015), "pima": (.640, .015), "shuttle": (.9932, .015),
       "smtp": (.857, .015), "http": (.9939, .015), "cover": (.662, .03)}
ISOTREE = {"kdd10_http": (.992, .791), "smtp": (.919, .046), "annthyroid": (.812, .299), "mammography": (.861, .212), "thyroid": (.976, .486),
           "pima": (.675, .498), "shuttle": (.998, .961), "kdd10_rare12": (.861, .398), "cardio": (.923, .550), "ionosphere": (.857, .811),
           "satimage-2": (.994, .938)}

text = subprocess.run(sys.argv[1:3], check=True, capture_output=True, text=True).stdout
bad, ours, theirs = 0, [], []
for line in text.splitlines()[1:-1]:
    word = line.split()
    name, roc, prc, paper = word[0], float(word[3]), float(word[5]), float(word[7])
    if name in REF:
        want, tolerance = REF[name]
        ok = abs(paper - want) <= tolerance
        bad += not ok
        print(f"  AUC      {name}: {paper:.4f} in paper mode, published {want}{'' if ok else ': TOO FAR'}")
    if name in ISOTREE:
        ours.append((roc, prc))
        theirs.append(ISOTREE[name])
for i, what in enumerate(("AUROC", "AUPRC")):
    a, b = (sum(r[i] for r in rows) / len(rows) for rows in (ours, theirs))
    bad += a < b
    print(f"  AUC      {what} over {len(ours)} sets: {a:.4f}, isotree {b:.4f}{'' if a >= b else ': WORSE'}")
sys.exit(bad != 0)
