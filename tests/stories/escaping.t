#!/bin/sh
# Names that would play with a terminal, a spreadsheet or a JSON reader.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap
esc=$(printf '\033')
evil="$(printf 'x\033[31m\033]0;owned\007\342\200\256.pcap')"
cp a.pcap "$evil"
"$FB" info "$evil" >out 2>err
check "a file name with escape sequences is shown harmless" sh -c "! grep -q '$esc' out"
says "but recognisable" out 'x\x1b[31m\x1b]0;owned\x07\u{202e}.pcap'
"$FB" info --json "$evil" >out
check "also in JSON" sh -c "! grep -q '$esc' out"
says "as JSON wants it" out '"file":"x\u001b[31m\u001b]0;owned\u0007'
"$FB" "$evil$evil" >out 2>err
check "also in an error" sh -c "! grep -q '$esc' err"
check "which is one line" test "$(wc -l <err)" -eq 1
size=$(wc -c <a.pcap)
head -c $((size - 10)) a.pcap >"$evil"
"$FB" info "$evil" >out 2>err
check "also in a warning" sh -c "test -s err && ! grep -q '$esc' err"
cp a.pcap '=cmd.pcap'
"$FB" packets =cmd.pcap 1 --list --csv >out
says "a name that starts a formula does not start one in CSV" out "'=cmd.pcap"
"$FB" "--$esc[31m" >out 2>err
check "an unknown option is shown harmless" sh -c "test -s err && ! grep -q '$esc' err"
finish
