#!/bin/sh
# make demo: an office's traffic of half a minute, made by our own fixture program, becomes a case that answers.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
show() { # what a person would type, then what it prints
    echo
    echo "\$ fbforensics $*"
    "$B/fbforensics" "$@"
}
rm -rf demo
mkdir demo
echo "A capture of a small office, from a seed (always the same bytes):"
"$B/fbfixture" random --seed 42 --sessions 600 --out demo/office.pcapng
show ingest demo/office.pcapng -o demo/office.fbcase
show info demo/office.fbcase
show sessions demo/office.fbcase --limit 10
cat <<END

Try next:
  $B/fbforensics sessions demo/office.fbcase --sort bytes-desc --limit 10
  $B/fbforensics show demo/office.fbcase 1
  $B/fbforensics packets demo/office.fbcase 1 -o demo/one.pcapng
  $B/fbforensics sql demo/office.fbcase "SELECT service, count(*) FROM sessions GROUP BY service"
  $B/fbforensics export --format zeek-tsv demo/office.fbcase
  $B/fbforensics YOUR.pcap
END
