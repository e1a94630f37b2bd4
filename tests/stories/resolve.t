#!/bin/sh
# Names that are asked of a resolver: only on request, of whom, about what, how fast, kept how, and trusted for what.
. "$(dirname "$0")/lib.sh"
capture resolve.fbx a.pcap
pids=
# resolver MODE [ADDRESS=NAME]...: one on loopback; $at is where it listens.
resolver() {
    rm -f port asked
    python3 "$STORIES/resolver.py" "$@" 2>log.resolver &
    pids="$pids $!"
    i=0
    while [ ! -s port ] && [ $i -lt 100 ]; do
        sleep 0.1
        i=$((i + 1))
    done
    at=127.0.0.1:$(cat port)
}
trap 'kill $pids 2>/dev/null; rm -rf "$WORK"' EXIT
count() { check "$1" test "$(grep -c "$3" "$2")" -eq "$4"; }

"$FB" ingest -q a.pcap -o a.fbcase
resolver plain '8.8.4.4=dns.example' '2606:4700::1111=evil\x1b[31m.example' 10.0.0.9=private.example
"$FB" names a.fbcase >out 2>err
"$FB" hosts a.fbcase >out 2>err
"$FB" show a.fbcase 1 >out 2>err
check "nothing is asked of anybody unless it is wanted" test ! -s asked
code 2 "an option about resolving alone is refused" "$FB" names a.fbcase --resolver "$at"
code 2 "so is a resolver that is none" "$FB" names a.fbcase --resolve --resolver example.com
code 2 "and a rate of none" "$FB" names a.fbcase --resolve --resolver "$at" --resolve-rate 0

code 0 "names are asked for" "$FB" names a.fbcase --resolve --resolver "$at" --examiner 'Alice Doe' --csv
says "and said to be resolved" out 'dns.example,8.8.4.4,resolved,'
says "who is asked is told" err "asking $at for the names of 4 addresses (known already: 0; special, left out: 2"
says "and what came" err '2 have a name, 2 have none'
says "a hostile name is escaped" out 'evil'
count "its control characters are not written" out "$(printf '\033')" 0
count "private addresses are not asked about" asked 'in-addr' 2
count "four questions are all" asked arpa 4
awk 'NR > 1 && $1 - last < 0.04 { bad = 1 } { last = $1 } END { exit bad }' asked
check "no more than twenty a second leave" test $? -eq 0
code 0 "the layer has server and outcome" "$FB" sql a.fbcase "SELECT addr, outcome, names, ttl, server FROM resolved" --csv
says "of a name" out "8.8.4.4,named,\"[\"\"dns.example\"\"]\",300,$at"
says "and of none" out "9.9.9.9,no name,,,$at"
"$FB" sql a.fbcase "SELECT who, what FROM custody WHERE what='resolve'" --csv >out
says "the chain says who asked" out 'Alice Doe,resolve'
code 0 "the case verifies" "$FB" verify a.fbcase
: >asked
"$FB" names a.fbcase --resolve --resolver "$at" >out 2>err
check "what is known is not asked again" test ! -s asked
says "and that is told" err 'known already: 4'
"$FB" names a.fbcase --resolve --resolve-again --resolver "$at" -q >out 2>err
silent "quiet says nothing" err
count "unless it is wanted" asked arpa 4
"$FB" names a.fbcase --resolve --resolve-special --resolver "$at" --address 10.0.0.9 >out 2>err
says "private ones are asked about when that is wanted" out private.example
says "the earlier answers stay" err 'names of 1 addresses'
code 0 "in the newest layer" "$FB" sql a.fbcase "SELECT count(*), count(DISTINCT by_run) FROM resolved" --csv
says "with the run that asked" out '5,2'
code 0 "hosts says that a name was resolved" "$FB" hosts a.fbcase
says "beside it" out 'dns.example (resolved)'
code 0 "hosts show by whom" "$FB" hosts show a.fbcase 8.8.4.4
says "and when" out "8.8.4.4  dns.example (resolved by $at, 20"
code 0 "hosts --json" "$FB" hosts a.fbcase --json
check "is JSON with it" python3 -c 'import json
d = [r for l in open("out") if (r := json.loads(l))["record"] == "device"]
assert [n for r in d for x in r.get("resolved", []) for n in x["names"] if x["address"] == "8.8.4.4"] == ["dns.example"]'
code 0 "show too" "$FB" show a.fbcase 1
says "at the end that it is of" out 'resp_resolved           dns.example (resolved by'
code 0 "show --json" "$FB" show a.fbcase 1 --json
check "is JSON" python3 -c 'import json; assert json.load(open("out"))["resolved"]["resp"]["names"] == ["dns.example"]'
"$FB" sql a.fbcase "SELECT count(*) FROM names WHERE resp_domain_source = 'resolved'" --csv >out
says "names of sessions are those of the traffic alone" out 0

cat >w.json <<J
{"date":"2024-01-01","signature":null,"whitelists":[{"name":"w","extends":null,"endpoints":[{"domain":"dns.example"}]}]}
J
code 0 "a resolved name satisfies no rule" "$FB" lists apply a.fbcase w.json --dry-run
says "of a whitelist" out 'conforming      0'
code 0 "but with --trust-ptr" "$FB" lists apply a.fbcase w.json --dry-run --trust-ptr
says "as a PTR name" out 'conforming      2'

resolver truncate 8.8.4.4=long.example
code 0 "an answer that was cut" "$FB" names a.pcap --resolve --resolver "$at" --csv -q
says "is asked for again over TCP" out 'long.example,8.8.4.4,resolved,'
count "at the same server" asked tcp 4
resolver alias 8.8.4.4=real.example
code 0 "an alias of the reverse zone is followed" "$FB" names a.pcap --resolve --resolver "$at" --csv -q
says "to the name" out 'real.example,8.8.4.4,resolved,'
resolver lie 8.8.4.4=true.example
code 0 "answers to other questions do not count" "$FB" names a.pcap --resolve --resolver "$at" --csv -q
says "the true one does" out 'true.example,8.8.4.4,resolved,'
count "theirs do not" out evil 0
resolver refuse
code 0 "a server that refuses" "$FB" names a.pcap --resolve --resolver "$at"
says "is said to" err '4 refused'
resolver silent
start=$(date +%s)
code 0 "a server that is silent" "$FB" names a.pcap --resolve --resolver "$at" --resolve-time 1
check "holds nobody up" test $(($(date +%s) - start)) -le 4
says "and is said to be" err '4 without an answer'
code 0 "a bound on the number" "$FB" names a.pcap --resolve --resolver "$at" --resolve-max 1 --resolve-time 1
says "takes the address of most sessions" err 'names of 1 addresses (known already: 0; special, left out: 2; beyond --resolve-max: 3)'
code 0 "a port where nobody listens" "$FB" names a.pcap --resolve --resolver 127.0.0.1:1
says "ends at once" err '4 without an answer'

resolver plain 8.8.4.4=late.example
"$FB" ingest -q a.pcap -o s.fbcase
FB_PASSPHRASE=pw
export FB_PASSPHRASE
"$FB" seal --new-key k.key --name K >/dev/null
"$FB" seal s.fbcase --key k.key >/dev/null
sha256sum s.fbcase >sum
code 0 "of a sealed case" "$FB" names s.fbcase --resolve --resolver "$at" --csv
says "the names are shown" out 'late.example,8.8.4.4,resolved'
check "it is not written" sha256sum -c sum
check "its sidecar has them" test -s s.fbnotes
code 0 "and both verify" "$FB" verify s.fbcase
"$FB" ingest -q a.pcap -o e.fbcase
code 0 "a case is encrypted" "$FB" encrypt e.fbcase -o e.enc.fbcase
: >asked
code 2 "of it nothing can be kept" "$FB" names e.enc.fbcase --resolve --resolver "$at"
says "which is told" err 'nothing was asked: a case that was decrypted into memory cannot be changed'
check "so nothing is asked" test ! -s asked
finish
