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
# A DNS query whose name is "<esc>[31m=a", comma, newline and a dot inside one label.
python3 - <<'PY'
import struct
name = b'\x09=\x1b[31m,\n.' + b'\x07example\0'
dns = struct.pack('>HHHHHH', 1, 0x100, 1, 0, 0, 0) + name + b'\0\1\0\1'
udp = struct.pack('>HHHH', 4000, 53, 8 + len(dns), 0) + dns
ip = struct.pack('>BBHHHBBH4s4s', 69, 0, 20 + len(udp), 0, 0, 64, 17, 0, b'\x0a\0\0\1', b'\x0a\0\0\2') + udp
open('n.pcap', 'wb').write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101) + struct.pack('<IIII', 1, 0, len(ip), len(ip)) + ip)
PY
for form in '' --json --csv --zeek; do
    "$FB" dns -C n.pcap $form >out 2>err
    check "a name from the traffic is there (dns $form)" grep -qi example out
    check "and plays no tricks" sh -c "! tr -d '\r' <out | grep -q '$esc'"
done
"$FB" dns -C n.pcap --csv >out
check "it starts no formula" sh -c "! grep -qE '(^|,)\"?=' out"
"$FB" show -C n.pcap 1 >out
check "show keeps it harmless" sh -c "grep -q 'x1b' out && ! grep -q '$esc' out"
"$FB" "--$esc[31m" >out 2>err
check "an unknown option is shown harmless" sh -c "test -s err && ! grep -q '$esc' err"
finish
