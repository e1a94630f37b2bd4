#!/bin/sh
# A session's packets out of the original evidence, compressed or not, and what happens when the evidence was changed.
. "$(dirname "$0")/lib.sh"
"$FBFIXTURE" random --seed 5 --sessions 60 --out a.pcapng >/dev/null
"$FB" ingest -q a.pcapng -o a.fbcase
sessions=$("$FB" sessions a.fbcase --columns number --csv | tail -n +2 | tr -d '\r' | wc -l)
check "there are sessions" test "$sessions" -gt 20
code 0 "packets as pcapng" "$FB" packets a.fbcase 3 -o 3.pcapng
code 0 "packets as pcap" "$FB" packets a.fbcase 3 -o 3.pcap
says "what was written is told" out "of 1 session: 3.pcap"
"$FB" packets a.fbcase 3 -o - >3.out
same "standard output is pcapng" 3.pcapng 3.out
n=$("$FB" packets a.fbcase 3 --list --json | wc -l)
check "the list has as many lines as there are packets" sh -c "$FB info --json 3.pcapng | grep -q '^{\"packets\":$n,'"
check "a session cut out gives the same session again" test "$("$FB" sessions 3.pcapng --columns uid,history,orig_bytes,resp_bytes --json)" = "$("$FB" sessions a.fbcase --columns number,uid,history,orig_bytes,resp_bytes --json | sed -n '3s/"number":3,//p')"
check "in pcap too" test "$("$FB" sessions 3.pcap --columns uid --csv)" = "$("$FB" sessions 3.pcapng --columns uid --csv)"
code 0 "all sessions at once" "$FB" packets a.fbcase 1-$sessions -o all.pcapng
check "give the same case again" test "$(digest all.pcapng)" = "$(digest a.pcapng)"

if command -v tshark >/dev/null; then
    tshark -r a.pcapng -T fields -e frame.number -e frame.time_epoch -e frame.len -e ip.id -e tcp.seq_raw 2>/dev/null >whole
    for s in 1 2 3 4 5 9 17; do
        "$FB" packets a.fbcase $s --list --csv | tr -d '\r' | tail -n +2 | cut -d, -f2 >frames
        awk 'NR == FNR { want[$1] = 1; next } ($1 in want)' frames whole | cut -f2- >want
        "$FB" packets a.fbcase $s -o - | tshark -r - -T fields -e frame.time_epoch -e frame.len -e ip.id -e tcp.seq_raw 2>/dev/null >got
        same "session $s holds the frames of the capture, as tshark reads them" want got
    done
fi

for tool in gzip xz zstd lz4; do
    command -v $tool >/dev/null || continue
    $tool -c -q a.pcapng >a.$tool 2>/dev/null || $tool -c a.pcapng >a.$tool
    "$FB" ingest -q a.$tool -o $tool.fbcase
    code 0 "packets out of a capture packed by $tool" "$FB" packets $tool.fbcase 3 -o $tool.pcapng
    same "are the same packets" 3.pcapng $tool.pcapng
done

mkdir archive elsewhere
mv a.pcapng archive/moved.pcapng
code 4 "evidence that is gone is told" "$FB" packets a.fbcase 3 -o x.pcapng
says "with what to do" err "--evidence"
check "and nothing was written" test ! -e x.pcapng
code 0 "it is found by its digest in a directory" "$FB" packets a.fbcase 3 -o found.pcapng --evidence archive
same "and gives the same packets" 3.pcapng found.pcapng
cp archive/moved.pcapng elsewhere/a.pcapng
cp a.fbcase elsewhere/
code 0 "it is found beside the case" "$FB" packets elsewhere/a.fbcase 3 -o beside.pcapng
sed 's/HTTP/JTTP/' elsewhere/a.pcapng >a.pcapng
check "a changed file has the same size" test "$(wc -c <a.pcapng)" -eq "$(wc -c <elsewhere/a.pcapng)"
code 5 "changed evidence is refused" "$FB" packets a.fbcase 3 -o y.pcapng
says "with its name and the digest it had" err "a.pcapng: changed since it was read: its SHA-256 was $(sha256sum <elsewhere/a.pcapng | cut -d' ' -f1)"
check "and nothing was written" test ! -e y.pcapng
head -c 3000 elsewhere/a.pcapng >a.pcapng
code 5 "shortened evidence is refused" "$FB" packets a.fbcase 3 -o y.pcapng
says "with the size it had" err "it had $(wc -c <elsewhere/a.pcapng | tr -d ' ') bytes"
code 0 "the original can be named then" "$FB" packets a.fbcase 3 -o z.pcapng --evidence elsewhere/a.pcapng
same "and gives the same packets" 3.pcapng z.pcapng
"$FB" ingest -q - -o stdin.fbcase <elsewhere/a.pcapng
code 4 "what came from standard input cannot be read again" "$FB" packets stdin.fbcase 3 -o w.pcapng
says "and the message says so" err "standard input"
code 0 "but a file with the same bytes will do" "$FB" packets stdin.fbcase 3 -o w.pcapng --evidence elsewhere
code 2 "an existing file is not overwritten" "$FB" packets elsewhere/a.fbcase 3 -o 3.pcapng
code 2 "without sessions it is a usage error" "$FB" packets elsewhere/a.fbcase -o v.pcapng
finish
