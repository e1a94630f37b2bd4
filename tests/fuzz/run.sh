#!/bin/sh
# Runs every fuzz target of the build directory $B for SECONDS_EACH seconds (default 60) each, on a corpus that grows in $B/corpus.
set -eu
cd "$(dirname "$0")/../.."
B=${B:-build/fuzz}
bad=0
for t in "$B"/fuzz/fuzz_*; do
    [ -x "$t" ] || continue
    case "$t" in *.d) continue ;; esac
    name=$(basename "$t")
    mkdir -p "$B/corpus/$name"
    if "$t" -max_total_time="${SECONDS_EACH:-60}" -timeout=20 -rss_limit_mb=2048 -print_final_stats=0 \
        -artifact_prefix="$B/$name-" "$B/corpus/$name" >"$B/$name.log" 2>&1; then
        printf '  FUZZ     %-16s %s runs, no finding\n' "$name" "$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$B/$name.log")"
    else
        bad=1
        echo "  FUZZ     $name: FINDING, see $B/$name.log"
        tail -5 "$B/$name.log"
    fi
done
exit $bad
