#!/bin/sh
# Retention: old sessions leave a case, on record; what stays is as it was and still verifies.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
cut=2023-11-14T22:13:20.005Z
"$FB" sessions a.fbcase --json -c number,uid,end_ts | awk -F'"' '{ if ($(NF-1) < "2023-11-14T22:13:20.005") print }' |
    sed 's/.*"number":\([0-9]*\).*/\1/' >old
check "some sessions are old and some are not" test "$(wc -l <old)" -gt 0 -a "$(wc -l <old)" -lt 6
was=$(digest a.fbcase)
sum=$(sha256sum <a.fbcase)
code 0 "a dry run counts" "$FB" retain a.fbcase --older-than $cut --dry-run
says "what would go" out "$(wc -l <old | tr -d ' ') sessions"
check "and changes no byte" test "$sum" = "$(sha256sum <a.fbcase)"
"$FB" sessions a.fbcase --json >all
"$FB" sql a.fbcase "SELECT * FROM packets" --csv >packets.all

code 0 "retain removes them" "$FB" retain a.fbcase --older-than $cut --json
says "and counts" out "\"sessions\":$(wc -l <old | tr -d ' '),"
grep -o '"digest":"[0-9a-f]*"' out >gone.digest
check "beside the case nothing is left" test "$(ls a.fbcase*)" = a.fbcase
"$FB" sessions a.fbcase --json >left
for n in $(cat old); do grep -v "^{\"number\":$n," all >t && mv t all; done
same "the others are as they were" all left
"$FB" sql a.fbcase "SELECT number FROM sessions" --csv | tr -d '\r' >numbers.sql
sed 's/{"number":\([0-9]*\),.*/\1/' left | sed '1i number' >numbers
same "in SQL too" numbers numbers.sql
{
    tr -d '\r' <packets.all | head -1
    tr -d '\r' <packets.all | grep -E "^($(tail -n +2 numbers | paste -sd'|' -)),"
} >want
"$FB" sql a.fbcase "SELECT * FROM packets" --csv | tr -d '\r' >out
same "and their packets" want out
first=$(head -1 old)
code 4 "a session that went is not there" "$FB" show a.fbcase "$first"
says "and the message says why" err "removed"
check "the case digest is still the one of all sessions" test "$(digest a.fbcase)" = "$was"
"$FB" info a.fbcase >out
says "info says what is gone" out "sessions that ended before 2023-11-14T22:13:20.005000000Z"
"$FB" sql a.fbcase "SELECT what, outputs FROM custody ORDER BY seq DESC LIMIT 1" --csv >out
says "the custody log says who" out "retain"
says "and the digest of what went" out "$(sed 's/.*:"//;s/"//' gone.digest)"
strings a.fbcase 2>/dev/null | grep -c 10.0.0.53 >count
check "of the only host that went no text is left" test "$(cat count)" = 0

code 0 "a second time there is nothing to do" "$FB" retain a.fbcase --older-than $cut
says "and it says so" out "0 sessions"
code 0 "the rest can go too" "$FB" retain a.fbcase --older-than 90d
"$FB" sessions a.fbcase --json >left
silent "then no session is left" left
check "and the digest is what it was" test "$(digest a.fbcase)" = "$was"
"$FB" sql a.fbcase "SELECT count(*) FROM packets" --csv | tr -d '\r' | tail -1 >out
check "nor a packet" test "$(cat out)" = 0
code 0 "such a case exports as nothing" "$FB" export --format csv a.fbcase

code 2 "an age must be one" "$FB" retain a.fbcase --older-than 90x
code 2 "it is needed" "$FB" retain a.fbcase
code 4 "what is no case is refused" "$FB" retain a.pcap --older-than 1d

"$FB" ingest -q a.pcap -o s.fbcase
echo secret >pw
"$FB" seal --new-key key --passphrase-file pw >/dev/null
"$FB" retain s.fbcase --older-than $cut >/dev/null
check "a case that lost sessions verifies" "$FB" verify s.fbcase
check "and can be sealed" "$FB" seal s.fbcase --key key --passphrase-file pw
sum=$(sha256sum <s.fbcase)
chmod 600 s.fbcase
"$FB" retain s.fbcase --older-than 1d >out 2>err
check "a sealed case is refused" test $? -ge 2
check "and not changed by a byte" test "$sum" = "$(sha256sum <s.fbcase)"
check "also with a dry run" sh -c "! '$FB' retain s.fbcase --older-than 1d --dry-run"
code 0 "it can be encrypted" "$FB" encrypt s.fbcase -o s.fbenc --passphrase-file pw
"$FB" sessions s.fbcase --csv >want
code 0 "and read" "$FB" sessions s.fbenc --csv --passphrase-file pw
same "with what is left" want out
finish
