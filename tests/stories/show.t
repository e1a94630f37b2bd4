#!/bin/sh
# One session, and all that is known about it.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
"$FB" ingest -q a.pcap -o a.fbcase

code 0 "show by number" "$FB" show a.fbcase 2
cp out by.number
golden "prints what is expected" out show.txt
uid=$("$FB" sessions a.fbcase --columns uid,number --csv | tr -d '\r' | sed -n 's/,2$//p')
code 0 "show by uid" "$FB" show a.fbcase "$uid"
same "is the same" by.number out
code 0 "show of a capture" "$FB" show a.pcap 2
sed 's/a\.pcap 2/a.fbcase 2/' out >capture.txt
same "is the same, but for the command that it suggests" by.number capture.txt
code 0 "show as JSON" "$FB" show --json a.fbcase 2
if command -v python3 >/dev/null; then
    check "is JSON with frames" python3 -c 'import json; assert json.load(open("out"))["frames"]'
fi
code 4 "a number beyond the last is not there" "$FB" show a.fbcase 99
says "and the message says which there are" err "sessions 1 to 6"
code 4 "number 0 is not there" "$FB" show a.fbcase 0
code 4 "a uid that is not there" "$FB" show a.fbcase CAAAAAAAAAAAAAAAAAA
code 2 "a range is too many" "$FB" show a.fbcase 1-2
code 2 "no session is too few" "$FB" show a.fbcase
if command -v tshark >/dev/null; then
    filter=$(sed -n 's/^display filter *//p' by.number)
    tshark -r a.pcap -Y "$filter" -T fields -e frame.number 2>/dev/null >want
    "$FB" packets a.fbcase 2 --list --csv | tr -d '\r' | tail -n +2 | cut -d, -f2 >got
    same "the display filter finds the frames that are listed" want got
fi
finish
