#!/bin/sh
# Ways of handing over evidence: none of them changes the sessions.
. "$(dirname "$0")/lib.sh"
"$FBFIXTURE" random --seed 7 --sessions 80 --out a.pcapng >/dev/null
"$FBFIXTURE" random --seed 7 --sessions 80 --out a.pcap --format pcap-ns >/dev/null
want=$(digest a.pcapng)
check "a digest is there" test "${#want}" -eq 64
check "standard input" test "$(digest - <a.pcapng)" = "$want"
mkfifo named
(cat a.pcapng >named) &
check "a named pipe" test "$(digest named)" = "$want"
check "a pipe" test "$(cat a.pcapng | digest -)" = "$want"
check "pcap instead of pcapng" test "$(digest a.pcap)" = "$want"
for tool in gzip xz zstd lz4; do
    command -v $tool >/dev/null || continue
    $tool -c a.pcapng >a.$tool 2>/dev/null
    check "packed by $tool" test "$(digest a.$tool)" = "$want"
    check "packed by $tool, through a pipe" test "$(cat a.$tool | digest -)" = "$want"
done
mkdir dir dir/sub
cp a.pcapng dir/sub/
echo "not a capture" >dir/readme.txt
check "a directory, searched to its ends" test "$(digest dir)" = "$want"
echo "not a capture" >dir/fake.pcap
code 0 "what only looks like a capture in a directory is passed over" "$FB" info dir
says "and named" err "dir/fake.pcap: passed over"
code 4 "but is an error when it is named itself" "$FB" info dir/fake.pcap
check "threads" test "$(digest --threads 4 a.pcapng)" = "$want"
cp a.pcapng "name with spaces and 'quotes'.pcapng"
check "a name that a shell would trip over" test "$(digest "name with spaces and 'quotes'.pcapng")" = "$want"

if command -v editcap >/dev/null; then
    n=$("$FB" info --json a.pcapng | sed 's/.*"packets":\([0-9]*\),.*/\1/' | head -1)
    half=$((n / 2))
    editcap -r a.pcapng one.pcapng 1-$half 2>/dev/null
    editcap a.pcapng two.pcapng 1-$half 2>/dev/null
    check "two files are one timeline" test "$(digest one.pcapng two.pcapng)" = "$want"
    check "whatever their order on the command line" test "$(digest two.pcapng one.pcapng)" = "$want"
    "$FB" sessions one.pcapng two.pcapng >both
    "$FB" sessions a.pcapng >whole
    same "and the sessions have the same numbers" both whole
    "$FB" ingest -q two.pcapng one.pcapng -o two.fbcase
    "$FB" ingest -q a.pcapng -o one.fbcase
    "$FB" packets two.fbcase 1-20 -o from.two.pcapng >/dev/null
    "$FB" packets one.fbcase 1-20 -o from.one.pcapng >/dev/null
    check "packets of sessions that cross the files are cut out of both" test "$(digest from.two.pcapng)" = "$(digest from.one.pcapng)"
fi
code 0 "a filter" "$FB" sessions a.pcapng --filter 'udp port 53' --columns proto,resp_p --csv
check "leaves only what matches" test "$(tail -n +2 out | tr -d '\r' | sort -u)" = "udp,53"
code 2 "a filter that is none is a usage error" "$FB" sessions a.pcapng --filter 'udp prt 53'
first=$("$FB" info --json a.pcapng | sed 's/.*"first_ts":"\([^"]*\)".*/\1/')
code 0 "a time window" "$FB" sessions a.pcapng --before "$first"
check "before the first packet holds nothing" test "$(wc -l <out)" -le 1
check "from the first packet on holds everything" test "$(digest --after "$first" a.pcapng)" = "$want"
finish
