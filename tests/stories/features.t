#!/bin/sh
# What the model sees of a session, told by the program.
. "$(dirname "$0")/lib.sh"
code 0 "features lists the twelve" "$FB" features
check "one on each line" test "$(wc -l <out)" -eq 12
says "with their formulas" out "orig_ip_bytes + resp_ip_bytes"
code 0 "features --doc prints the page" "$FB" features --doc
same "which is the one in docs" out "$TOP/docs/features.md"
code 2 "an argument is a usage error" "$FB" features x
says "and the message names it" err '"x"'
finish
