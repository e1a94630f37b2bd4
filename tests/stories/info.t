#!/bin/sh
# What a case says of itself.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase

code 0 "info of a case" "$FB" info a.fbcase
grep -v '^made by' out >case.txt
golden "info prints what is expected" case.txt info.txt
code 0 "info of the capture" "$FB" info a.pcap
grep -v '^made by' out >capture.txt
same "info of a capture and of its case are the same" case.txt capture.txt
code 0 "info as JSON" "$FB" info --json a.fbcase
for key in packets bytes sessions case_digest damage evidence first_ts last_ts counters complete; do
    says "the JSON has $key" out "\"$key\":"
done
if command -v python3 >/dev/null; then
    check "the JSON is JSON" python3 -c 'import json; d = json.load(open("out")); assert d["damage"] == [] and d["sessions"] == 6'
fi
if command -v capinfos >/dev/null; then
    capinfos -Mc a.pcap | sed -n 's/.*packets: *//p' >n
    says "packets are counted as capinfos does" out "\"packets\":$(cat n),"
    capinfos -Md a.pcap | sed -n 's/.*size: *\([0-9]*\).*/\1/p' >n
    says "and bytes too" out "\"bytes\":$(cat n),"
fi
code 2 "options that decide how a capture is read mean nothing for a case" "$FB" info -C a.fbcase
code 2 "a case stands alone" "$FB" info a.fbcase a.pcap
code 2 "a word too many beside a case" "$FB" info a.fbcase verbose
says "is named" err "verbose: there is no such file"
code 0 "a file alone is ingest and summary" "$FB" a.pcap
golden "the summary is as expected" out summary.txt
check "nothing was written" test "$(ls | grep -c fbcase)" -eq 1
finish
