#!/bin/sh
# make bench: the model's speed, ingest against flow exporters on a generated capture, then the case file against SQLite and Parquet.
# BYTES (default 1.1e9) and RUNS (default 5) size the first, ROWS (default 1,000,000) the second; CAPTURE uses a file of yours; WORK is the folder
# for temporary files.
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build}
WORK=${WORK:-$B/bench}
mkdir -p "$WORK"
export WORK
"$B/bench/bench_model" "${ROWS:-1000000}" "${RUNS:-5}"
capture=${CAPTURE:-$WORK/mixed.pcap}
if [ -z "${CAPTURE:-}" ] && [ ! -s "$capture" ]; then
    echo "writing $capture"
    "$B/fbfixture" random --seed 1 --bytes "${BYTES:-1100000000}" --out "$capture"
fi
FB=$B/fbforensics python3 tests/bench/peers.py "$capture" "${RUNS:-5}"
B=$B python3 tests/bench/case.py "${ROWS:-1000000}"
echo "lists:"
B=$B python3 tests/bench/lists.py "${ROWS:-1000000}"
