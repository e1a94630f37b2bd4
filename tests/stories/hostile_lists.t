#!/bin/sh
# Lists from strangers: every verb that reads them takes or refuses them, in time and memory, in one clear line.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || {
    echo "skipped: no python3"
    exit 77
}
HOME=$WORK
export HOME
capture small.fbx a.pcap
check "hostile lists are made" sh -c "python3 '$TOP/tests/hostile/make_lists.py' lists >all"
check "of every form" test "$(cut -d_ -f1 all | sort -u | wc -l)" -gt 30
python3 "$TOP/tests/hostile/run_lists.py" "$FB" lists a.pcap <all >findings 2>&1
code=$?
tail -1 findings
check "no crash, hang, excess or raw byte; what is no list is refused in one line, what is one is taken" test $code -eq 0
[ $code -eq 0 ] || head -40 findings
finish
