#!/bin/sh
# While a capture is walked, a model learns what is normal, and says what is not.
. "$(dirname "$0")/lib.sh"
awk -v seed=7 -v len=420 -v odd=250 -f "$STORIES/online.awk" >online.fbx
"$FBFIXTURE" write online.fbx online.pcap >/dev/null
walk() { "$FB" replay online.pcap --speed max --online --json "$@"; }
code 0 "a capture is walked with a model" walk
cp out first
check "nothing but warm-up is told in the first three minutes" awk '
    /"event":"model"/ { model = 1 }
    /"event":"verdict"/ && !/warming_up/ && !model { exit 1 }
    /"event":"verdict"/ && /warming_up/ && /"open":true/ && model { exit 1 }
    END { exit !model }' first
check "the first model comes three minutes after the first packet" sh -c 'grep "\"event\":\"model\"" first | head -1 | grep -qE "\"at\":\"2023-11-14T22:16:2[0-2]\.[0-9]+Z\",\"change\":\"trained\",\"model\":1,\"samples\":[0-9]+,"'
check "it is trained anew a minute later, and again" sh -c 'test "$(grep -c "\"change\":\"trained\"" first)" -eq 4'
check "thresholds are taken anew in between" sh -c 'test "$(grep -c "\"change\":\"refreshed\"" first)" -ge 6'
check "with a digest each" sh -c 'grep "\"event\":\"model\"" first | sed "s/.*\"digest\":\"\([0-9a-f]*\)\".*/\1/" | awk "length(\$0) != 64 || seen[\$0]++ { exit 1 }"'
check "suspicious and abnormal are two levels" sh -c 'grep "\"event\":\"model\"" first | sed "s/.*\"suspicious\":{\"depth_q24\":[0-9]*,\"samples\":\([0-9]*\).*\"abnormal\":{\"depth_q24\":[0-9]*,\"samples\":\([0-9]*\).*/\1 \2/" | awk "{ s += \$1; a += \$2 } END { exit !(NR > 8 && s >= 1.4 * a && a >= 2 * NR) }"'
uid=$(grep '"event":"opened"' first | grep '"id.resp_p":4444' | sed 's/.*"uid":"\([^"]*\)".*/\1/')
check "the odd session is abnormal in its last verdict" sh -c "grep '\"event\":\"verdict\"' first | grep '\"uid\":\"$uid\"' | tail -1 | grep -q '\"tag\":\"anomaly:abnormal\"'"
tail -1 first >last
says "the last line has the digest over all verdicts" last '"event":"online_end"'
number() { sed "s/.*\"$1\":\([0-9]*\).*/\1/" last; }
check "fewer than one in a hundred of the others are abnormal" test $((($(number abnormal) - 1) * 100)) -lt $(($(number normal) + $(number suspicious) + $(number abnormal)))
check "also of all that ever was" test $((($(number ever_abnormal) - 1) * 100)) -lt $(($(number normal) + $(number suspicious) + $(number abnormal)))
check "each session has a verdict" sh -c 'test "$(grep "\"event\":\"verdict\"" first | sed "s/.*\"uid\":\"\([^\"]*\)\".*/\1/" | sort -u | wc -l)" -eq "$(grep -c "\"event\":\"closed\"" first)"'
walk >again
same "the output is the same every time" first again
walk --threads 3 >again
same "with threads too" first again
"$FB" replay online.pcap --speed 999999 --online --json >again
same "and at a pace" first again
walk --warmup 60s --window-samples 200 --retrain 20s --refresh 5s --snapshot 30s --min-distinct 40 --trees 50 --tree-rows 64 --extension 5 --seed 9 --suspicious 98 --abnormal 99 --track-sessions 5 >other
check "a shorter warm-up gives an earlier model" sh -c 'grep "\"event\":\"model\"" other | head -1 | grep -q "\"at\":\"2023-11-14T22:14:2[0-2]"'
most=$(grep '"event":"model"' other | sed 's/.*"samples":\([0-9]*\),"distinct.*/\1/' | sort -n | tail -1)
check "and a smaller window fewer samples, less what is kept out" test "$most" -le 200 -a "$most" -ge 180
check "a ceiling of sessions is told" sh -c 'tail -1 other | grep -qE "\"not_tracked\":[1-9]"'
echo 198.51.100.5 >bad.txt
walk --list bad.txt >listed
check "sessions with a blacklisted end are marked" sh -c 'grep -q "\"blacklisted\":true" listed'
check "and not learnt" sh -c 'grep "\"event\":\"model\"" listed | head -1 | grep -qE "\"kept_out\":[1-9]"'
walk --min-distinct 700 >few
check "where there is too little to learn from it is said, once" sh -c 'test "$(grep -c "\"change\":\"waiting\"" few)" -eq 1 && ! grep -q "\"change\":\"trained\"" few'
code 2 "a warm-up below a minute is refused" walk --warmup 59s
code 2 "as are levels in the wrong order" walk --suspicious 99.5 --abnormal 99
code 2 "a window too small for what is needed" walk --window-samples 50
code 2 "and options without --online" "$FB" replay online.pcap --warmup 60s
"$FB" ingest -q online.pcap -o online.fbcase >/dev/null
code 2 "a case is not walked" "$FB" replay online.fbcase --online
if command -v script >/dev/null; then
    script -qec "stty cols 160 rows 12; $FB replay online.pcap --speed max --online --window 10s" /dev/null </dev/null >screen 2>&1
    says "a terminal shows the state of the model" screen "model "
    says "the tags" screen "normal"
    says "and the digest at the end" screen "verdict digest $(sed 's/.*"verdict_digest":"\([0-9a-f]*\)".*/\1/' last)"
fi
finish
