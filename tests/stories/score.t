#!/bin/sh
# Scores of a case: made by ingest, made again, kept in layers, beside a sealed case, compared on replay.
. "$(dirname "$0")/lib.sh"
. "$STORIES/score_lib.sh"
talk a 1 300 "$(odd 150)"
code 0 "ingest scores what it reads" "$FB" ingest a.pcap -o a.fbcase
says "it says how many are abnormal" out "anomaly         "
says "and what to look at first" out ". anomaly ("
says "with the reason" out "unlike the others"
"$FB" info a.fbcase >info
grep -E '^(model|anomaly|findings) ' out >want
grep -E '^(model|anomaly|findings) ' info >got
same "info says the same" want got
odd=$("$FB" sessions a.fbcase --json | grep '"id.orig_p":999,' | sed 's/{"number":\([0-9]*\),.*/\1/')
next=$("$FB" findings a.fbcase --json | sed -n 's/.*"kind":"anomaly".*"next":"fbforensics \([^"]*\)".*/\1/p' | head -1)
check "the command to type next explains the oddest session" test "$next" = "explain a.fbcase $odd"
code 0 "and works" "$FB" $next
says "by its features" out "%"
code 0 "sessions have their level as a tag" "$FB" sessions a.fbcase --anomaly abnormal --columns number,tags --csv
says "the odd one is abnormal" out "$odd,anomaly:abnormal"
check "few are" test "$(wc -l <out)" -le 3
"$FB" sessions a.fbcase --anomaly normal --columns number --csv >normal
"$FB" sessions a.fbcase --anomaly suspicious --columns number --csv >above
check "each session has one level" test $(($(wc -l <normal) + $(wc -l <above) - 2)) -eq 301
code 0 "scores can be asked in SQL" "$FB" sql a.fbcase "select number from score order by depth_q24 limit 1" --csv
says "the odd one is the oddest" out "$odd"
code 0 "beside the sessions too" "$FB" sql a.fbcase "select number from sessions where anomaly='abnormal' and score>=(select max(score) from sessions)" --csv
says "as columns" out "$odd"
"$FB" tag a.fbcase "$odd" +mine >/dev/null
"$FB" sessions a.fbcase --columns number,tags --csv >out
says "tags of others stay" out "$odd,\"anomaly:abnormal,mine\""
code 0 "it has the custody record" "$FB" sql a.fbcase "select count(*) from custody where what='score'" --csv
says "of one scoring" out 1
code 0 "the case verifies" "$FB" verify a.fbcase --evidence a.pcap

# The same whatever the threads, and from a capture.
for n in 1 2 4; do
    "$FB" ingest -q a.pcap -o t$n.fbcase --threads $n
    for t in score explanation findings; do
        check "$n threads give the same $t" test "$(table t$n.fbcase $t)" = "$(table a.fbcase $t)"
    done
done
"$FB" info a.pcap >cap
check "a capture is scored too" test "$(sed -n 's/^model *//p' cap)" = "$(sed -n 's/^model *//p' info)"
code 0 "unless nobody wants that" "$FB" info a.pcap --no-model
check "then there is no model" sh -c '! grep -q "^model" out'
code 2 "a case is not scored by the way" "$FB" sessions a.fbcase --no-model

# Layers.
code 0 "a case is scored again" "$FB" score a.fbcase --suspicious 80 --abnormal 90
says "by other percentiles" out "anomaly         30 abnormal, 30 suspicious, 241 normal"
says "which info shows now" info "model"
"$FB" sessions a.fbcase --anomaly abnormal --columns number --csv >now
"$FB" sessions a.fbcase --anomaly abnormal --columns number --csv --as-of 2 >before
check "the newest counts" test "$(wc -l <now)" -eq 31
check "an older one can be seen" test "$(wc -l <before)" -lt 10
check "both are there" test "$(table a.fbcase score)" != "$(table t1.fbcase score)"
code 0 "findings can be seen as they were" "$FB" findings a.fbcase --as-of 2 --json
cp out before
"$FB" findings t1.fbcase --json | sed 's/t1\.fbcase/a.fbcase/g' >want
same "all of them" want before
code 0 "with other thresholds they are made anew" "$FB" findings t1.fbcase --json --set scan_ports=50
"$FB" findings t1.fbcase --json --set scan_ports=50 | sed 's/t1\.fbcase/a.fbcase/g' >anew
same "with the forest's anomalies" want anew
code 1 "abnormal sessions can fail a script" "$FB" score t1.fbcase --fail-on abnormal
code 1 "findings as well" "$FB" findings t1.fbcase --fail-on low
code 0 "not what is less" "$FB" findings t1.fbcase --fail-on critical
code 1 "ingest too" "$FB" ingest -q a.pcap -o fail.fbcase --fail-on suspicious
check "with the case kept" test -e fail.fbcase
code 2 "not without scores" "$FB" ingest -q a.pcap -o x.fbcase --no-model --fail-on abnormal

# A given model; drift.
talk b 1000 1250
"$FB" train b.pcap -o b.fbmodel >/dev/null
code 0 "a case is scored by a model from elsewhere" "$FB" score t2.fbcase --model b.fbmodel
says "which is told" out "(given)"
check "the like is no drift" sh -c '! grep -q "^drift" out'
code 2 "which is trained already" "$FB" score t2.fbcase --model b.fbmodel --trees 10
"$FBFIXTURE" random --seed 3 --sessions 150 --out foreign.pcap --format pcap >/dev/null
code 0 "what is unlike the training" "$FB" ingest foreign.pcap -o foreign.fbcase --model b.fbmodel
says "is warned of" out "drift           warning: these sessions are unlike those the model was trained on"
says "by feature" out "moved by"
"$FB" info --json foreign.fbcase >out
says "in JSON too" out '"drift":["'
code 4 "a model that is none stops it before anything is read" "$FB" ingest a.pcap -o none.fbcase --model a.pcap
check "and leaves nothing" test ! -e none.fbcase
"$FBFIXTURE" write "$STORIES/small.fbx" small.pcap >/dev/null
code 0 "a small capture is ingested" "$FB" ingest small.pcap -o small.fbcase
says "without scores, and the reason" out "none, so no scores: 6 distinct sessions to learn from, and at least 100 are needed"
code 0 "but for those of a given model" "$FB" score small.fbcase --model b.fbmodel
says "all of them" out "anomaly         "

# Sealed.
echo horse >pw
"$FB" seal --new-key key --passphrase-file pw >/dev/null
"$FB" seal t4.fbcase --key key --passphrase-file pw >/dev/null
cp t4.fbcase sealed
code 0 "a sealed case is scored beside it" "$FB" score t4.fbcase --abnormal 99.9
same "and not touched" sealed t4.fbcase
check "the layer shows" test "$("$FB" sql t4.fbcase "select count(*) from scoring where run=(select max(run_id) from layer)" --csv | tail -1 | tr -d '\r')" -eq 1
code 0 "and verifies" "$FB" verify t4.fbcase --key key.pub

# Replay.
code 0 "scores are made again on replay" "$FB" replay a.fbcase
check "model, scores, explanations and findings are equal" test "$(grep -cE '^(model|score|explanation|findings) .*: equal$' out)" -eq 4
code 0 "with any number of threads" "$FB" replay a.fbcase --threads 4
code 0 "those of a given model too" "$FB" replay foreign.fbcase
says "which the case keeps" out "model           "
code 0 "those beside a sealed case too" "$FB" replay t4.fbcase --json
says "as JSON" out '"scoring":{"equal":true,"model_digest":{"equal":true,'
code 0 "a case without scores as well" "$FB" replay small.fbcase
"$FB" replay a.fbcase >out
check "features are compared by a digest of their own" grep -qE '^features +[0-9a-f]{64}: equal$' out
"$FB" sql a.fbcase "SELECT features_digest FROM scoring" --csv | tr -d '\r' | sed -n 2p >want
check "which the layer has" grep -qF "$(cat want)" out

# Layers that hold in every digest, and are not what the sessions give.
forge() { # forge OUT TABLE COLUMN ROW
    cp t1.fbcase "$1"
    check "another $3 is put into $2" "$B/case_forge" "$1" "$2" "$3" "$4"
    code 0 "the case holds nevertheless" "$FB" verify "$1"
    code 5 "replay sees it" "$FB" replay "$1"
}
forge scores.fbcase score rank 7
check "and names session and field" grep -qE '^first difference: table score, row 7 \(session 7\), rank: recorded [0-9]+, rebuilt [0-9]+$' out
says "beside the digest" out ": NOT EQUAL, now $(table t1.fbcase score)"
says "with the rest equal" out "model           $(model t1.fbcase): equal"
says "in a sentence" out "NOT EQUAL: the sessions do not give these names and scores"
forge seed.fbcase scoring seed 1
says "by the model" out "model           $(model t1.fbcase): NOT EQUAL, now "
says "and by the row that says which it is" out "first difference: table scoring, row 1 (session 0), model_digest: recorded $(model t1.fbcase), rebuilt "
forge features.fbcase scoring features_digest 1
says "by the features" out "features        forged.example: NOT EQUAL, now "
code 5 "and as JSON" "$FB" replay scores.fbcase --json
says "with the place" out '"first_difference":{"table":"score","row":7,"number":7,'

# A run that ended between facts and scores.
"$FB" ingest -q a.pcap -o whole.fbcase
"$FB" ingest -q a.pcap -o half.fbcase
code 0 "the layers are missing" python3 - half.fbcase <<'END'
import sqlite3, sys
d = sqlite3.connect(sys.argv[1])
tables = "(SELECT tid FROM record_table WHERE run_id > 0)"
d.execute("DELETE FROM record_grp WHERE k/64/268435456 IN " + tables)
d.execute("DELETE FROM record_chunk WHERE rid/268435456 IN " + tables)
d.execute("DELETE FROM record_table WHERE run_id > 0")
d.execute("DELETE FROM layer")
d.execute("DELETE FROM custody WHERE what IN ('score', 'names')")
d.commit()
END
code 0 "the case is whole without them" "$FB" verify half.fbcase
code 0 "a resumed ingest makes them" "$FB" ingest --resume half.fbcase
for t in score explanation findings; do
    check "with the same $t" test "$(table half.fbcase $t)" = "$(table whole.fbcase $t)"
done
code 0 "once" "$FB" ingest --resume half.fbcase
says "then there is nothing to resume" err "half.fbcase is complete"
"$FB" ingest -q a.pcap -o bare.fbcase --no-model
code 0 "a case that wanted no scores gets none" "$FB" ingest --resume bare.fbcase
check "then or later" test -z "$(model bare.fbcase)"
finish
