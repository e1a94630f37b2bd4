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

# Names, in every table.
capture hosts.fbx h.pcap
cat >t.fbx <<'END'
host a 192.168.7.30
host b 198.51.100.1
host n 192.168.7.1
time 1700000200
session udp a:40100 > n:53
  > dns-query Mail.Secret.example id 9
  < dns-answer Mail.Secret.example 198.51.100.1 id 9
  expect
time 1700000201
session tcp a:40101 > b:443
  syn
  synack
  ack
  > client-hello mail.secret.example
  < server-hello
  expect history=ShADd conn_state=S1 service=ssl
time 1700000202
session tcp a:40102 > b:80
  syn
  synack
  ack
  > "GET /private/path HTTP/1.1\r\nHost: www.secret.example:80\r\nUser-Agent: SecretAgent/7\r\nReferer: http://intranet.secret.example/\r\n\r\n"
  < "HTTP/1.1 200 OK\r\nServer: SecretServer\r\nContent-Length: 2\r\n\r\nok"
  ack
  expect history=ShADad conn_state=S1 service=http
END
"$FBFIXTURE" write t.fbx t.pcap >out.fixture 2>&1 || not_ok "the fixture program writes t.pcap"
"$FB" ingest -q h.pcap t.pcap -o h.fbcase
printf "mail.secret.example\n" >bad.txt
"$FB" lists apply h.fbcase bad.txt >out 2>&1
tables=$("$FB" sql h.fbcase "SELECT DISTINCT name FROM record_table" --csv | tr -d '\r' | sed 1d)
for t in $tables sessions; do
    code 0 "table $t is written" "$FB" export --format jsonl --table $t h.fbcase
    mv out plain.$t
    code 0 "and with pseudonyms" "$FB" export --format jsonl --table $t h.fbcase --pseudonymize key
    mv out hidden.$t
    "$FB" export --format csv --table $t h.fbcase --pseudonymize key >hidden.$t.csv 2>/dev/null
    check "with as many rows" test "$(wc -l <plain.$t)" -eq "$(wc -l <hidden.$t)"
done
code 0 "dns.log has pseudonyms too" "$FB" export --format zeek-dns h.fbcase --pseudonymize key
mv out hidden.zeek
says "tables of names are there" plain.tls mail.secret.example
says "and of requests" plain.http SecretAgent
says "and of verdicts" plain.list_verdict mail.secret.example
says "and of MACs" plain.arp 00:11:22:33:44:20
cat plain.* | grep -ohE '[0-9A-Za-z]([0-9A-Za-z_-]*\.)+[a-z]{3,}|([0-9a-f]{2}:){5}[0-9a-f]{2}|192\.168\.7\.[0-9]+|198\.51\.100\.[0-9]+|fe80::[0-9a-f:]+' |
    grep -vE '^(ff:ff:ff:ff:ff:ff|00:00:00:00:00:00)$' | sort -u >secrets
printf '%s\n' secret Secret private printer Office Mozilla ipp intranet >>secrets
check "there is something to hide" test "$(wc -l <secrets)" -ge 15
check "nothing of it stands in any table in clear" sh -c '! grep -lwFf secrets hidden.*'
code 0 "a name is the same in every table" python3 - <<'END'
import json
rows = lambda t: [json.loads(l) for l in open("hidden." + t)]
dns = next(r for r in rows("dns") if r["trans_id"] == 9)
tls = rows("tls")[0]
names = [r.get("resp_domain") for r in rows("names")]
www = next(r for r in rows("http") if r["host"].endswith(":80"))
assert dns["query"] == tls["server_name"] and tls["server_name"] in names, "capitals are no difference"
assert any(s["resp_domain"] == tls["server_name"] for s in rows("sessions"))
assert www["host"][:-3] in names and www["host"][:-3].split(".")[1:] == tls["server_name"].split(".")[1:], "one domain"
assert www["method"] == "GET" and www["status_code"] == 200
assert dns["answers"] == [next(s["id.resp_h"] for s in rows("sessions") if s["id.resp_p"] == 443 and s["resp_domain"])]
END
code 2 "a table that nobody knows is told" "$FB" export --format csv --table nothing h.fbcase
code 2 "Zeek's formats have no tables" "$FB" export --format zeek-tsv --table dns h.fbcase
finish
