#!/bin/sh
# Names that the traffic gives to addresses: DNS transactions, names of sessions, names of a case.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
code 0 "DNS transactions of a capture" "$FB" dns a.pcap --csv
says "the query has its answer" out ',www.example.com,1,C_INTERNET,1,A,0,NOERROR,'
code 0 "and of its case" "$FB" ingest -q a.pcap -o a.fbcase
"$FB" dns a.pcap --json >one
"$FB" dns a.fbcase --json >two
same "are the same" one two
check "and JSON" python3 -c 'import json; [json.loads(l) for l in open("two")]'
code 0 "a filter that fits" "$FB" dns a.fbcase --query EXAMPLE --type a --client 10.0.0.1 --answer 192.0.2
says "shows the row" out www.example.com
code 0 "one that does not" "$FB" dns a.fbcase --failed --csv
check "shows none" test "$(wc -l <out)" -eq 1
code 2 "no address is refused" "$FB" dns a.fbcase --client nobody
code 2 "an unknown column too" "$FB" dns a.fbcase --columns nosuch
code 0 "Zeek's dns.log" "$FB" export --format zeek-dns a.fbcase
says "has its fields" out 'trans_id	rtt	query	qclass	qclass_name	qtype	qtype_name	rcode'
says "and the transaction" out '	udp	1	0.0'
"$FB" dns a.fbcase --zeek >log
same "dns --zeek prints the same" out log
code 0 "Zeek's http.log" "$FB" export --format zeek-http a.fbcase
says "has its fields" out 'trans_depth	method	host	uri	referrer	version	user_agent	origin	request_body_len	response_body_len	status_code'
check "as many as types and cells" awk -F '\t' '/^#fields/ { n = NF - 1 } /^#types/ && NF - 1 != n { exit 1 } !/^#/ { rows++; if (NF != n) exit 1 } END { exit !rows }' out
"$FB" sql a.fbcase 'SELECT count(*) FROM http' --csv | tail -1 | tr -d '\r' >rows
check "and a line for each request" test "$(grep -vc '^#' out)" -eq "$(cat rows)"
says "with the host" out '	www.example.com	'
code 0 "a key of pseudonyms" "$FB" export --new-pseudonym-key key
code 0 "with pseudonyms too" "$FB" export --format zeek-http a.fbcase --pseudonymize key
check "as many lines" test "$(grep -vc '^#' out)" -eq "$(cat rows)"
check "without the host" sh -c '! grep -q www.example.com out'
code 0 "Zeek's ssl.log" "$FB" export --format zeek-ssl --no-model -q "$TOP/fixtures/recorded/https.pcapng"
says "has its fields" out 'version	cipher	curve	server_name	resumed	last_alert	next_protocol	established	ssl_history'
check "as many as types and cells" awk -F '\t' '/^#fields/ { n = NF - 1 } /^#types/ && NF - 1 != n { exit 1 } !/^#/ { rows++; if (NF != n) exit 1 } END { exit !rows }' out
says "with version and cipher" out '	TLSv1'
code 0 "names of a case" "$FB" names a.fbcase --csv
says "the answer is there" out 'www.example.com,192.0.2.10,dns,'
says "and the Host of the page" out 'www.example.com,192.0.2.10,http_host,'
code 0 "names of another address" "$FB" names a.fbcase --address 192.0.2.99 --csv
check "are none" test "$(wc -l <out)" -eq 1
code 0 "sessions bear their names" "$FB" sql a.fbcase 'SELECT number, resp_domain, resp_domain_source FROM sessions WHERE resp_domain IS NOT NULL' --csv
says "their own Host" out '2,www.example.com,http_host'
capture names.fbx n.pcap
code 0 "a session after a lookup" "$FB" show n.pcap 2
says "bears what its client was told" out 'resp_domain=www.example.com resp_domain_source=dns resp_domain_certainty=90 resp_domain_session=1'
"$FB" ingest -q n.pcap -o n.fbcase
sources() { "$FB" sql n.fbcase "SELECT number, resp_domain, resp_domain_certainty FROM names WHERE number = 2" --csv >out; }
sources
says "an answer names the session after it" out '2,www.example.com,90'
"$FB" sql n.fbcase "SELECT params FROM custody WHERE what = 'names'" --csv >out
says "the grace of names is on record" out '""grace_ns"":300000000000'
capture grace.fbx g.pcap
"$FB" ingest -q g.pcap -o n.fbcase --force
sources
check "eleven minutes after the answer it holds no more" test "$(wc -l <out)" -eq 1
code 0 "with a longer grace it does" "$FB" ingest -q g.pcap -o n.fbcase --force --name-grace 20m
sources
says "with less certainty" out '2,www.example.com,70'
"$FB" sql n.fbcase "SELECT params FROM custody WHERE what LIKE 'ingest%' OR what = 'names' ORDER BY seq" --csv >out
says "and on record" out '""grace_ns"":1200000000000'
says "with the ingest too" out '""name_grace_ns"":1200000000000'
code 0 "a replay names with the same grace" "$FB" replay n.fbcase --evidence g.pcap
code 0 "names --name-grace names the sessions of a case again" "$FB" names n.fbcase --name-grace 0s
sources
check "the newest layer counts, though it is empty" test "$(wc -l <out)" -eq 1
code 0 "the case verifies" "$FB" verify n.fbcase
code 2 "what is no duration is refused" "$FB" names n.fbcase --name-grace soon
code 2 "of captures too" "$FB" ingest -q g.pcap -o x.fbcase --name-grace -5s
check "before anything is made" test ! -e x.fbcase
code 0 "the replay of it agrees" "$FB" replay n.fbcase --evidence g.pcap
code 0 "show lists what was found in a session" "$FB" show a.fbcase 1
says "its transaction" out 'answers=192.0.2.10'
code 0 "as JSON too" "$FB" show a.fbcase 1 --json
check "which is JSON" python3 -c 'import json; r = json.load(open("out"))["seen"]; assert r[0]["table"] == "dns" and r[0]["answers"] == ["192.0.2.10"]'
"$FB" sql a.fbcase "SELECT digest FROM record_table WHERE name IN ('dns','names')" --csv >d1 2>/dev/null || "$FB" info a.fbcase | grep '^table' >d1
"$FB" ingest -q --threads 4 a.pcap -o b.fbcase >/dev/null
"$FB" sql b.fbcase "SELECT digest FROM record_table WHERE name IN ('dns','names')" --csv >d2 2>/dev/null || "$FB" info b.fbcase | grep '^table' >d2
check "there are digests" test -s d1
same "threads change no table" d1 d2
web=$TOP/fixtures/recorded/dns.pcapng
names_of() { "$FB" sql "$1" "SELECT * FROM names" --csv; }
"$FB" ingest -q --no-model --threads 1 "$web" -o w1.fbcase
"$FB" ingest -q --no-model --threads 4 "$web" -o w4.fbcase
names_of w1.fbcase >n1
names_of w4.fbcase >n4
check "a recording has names" test "$(wc -l <n1)" -gt 1
same "do not depend on threads" n1 n4
if command -v editcap >/dev/null; then
    editcap -c 10 "$web" part.pcapng
    "$FB" ingest -q --no-model part_*.pcapng -o ws.fbcase
    names_of ws.fbcase >ns
    same "nor on how the capture was split" n1 ns
fi
code 0 "verify knows the layer of names" "$FB" verify a.fbcase

# Names are made again on replay.
code 0 "a case is built again with its names" "$FB" replay b.fbcase
check "which are compared by their digest" grep -qE '^names +[0-9a-f]{64}: equal$' out
check "another name is put into the layer" "$B/case_forge" b.fbcase names resp_domain 1
code 0 "the case holds nevertheless" "$FB" verify b.fbcase
code 5 "replay sees it" "$FB" replay b.fbcase
says "and names the session and the field" out "first difference: table names, row 1 (session 2), resp_domain: recorded forged.example, rebuilt www.example.com"
code 5 "as JSON too" "$FB" replay b.fbcase --json
check "which says what differs" python3 -c 'import json; r = json.load(open("out")); assert r["names"]["equal"] is False and r["first_difference"]["field"] == "resp_domain" and not r["equal"]'
finish
