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
code 0 "show lists what was found in a session" "$FB" show a.fbcase 1
says "its transaction" out 'answers=192.0.2.10'
code 0 "as JSON too" "$FB" show a.fbcase 1 --json
check "which is JSON" python3 -c 'import json; r = json.load(open("out"))["seen"]; assert r[0]["table"] == "dns" and r[0]["answers"] == ["192.0.2.10"]'
"$FB" sql a.fbcase "SELECT digest FROM record_table WHERE name IN ('dns','names')" --csv >d1 2>/dev/null || "$FB" info a.fbcase | grep '^table' >d1
"$FB" ingest -q --threads 4 a.pcap -o b.fbcase >/dev/null
"$FB" sql b.fbcase "SELECT digest FROM record_table WHERE name IN ('dns','names')" --csv >d2 2>/dev/null || "$FB" info b.fbcase | grep '^table' >d2
check "there are digests" test -s d1
same "threads change no table" d1 d2
code 0 "verify knows the layer of names" "$FB" verify a.fbcase
finish
