#!/bin/sh
# A case at rest, encrypted: for a passphrase, for recipients, read as it is, and not read when it was touched.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase
echo 'correct horse' >pass
echo 'wrong horse' >wrong
code 0 "a case is encrypted under a passphrase" "$FB" encrypt a.fbcase -o a.fbenc --passphrase-file pass
code 2 "and not written over an existing file" "$FB" encrypt a.fbcase -o a.fbenc --passphrase-file pass
check "nothing of it is clear text" sh -c '! grep -q "SQLite format\|CREATE TABLE" a.fbenc'
code 0 "it is decrypted" "$FB" decrypt a.fbenc -o back.fbcase --passphrase-file pass
same "to the same bytes" a.fbcase back.fbcase
check "which only the owner can read" test "$(stat -c %a back.fbcase)" = 600
code 5 "the wrong passphrase opens nothing" "$FB" decrypt a.fbenc -o wrong.fbcase --passphrase-file wrong
says "and says so" err "passphrase is wrong"
check "and leaves no file" test ! -e wrong.fbcase
code 2 "without a passphrase or terminal there is one sentence" setsid "$FB" info a.fbenc
says "which names the option" err "--passphrase-file"

mkdir -m 755 look && cp a.fbenc look/ && chmod 555 look
for verb in "info" "info --json" "sessions --csv" "packets --list --csv" "sql" "export --format zeek-tsv"; do
    tail=
    case $verb in packets*) tail=1-3 ;; sql) tail="SELECT * FROM sessions" ;; esac
    "$FB" $verb a.fbcase ${tail:+"$tail"} >want 2>/dev/null
    code 0 "$verb reads it" "$FB" $verb look/a.fbenc ${tail:+"$tail"} --passphrase-file pass
    same "as it reads the case" want out
done
"$FB" show a.fbcase 2 | grep -v "cut out" >want
"$FB" show look/a.fbenc 2 --passphrase-file pass | grep -v "cut out" >out
same "show reads it as it reads the case" want out
code 0 "verify checks it as it is" "$FB" verify look/a.fbenc --passphrase-file pass
says "and names the sidecar that it cannot have" out "an encrypted case stands alone"
code 0 "the passphrase may come from the environment" env FB_PASSPHRASE="correct horse" "$FB" verify look/a.fbenc
code 0 "verify finds the evidence of it" "$FB" verify look/a.fbenc --passphrase-file pass --evidence a.pcap
code 5 "the wrong passphrase verifies nothing" "$FB" verify look/a.fbenc --passphrase-file wrong
code 0 "replay reads it" "$FB" replay look/a.fbenc --passphrase-file pass --evidence a.pcap
code 0 "diff reads it" "$FB" diff look/a.fbenc a.fbcase --passphrase-file pass
code 0 "merge reads it" "$FB" merge look/a.fbenc -o merged.fbcase --passphrase-file pass
chmod 755 look
check "nothing was written beside it" test "$(ls look)" = a.fbenc

code 0 "a key pair is made" "$FB" encrypt --new-key anna
"$FB" encrypt --new-key boris >boris.out
"$FB" encrypt --new-key carl >/dev/null
check "whose secret half only the owner can read" test "$(stat -c %a anna)" = 600
boris=$(sed 's/.* //' boris.out)
code 0 "a case is encrypted for two recipients" "$FB" encrypt a.fbcase -o two.fbenc -r anna.pub -r "$boris"
for who in anna boris; do
    code 0 "$who opens it" "$FB" sessions --csv two.fbenc --identity $who
    "$FB" sessions --csv a.fbcase >want
    same "and sees the sessions" want out
done
code 5 "somebody else does not" "$FB" info two.fbenc --identity carl
code 4 "a public key is no secret key" "$FB" info two.fbenc --identity anna.pub
code 0 "a passphrase may stand beside recipients" "$FB" encrypt a.fbcase -o both.fbenc -r anna.pub --passphrase-file pass
code 0 "and opens it" "$FB" decrypt both.fbenc -o both.fbcase --passphrase-file pass
code 0 "as the key does" "$FB" info both.fbenc --identity anna

size=$(stat -c %s two.fbenc)
for n in 1 10 15 16 40 200 $((size - 1)) $((size - 17)); do
    head -c $n two.fbenc >cut.fbenc
    "$FB" decrypt cut.fbenc -o cut.fbcase --identity anna >out 2>err
    check "cut to $n of $size bytes it is refused" test $? -ge 4 -a ! -e cut.fbcase
done
{ cat two.fbenc; echo; } >long.fbenc
code 5 "bytes behind the end are noticed" "$FB" decrypt long.fbenc -o long.fbcase --identity anna
check "and leave no file" test ! -e long.fbcase
for at in 9 13 20 60 100 200 250 $((size / 2)) $((size - 1)); do
    cp two.fbenc bad.fbenc
    byte=$(od -An -tu1 -j $at -N 1 bad.fbenc)
    printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of=bad.fbenc bs=1 seek=$at conv=notrunc 2>/dev/null
    "$FB" info bad.fbenc --identity anna >out 2>err
    check "a changed byte at $at is noticed" test $? -ge 4
done
finish
