#!/bin/sh
# Lists as their user meets them: warnings, tags that come and go, what a verdict keeps, lists out of lists, who signed.
. "$(dirname "$0")/lib.sh"
HOME=$WORK
export HOME
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase

# What check says.
echo '{"date":"soon","whitelists":[{"name":"all","endpoints":[{"port":1},{"description":"oops"}]}]}' >all.json
code 0 "a list that lets everything through is a list" "$FB" lists check all.json
says "which is warned of" err 'warning: endpoint 1 of "all" states nothing and matches everything'
says "as is a date that is none" err '"soon" is no date'
echo '{"date":"2024-01-01","whitelists":[{"name":"w","endpoints":[{"port":1}]}]}' >fine.json
code 0 "of a list without such things" "$FB" lists check fine.json
silent "nothing is said" err
code 0 "lists of any form are checked together" "$FB" lists check --json fine.json all.json
says "as JSON" out '"form":"whitelist JSON"'

# Rules that no capture can meet.
echo '{"whitelists":[{"name":"p","endpoints":[{"process":"curl","port":80},{"as_number":64500}]}]}' >process.json
code 0 "rules about processes and owners" "$FB" lists apply a.fbcase process.json --dry-run --exceptions
says "are said to match nothing: nobody knows the process" err "1 of 2 endpoints name a process; captures do not say"
says "and without a pack nobody knows the owner" err "1 of 2 endpoints name owners"
says "each exception says so too" out "p[0]: process (not known)"
code 0 "a process that is given is looked at" "$FB" lists match 192.0.2.1 --port 80 --process CURL process.json
says "and matches" out "conforming: p[0] by port"
code 0 "another one" "$FB" lists match 192.0.2.1 --port 80 --process wget process.json
check "does not, which is not the same as not known" grep -qx "nearest p.0.: process" out

# Tags come and go with their lists.
"$FB" tag a.fbcase 5 +mine >out
printf '# of mine\n198.51.100.2\nnonsense!\n' >one.txt
echo '{"date":"2024-02-03","blacklists":[{"name":"two","last_updated":"x","ip_ranges":["192.0.2.0/24"]}]}' >two.json
tags() { "$FB" sql a.fbcase "SELECT number, tags FROM sessions WHERE tags IS NOT NULL" --csv; }
code 0 "a list is applied" "$FB" lists apply a.fbcase one.txt
first=$(sed -n 's/^kept  *in run //p' out)
says "the result counts what could not be read" out "skipped         1 entries that could not be read"
tags >out
says "its tag stands beside that of the examiner" out '5,"blacklist:one,mine"'
"$FB" sql a.fbcase "SELECT params FROM custody WHERE what = 'lists-apply'" >out
says "what was skipped is on record" out '"skipped":1'
says "with the digest of the file" out "$(sha256sum one.txt | cut -d' ' -f1)"
code 0 "another list is added" "$FB" lists apply a.fbcase --add two.json
says "and the first still judges" out "blacklist       one: 1"
says "beside it" out "blacklist       two: 4"
says "the difference is told" out "changed         4 verdicts"
"$FB" show a.fbcase 2 >out
says "a match keeps entry, line, date and digest" out "192.0.2.0/24 (resp, line 1, 2024-02-03, sha256 $(sha256sum two.json | cut -d' ' -f1))"
code 0 "lists that are named are all that judge" "$FB" lists apply a.fbcase two.json
tags >out
check "so that the tag of the other goes" sh -c '! grep -q blacklist:one out'
says "and nobody else's" out "5,mine"
code 0 "what was added goes on with --add alone" "$FB" lists apply a.fbcase --add
says "without a change" out "changed         0 verdicts"
echo >>two.json
code 5 "a list that is another by now is not taken for the one before" "$FB" lists apply a.fbcase --add one.txt
says "which is told" err "two.json: not what it was when it was applied"
check "in one line" test "$(grep -c two.json err)" -eq 1
code 0 "until it is named" "$FB" lists apply a.fbcase --add two.json one.txt
code 2 "a capture has no layer to add to" "$FB" lists apply a.pcap --add one.txt

# Layers stay readable.
"$FB" sessions a.fbcase --as-of "$first" --csv --columns number,tags >out
says "the first layer is there still" out '5,"blacklist:one,mine"'
check "and knows nothing of the second" sh -c '! grep -q blacklist:two out'
"$FB" sessions a.fbcase --csv --columns number,tags >out
says "as is the newest" out '5,"blacklist:one,mine"'
says "with both" out '2,blacklist:two'
code 0 "the case verifies with all its layers" "$FB" verify a.fbcase --evidence a.pcap

# Scope.
echo '{"whitelists":[{"name":"none","endpoints":[{"port":9,"protocol":"UDP"}]}]}' >none.json
code 1 "the whole case is judged" "$FB" lists apply a.fbcase none.json --dry-run --fail-on nonconforming
says "session by session" out "nonconforming   6"
code 0 "what stays inside is none of egress" "$FB" lists match 10.0.0.9 --scope egress none.json
says "and not judged" out "unknown"
code 0 "what leaves" "$FB" lists match 9.9.9.9 --scope egress none.json
says "is" out "nonconforming"

code 0 "of a case" "$FB" lists apply a.fbcase none.json --dry-run --scope egress
says "what leaves is judged" out "nonconforming   4"
says "and what stays is not" out "unknown         2"
code 0 "which networks are local can be said" "$FB" lists apply a.fbcase none.json --dry-run --scope egress --local 198.51.100.1,10.0.0.0/8
says "so that one more leaves" out "nonconforming   5"
code 0 "or one that seemed to leave" "$FB" lists apply a.fbcase none.json --dry-run --scope egress --local 10.0.0.0/8,192.0.2.0/24
says "stays" out "nonconforming   0"
code 2 "what is no network" "$FB" lists apply a.fbcase none.json --dry-run --scope egress --local 10.0.0.0/40
# A network of addresses that are nobody's private ones: who sends ARP there lives there.
cat >lan.fbx <<'X'
host a 203.0.113.5 mac 02:00:00:00:00:05
host b 203.0.113.9 mac 02:00:00:00:00:09
host c 9.9.9.9 mac 02:00:00:00:00:09
frame ffffffffffff02000000000508060001080006040001020000000005cb007105000000000000cb007109
frame 02000000000502000000000908060001080006040002020000000009cb007109020000000005cb007105
session udp a:40000 > b:7000
  > "x"
  < "y"
  expect history=Dd conn_state=SF
session udp a:40001 > c:7000
  > "x"
  < "y"
  expect history=Dd conn_state=SF
X
"$FBFIXTURE" write lan.fbx lan.pcap >out.fixture
code 0 "egress of a network that the evidence shows" "$FB" lists apply lan.pcap none.json --scope egress
says "is what leaves it" out "nonconforming   1"
says "alone" out "unknown         1"

"$FB" lists make lan.pcap --scope egress >out 2>err
says "a list of what leaves" out '"9.9.9.9"'
check "has nothing that stays" sh -c '! grep -q 203.0.113.9 out'
code 2 "local networks mean nothing without a scope" "$FB" lists make lan.pcap --local 10.0.0.0/8
code 2 "nor where lists are only read" "$FB" lists check none.json --scope egress

# Lists out of lists.
echo '{"date":"2024-01-05","whitelists":[{"name":"w","endpoints":[{"port":2},{"port":1}]}]}' >other.json
code 0 "two lists become one" "$FB" lists merge fine.json other.json -o merged.json
"$FB" lists show merged.json >out
check "with every endpoint once" test "$(grep -c endpoint out)" -eq 2
says "and the newest date" merged.json '"date": "2024-01-05"'
code 2 "a blacklist does not go with them" "$FB" lists merge fine.json one.txt
code 0 "what two lists do not share" "$FB" lists diff fine.json merged.json
says "is told" out '+ w  {"port": 2}'
says "in percent" out "1 of 2 entries differ: 50.00 %"
code 0 "equal lists" "$FB" lists diff merged.json merged.json --json
says "do not differ" out '{"different":0,"of":2,"percent":0.00}'
"$FB" lists make a.fbcase --as office -o office.json 2>err
code 0 "how often each entry decided" "$FB" lists unused a.fbcase office.json one.txt fine.json --all
says "is counted for endpoints" out "1  office[0]"
says "and for blacklists" out "1  one"
code 0 "only what was not needed" "$FB" lists unused a.fbcase office.json fine.json
says "is listed otherwise" out "w[0]"
check "alone" sh -c '! grep -q office out'
printf '0.0.0.0 ads.example\n' >hosts.txt
code 0 "a hosts file becomes JSON" "$FB" lists import hosts.txt --as ads -o ads.json
says "with its names" ads.json '"ads.example"'
code 0 "the built-in whitelist is shown" "$FB" lists show --builtin
says "and has what networks need" out "NTP"

# Who signed.
echo secret >pass
for k in k other; do "$FB" lists keygen $k --name $k --passphrase-file pass >out; done
mkdir keys
cp k.pub keys/
"$FB" lists sign fine.json --key k --passphrase-file pass -o signed.json
code 0 "a key of a folder is trusted" "$FB" lists apply a.fbcase signed.json --require-signature --keys keys --dry-run
"$FB" lists sign fine.json --key other --passphrase-file pass -o foreign.json
code 5 "one that is not there is not" "$FB" lists apply a.fbcase foreign.json --require-signature --keys keys --dry-run
says "which is one line" err "which is not trusted"
echo '{"whitelists":[{"name":"w"}]}' >undated.json
"$FB" lists sign undated.json --key k --passphrase-file pass -o undated.signed.json
code 5 "a list without a date does not take the place of one that had a date" "$FB" lists check --keys keys undated.signed.json
says "which is told" err "has no date, and one of 2024-01-01 was accepted before"
sed 's/"w"/"new"/' undated.json >new.json
"$FB" lists sign new.json --key k --passphrase-file pass -o new.signed.json
code 0 "where there was none, it is signed and that is enough" "$FB" lists check --require-signature --keys keys new.signed.json
sha=$(printf '{"date": "x", "signature": "", "whitelists": []}' | sha256sum | cut -d' ' -f1)
echo "{\"whitelists\":[],\"signature\":\"$sha\",\"date\":\"x\"}" >old.json
code 0 "the older form" "$FB" lists verify old.json
says "proves that a list is whole, not whose it is" out "who made it is not proven"
code 5 "so it is no signature where one is required" "$FB" lists check old.json --require-signature --keys keys
if command -v minisign >/dev/null; then
    printf '\n\n' | minisign -G -p m.pub -s m.key -W >out 2>&1
    minisign -S -s m.key -m one.txt >out 2>&1
    code 0 "minisign's own file beside a list of any form is checked" "$FB" lists verify one.txt --key m.pub
    says "and good" out "good signature"
    code 0 "which is a signature" "$FB" lists check one.txt --key m.pub --require-signature
    sed 's/timestamp:[0-9]*/timestamp:1/' one.txt.minisig >x && cp one.txt.minisig good && cp x one.txt.minisig
    code 5 "its comment is signed as well" "$FB" lists verify one.txt --key m.pub
    minisign -S -s m.key -m one.txt -t 'timestamp:1500000000' >out 2>&1
    code 5 "an older one is a roll-back" "$FB" lists check one.txt --key m.pub
    says "by what it says" err "is of 2017-07-14, older than"
    cp good one.txt.minisig
    echo 192.0.2.9 >>one.txt
    code 5 "a changed list is refused" "$FB" lists verify one.txt --key m.pub
else
    echo "skipped: no minisign"
fi

# Rows into lists.
code 0 "a row is suppressed in a list that is there" "$FB" suppress add a.fbcase --from-session 2 --reason "known" --list fine.json --as w -o fine2.json
"$FB" lists show fine2.json >out
check "beside what was in it" test "$(grep -c endpoint out)" -eq 2
says "with the reason" out "known (session 2"
for verb in ingest "lists apply" findings score; do
    # shellcheck disable=SC2086
    "$FB" $verb --help >out
    says "$verb --help has exit code 1" out "xit code 1"
done
finish
