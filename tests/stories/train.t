#!/bin/sh
# Models out of cases and captures: one digest whatever the order and the partition; files, signatures, differences.
. "$(dirname "$0")/lib.sh"
. "$STORIES/score_lib.sh"
talk whole 1 400
talk one 1 100
talk two 101 230
talk three 231 280
talk four 281 400
for n in whole one two three four; do "$FB" ingest -q $n.pcap -o $n.fbcase --no-model; done
trained() { "$FB" train "$@" --json | sed 's/.*"model_digest":"\([0-9a-f]*\)".*/\1/'; }
want=$(trained whole.fbcase -o whole.fbmodel)
check "a case gives a model" test ${#want} -eq 64
check "the same case in four gives the same one" test "$(trained one.fbcase two.fbcase three.fbcase four.fbcase -o m2)" = "$want"
check "in another order too" test "$(trained four.fbcase two.fbcase one.fbcase three.fbcase -o m3)" = "$want"
check "and from captures" test "$(trained whole.pcap -o m4)" = "$want"
check "and from cases and captures" test "$(trained three.pcap one.fbcase four.pcap two.fbcase -o m5)" = "$want"
cp whole.fbcase black0.fbcase
for n in 2 4; do check "and with $n threads" test "$(trained whole.fbcase --threads $n -o m.$n)" = "$want"; done
"$FB" ingest -q whole.pcap -o scored.fbcase
check "ingest trains the same one" test "$(model scored.fbcase)" = "$want"
"$FB" merge one.fbcase four.fbcase three.fbcase two.fbcase -o merged.fbcase >/dev/null
check "a merged case is scored with the same one" test "$(model merged.fbcase)" = "$want"
check "and has the scores of the whole" test "$(table merged.fbcase score)" = "$(table scored.fbcase score)"
"$FB" merge one.fbcase two.fbcase -o bare.fbcase --no-model >/dev/null
check "unless nobody wants them" test -z "$(model bare.fbcase)"

code 0 "what a model is" "$FB" model info whole.fbmodel
says "says its digest" out "model           $want"
says "and what it was trained on" out "trained on      400 of 400 sessions"
says "and what is normal" out "normal range    the middle 98 % of training"
code 0 "as JSON" "$FB" model info whole.fbmodel --json
says "too" out "\"model_digest\":\"$want\",\"trees\":200,\"tree_rows\":256,\"extension\":11,\"seed\":1"
code 0 "also of a case" "$FB" model info scored.fbcase
says "which keeps it" out "model           $want"
code 4 "a case without scores has none" "$FB" model info whole.fbcase
code 0 "models can be verified" "$FB" model verify whole.fbmodel
says "unsigned" out "not checked  signature"
echo horse >pw
"$FB" seal --new-key key --name Alice --passphrase-file pw >/dev/null
"$FB" seal --new-key other --passphrase-file pw >/dev/null
check "a signed one has the same digest" test "$(trained whole.fbcase -o signed.fbmodel --key key --passphrase-file pw --note 'a note')" = "$want"
code 0 "it verifies with its key" "$FB" model verify signed.fbmodel --key key.pub
says "by name" out 'by "Alice"'
code 5 "not with another" "$FB" model verify signed.fbmodel --key other.pub
code 5 "and what is not signed not with any" "$FB" model verify whole.fbmodel --key key.pub
printf '\377' | dd of=signed.fbmodel bs=1 seek=3000 conv=notrunc 2>/dev/null
code 4 "a changed byte is found" "$FB" model verify signed.fbmodel
head -c 1000 whole.fbmodel >cut.fbmodel
code 4 "half a model is none" "$FB" model info cut.fbmodel

code 0 "two models are compared" "$FB" model diff whole.fbmodel m2
says "equal" out "equal: one model, $want"
"$FB" train whole.fbcase -o seeded --seed 2 --trees 50 >/dev/null
code 0 "or different" "$FB" model diff whole.fbmodel seeded
says "by parameter" out "trees                       200 -> 50"
says "all of them" out "seed                        1 -> 2"
code 0 "as JSON" "$FB" model diff whole.fbmodel seeded --json
says "with both values" out '"equal":false,"parameters":{"trees":[200,50],"seed":[1,2]}'
code 0 "the published splits can be had for comparisons" "$FB" train whole.fbcase -o paper.fbmodel --paper
code 0 "a model says so" "$FB" model info paper.fbmodel
says "in its forest" out "extension 11, seed 1, splits as published"
code 0 "and differs" "$FB" model diff whole.fbmodel paper.fbmodel
says "by that" out "split                       1 -> 2"
code 0 "it scores" "$FB" score black0.fbcase --model paper.fbmodel
says "as any other" out "(given)"
code 0 "and can be scored again" "$FB" replay black0.fbcase
code 4 "too few sessions give no model" "$FB" train three.fbcase -o few.fbmodel
says "with the reason" err "50 distinct sessions to learn from, and at least 100 are needed"
check "and no file" test ! -e few.fbmodel
code 0 "fewer can be allowed" "$FB" train three.fbcase -o few.fbmodel --min-distinct 20
code 2 "a percentile lies between 0 and 100" "$FB" train whole.fbcase -o x --abnormal 100
code 2 "the two are in order" "$FB" train whole.fbcase -o x --abnormal 90
code 2 "there are at most eleven extensions" "$FB" train whole.fbcase -o x --extension 12
code 2 "a model needs a file" "$FB" train whole.fbcase

# Sessions of a blacklist are not learnt from.
cp whole.fbcase black.fbcase
echo 10.0.0.2 >black.txt
code 0 "a blacklist is applied" "$FB" lists apply black.fbcase black.txt --match-local
code 0 "what it matches is left out of training" "$FB" train black.fbcase -o black.fbmodel
says "which is told" out "left out        133 sessions that a blacklist matches"
check "unless that is asked for" test "$(trained black.fbcase -o black2 --with-blacklisted)" = "$want"
finish
