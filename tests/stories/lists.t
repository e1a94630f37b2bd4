#!/bin/sh
# Lists: read, checked, made, signed, applied to a case.
. "$(dirname "$0")/lib.sh"
HOME=$WORK
export HOME
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
before=$(digest a.fbcase)

code 0 "a whitelist is made out of a case" "$FB" lists make a.fbcase --as office --date 2024-01-02 -o w.json
code 0 "and has nothing wrong in it" "$FB" lists check w.json
"$FB" lists make a.pcap --as office --date 2024-01-02 -o again.json 2>err
same "a capture gives the same list as its case" w.json again.json
code 0 "the case conforms to its own list" "$FB" lists apply a.fbcase w.json --fail-on nonconforming
says "and is said to" out "the case        conforms"
"$FB" sql a.fbcase "SELECT DISTINCT conformance FROM sessions" >out
says "sessions show it" out conforming
code 0 "the case still verifies" "$FB" verify a.fbcase --evidence a.pcap
check "facts did not change" test "$(digest a.fbcase)" = "$before"

echo '{"whitelists":[{"name":"none","endpoints":[{"port":9,"protocol":"UDP"}]}]}' >strict.json
code 1 "--fail-on tells a script" "$FB" lists apply a.fbcase strict.json --dry-run --fail-on nonconforming
says "a dry run tells what would change" out "changed         6 verdicts"
"$FB" sql a.fbcase "SELECT count(*) FROM sessions WHERE conformance = 'conforming'" >out
says "and changes nothing" out 6
code 0 "exceptions are listed with what was nearest" "$FB" lists apply a.fbcase strict.json --dry-run --exceptions
says "by list and endpoint" out "none[0]:"
code 0 "a list is augmented by the exceptions" "$FB" lists augment a.fbcase strict.json -o more.json
code 0 "so that it lets them through" "$FB" lists apply a.fbcase more.json --dry-run --fail-on nonconforming
code 0 "entries that nothing needed are found" "$FB" lists unused a.fbcase more.json
says "with their place" out 'none[0]'
code 0 "two lists are compared" "$FB" lists diff strict.json more.json
says "in percent" out " %"

echo '{"whitelists":[{"name":"a","extends":["b"]},{"name":"b","extends":["a"]}]}' >cycle.json
code 4 "a cycle is refused" "$FB" lists apply a.fbcase cycle.json
says "with its chain" err "a -> b -> a"
"$FB" sql a.fbcase "SELECT count(*) FROM sessions WHERE conformance = 'conforming'" >out
says "and what was active stays active" out 6

printf '# mine\n0.0.0.0/0\nnonsense!\n' >all.txt
code 1 "a blacklist tags sessions" "$FB" lists apply a.fbcase all.txt --fail-on blacklist
says "a bad entry is named with its line" err 'line 3, "nonsense!"'
"$FB" sql a.fbcase "SELECT DISTINCT tags FROM sessions" >out
says "by the name of the list" out blacklist:all
code 4 "--strict refuses the bad entry" "$FB" lists apply a.fbcase all.txt --strict
code 0 "a list of text becomes JSON" "$FB" lists import all.txt --as mine -o mine.json
says "with its entries" mine.json '"0.0.0.0/0"'
code 0 "an address is looked up" "$FB" lists match 192.0.2.7 all.txt
says "with entry and line" out "0.0.0.0/0 (resp, line 2"

echo secret >pass
code 0 "a key is made" "$FB" lists keygen k --name tester --passphrase-file pass
code 0 "a list is signed" "$FB" lists sign w.json --key k --passphrase-file pass -o signed.json
code 0 "and verified" "$FB" lists verify signed.json --key k.pub
code 5 "not without the key" "$FB" lists verify signed.json
code 5 "an unsigned list has nothing to verify" "$FB" lists verify w.json
code 5 "and is refused where a signature is required" "$FB" lists apply a.fbcase w.json --require-signature --key k.pub
sed s/office/offices/ signed.json >forged.json
code 5 "a changed list is refused" "$FB" lists apply a.fbcase forged.json --key k.pub
code 0 "a signed one is taken" "$FB" lists apply a.fbcase signed.json --require-signature --key k.pub
"$FB" lists make a.fbcase --as office --date 2024-01-01 -o old.json 2>err
"$FB" lists sign old.json --key k --passphrase-file pass -o old.signed.json
code 5 "an older one is a roll-back" "$FB" lists apply a.fbcase old.signed.json --require-signature --key k.pub
code 0 "which can be allowed" "$FB" lists apply a.fbcase old.signed.json --require-signature --key k.pub --allow-rollback

code 0 "a row becomes an entry" "$FB" suppress add a.fbcase --from-session 1 --reason "backup" -o s.json
says "with the reason" s.json "backup (session 1"
code 0 "the entry is a list" "$FB" lists check s.json
code 4 "a session that is not there is said" "$FB" suppress add a.fbcase --from-session 99 --reason x
finish
