#!/bin/sh
# Output that nobody reads, that does not fit, and a run that is interrupted.
. "$(dirname "$0")/lib.sh"
"$FBFIXTURE" random --seed 9 --sessions 3000 --out a.pcapng >/dev/null
"$FB" ingest -q a.pcapng -o a.fbcase

for verb in "sessions" "sessions --json" "export --format zeek-json" "export --format csv"; do
    { "$FB" $verb a.fbcase 2>err; echo $? >code; } | head -1 >out
    check "$verb into a pipe that is closed ends in peace" test "$(cat code)" -eq 0
    silent "and in silence" err
done
if [ -w /dev/full ]; then
    "$FB" export --format csv a.fbcase >/dev/full 2>err
    check "a full disk is an error" test $? -eq 4
    says "that is told" err "standard output: No space left on device"
    "$FB" info a.fbcase >/dev/full 2>err
    check "also for little output" test $? -eq 4
fi
mkfifo pipe
"$FB" ingest -q - -o stopped.fbcase <pipe 2>err &
pid=$!
exec 3>pipe
head -c 400000 a.pcapng >&3
sleep 0.5
kill -TERM $pid
cat a.pcapng >&3 2>/dev/null
exec 3>&-
wait $pid
check "an interrupted ingest ends by its signal" test $? -eq 143
says "and says how to go on" err "go on with: fbforensics ingest --resume stopped.fbcase"
"$FB" info --json stopped.fbcase >out 2>err
says "which it does, and says that it is incomplete" out '"complete":false'
says "in words too" err "incomplete"
finish
