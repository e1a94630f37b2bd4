#!/bin/sh
# A case is built again from its evidence, wherever that lies now, and compared; a capture is shown as it unfolds.
. "$(dirname "$0")/lib.sh"
"$FBFIXTURE" random --seed 5 --sessions 80 --out a.pcapng >/dev/null
"$FBFIXTURE" random --seed 6 --sessions 80 --format pcap --out b.pcap >/dev/null
"$FB" ingest -q a.pcapng b.pcap -o a.fbcase >/dev/null
code 0 "a case is built again and is equal" "$FB" replay a.fbcase
says "its evidence digest is" out "evidence digest $("$FB" info a.fbcase | sed -n 's/^evidence digest *//p'): equal"
says "its case digest is" out "case digest     $(digest a.fbcase): equal"
says "its packet index is" out "packet index    $("$FB" info a.fbcase | sed -n 's/^packet index *//p'): equal"
code 0 "also with other thread counts" "$FB" replay a.fbcase --threads 4
"$FB" ingest -q a.pcapng b.pcap --threads 3 -o threads.fbcase >/dev/null
code 0 "and from one that was made with threads" "$FB" replay threads.fbcase
"$FB" ingest -q b.pcap --filter 'tcp port 443' --after 2023-11-14T22:13:30Z --before 2023-11-14T22:13:45.5Z -C --memory 64M -o opts.fbcase >/dev/null
code 0 "recorded options are used again" "$FB" replay opts.fbcase
check "that it was equal is recorded, each time" test "$("$FB" sql a.fbcase "select count(*) from custody where what='replay'" --csv | tr -d '\r' | tail -1)" -eq 2
code 0 "and the chain holds" "$FB" verify a.fbcase
echo correct horse >pw
cp a.fbcase sealed.fbcase
"$FB" seal --new-key key --passphrase-file pw >/dev/null
"$FB" seal sealed.fbcase --key key --passphrase-file pw >/dev/null
cp sealed.fbcase before
code 0 "a sealed case is built again too" "$FB" replay sealed.fbcase
same "and is not touched" before sealed.fbcase
code 0 "what is recorded lies beside it, and holds" "$FB" verify sealed.fbcase

mkdir -p archive/deep
mv a.pcapng archive/deep/renamed.bin
mv b.pcap archive/other
code 4 "evidence that is not found is told" "$FB" replay a.fbcase
says "with what to do" err "--evidence"
code 0 "moved and renamed evidence is found by its digest" "$FB" replay a.fbcase --evidence archive
says "and it is said where" out "a.pcapng, now archive/deep/renamed.bin: equal"
code 0 "files can be named too, as JSON" "$FB" replay a.fbcase --evidence archive/other --evidence archive/deep/renamed.bin --json
says "which says that all is equal" out '{"equal":true,"evidence":[{"equal":true,'
says "and that nothing differs" out '"first_difference":null'

mkdir twins
cp archive/other twins/1
cp archive/other twins/2
"$FB" ingest -q twins/1 twins/2 -o twins.fbcase >/dev/null
mkdir moved
mv twins/1 moved/x
mv twins/2 moved/y
code 0 "two files of equal content are both found" "$FB" replay twins.fbcase --evidence moved
rm moved/y
code 4 "one of them does not stand for two" "$FB" replay twins.fbcase --evidence moved

# A port of the first packet: 24 bytes of file header, 16 of record header, 14 of Ethernet, 20 of IP.
cp archive/deep/renamed.bin a.pcapng
cp archive/other b.pcap
printf '\377' | dd of=b.pcap bs=1 seek=74 conv=notrunc 2>/dev/null
check "a byte of the evidence was changed" sh -c '! cmp -s b.pcap archive/other'
code 0 "the original is preferred to what was changed" "$FB" replay a.fbcase --evidence archive
code 5 "without it, changed evidence is told" "$FB" replay a.fbcase
says "by file" out "b.pcap: NOT EQUAL, changed since it was read"
says "by digest" out "case digest     $(digest a.fbcase): NOT EQUAL, now $(digest a.pcapng b.pcap)"
check "by the first session and field that differ" grep -qE '^first difference: session [0-9]+ \(C[0-9A-Za-z]{18}\), [a-z_.]+: recorded .+, rebuilt .+$' out
code 5 "and as JSON" "$FB" replay a.fbcase --json
check "with both values" grep -qE '"first_difference":\{"number":[0-9]+,"uid":"C[0-9A-Za-z]{18}","field":"[a-z_.]+","recorded":"[^"]+","rebuilt":"[^"]+"\}' out
"$FB" ingest -q archive/other -o b.fbcase >/dev/null
code 2 "a case is not walked" "$FB" replay b.fbcase --speed max
code 2 "nor read with other options" "$FB" replay b.fbcase --filter tcp
code 2 "two cases are too many" "$FB" replay a.fbcase b.fbcase
head -c 300 b.fbcase >cut.fbcase
code 4 "half a case is no case" "$FB" replay cut.fbcase

# Walking.
rm -f b.pcap
cp archive/other b.pcap
code 0 "a capture is walked as fast as it goes" "$FB" replay b.pcap --speed max --json
cp out first
n=$("$FB" info --json b.pcap | sed 's/.*"sessions":\([0-9]*\).*/\1/')
check "every session opens once" test "$(grep -c '^{"event":"opened"' first)" -eq "$n"
check "and closes once" test "$(grep -c '^{"event":"closed"' first)" -eq "$n"
check "and some change on the way" sh -c 'grep -q "^{\"event\":\"changed\"" first'
"$FB" replay b.pcap --speed max --json >again
same "the output is the same every time" first again
"$FB" replay b.pcap --speed max --threads 3 >again
same "with threads, and without --json where there is no terminal" first again
grep '"event":"closed"' first | sed 's/.*"uid":"\([^"]*\)".*"orig_bytes":\([0-9]*\).*"history":"\{0,1\}\([^",]*\).*/\1 \2 \3/' | sort >closed
"$FB" sessions b.pcap --json | sed 's/.*"uid":"\([^"]*\)".*"orig_bytes":\([0-9]*\).*"history":"\{0,1\}\([^",]*\).*/\1 \2 \3/' | sort >want
same "what closed is what an ingest finds" want closed
check "no session changes before it opens or after it closes" awk -F'"' '
    { split($0, p, "\"number\":"); split(p[2], q, ","); k = q[1] }
    $4 == "opened" { if (state[k]) exit 1; state[k] = 1 }
    $4 == "changed" { if (state[k] != 1) exit 1 }
    $4 == "closed" { if (state[k] != 1) exit 1; state[k] = 2 }' first
"$FB" replay b.pcap --speed max --window 5s --interval 100ms >fine
check "a summary comes once a window" sh -c 'test "$(grep -c "^{\"event\":\"clock\"" fine)" -ge 4'
check "the end is told" sh -c 'tail -1 fine | grep -q "^{\"event\":\"end\""'
check "smaller intervals see more changes" sh -c 'test "$(grep -c "^{\"event\":\"changed\"" fine)" -gt "$(grep -c "^{\"event\":\"changed\"" first)"'
cat >slow.fbx <<'END'
host a 10.0.0.1
host b 10.0.0.2
session udp a:5000 > b:5001
  > 10 bytes
  wait 10s
  > 10 bytes
  expect
END
"$FBFIXTURE" write slow.fbx slow.pcap >/dev/null
t0=$(date +%s%N)
code 0 "the pace is that of the packets" "$FB" replay slow.pcap --speed 20
t1=$(date +%s%N)
check "ten seconds at twenty times last half a second" test $(((t1 - t0) / 1000000)) -ge 490
code 2 "a speed is a number" "$FB" replay slow.pcap --speed fast
code 2 "a window is a time" "$FB" replay slow.pcap --window wide
code 4 "what is no capture is told" "$FB" replay lib.sh

if command -v script >/dev/null; then
    esc=$(printf '\033')
    script -qec "stty cols 100 rows 12; $FB replay b.pcap --speed max --window 10s" /dev/null </dev/null >screen 2>&1
    check "on a terminal it takes the other screen" grep -qF "$esc[?1049h" screen
    check "and gives it back" grep -qF "$esc[?1049l" screen
    says "it shows when it is" screen "2023-11-14T22:13:"
    says "and the sessions" screen "originator"
    says "and closes with a line" screen "$n sessions"
    script -qec "$FB replay slow.pcap --speed 1 & p=\$!; sleep 0.3; kill -TERM \$p; wait \$p; echo code \$?" /dev/null </dev/null >killed 2>&1
    check "a signal gives the screen back too" grep -qF "$esc[?1049l" killed
    says "and ends it" killed "code 143"
fi
finish
