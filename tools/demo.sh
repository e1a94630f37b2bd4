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
show findings demo/office.fbcase --limit 2
show sessions demo/office.fbcase --sort bytes-desc --limit 5
show names demo/office.fbcase --source tls_sni --limit 5
show hosts demo/office.fbcase --limit 5
cat <<END

What next:
  $B/fbforensics findings demo/office.fbcase                     what to look at, worst first
  $B/fbforensics explain demo/office.fbcase 69                   why a session is unusual
  $B/fbforensics show demo/office.fbcase 69                      all that is known about it
  $B/fbforensics packets demo/office.fbcase 69 -o demo/one.pcapng
  $B/fbforensics names demo/office.fbcase                        names that the traffic gave to addresses
  $B/fbforensics hosts demo/office.fbcase                        devices; hosts show CASE ADDRESS: one of them
  $B/fbforensics sql demo/office.fbcase "SELECT service, count(*) FROM sessions GROUP BY service"
  $B/fbforensics lists make demo/office.fbcase -o demo/expected.json
  $B/fbforensics export --format zeek-tsv demo/office.fbcase
  $B/fbforensics YOUR.pcap                                       a summary of your own; nothing is written
README.md is a longer walk; $B/fbforensics VERB --help has examples.
END
