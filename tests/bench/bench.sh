#!/bin/sh
# make bench: the case's own figures, then ingest against flow exporters on a generated capture.
# BYTES (default 1.1e9) and RUNS (default 5) size it; CAPTURE uses a file of yours; WORK is the folder for temporary files.
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
WORK=${WORK:-$B/bench}
mkdir -p "$WORK"
export WORK
capture=${CAPTURE:-$WORK/mixed.pcap}
if [ -z "${CAPTURE:-}" ] && [ ! -s "$capture" ]; then
    echo "writing $capture"
    "$B/fbfixture" random --seed 1 --bytes "${BYTES:-1100000000}" --out "$capture"
fi
FB=$B/fbforensics python3 tests/bench/peers.py "$capture" "${RUNS:-5}"
[ ! -x "$B/bench_store" ] || "$B/bench_store" "${ROWS:-1000000}"
