#!/bin/sh
# SQL over a case.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
code 0 "a SELECT" "$FB" sql a.fbcase "SELECT number, proto, orig_h, resp_p, service FROM sessions ORDER BY number"
golden "prints a table" out sql.txt
code 0 "the same as CSV" "$FB" sql a.fbcase "SELECT number, proto FROM sessions ORDER BY number" --csv
"$FB" sessions a.fbcase --columns number,proto --csv >want
same "is what sessions prints" want out
code 0 "the same as JSON" "$FB" sql a.fbcase --json "SELECT number, uid FROM sessions WHERE proto = 'udp' ORDER BY 1"
"$FB" sessions a.fbcase --columns number,uid,proto --json | sed -n 's/,"proto":"udp"//p' >want
same "is what sessions prints" want out
code 0 "of a capture" "$FB" sql a.pcap "SELECT count(*) AS n FROM packets" --csv
code 0 "NULL, numbers and blobs" "$FB" sql a.fbcase "SELECT NULL AS a, 1.5 AS b, x'00ff' AS c, -3 AS d, 'x\"y' AS e" --json
echo '{"a":null,"b":1.5,"c":"00ff","d":-3,"e":"x\"y"}' >want
same "come out as JSON has them" want out
code 2 "what is no SQL is a usage error" "$FB" sql a.fbcase "SELEKT 1"
code 2 "an unknown column is a usage error" "$FB" sql a.fbcase "SELECT nothing_like_it FROM sessions"
for statement in "DELETE FROM evidence" "CREATE TABLE x(a)" "PRAGMA user_version = 7" "ATTACH 'x.db' AS x" "DROP TABLE evidence"; do
    "$FB" sql a.fbcase "$statement" >out 2>err
    check "$statement is refused" test $? -ge 2
done
check "and the case is as it was" test "$(digest a.fbcase)" = "$(digest a.pcap)"
finish
