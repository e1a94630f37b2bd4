#!/bin/sh
# A case is annotated, sealed, signed by two people and verified; what is altered is named.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
echo correct >pw
echo wrong >bad

code 0 "a key pair is made" "$FB" seal --new-key alice.key --name 'Alice Doe' --passphrase-file pw
check "the secret half is for its owner alone" test "$(stat -c %a alice.key)" = 600
code 2 "a key is never overwritten" "$FB" seal --new-key alice.key --passphrase-file pw
FB_PASSPHRASE=correct code 0 "the passphrase may come from the environment" "$FB" seal --new-key bob.key --name Bob

before=$(digest a.fbcase)
code 0 "a note on a session" "$FB" note a.fbcase 1 'first contact' --examiner 'Alice Doe'
code 0 "tags and a verdict" "$FB" tag a.fbcase 2 +beacon +exfil --verdict malicious
code 0 "a tag is taken away" "$FB" tag a.fbcase 2 -exfil
code 0 "a note on a host" "$FB" note a.fbcase host:10.0.0.1 'the printer'
code 4 "a host that is in no session is refused" "$FB" note a.fbcase host:203.0.113.77 x
code 4 "a session that is not there is refused" "$FB" note a.fbcase 99 x
code 2 "a tag with a space is refused" "$FB" tag a.fbcase 2 '+a b'
code 2 "a verdict that is none is refused" "$FB" tag a.fbcase 2 --verdict maybe
code 0 "sessions show their tags" "$FB" sessions a.fbcase --columns number,tags --csv
says "the tag that is left" out "2,beacon"
check "the one that was taken away is gone" sh -c '! grep -q exfil out'
code 0 "an older state can be asked for" "$FB" sessions a.fbcase --columns number,tags --csv --as-of 5
says "there both tags stand" out '2,"beacon,exfil"'
code 0 "show knows tags too" "$FB" show a.fbcase 2
says "of the session" out beacon
code 0 "notes lists what was written" "$FB" notes a.fbcase --json
says "with its author" out '"author":"Alice Doe","what":"note","id":1,"on":"session","target":1,"text":"first contact"'
check "in four rows" test "$(wc -l <out)" -eq 4
code 0 "SQL has every row" "$FB" sql a.fbcase --csv "SELECT count(*) FROM tag"
says "also what was taken away" out 3
code 0 "a note is removed by a new row" "$FB" note a.fbcase --remove 1
code 4 "only once" "$FB" note a.fbcase --remove 1
check "the case digest does not change by all that" test "$before" = "$(digest a.fbcase)"
code 0 "an unsealed case verifies" "$FB" verify a.fbcase
says "its seal is not checked" out "not checked  file"

code 2 "a wrong passphrase seals nothing" "$FB" seal a.fbcase --key alice.key --passphrase-file bad
code 2 "sealing needs a key" "$FB" seal a.fbcase
code 0 "the case is sealed" "$FB" seal a.fbcase --key alice.key --passphrase-file pw --title 'Small' --examiner 'Alice Doe'
check "it cannot be written" test "$(stat -c %a a.fbcase)" = 444
sha256sum a.fbcase >sealed.sum
code 2 "it is not sealed twice by the same key" "$FB" seal a.fbcase --key alice.key --passphrase-file pw
code 0 "somebody else may sign as well" "$FB" seal a.fbcase --key bob.key --passphrase-file pw
code 0 "a later note goes to the sidecar" "$FB" note a.fbcase 3 'seen again'
check "which lies beside the case" test -f a.fbnotes
code 0 "every verb finds it" "$FB" notes a.fbcase
says "by itself" out "seen again"
check "the sealed file is untouched" sha256sum -c sealed.sum
code 2 "ingest does not replace a sealed case" "$FB" ingest -q --force a.pcap -o a.fbcase
code 0 "case, both signatures and evidence verify" "$FB" verify a.fbcase --key alice.key.pub --key bob.key.pub --evidence .
check "both keys are known" test "$(grep -c 'a key that was given' out)" -eq 2
says "the evidence is compared" out "ok           evidence   a.pcap"
code 0 "unknown keys are reported as such" "$FB" verify a.fbcase
check "one line each" test "$(grep -c 'unknown key' out)" -eq 2
code 0 "as JSON" "$FB" verify a.fbcase --json
says "in one object" out '"ok":true,"first_broken":null}'
if command -v python3 >/dev/null; then check "the JSON is JSON" python3 -c 'import json; json.load(open("out"))'; fi

mkdir moved
cp a.pcap moved/other.pcap
printf '\377' | dd of=moved/other.pcap bs=1 seek=100 conv=notrunc 2>/dev/null
mv a.pcap kept
code 5 "evidence that is not there fails" "$FB" verify a.fbcase --evidence moved
says "and is named" err "evidence"
mv kept moved/renamed
code 0 "moved and renamed evidence is found by its digest" "$FB" verify a.fbcase --evidence moved

cp a.fbcase b.fbcase
chmod 644 b.fbcase
printf '\001' | dd of=b.fbcase bs=1 seek=30000 conv=notrunc 2>/dev/null
code 5 "one byte that changes is noticed" "$FB" verify b.fbcase
says "and the first broken link named" err "first broken link"
code 5 "as JSON too" "$FB" verify b.fbcase --json
says "with the broken link" out '"first_broken":"'
code 5 "and a quick look notices it" "$FB" verify b.fbcase --quick
code 0 "which finds nothing wrong with the case itself" "$FB" verify a.fbcase --quick
says "and says what it leaves out" out "rows were not decoded"
rm b.fbcase
"$FB" ingest -q moved/renamed -o b.fbcase
cp a.fbnotes b.fbnotes
code 5 "a sidecar of another case is refused" "$FB" sessions b.fbcase
says "with a reason" err "sidecar"
code 5 "verify says so" "$FB" verify b.fbcase
says "too" out "FAILED       sidecar"
printf nonsense >c.fbcase
code 4 "what is no case is not verified" "$FB" verify c.fbcase
finish
