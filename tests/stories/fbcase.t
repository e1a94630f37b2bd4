#!/bin/sh
# fbcase.so: the stock sqlite3 shell sees what `fbforensics sql` sees, and writes nothing.
. "$(dirname "$0")/lib.sh"
command -v sqlite3 >/dev/null || {
    echo "skipped: no sqlite3 shell"
    exit 77
}
EXT=$B/fbcase
# A library that was built with AddressSanitizer needs its runtime first.
asan=$(ldd "$EXT.so" | sed -n 's/.*libasan[^ ]* => \([^ ]*\) .*/\1/p')
shell() { LD_PRELOAD=$asan ASAN_OPTIONS=detect_leaks=0 sqlite3 -init /dev/null -batch -readonly "$@"; }
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
sum=$(sha256sum <a.fbcase)
n=0
while read -r question; do
    n=$((n + 1))
    "$FB" sql a.fbcase "$question" --csv 2>err | tr -d '\r' >want
    shell -csv -header -cmd ".load $EXT" a.fbcase "$question" 2>>err | tr -d '\r' >out
    same "the same answer to: $question" want out
    check "and it is one" test -s out
done <<'END'
SELECT * FROM sessions
SELECT number, uid, community_id, tunnel_parents FROM sessions WHERE ip = '10.0.0.1' ORDER BY number DESC
SELECT * FROM packets
SELECT s.number, count(*) AS n FROM sessions s JOIN packets p ON p.number = s.number GROUP BY 1 ORDER BY 1
SELECT orig_h, sum(orig_bytes + resp_bytes) AS bytes FROM sessions GROUP BY orig_h ORDER BY bytes DESC, orig_h
SELECT proto, conn_state, count(*) AS n FROM sessions GROUP BY 1, 2 ORDER BY 1, 2
SELECT number FROM sessions WHERE number IN (SELECT number FROM packets WHERE pkt_no = 3)
SELECT key, value FROM case_info ORDER BY key
SELECT size, hex(sha256) AS sha256, pkts FROM evidence
SELECT * FROM features ORDER BY number DESC
SELECT s.number, f.total_bytes, s.tags FROM sessions s JOIN features f USING(number) WHERE s.number < 4
SELECT count(*) AS n, max(ordinal) AS last FROM tls WHERE number > 0
SELECT number, resp_domain, anomaly FROM sessions
END
check "all questions were asked" test "$n" -eq 13
code 0 "it says which version it is" shell -cmd ".load $EXT" a.fbcase "SELECT fbcase_version()"
check "which is that of the program" test "$(cat out)" = "$("$FB" --version | sed -n 's/^fbforensics //p')"
check "the case has not changed by a byte" test "$sum" = "$(sha256sum <a.fbcase)"
check "and nothing lies beside it" test "$(ls a.fbcase*)" = a.fbcase
sqlite3 other.db "CREATE TABLE t(a)"
code 1 "a database that is no case is refused" shell -cmd ".load $EXT" other.db "SELECT * FROM sessions"
says "with a sentence" err "not a case file"
cp a.fbcase newer.fbcase
sqlite3 newer.fbcase "PRAGMA user_version = 99"
shell -cmd ".load $EXT" newer.fbcase "SELECT 1" >out 2>err
says "so is a case of a newer version" err "newer version"
cp a.fbcase bad.fbcase
sqlite3 bad.fbcase "UPDATE chunk_grp SET z = zeroblob(length(z)) WHERE k & 15 = 2"
shell -cmd ".load $EXT" bad.fbcase "SELECT count(service) FROM sessions" >out 2>err
says "a damaged chunk is an error and no answer" err "damaged"
# Two connections, opened and closed.
code 0 "it can be loaded again after .open" shell -cmd ".load $EXT" -cmd ".open a.fbcase" -cmd ".load $EXT" a.fbcase "SELECT count(*) FROM sessions"
silent "without a complaint at closing" err
"$FB" retain a.fbcase --older-than 2023-11-14T22:13:20.005Z >/dev/null
"$FB" sql a.fbcase "SELECT number, uid FROM sessions" --csv | tr -d '\r' >want
shell -csv -header -cmd ".load $EXT" a.fbcase "SELECT number, uid FROM sessions" 2>&1 | tr -d '\r' >out
same "what retention removed is not there either" want out
echo "a passphrase" >pass
"$FB" seal --new-key anna --passphrase-file pass >/dev/null 2>&1
"$FB" tag a.fbcase 2 +seen >/dev/null
"$FB" note a.fbcase 2 before-the-seal >/dev/null
"$FB" seal a.fbcase --key anna --passphrase-file pass --title t --examiner anna >/dev/null 2>err
"$FB" note a.fbcase 2 behind-it >/dev/null
"$FB" tag a.fbcase 2 +late >/dev/null
for view in notes tags note tag "(SELECT count(*) AS n FROM verdicts)" "(SELECT run_id, author, at FROM layer)"; do
    "$FB" sql a.fbcase "SELECT * FROM $view" --csv | tr -d '\r' >want
    shell -csv -header -cmd ".load $EXT" -cmd ".load $EXT" a.fbcase "SELECT * FROM $view" 2>&1 | tr -d '\r' >out
    same "$view of case and sidecar are there" want out
done
shell -cmd ".load $EXT" a.fbcase "SELECT text FROM notes" >out 2>err
says "also what was written before sealing" out before-the-seal
says "and behind it" out behind-it
finish
