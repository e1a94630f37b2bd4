#!/bin/sh
# The same digests from other compilers and optimisation levels. Builds the program again with clang and with -O0 and -O3, and compares the three digests
# of generated captures and of the recorded ones with those of $B. The units of the model have its digests in them; with -march=native
# they also meet the processor's fused operations.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$B/fbfixture" random --seed 5 --sessions 3000 --format pcapng --out "$work/a.pcapng" >/dev/null
"$B/fbfixture" random --seed 6 --sessions 3000 --format pcap --out "$work/b.pcap" >/dev/null
awk -v seed=5 -v len=240 -v odd=150 -f tests/stories/online.awk >"$work/c.fbx"
"$B/fbfixture" write "$work/c.fbx" "$work/c.pcap" >/dev/null
# Digests of the case, its tables and its model; findings and explanations as they are printed; all that an online model says.
digests() {
    for f in "$work/a.pcapng" "$work/b.pcap" "$work/c.pcap" fixtures/recorded/*.pcapng; do
        "$1" info --json --quiet "$f" | tr '{}' '\n\n' | grep -oE '"[a-z_]*_digest":"[0-9a-f]*"|^"name":.*"digest":"[0-9a-f]*"'
    done
    rm -f "$work/c.fbcase"
    "$1" ingest -q "$work/c.pcap" -o "$work/c.fbcase"
    "$1" findings --json "$work/c.fbcase"
    for n in $("$1" sql "$work/c.fbcase" "SELECT number FROM explanation" --csv | tr -d '\r' | sed 1d); do
        "$1" explain --json "$work/c.fbcase" "$n"
        "$1" explain "$work/c.fbcase" "$n"
    done
    "$1" replay "$work/c.pcap" --online --json --speed max --warmup 60s
}
digests "$B/fbforensics" >"$work/want"
bad=0
for v in 'clang-O2 clang -O2' 'gcc-O0 gcc -O0' 'gcc-O3 gcc -O3'; do
    # shellcheck disable=SC2086  # name, compiler, level
    set -- $v
    make -s -j2 B="$B/$1" CC="$2" OPT="$3 -g" "$B/$1/fbforensics" >/dev/null
    digests "$B/$1/fbforensics" >"$work/got"
    if cmp -s "$work/want" "$work/got"; then
        echo "  DIGESTS  $1: $(wc -l <"$work/want") digests and lines equal"
    else
        echo "digests of $1 differ:"
        diff "$work/want" "$work/got" | head
        bad=1
    fi
done
for v in 'clang-O2 clang -O2' 'gcc-O0 gcc -O0' 'gcc-O3 gcc -O3' 'gcc-native gcc -O3 -march=native' 'clang-native clang -O3 -march=native'; do
    # shellcheck disable=SC2086  # name, compiler, levels
    set -- $v
    name=$1 cc=$2
    shift 2
    make -s -j2 B="$B/$name" CC="$cc" OPT="$* -g" "$B/$name/tests/test_forest" "$B/$name/tests/test_model" >/dev/null
    for t in test_forest test_model; do
        if "$B/$name/tests/$t" >"$work/log" 2>&1; then
            echo "  DIGESTS  $name: $t passes"
        else
            echo "$t of $name fails:"
            grep -v '^\[ RUN\|^\[       OK' "$work/log" | head -20
            bad=1
        fi
    done
done
exit $bad
