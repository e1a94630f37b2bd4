#!/bin/sh
# What changed between two captures; what a quiet network does by itself is no change.
. "$(dirname "$0")/lib.sh"
for s in 21 22 23 24; do "$FBFIXTURE" random --seed $s --sessions 400 --out r$s.pcapng >/dev/null; done
"$FB" ingest -q r21.pcapng -o r21.fbcase >/dev/null
code 0 "a capture does not differ from itself" "$FB" diff r21.pcapng r21.pcapng
says "which is told" out "no change beyond the noise"
code 0 "nor does its case" "$FB" diff r21.fbcase r21.pcapng --json
silent "so there is no line of JSON" out
for pair in "r21 r22" "r22 r23" "r23 r24" "r24 r21"; do
    set -- $pair
    code 0 "captures of one quiet network: $1, $2" "$FB" diff $1.pcapng $2.pcapng --json
    check "differ in a few lines at most" test "$(wc -l <out)" -le 4
done
# Two hosts that both captures know well.
for r in r21 r22; do
    "$FB" sql $r.pcapng "select orig_h from sessions where orig_h like '10.%' group by 1 having count(*) >= 3" --csv | tr -d '\r' | tail -n +2 | sort >$r.hosts
done
known=$(comm -12 r21.hosts r22.hosts | head -2)
server=$(echo "$known" | head -1) client=$(echo "$known" | tail -1)
{
    echo "host a $server"
    echo "host b $client"
    echo "host x 203.0.113.66"
    for i in $(seq 10 39); do
        printf 'time %s\nsession tcp a:50%s > x:4444\n  syn\n  synack\n  ack\n  > 40 bytes\n  < ack\n  fin\n  < fin\n  ack\n  expect conn_state=SF history=ShADaFf\n' $((1700000000 + i)) $i
        printf 'session tcp b:51%s > a:2222\n  syn\n  synack\n  ack\n  > 40 bytes\n  < ack\n  fin\n  < fin\n  ack\n  expect conn_state=SF history=ShADaFf\n' $i
    done
} >planted.fbx
"$FBFIXTURE" write planted.fbx planted.pcap >/dev/null
mkdir b
cp r22.pcapng planted.pcap b/
code 0 "a planted host, service and port are found" "$FB" diff r21.fbcase b --json
cp out found
says "the host" found '{"change":"new","kind":"host","what":"203.0.113.66"'
says "its service" found '{"change":"new","kind":"service","what":"203.0.113.66 4444/tcp"'
says "its port" found '{"change":"new","kind":"port","what":"4444/tcp"'
says "a service on a host that was there before" found '{"change":"new","kind":"service","what":"'$server' 2222/tcp"'
check "who talks to it" grep -q '"kind":"talker","what":"'"$client $server"'"' found
says "with the numbers" found '"a":{"sessions":0,"bytes":0,"per_hour":0.0},"b":{"sessions":30,'
says "and why" found '"why":"30 sessions, none in A;'
check "and little else" test "$(wc -l <found)" -le 14
code 0 "the other way round" "$FB" diff b r21.fbcase
check "they are gone" grep -qE '^gone +host +203\.0\.113\.66 ' out
"$FB" diff r21.fbcase b --json >again
same "the output is the same every time" found again
code 0 "a higher floor says less" "$FB" diff r21.fbcase b --json --floor 31
check "than a lower one" sh -c '! grep -q 203.0.113.66 out'
beat() { # beat EVERY COUNT OUT: one session every so many seconds
    {
        echo "host a 10.20.0.77"
        echo "host x 203.0.113.66"
        i=0
        while [ $i -lt $2 ]; do
            printf 'time %s\nsession udp a:%s > x:123\n  > ntp 3\n  < ntp 4\n  expect\n' $((1700000000 + i * $1)) $((20000 + i))
            i=$((i + 1))
        done
    } >beat.fbx
    "$FBFIXTURE" write beat.fbx $3 >/dev/null
}
beat 10 60 minutes.pcap
beat 10 360 hour.pcap
beat 2 300 fast.pcap
code 0 "a beat counts by its rate, not by how long it was recorded" "$FB" diff minutes.pcap hour.pcap --json
silent "so ten minutes and an hour of it are the same" out
code 0 "a faster one is a change" "$FB" diff minutes.pcap fast.pcap
check "with its factor" grep -qE '^changed +host +203\.0\.113\.66 .*rate up by a factor of 4\.9' out
code 2 "one capture is not two" "$FB" diff r21.fbcase
code 2 "a floor is at least one" "$FB" diff r21.fbcase r21.fbcase --floor 0
code 4 "what is not there is told" "$FB" diff r21.fbcase nothing.pcap
finish
