#!/bin/sh
# On a terminal: tables fit, headings stand out unless NO_COLOR says no, and long work shows its progress.
. "$(dirname "$0")/lib.sh"
if ! command -v script >/dev/null; then
    echo "skipped: script(1) is not installed"
    exit 77
fi
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
esc=$(printf '\033')
# on WIDTH COMMAND: what the command prints on a terminal of that width.
on() {
    script -qec "stty cols $1; $2" /dev/null </dev/null 2>&1 | tr -d '\r' >out
}
on 200 "$FB sessions a.fbcase"
check "headings are bold" grep -q "^$esc\[1m" out
sed "s/$esc\[[0-9]*m//g" out >plain
"$FB" sessions a.fbcase >want
same "and else it is the table that goes into a pipe" want plain
on 200 "NO_COLOR=1 $FB sessions a.fbcase"
same "with NO_COLOR it is exactly that table" want out
on 200 "NO_COLOR= $FB sessions a.fbcase"
check "an empty NO_COLOR does not count" grep -q "$esc" out
on 100 "NO_COLOR=1 $FB sessions a.fbcase"
check "a narrow terminal gets fewer columns" sh -c 'grep -q "id.resp_p  service" out && ! grep -q conn_state out'
check "which are not cut then" sh -c '! grep -q … out'
on 100 "NO_COLOR=1 $FB sessions a.fbcase --columns number,ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,service,uid"
check "on a narrow terminal no line is too long" sh -c '! LC_ALL=C.UTF-8 grep -qE "^.{101,}" out'
check "and what was cut is marked" grep -q '…' out
check "numbers are not cut" grep -q ' 50000 ' out
"$FBFIXTURE" random --seed 4 --sessions 30 --out r.pcapng >/dev/null
"$FB" ingest -q r.pcapng -o r.fbcase
for verb in names dns hosts; do
    on 80 "NO_COLOR=1 $FB $verb r.fbcase"
    check "$verb: no line is too long for 80 columns" sh -c '! LC_ALL=C.UTF-8 grep -qE "^.{81,}" out'
    check "$verb: something is there" test "$(wc -l <out)" -gt 3
    on 300 "NO_COLOR=1 $FB $verb r.fbcase"
    "$FB" $verb r.fbcase >want
    same "$verb: a wide terminal gets every column" want out
done
on 80 "NO_COLOR=1 $FB names r.fbcase --name no-such-name"
says "a table without rows says so" out "(none)"
on 45 "$FB sql r.fbcase \"SELECT 'a rather long text that has to be cut somewhere' AS t, 1 AS a_number_of_one\""
says "long texts are cut before headings" out "a_number_of_one"
on 80 "$FB packets a.fbcase 1 -o -"
says "packets are not written to a terminal" out "not written to a terminal"
on 80 "$FB ingest a.pcap -o b.fbcase --progress=none"
check "progress can be switched off" sh -c '! grep -q ETA out'
"$FBFIXTURE" random --seed 9 --sessions 20 --out b.pcapng >/dev/null
on 80 "(head -c 60000 b.pcapng; sleep 0.5; tail -c +60001 b.pcapng) | $FB ingest - -o c.fbcase"
says "a slow run ends with its summary" out "case digest"
finish
