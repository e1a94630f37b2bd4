#!/bin/sh
# Cases from strangers: every verb that reads them answers or refuses, in time and memory, and prints nothing raw.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null && python3 -c 'import sqlite3' 2>/dev/null || {
    echo "skipped: no python3 with sqlite3"
    exit 77
}
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
"$FB" retain a.fbcase --older-than 2023-11-14T22:13:20.005Z >/dev/null
check "hostile cases are made" sh -c "python3 '$TOP/tests/hostile/make_cases.py' a.fbcase hostile --flips ${HOSTILE_FLIPS:-10} >all"
check "of every kind" test "$(cut -d_ -f1 all | sort -u | wc -l)" -gt 15
# Each group is sampled here; HOSTILE_ALL=1 takes every file.
if [ -n "${HOSTILE_ALL:-}" ]; then cp all list; else awk -F_ '/^value_/ { if (n++ % 25) next } /^schema_/ { if (m++ % 8) next } 1' all >list; fi
python3 "$TOP/tests/hostile/run_cases.py" "$FB" hostile <list >findings 2>&1
code=$?
tail -1 findings
check "no crash, hang, excess or raw byte, and no answer from what is no case" test $code -eq 0
[ $code -eq 0 ] || head -40 findings
finish
