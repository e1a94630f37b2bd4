# One digest, however the same packets come: threads, memory of the machine, compression, format, byte order, splits, order of arguments,
# place and time.
. "$(dirname "$0")/lib.sh"

$FBFIXTURE random --seed 11 --sessions 600 --format pcap-ns --out a.pcap >/dev/null || exit 1

# digests FILE...: of the case, the packet index, the model, and every table: what was found in payload, names, scores, explanations, findings;
# the evidence's is left out, since files that are packed are other files.
digests() {
    "$FB" info --json --quiet "$@" 2>/dev/null | tr '{}' '\n\n' |
        grep -oE '"(case|packet_index|records|model)_digest":"[0-9a-f]*"|^"name":.*"digest":"[0-9a-f]*"' | tr '\n' ' '
}
want=$(digests a.pcap)
for what in case packet_index records model; do
    check "there is a digest: $what" sh -c 'echo "$1" | grep -qE "\"$2_digest\":\"[0-9a-f]{64}\""' sh "$want" $what
done
for table in names score explanation findings; do
    check "there is a digest of the table $table" sh -c 'echo "$1" | grep -qE "\"name\":\"$2\"[^ ]*\"digest\":\"[0-9a-f]{64}\""' sh "$want" $table
done
same() {
    sentence=$1
    shift
    got=$(digests "$@")
    [ "$got" = "$want" ] && ok "$sentence" || not_ok "$sentence ($got instead of $want)"
}

for n in 1 2 4 8; do same "$n threads" --threads $n a.pcap; done
for f in pcap-ns-be pcapng pcapng-be; do
    $FBFIXTURE random --seed 11 --sessions 600 --format $f --out b.$f >/dev/null
    same "as $f" b.$f
done
gzip -k a.pcap && same "gzip" a.pcap.gz
zstd -q -k a.pcap && same "zstd" a.pcap.zst
lz4 -q -k a.pcap a.pcap.lz4 && same "lz4" a.pcap.lz4
xz -k -1 a.pcap && same "xz" a.pcap.xz
same "standard input" - <a.pcap
mkdir -p elsewhere/deep && cp a.pcap elsewhere/deep/evidence.bin && touch -d 2001-01-01 elsewhere/deep/evidence.bin
same "another place, name and date" elsewhere/deep/evidence.bin
if command -v editcap >/dev/null; then
    mkdir split && editcap -F nsecpcap -c 1500 a.pcap split/part.pcap
    check "the split has several parts" test "$(ls split | wc -l)" -gt 3
    same "split files, as a directory" split
    same "split files, in the wrong order" $(ls -r split/*)
else
    echo "skipped: splits (no editcap)"
fi
finish
