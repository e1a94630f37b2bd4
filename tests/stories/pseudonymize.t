#!/bin/sh
# Pseudonyms in exports: nothing of the original leaks, the same value everywhere, prefixes stay.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
code 0 "a key is made" "$FB" export --new-pseudonym-key key
code 2 "and not written over" "$FB" export --new-pseudonym-key key
check "only its owner can read it" test "$(stat -c %a key)" = 600
"$FB" export --new-pseudonym-key other
code 2 "making a key stands alone" "$FB" export --new-pseudonym-key k2 a.fbcase
echo nonsense >bad
code 4 "what is no key file is refused" "$FB" export --format csv a.fbcase --pseudonymize bad
says "with a sentence" err "not a pseudonym key"

"$FB" sessions a.fbcase --csv -c uid,community_id,orig_mac,resp_mac | tr -d '\r' | tail -n +2 | tr ',' '\n' | sort -u |
    grep . >secrets
printf '%s\n' 192.0.2.10 198.51.100.1 198.51.100.2 10.0.0.1 10.0.0.53 >>secrets
for format in zeek-tsv zeek-json csv jsonl; do
    code 0 "$format is written" "$FB" export --format $format a.fbcase --pseudonymize key
    mv out $format.1
    check "$format holds no original address, MAC, uid or community id" sh -c "! grep -wFf secrets $format.1"
    "$FB" export --format $format a.pcap --pseudonymize key >$format.2 2>/dev/null
    same "$format of the capture is the same" $format.1 $format.2
    "$FB" export --format $format a.fbcase --pseudonymize other >$format.3 2>/dev/null
    check "$format under another key is not" sh -c "! cmp -s $format.1 $format.3"
done
col() { tr -d '\r' <csv.1 | cut -d, -f"$1" | tail -n +2; }
head -1 csv.1 | tr ',' '\n' | grep -n . >names
number() { grep ":$1\$" names | tr -d '\r' | cut -d: -f1; }
"$FB" export --format csv a.fbcase >csv.0
for name in ts id.orig_p id.resp_p proto orig_bytes conn_state history; do
    n=$(number $name)
    tr -d '\r' <csv.0 | cut -d, -f"$n" | tail -n +2 >want
    col "$n" >got
    same "$name stays" want got
done
check "private addresses stay private" sh -c "tr -d '\r' <csv.1 | cut -d, -f$(number id.orig_h) | grep -q '^10\\.'"
parent=$(col "$(number tunnel_parents)" | grep .)
check "tunnel parents name the pseudonymous uid" grep -qx "$parent" <<EOF
$(col "$(number uid)")
EOF
sed 's/.*"uid":"\([^"]*\)".*/\1/' zeek-json.1 >want
col "$(number uid)" >got
same "uids are the same in every format" want got
check "the two ends of one /24 share 24 bits" sh -c "grep -o '\"id.orig_h\":\"10[^\"]*\"\|\"id.resp_h\":\"10[^\"]*\"' jsonl.1 |
    sed 's/.*:\"//;s/\\.[0-9]*\"//' | sort -u | wc -l | grep -qx 1"
finish
