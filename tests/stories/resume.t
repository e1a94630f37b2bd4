#!/bin/sh
# An interrupted ingest goes on.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o whole.fbcase
want=$(digest whole.fbcase)

# interrupted SIGNAL CASE [OPTION...]: reads the first half of a.pcap from a pipe, then the signal comes.
interrupted() {
    signal=$1 case=$2
    shift 2
    mkfifo pipe.pcap
    "$FB" ingest pipe.pcap -o "$case" "$@" >/dev/null 2>err.ingest &
    pid=$!
    exec 3>pipe.pcap
    head -c 700 a.pcap >&3
    tries=0
    while [ ! -e "$case" ] && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -"$signal" $pid
    tail -c +701 a.pcap >&3 2>/dev/null
    exec 3>&-
    wait $pid 2>/dev/null
    code=$?
    rm pipe.pcap
}

trap '' PIPE
interrupted KILL killed.fbcase
check "a kill ends it at once" test $code -eq 137
"$FB" info killed.fbcase >out 2>err
says "the case opens and says that it is incomplete" out "incomplete"
says "and to which packet it is good" out "good to         packet 0"
"$FB" info --json killed.fbcase >out 2>err
says "in JSON too" out '"complete":false,"good_to":{"ordinal":0,"file":null,"frame":0,"sessions":0}'
code 3 "its tables can be asked" "$FB" sql killed.fbcase "select count(*) from sessions"

code 4 "what was read from a pipe cannot be opened again" "$FB" ingest --resume killed.fbcase
says "which is told with what to do" err "name a file with the same bytes"
code 0 "a file with the same bytes serves" "$FB" ingest --resume a.pcap -o killed.fbcase
check "and gives the digest of an ingest that was not interrupted" test "$(digest killed.fbcase)" = "$want"
check "in one file" test "$(ls | grep -c '^killed.fbcase')" -eq 1
check "that is not in WAL mode" test "$(od -An -tu1 -j18 -N2 killed.fbcase | tr -d ' ')" = 11
code 0 "a complete case has nothing to resume" "$FB" ingest --resume killed.fbcase
says "which is told" err "killed.fbcase is complete"
code 0 "a case that is not there is begun" "$FB" ingest -q --resume a.pcap -o begun.fbcase
check "and becomes whole" test "$(digest begun.fbcase)" = "$want"

interrupted TERM stopped.fbcase
check "a signal ends it in order" test $code -eq 143
says "and what to do then is told" err.ingest "go on with: fbforensics ingest --resume stopped.fbcase"

# Lists that were given belong to it.
echo 198.51.100.2 >bad.txt
echo 203.0.113.9 >other.txt
interrupted KILL listed.fbcase --blacklist bad.txt
code 2 "lists that it was begun with are not left out" "$FB" ingest --resume a.pcap -o listed.fbcase
says "but asked for" err "begun with lists (bad.txt)"
code 2 "others are none of its own" "$FB" ingest --resume a.pcap -o listed.fbcase --blacklist other.txt
says "which is told" err "other lists"
code 2 "nor are other options" "$FB" ingest --resume a.pcap -o listed.fbcase --blacklist bad.txt --match-local
mkdir lists
mv bad.txt lists
code 0 "the same ones may lie elsewhere" "$FB" ingest -q --resume a.pcap -o listed.fbcase --blacklist lists/bad.txt
"$FB" sql listed.fbcase "SELECT count(*) FROM list_verdict WHERE blacklist IS NOT NULL" --csv >out
check "and judge its sessions" test "$(tail -1 out | tr -d '\r')" -gt 0
code 0 "a case that is complete needs none" "$FB" ingest --resume listed.fbcase

interrupted KILL killed.fbcase.again
blocks=$(($(wc -c <killed.fbcase.again) / 512 + 2))

# An ingest of a file, stopped by a limit on the size of files: the case cannot grow.
mkdir moved
"$FBFIXTURE" random --out r.pcap --sessions 1200 --seed 9 --format pcap >/dev/null
want=$(digest r.pcap)
limited() { (
    trap '' XFSZ
    ulimit -f $blocks # of 512 bytes: room for the empty case
    "$FB" ingest -q r.pcap -o "$1" --memory 512M
) >out 2>err; }
limited full.fbcase
check "an ingest that cannot write fails" test $? -eq 4
check "in one line" test "$(wc -l <err)" -eq 1
says "that says how to go on" err "go on with: fbforensics ingest --resume full.fbcase"
code 2 "other options than before are refused" "$FB" ingest --resume full.fbcase --filter tcp
code 2 "nothing is replaced while going on" "$FB" ingest --resume full.fbcase --force
cp full.fbcase copy.fbcase
[ ! -e full.fbcase-wal ] || cp full.fbcase-wal copy.fbcase-wal # a log is part of its case
mv r.pcap moved/other-name.cap
code 4 "evidence that moved is missed" "$FB" ingest --resume full.fbcase
says "by its name" err "r.pcap: this evidence is not there any more"
cp moved/other-name.cap r.pcap
echo more >>r.pcap
code 5 "evidence that changed is refused" "$FB" ingest --resume full.fbcase
says "by its name" err "r.pcap: changed"
code 5 "also when it is named" "$FB" ingest --resume r.pcap -o full.fbcase
rm r.pcap
code 0 "evidence that moved is found by its content" "$FB" ingest --resume moved -o full.fbcase
check "and the digest is that of the whole" test "$(digest full.fbcase)" = "$want"
cp moved/other-name.cap r.pcap
code 0 "a copy of the unfinished case goes on by itself" "$FB" ingest --resume copy.fbcase
check "to the same digest" test "$(digest copy.fbcase)" = "$want"
code 4 "a case that is not there cannot be resumed" "$FB" ingest --resume nothing.fbcase
code 2 "without a case there is nothing to resume" "$FB" ingest --resume
code 4 "a file that is no case is refused" "$FB" ingest --resume moved/other-name.cap
finish
