#!/bin/sh
# Why a session has its score, in words and numbers.
. "$(dirname "$0")/lib.sh"
. "$STORIES/score_lib.sh"
talk a 1 300 "$(odd 150)"
"$FB" ingest -q a.pcap -o a.fbcase
odd=$("$FB" sessions a.fbcase --json | grep '"id.orig_p":999,' | sed 's/{"number":\([0-9]*\),.*/\1/')
uid=$("$FB" sessions a.fbcase --json | grep '"id.orig_p":999,' | sed 's/.*"uid":"\([^"]*\)".*/\1/')
code 0 "an abnormal session is explained" "$FB" explain a.fbcase "$odd"
cp out want
says "by which it is" out "session $odd  udp 10.0.0.2:999 > 192.0.2.10:6000  $uid"
says "how unusual it is" out "abnormal: more anomalous than 99."
check "what is high, and what is normal" grep -qE '^ +[0-9]+\.[0-9] %  total_bytes 85\.6 kB is high \(normal [0-9]+' out
says "and what to look at next" out "fbforensics show a.fbcase $odd"
code 0 "a uid serves too" "$FB" explain a.fbcase "$uid"
same "equally" want out
code 0 "all features can be had" "$FB" explain a.fbcase "$odd" --all
check "twelve of them" test "$(grep -cE '^ +[0-9]+\.[0-9] %  ' out)" -eq 12
code 0 "as JSON" "$FB" explain a.fbcase "$odd" --json
check "the shares add up" python3 -c '
import json
e = json.load(open("out"))
assert e["anomaly"] == "abnormal" and len(e["features"]) == 12
assert sum(f["share_ppm"] for f in e["features"]) == 1000000
assert [f["share_ppm"] for f in e["features"]] == sorted((f["share_ppm"] for f in e["features"]), reverse=True)
for f in e["features"]:
    if "normal_high" in f and f["value"] > f["normal_high"]: assert f["direction"] == "high", f
'
"$FB" sql a.fbcase "select explained from explanation where number=$odd" --csv | tail -1 | tr -d '\r' | sed 's/^"//; s/"$//; s/""/"/g' >kept
sed 's/.*"features":\(\[.*\]\)}$/\1/' out >now
same "it is what the case keeps" kept now
normal=$("$FB" sessions a.fbcase --anomaly normal --columns number --csv | sed -n 2p | tr -d '\r')
code 0 "a normal session is explained, too" "$FB" explain a.fbcase "$normal"
says "as such" out "normal: more anomalous than"
"$FB" train a.fbcase -o a.fbmodel >/dev/null
code 0 "by a model file" "$FB" explain a.fbcase "$odd" --model a.fbmodel
same "it is the same" want out
code 0 "out of a capture" "$FB" explain a.pcap "$odd"
sed 's/a\.pcap/a.fbcase/' out >got
same "as well" want got
code 4 "a session that is not there" "$FB" explain a.fbcase 99999
"$FB" ingest -q a.pcap -o bare.fbcase --no-model
code 4 "a case without scores explains nothing" "$FB" explain bare.fbcase 1
says "and says what to do" err "fbforensics score"
code 2 "a session is needed" "$FB" explain a.fbcase
finish
