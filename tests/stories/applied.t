#!/bin/sh
# Lists while captures are read, and what is told of names, verdicts and owners afterwards.
. "$(dirname "$0")/lib.sh"
HOME=$WORK
export HOME
capture small.fbx a.pcap
echo '{"whitelists":[{"name":"web","endpoints":[{"domain":"www.example.com","port":80}]}]}' >w.json
echo 198.51.100.2 >bad.txt

code 4 "a list that is not there" "$FB" ingest a.pcap -o x.fbcase --whitelist nothing.json
check "costs nothing: no case is begun" test ! -e x.fbcase
code 4 "a blacklist is no whitelist" "$FB" ingest a.pcap -o x.fbcase --whitelist bad.txt
says "which is told" err "bad.txt: not a whitelist"
check "before the evidence is read" test ! -e x.fbcase
code 2 "how to judge means nothing without lists" "$FB" ingest a.pcap -o x.fbcase --match-local
code 2 "a word that --fail-on does not know" "$FB" ingest a.pcap -o x.fbcase --fail-on everything
code 5 "a list nobody signed is refused where that is asked for" \
    "$FB" ingest a.pcap -o x.fbcase --blacklist bad.txt --require-signature

"$FB" ingest -q a.pcap -o plain.fbcase
code 0 "lists judge what is read" "$FB" ingest a.pcap -o a.fbcase --whitelist w.json --blacklist bad.txt
says "the summary says whether the case conforms" out "conformance     nonconforming: 5 of 6 sessions"
says "and what is blacklisted" out "blacklisted     1 of 6 sessions"
check "facts are those of a case without lists" test "$(digest a.fbcase)" = "$(digest plain.fbcase)"
"$FB" info plain.fbcase >out
says "a case that no list judged says so" out "conformance     no list"
"$FB" sql a.fbcase "SELECT params FROM custody WHERE what = 'lists-apply'" --csv >out
says "the lists stand in the custody log" out "bad"
code 0 "the case verifies" "$FB" verify a.fbcase --evidence a.pcap
"$FB" sql a.fbcase "SELECT number, conformance, blacklist FROM sessions" --csv >ingested
"$FB" lists apply plain.fbcase w.json bad.txt >out
"$FB" sql plain.fbcase "SELECT number, conformance, blacklist FROM sessions" --csv >applied
same "lists apply gives the same verdicts" ingested applied
"$FB" info --json a.fbcase >out
says "JSON has the counts" out '"conformance":"nonconforming","lists":{"conforming":1,"nonconforming":5,"unknown":0,"blacklisted":1}'

code 1 "--fail-on blacklist tells a script" "$FB" ingest -q a.pcap -o b1.fbcase --blacklist bad.txt --fail-on blacklist
check "and the case is there" test -f b1.fbcase
echo 203.0.113.250 >far.txt
code 0 "a case without hits is fine" "$FB" ingest -q a.pcap -o b2.fbcase --blacklist far.txt --fail-on blacklist
code 2 "without a whitelist nothing could be nonconforming" "$FB" ingest -q a.pcap -o x.fbcase --blacklist far.txt --fail-on nonconforming
says "which is told" err "needs a whitelist"
check "before anything is made" test ! -e x.fbcase
code 2 "nor blacklisted without a blacklist" "$FB" lists apply a.fbcase w.json --dry-run --fail-on blacklist
code 1 "several words mean any of them" "$FB" ingest -q a.pcap -o b3.fbcase --whitelist w.json --fail-on abnormal,nonconforming
code 0 "abnormal sessions count for lists apply" "$FB" lists apply a.fbcase w.json --dry-run --fail-on abnormal

code 0 "sessions of a capture are judged" "$FB" sessions a.pcap --blacklist bad.txt --tag blacklist:bad --columns id.resp_h,tags --csv
check "and chosen by tag" test "$(wc -l <out)" -eq 2
says "with the tag" out "198.51.100.2,blacklist:bad"
code 2 "a case has lists apply for that" "$FB" sessions a.fbcase --blacklist bad.txt
code 0 "sessions are chosen by name" "$FB" sessions a.fbcase --domain '*.example.com' --csv --columns number,resp_domain,resp_domain_source,conformance
says "which stands in a column" out "2,www.example.com,http_host,conforming"
check "of those alone" test "$(wc -l <out)" -eq 2
code 2 "what can be no name" "$FB" sessions a.fbcase --domain 'a b'
"$FB" sessions a.fbcase --json >out
says "JSON has lists as lists" out '"blacklist":["bad"],"conformance":"nonconforming"'
"$FB" sessions a.fbcase >out
says "the table has names and tags" out "www.example.com"
code 0 "show" "$FB" show a.fbcase 2
says "gives what decided" out "criterion               domain www.example.com"
says "and how sure the name is" out "resp_domain_certainty   95"
code 0 "show of one that does not conform" "$FB" show a.fbcase 5
says "gives what is nearest and what it lacks" out "nearest                 web[0]: domain port"
says "and what is blacklisted by which line" out "198.51.100.2 (resp, line 1"
"$FB" show a.fbcase 5 --json >out
says "JSON has the reasons" out '"list_verdict":{"conformance":"nonconforming"'

# Owners of addresses, out of a pack.
mkdir asn
echo '{"name": "@example/asn", "version": "1", "license": "CC0-1.0"}' >asn/package.json
echo '192.0.2.0,192.0.2.255,64500,"Example, Inc."' >asn/asn-ipv4.csv
echo '198.51.100.0,198.51.100.255,13335,Content' >>asn/asn-ipv4.csv
printf '192.0.2.0\t192.0.2.255\tUS\n' >country.tsv
"$FB" intel install asn country.tsv --pack my.fbpack 2>err
cat >as.json <<'X'
{"whitelists":[{"name":"as","endpoints":[{"as_number":64500,"as_country":"us","as_owner":"example, inc.","port":81}]}]}
X
sed 's/192\.0\.2\.10$/8.8.4.4/; s/198\.51\.100\.1$/1.1.1.1/; s/198\.51\.100\.2$/1.1.1.2/; s/ 192\.0\.2\.10 id/ 8.8.4.4 id/' "$STORIES/small.fbx" >global.fbx
"$FBFIXTURE" write global.fbx g.pcap >out.fixture
sed 's/192\.0\.2\./8.8.4./g; s/198\.51\.100\./1.1.1./g' asn/asn-ipv4.csv >asn/t && mv asn/t asn/asn-ipv4.csv
printf '8.8.4.0\t8.8.4.255\tUS\n' >country.tsv
"$FB" intel install asn country.tsv --pack my.fbpack --new 2>err
"$FB" ingest -q g.pcap -o g.fbcase
code 0 "rules about owners need a pack" "$FB" lists apply g.fbcase as.json --dry-run
says "without one nothing meets them" out "conforming      0"
code 0 "with one" "$FB" lists apply g.fbcase as.json --intel my.fbpack
says "they decide" out "conforming      1"
"$FB" sql g.fbcase "SELECT params FROM custody WHERE what = 'lists-apply'" --csv >out
pack=$("$FB" intel info my.fbpack --json | sed 's/.*"pack_digest":"\([0-9a-f]*\)".*/\1/')
says "the custody log names the pack" out "$pack"
code 0 "the case says which data sets answered" "$FB" sql g.fbcase "SELECT name, version, date, licence, entries, hex(digest) FROM dataset" --csv
"$FB" intel info my.fbpack --json | sed 's/"digest"/\n&/g' | sed -n 's/^"digest":"\([0-9a-f]*\)".*/\1/p' | tr a-f A-F >digests
check "each with its digest" sh -c 'test -s digests && while read -r d; do grep -q "$d" out || exit 1; done <digests'
code 0 "a list is made with the pack" "$FB" lists make g.fbcase --intel my.fbpack -o made.json
check "without addresses of content networks" sh -c '! grep -q "1\.1\.1\.2" made.json'
says "which is told" err "left out"
code 0 "without the pack" "$FB" lists make g.fbcase -o made2.json
says "they are in it" made2.json "1.1.1.2"

# Pools that only TLS and HTTP name.
cat >pool.fbx <<'X'
host c 10.0.0.1
host p 203.0.113.9
host q 203.0.113.10
session tcp c:40001 > p:8443
  syn
  synack
  ack
  > client-hello xmr.nanopool.example
  < ack
  < server-hello
  ack
  fin
  < fin
  ack
  expect history=ShADadFf conn_state=SF
session tcp c:40002 > q:8080
  syn
  synack
  ack
  > "GET / HTTP/1.1\r\nHost: eth.2miners.example\r\n\r\n"
  < ack
  fin
  < fin
  ack
  expect history=ShADaFf conn_state=SF
X
"$FBFIXTURE" write pool.fbx pool.pcap >out.fixture
code 0 "findings of a capture in which only TLS and HTTP name the pools" "$FB" findings -q pool.pcap
says "know the one of TLS" out "Talks to xmr.nanopool.example, by its name a mining pool"
says "and the one of HTTP" out "Talks to eth.2miners.example, by its name a mining pool"

# Differences.
{
    echo "host c 10.0.0.1"
    echo "host w 192.0.2.77"
    for i in $(seq 10 30); do
        printf 'time +3s\nsession tcp c:400%s > w:80\n  syn\n  synack\n  ack\n  > "GET / HTTP/1.1\\r\\nHost: new.example.org\\r\\n\\r\\n"\n  < ack\n  fin\n  < fin\n  ack\n  expect history=ShADaFf conn_state=SF\n' $i
    done
} >web.fbx
sed 's/new\.example\.org/old.example.org/; s/\.77/.78/' web.fbx >old.fbx
"$FBFIXTURE" write web.fbx new.pcap >out.fixture
"$FBFIXTURE" write old.fbx old.pcap >out.fixture
echo 192.0.2.77 >b.txt
for n in old new; do "$FB" ingest -q $n.pcap -o $n.fbcase --blacklist b.txt; done
code 0 "diff of two cases with names and lists" "$FB" diff old.fbcase new.fbcase --json
says "tells of new names" out '{"change":"new","kind":"name","what":"new.example.org"'
says "of those that are gone" out '{"change":"gone","kind":"name","what":"old.example.org"'
says "and of blacklisted sessions" out '{"change":"new","kind":"verdict","what":"blacklisted"'
code 0 "as a table" "$FB" diff old.fbcase new.fbcase
says "with the conformance of both" out "conformance: unknown, 0 nonconforming, 21 blacklisted"
code 0 "a capture has no verdicts" "$FB" diff old.pcap new.fbcase --json
check "so they are not compared" sh -c '! grep -q "\"kind\":\"verdict\",\"what\":\"blacklisted\"" out'
finish
