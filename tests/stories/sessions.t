#!/bin/sh
# Sessions as a table, JSON lines, CSV and Zeek's conn.log; sorted, limited, with chosen columns.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase

code 0 "a table" "$FB" sessions a.fbcase
golden "the table is as expected" out sessions.txt
check "no colour is used where no terminal is" sh -c '! grep -q "$(printf "\033")" out'
code 0 "JSON lines" "$FB" sessions --json a.fbcase
golden "the JSON lines are as expected" out sessions.jsonl
code 0 "CSV" "$FB" sessions --csv a.fbcase
golden "the CSV is as expected" out sessions.csv
code 0 "Zeek's form" "$FB" sessions --zeek a.fbcase
golden "the conn.log is as expected" out conn.log
code 0 "Zeek's JSON" "$FB" export --format zeek-json a.fbcase
golden "Zeek's JSON is as expected" out conn.jsonl
if command -v python3 >/dev/null; then
    check "every line of JSON is JSON" python3 -c 'import json
for l in open("out"): json.loads(l)'
fi
for form in zeek-tsv zeek-json csv jsonl; do
    "$FB" export --format $form a.fbcase >from.case
    "$FB" export --format $form a.pcap >from.capture
    same "export $form of a capture and of its case are the same" from.case from.capture
    code 0 "export $form into a file" "$FB" export --format $form a.fbcase -o file.$form
    same "which holds the same" from.case file.$form
    code 2 "an existing file is not overwritten" "$FB" export --format $form a.fbcase -o file.$form
done
"$FB" sessions --zeek a.fbcase >z1
"$FB" export --format zeek-tsv a.fbcase >z2
same "sessions --zeek is export --format zeek-tsv" z1 z2

"$FB" sessions a.fbcase --columns number --sort bytes-desc --csv | tr -d '\r' | tail -n +2 >by.bytes
"$FB" sessions a.fbcase --columns number,bytes --csv | tr -d '\r' | tail -n +2 | sort -t, -k2,2nr -k1,1n | cut -d, -f1 >want
same "sorting by bytes puts the largest first, and equal ones by number" want by.bytes
"$FB" sessions a.fbcase --columns number --sort bytes-desc --limit 2 --csv | tr -d '\r' | tail -n +2 >two
head -2 want >want.two
same "a limit keeps the first of them" want.two two
"$FB" sessions a.fbcase --columns service --sort service --csv | tr -d '\r' | tail -n +2 >by.service
sort by.service >want
same "sorting by text is by bytes, unset first" want by.service
"$FB" sessions a.fbcase --sort ts-desc >table.sorted
"$FB" sessions a.fbcase --limit 0 >all
check "a sorted table has as many rows" test "$(wc -l <table.sorted)" -eq "$(wc -l <all)"
code 0 "columns in the order asked for" "$FB" sessions a.fbcase --columns resp_p,orig_h,uid --limit 1
check "are headed by their names" sh -c 'head -1 out | grep -q "^id.resp_p  id.orig_h  *uid"'
finish
