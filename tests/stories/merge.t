#!/bin/sh
# Cases of one analysis become one: the parts of a split give the whole, evidence counts once, two sensors are told.
. "$(dirname "$0")/lib.sh"
# burst N T: a lookup, a page and a ping at T.
burst() {
    cat <<END
time $2
session udp c:40${1}0 > n:53
  > dns-query www.example.com id $1
  < dns-answer www.example.com 192.0.2.10 id $1
  expect
session tcp c:40${1}1 > w:80
  syn
  synack
  ack
  > "GET / HTTP/1.1\r\n\r\n"
  < "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
  ack
  fin
  < fin
  ack
  expect conn_state=SF history=ShADadFf
session icmp c > w
  > echo 56 bytes
  < reply 56 bytes
  expect
session tcp c:40${1}2 > w:81
  syn
  expect conn_state=S0 history=S
END
}
hosts='host c 10.0.0.1
host n 10.0.0.53
host w 192.0.2.10'
make() { # make NAME TIME...
    name=$1
    shift
    {
        echo "$hosts"
        for t in "$@"; do burst $((t / 100 % 10)) $((1700000000 + t)); done
    } >"$name.fbx"
    "$FBFIXTURE" write "$name.fbx" "$name.pcap" >/dev/null || not_ok "the fixture program writes $name"
    "$FB" ingest -q "$name.pcap" -o "$name.fbcase" >/dev/null
}
make whole 100 200 300 900
make one 100
make two 200 300
make three 900
code 0 "the parts of a split are merged" "$FB" merge three.fbcase one.fbcase two.fbcase -o all.fbcase
says "it says how many sessions there are" out "all.fbcase: 16 sessions of 3 cases, 3 evidence files"
check "and they give the case digest of the whole" test "$(digest all.fbcase)" = "$(digest whole.fbcase)"
says "which is told" out "case digest     $(digest whole.fbcase)"
"$FB" sessions whole.fbcase --json >want
"$FB" sessions all.fbcase --json >got
same "row by row" want got
"$FB" merge one.fbcase two.fbcase three.fbcase -o other.fbcase >/dev/null
check "the order of arguments changes nothing" test "$("$FB" info all.fbcase | grep -E '^(case|packet|evidence) ')" = "$("$FB" info other.fbcase | grep -E '^(case|packet|evidence) ')"
"$FB" merge one.fbcase two.fbcase -o early.fbcase >/dev/null
"$FB" merge early.fbcase three.fbcase -o nested.fbcase >/dev/null
check "nor does merging step by step" test "$(digest nested.fbcase)" = "$(digest whole.fbcase)"
code 0 "packets are found through the merged case" "$FB" packets all.fbcase 14 -o p14.pcapng
check "and are those of the session" test "$("$FB" sessions p14.pcapng --columns uid --csv)" = "$("$FB" sessions all.fbcase --columns number,uid --csv | tr -d '\r' | awk -F, 'NR == 1 { printf "uid\r\n" } $1 == 14 { printf "%s\r\n", $2 }')"
code 0 "a merged case can be built again" "$FB" replay all.fbcase
code 0 "also one that was merged from a merged one" "$FB" replay nested.fbcase --threads 2
cp one.pcap moved
rm one.pcap
code 4 "not without its evidence" "$FB" replay nested.fbcase
code 0 "but from where it lies now" "$FB" replay nested.fbcase --evidence moved
check "provenance is kept: runs of all" test "$("$FB" sql all.fbcase 'select count(*) n from run' --csv | tr -d '\r' | tail -1)" -eq 4
check "and the digests of what was merged" test "$("$FB" sql all.fbcase "select count(*) from custody where what='merge-start' and params like '%$(digest two.fbcase)%'" --csv | tr -d '\r' | tail -1)" -eq 1
code 0 "the merged case holds in every part" "$FB" verify all.fbcase
check "and evidence of all" sh -c "$FB info all.fbcase | grep -c '^evidence  ' | grep -qx 3"

code 0 "the same evidence counts once" "$FB" merge two.fbcase early.fbcase -o once.fbcase --json
says "which is told" out '"cases_dropped":1'
check "so that nothing is new" test "$(digest once.fbcase)" = "$(digest early.fbcase)"
"$FB" ingest -q two.pcap three.pcap -o late.fbcase >/dev/null
code 0 "also where cases share a part of it" "$FB" merge early.fbcase late.fbcase -o shared.fbcase
says "it says how much was not counted" out "8 sessions: all their packets lie in evidence that counted already"
check "and no session is there twice" test "$(digest shared.fbcase)" = "$(digest whole.fbcase)"

"$FB" packets two.fbcase 1-8 -o sensor.pcapng >/dev/null
"$FB" ingest -q sensor.pcapng -o sensor.fbcase >/dev/null
code 0 "the same packets in other evidence are two sensors" "$FB" merge two.fbcase sensor.fbcase -o sensors.fbcase
says "each session that both saw is told" out "seen twice      8 sessions"
check "and kept" test "$("$FB" info --json sensors.fbcase | sed 's/.*"sessions":\([0-9]*\).*/\1/')" -eq 16
"$FB" sessions sensors.fbcase --columns uid --csv | sort | uniq -d >twice
check "with a uid of its own" test ! -s twice

# Facts. A query that nobody answers is told of when its session ends, which in a part is when the part ends.
asking() {
    cat <<END
time $1
session udp c:$2 > n:53
  > dns-query one.example.com id 1
  wait 6s
  > dns-query two.example.com id 2
  wait 6s
  > dns-query three.example.com id 3
  expect
time $(($1 + 3))
session udp c:$(($2 + 1)) > n:53
  > dns-query four.example.com id 4
  expect
session udp c:$(($2 + 2)) > n:53
  > dns-query five.example.com id 5
  < dns-answer five.example.com 192.0.2.10 id 5
  expect
time $(($1 + 4))
session tcp c:$(($2 + 3)) > w:81
  syn
  expect conn_state=S0 history=S
END
}
for part in 0 14 100; do
    { echo "$hosts" && asking $((1700000000 + part)) $((5000 + part)); } >asking.fbx
    "$FBFIXTURE" write asking.fbx "q$part.pcap" >/dev/null || not_ok "the fixture program writes q$part"
    "$FB" ingest -q "q$part.pcap" -o "q$part.fbcase"
done
"$FB" ingest -q q0.pcap q14.pcap q100.pcap -o q.fbcase
code 0 "parts with queries that nobody answered are merged" "$FB" merge q14.fbcase q0.fbcase q100.fbcase -o qs.fbcase
digests="SELECT name, nrows, hex(digest) FROM record_table ORDER BY id"
"$FB" sql q.fbcase "$digests" --csv >want
"$FB" sql qs.fbcase "$digests" --csv >got
says "there are facts and layers" want dns,15,
says "and names" want names,
same "every table, of facts and of layers made again, has the digest of the whole" want got
"$FB" sql q.fbcase "SELECT * FROM dns" --csv | cut -d, -f1,2,4- >want
"$FB" sql qs.fbcase "SELECT * FROM dns" --csv | cut -d, -f1,2,4- >got
same "row by row" want got
check "in the order of time" test "$("$FB" sql q.fbcase "SELECT sum(ts < before) FROM (SELECT ts, lag(ts) OVER () before FROM dns)" --csv | tr -d '\r' | tail -1)" = 0

"$FB" ingest -q two.pcap --filter tcp -o tcp.fbcase >/dev/null
# What people wrote.
ask() { "$FB" sql "$1" "$2" --csv | tr -d '\r' | sed 1d; }
cp one.fbcase w1.fbcase && cp two.fbcase w2.fbcase
"$FB" note w2.fbcase 3 third-of-two >/dev/null
"$FB" note w1.fbcase 1 first-of-one >/dev/null
"$FB" note w2.fbcase 4 taken-back >/dev/null
cp w2.fbcase w2copy.fbcase
"$FB" tag w2.fbcase 3 +odd >/dev/null
"$FB" note w2.fbcase host:10.0.0.1 a-host >/dev/null
"$FB" note w2.fbcase --remove 2 >/dev/null
ask w2.fbcase "SELECT author, at, text, target FROM notes ORDER BY at" >want
ask w1.fbcase "SELECT author, at, text, target FROM notes" >>want
sort want >sorted && mv sorted want
code 0 "cases with notes are merged, one of them twice" "$FB" merge w1.fbcase w2.fbcase w2copy.fbcase -o w.fbcase
ask w.fbcase "SELECT author, at, text, target FROM notes" | sort >out
same "and keep them, each once, with author and time" want out
check "under the new numbers" test "$(ask w.fbcase "SELECT count(*) FROM notes n JOIN sessions s ON s.number = n.number AND s.uid = n.target WHERE n.target_kind = 'session'")" -eq 2
check "tags too" test "$(ask w.fbcase "SELECT t.tag FROM tags t JOIN sessions s ON s.number = t.number AND s.uid = t.target")" = odd
code 0 "which verify covers" "$FB" verify w.fbcase
code 0 "and to which more can be added" "$FB" note w.fbcase 1 later
code 0 "without a break" "$FB" verify w.fbcase
cp w1.fbcase gone.fbcase
"$FB" retain gone.fbcase --older-than 2100-01-01T00:00:00Z >/dev/null
code 0 "a case from which sessions were removed is merged" "$FB" merge gone.fbcase two.fbcase -o left.fbcase
check "with the record of the removal" test "$(ask left.fbcase "SELECT count(*) FROM run WHERE params LIKE '%\"retention\":[{\"cutoff\":%'")" -eq 1
code 0 "and holds" "$FB" verify left.fbcase

code 2 "cases made otherwise are refused" "$FB" merge one.fbcase tcp.fbcase -o no.fbcase
says "with what differs" err "other parameters"
check "and leave nothing behind" test ! -e no.fbcase
code 2 "an existing file is not replaced" "$FB" merge one.fbcase two.fbcase -o all.fbcase
code 2 "without -o it is a usage error" "$FB" merge one.fbcase two.fbcase
code 4 "captures are not cases" "$FB" merge two.pcap -o no.fbcase
finish
