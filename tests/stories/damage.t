#!/bin/sh
# Damaged evidence is used as far as it goes, and said.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
size=$(wc -c <a.pcap)
head -c $((size - 10)) a.pcap >cut.pcap
code 3 "a cut capture is used" "$FB" ingest cut.pcap -o cut.fbcase
says "a warning names file and place" err "cut.pcap: warning: damaged at byte"
check "one line for one damage" test "$(wc -l <err)" -eq 1
code 3 "the case remembers it" "$FB" info --json cut.fbcase
says "with file" out '"damage":[{"file":"cut.pcap","offset":'
says "and what was found" out '"what":"'
code 3 "--quiet keeps the exit code" "$FB" ingest -q cut.pcap -o q.fbcase
silent "but not the warning" err
"$FB" sessions cut.pcap --columns number,uid,history --csv >cut.txt 2>/dev/null
"$FB" sessions a.pcap --columns number,uid,history --csv >whole.txt
check "the sessions before the damage are there" test "$(head -3 cut.txt)" = "$(head -3 whole.txt)"
head -c 24 a.pcap >empty.pcap
code 0 "a capture without packets is no error" "$FB" info empty.pcap
: >nothing.pcap
code 4 "an empty file is no capture" "$FB" info nothing.pcap
head -c 10 a.pcap >head.pcap
code 4 "nor is the beginning of a header" "$FB" info head.pcap
gzip -c a.pcap | head -c 200 >cut.pcap.gz
"$FB" info cut.pcap.gz >/dev/null 2>err
check "a cut gzip file is damaged or unusable" test $? -eq 3 -o -s err
head -c 3000 /dev/zero >zero.fbcase
code 4 "zeros are neither a case nor a capture" "$FB" info zero.fbcase
"$FB" ingest -q a.pcap -o ok.fbcase
head -c 6000 ok.fbcase >short.fbcase
"$FB" info short.fbcase >out 2>err
check "a cut case is refused" test $? -ge 4
check "with one line" test "$(wc -l <err)" -eq 1
finish
