#!/bin/sh
# What a person should look at.
. "$(dirname "$0")/lib.sh"
cat >scan.fbx <<'END'
host c 10.0.0.1
host w 10.0.0.2
END
p=1
while [ $p -le 40 ]; do
    printf 'time +20ms\nsession tcp c:%d > w:%d\n  syn\n  < rst\n  expect history=Sr conn_state=REJ\n' $((40000 + p)) $p >>scan.fbx
    p=$((p + 1))
done
"$FBFIXTURE" write scan.fbx scan.pcap >out.fixture
"$FB" ingest -q scan.pcap -o scan.fbcase

code 0 "findings of a capture" "$FB" findings -q scan.pcap
says "say what and how sure" out "1. port_scan (severity 72, high; sure: 99 %)"
says "who" out "10.0.0.1 10.0.0.2"
says "why, with the numbers" out "Tried 40 ports (1 to 40) of one host: 40 of 40 in vain"
says "and what to type next" out "next: fbforensics sql scan.pcap \"SELECT"
code 0 "findings of the case" "$FB" findings --json scan.fbcase
mv out case.json
code 0 "findings of the capture as JSON" "$FB" findings --json -q scan.pcap
sed 's/scan\.pcap/scan.fbcase/' out >capture.json
same "are the same" case.json capture.json
for key in rank severity kind hosts sessions first last reason confidence evidence next; do
    says "the JSON has $key" case.json "\"$key\":"
done
sed -n 's/.*"next":"\(.*\)"}/\1/p' case.json | sed 's/\\"/"/g; s/^fbforensics/"$FB"/' >next.sh
code 0 "the command to type next works" sh -c 'FB=$0; . ./next.sh' "$FB"
says "and shows the sessions" out "REJ"
code 0 "findings as CSV" "$FB" findings --csv scan.fbcase
says "have a line of names" out "rank,severity,confidence,kind,hosts"
code 1 "--fail-on tells by the exit code" "$FB" findings --fail-on high scan.fbcase
code 0 "and does not for what is worse than what there is" "$FB" findings --fail-on critical scan.fbcase
code 0 "a threshold can be set" "$FB" findings --set scan_ports=50 --set scan_ports_none_open=50 scan.fbcase
says "and is kept" out "no findings"
code 0 "thresholds go with scores" "$FB" score -q --set scan_ports=50 --set scan_ports_none_open=50 scan.fbcase
code 0 "findings of these" "$FB" findings scan.fbcase
says "are kept" out "no findings"
code 0 "they stand in the case" "$FB" sql scan.fbcase "SELECT thresholds FROM scoring"
says "by name" out "scan_ports=50 scan_ports_none_open=50"
code 0 "and with the sessions as they are read" "$FB" ingest -q --set scan_ports_none_open=50 --set scan_ports=50 scan.pcap -o set.fbcase
code 0 "findings of that case" "$FB" findings set.fbcase
says "are none" out "no findings"
code 0 "and come again the same" "$FB" replay -q set.fbcase
code 2 "--no-model leaves nothing to set" "$FB" ingest -q --no-model --set scan_ports=50 scan.pcap -o no.fbcase
code 2 "a threshold that does not exist is refused" "$FB" findings --set scan_port=50 scan.fbcase
code 2 "a number out of range too" "$FB" findings --set scan_ports=0 scan.fbcase
code 2 "two forms exclude each other" "$FB" findings --json --csv scan.fbcase

# More pairs than the detectors remember.
awk 'BEGIN {
    print "host c 10.0.0.1\nhost d 10.0.0.2\nhost w 10.0.0.3"
    for (i = 1; i <= 66000; i++)
        printf("session udp %s:%d > w:%d\n  > 20 bytes\n  expect\n", (i > 60000) ? "d" : "c", 1000 + i % 50000, 1 + i % 60000)
}' >many.fbx
"$FBFIXTURE" write many.fbx many.pcap >/dev/null
code 0 "what tables have no room for is forgotten" "$FB" ingest many.pcap -o many.fbcase
says "which ingest says" out "detectors       tables were full, and findings may be missing: "
code 0 "the case keeps how much" "$FB" sql many.fbcase "select shed_pairs > 0, shed_targets, shed_names, shed_groups, shed_findings from scoring" --csv
says "of each table" out "1,0,0,0,0"
code 0 "the list of findings says it" "$FB" findings many.fbcase
says "at its end" out "tables were full, and findings may be missing: "
code 0 "as JSON too" "$FB" findings many.fbcase --json
says "beside the list" err "tables were full, and findings may be missing: "
code 0 "with room for all" "$FB" findings many.fbcase --set max_pairs=100000
check "nothing is missing" sh -c '! grep -q "may be missing" out err'
code 0 "info has it in JSON" "$FB" info --json many.fbcase
check "as a number" grep -qE '"shed_pairs": *[1-9]' out
finish
