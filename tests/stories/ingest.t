#!/bin/sh
# From a capture to a case.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap

code 0 "a capture becomes a case" "$FB" ingest a.pcap -o a.fbcase
cp out ingest.txt
says "what was read is told with its SHA-256" ingest.txt "$(sha256sum a.pcap | cut -d' ' -f1)"
says "the case digest is told" ingest.txt "case digest"
silent "nothing is said on stderr when all is well" err
check "the case is one file" test "$(ls | grep -c fbcase)" -eq 1
code 0 "--quiet prints nothing" "$FB" ingest -q a.pcap -o q.fbcase
silent "not even a summary" out
check "a case and its capture have one digest" test "$(digest a.fbcase)" = "$(digest a.pcap)"
check "a digest is 64 hexadecimal digits" test "$(digest a.fbcase | tr -d '\n0-9a-f' | wc -c)" -eq 0 -a "$(digest a.fbcase | wc -c)" -eq 65

code 2 "an existing case is not overwritten" "$FB" ingest a.pcap -o a.fbcase
says "and the message says how to replace it" err "--force"
code 0 "--force replaces a case" "$FB" ingest a.pcap -o a.fbcase --force
echo precious >notes.txt
code 2 "--force replaces nothing but a case" "$FB" ingest a.pcap -o notes.txt --force
says "whose content is still there" notes.txt precious
code 2 "without -o it is a usage error" "$FB" ingest a.pcap
code 4 "a file that is not there cannot be read" "$FB" ingest nothing.pcap -o n.fbcase
says "and the message names it" err "nothing.pcap"
check "and prints one line" test "$(wc -l <err)" -eq 1
check "and no case is left behind" test ! -e n.fbcase
head -c 5000 "$FB" >program.pcap
code 4 "a file that is no capture is refused" "$FB" ingest program.pcap -o n.fbcase
says "and the message says what was expected" err "expected pcap or pcapng"
check "and no case is left behind" test ! -e n.fbcase
code 4 "a case cannot be made where no directory is" "$FB" ingest a.pcap -o no/such/dir.fbcase
code 0 "progress can be had as JSON" "$FB" ingest a.pcap -o p.fbcase --progress=json
check "one object a line, on stderr" sh -c 'tail -1 err | grep -q "^{\"bytes_done\":.*}$"'
cat >one.fbx <<END
host c 10.0.0.1
host w 192.0.2.10
session udp c:40000 > w:9000
  > 10 bytes
  expect history=D conn_state=S0
END
"$FBFIXTURE" write one.fbx one.pcap
code 0 "a capture of one packet is a case too" "$FB" ingest -q one.pcap -o one.fbcase
code 0 "whose packet" "$FB" packets one.fbcase 1 -o one.out.pcap
check "can be cut out again" test "$(digest one.out.pcap)" = "$(digest one.pcap)"
finish
