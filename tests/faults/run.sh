#!/bin/sh
# Every allocation and every system call on the case may fail, once or from then on, and a kill may come before any of
# them. Demanded each time: no crash, a message and an exit code other than 0 unless the fault was absorbed, and a case
# that is absent, or opens and goes on to the digests of an ingest without faults.
#   tests/faults/run.sh [POINTS]    so many points of each kind (40), spread evenly; 0: all of them
set -u
cd "$(dirname "$0")/../.."
case "${B:=build}" in /*) ;; *) B=$PWD/$B ;; esac
points=${1:-40}
work=$(mktemp -d "${TMPDIR:-/tmp}/fbfault.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
fb=$B/fbforensics shim=$work/failshim.so findings=0 tried=0
${CC:-cc} -shared -fPIC -O1 -D_GNU_SOURCE -o "$shim" tests/faults/failshim.c -ldl || exit 1
"$B/fbfixture" random --out "$work/a.pcapng" --sessions 40 --seed 5 >/dev/null || exit 1
cd "$work" || exit 1
mkdir case

# Of the whole, of every table of facts and of every layer; the number of a layer's run counts how often it was tried.
digests() { "$fb" info "$1" | grep -E '^(case digest|packet index|evidence digest|records digest|table) ' | sed 's/layer of run [0-9]*/layer/'; }
finding() {
    echo "  $kind at $at: $1"
    findings=$((findings + 1))
}
"$fb" ingest -q a.pcapng -o whole.fbcase || exit 1
want=$(digests whole.fbcase)

# What is left behind after a fault that ended the ingest with code $1.
look() {
    if [ "$1" -eq 0 ] && [ "$(digests case/c)" != "$want" ]; then finding "absorbed, but the digests are others"; fi
    [ -e case/c ] || return
    "$fb" info case/c >/dev/null 2>&1
    [ $? -le 3 ] || finding "the case does not open"
    "$fb" ingest -q --resume a.pcapng -o case/c 2>err2 || finding "does not go on: $(head -1 err2)"
    [ "$(digests case/c)" = "$want" ] || finding "goes on to other digests"
}

one() {
    rm -rf case/*
    FAIL=$kind:$at:$path LD_PRELOAD=$shim timeout 20 "$fb" ingest -q a.pcapng -o "$work/case/c" >/dev/null 2>err
    code=$?
    tried=$((tried + 1))
    case $code in
    124) finding "hangs" ;;
    137) [ "$kind" = kill ] || finding "killed" ;;
    129 | 13[0-9] | 14[0-9]) finding "ends by signal $((code - 128))" ;;
    0) ;;
    *) [ -s err ] || finding "exit code $code and no message" ;;
    esac
    look $code
}

for kind in malloc write read sync open rename kill; do
    case $kind in malloc) path= ;; *) path=$work/case/ ;; esac
    rm -rf case/*
    FAIL=$kind:0:$path FAIL_COUNT=$work/count LD_PRELOAD=$shim "$fb" ingest -q a.pcapng -o "$work/case/c" || exit 1
    total=$(cat count) step=1
    if [ "$points" -gt 0 ] && [ "$total" -gt "$points" ]; then step=$(((total + points - 1) / points)); fi
    before=$findings
    i=1
    while [ "$i" -le "$total" ]; do
        at=$i one
        case $kind in malloc | write) at=$i+ one ;; esac
        i=$((i + step))
    done
    printf '  %-8s %6d calls, every %d. failed: %d findings\n' "$kind" "$total" "$step" $((findings - before))
done
echo "$tried faults, $findings findings"
[ "$findings" -eq 0 ]
