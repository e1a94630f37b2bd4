#!/bin/sh
# The same results from other processors. Builds the program for s390x (big-endian) and arm64, runs it under qemu-user on generated captures, the
# recorded ones and every description in fixtures/cases, and compares with the native program of $B: digests, sessions and exports, byte for byte, also
# of cases that the other machine wrote, merged or encrypted. Then, on the big-endian one, those unit tests that emulation does not make slow;
# FB_CROSS=all runs them on arm64 too.
#     tests/cross.sh [ARCH...]
# Says `skipped:` and why where the cross compilers and libraries cannot be had (tools/deps_cross.sh); any other trouble is a failure.
set -eu
cd "$(dirname "$0")/.."
case "${B:=build}" in /*) ;; *) B=$PWD/$B ;; esac
export B LC_ALL=C
[ $# -gt 0 ] || set -- s390x arm64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tools/deps_cross.sh "$@" 2>"$work/why" || {
    rc=$?
    [ $rc -eq 77 ] || { cat "$work/why" >&2; exit $rc; }
    echo "skipped: results of other processors: $(cat "$work/why")"
    exit 0
}
make -s -j2 B="$B" "$B/fbforensics" "$B/fbfixture" "$B/case_check" "$B/tests/test_golden_fixtures" >/dev/null

# Emulated they take minutes, mostly for volume: what they read and write at random is covered natively, the formats by the cases compared here.
slow=' test_store_case test_store_hostile '
# They run the program; test_golden_fixtures is run natively, on the emulated program.
programs=' test_stories test_fixtures test_golden_fixtures '
units=
for f in tests/unit/test_*.c; do
    u=$(basename "$f" .c)
    case "$slow$programs" in *" $u "*) ;; *) units="$units $u" ;; esac
done

# units_of ARCH: those to run there.
units_of() { if [ "$1" = s390x ] || [ "${FB_CROSS:-}" = all ]; then echo "$units"; fi; }

# build ARCH TRIPLET QEMU: programs and tests in $B/ARCH, and in $work/ARCH commands that run the programs as if they were native.
build() {
    sys=$B/sysroot-$1
    goals=
    for u in $(units_of "$1"); do goals="$goals $B/$1/tests/$u"; done
    # shellcheck disable=SC2086  # a list of words
    PKG_CONFIG_LIBDIR=$sys/usr/lib/$2/pkgconfig:$sys/usr/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$sys \
        make -s -j2 B="$B/$1" CC="$2-gcc --sysroot=$sys" AR="$2-ar" WERROR=-Werror \
        "$B/$1/fbforensics" "$B/$1/fbfixture" "$B/$1/case_check" $goals >/dev/null
    mkdir -p "$work/$1/tests"
    for p in fbforensics fbfixture case_check; do
        printf '#!/bin/sh\nQEMU_LD_PREFIX=%s exec %s %s/%s "$@"\n' "'$sys'" "$3" "'$B/$1'" "$p" >"$work/$1/$p"
        chmod +x "$work/$1/$p"
    done
}

# make_captures DIR OUT: with the fbfixture of DIR. Both byte orders of pcap are read by a machine of the other one.
make_captures() {
    mkdir -p "$2/cases"
    "$1/fbfixture" random --seed 5 --sessions 150 --format pcapng --out "$2/random.pcapng" >/dev/null
    "$1/fbfixture" random --seed 6 --sessions 150 --format pcap-ns-be --out "$2/random.pcap" >/dev/null
    awk -v seed=5 -v len=100 -v odd=80 -f tests/stories/online.awk >"$2.fbx"
    "$1/fbfixture" write "$2.fbx" "$2/online.pcap" >/dev/null
    for f in fixtures/cases/*.fbx; do
        "$1/fbfixture" write "$f" "$2/cases/$(basename "$f" .fbx).pcap" >/dev/null
    done
}

# ask COMMAND...: its output, and its exit code when that is not 0. Damaged evidence is no reason to stop.
ask() { "$@" 2>&1 || echo "exit code $?"; }

# answers DIR CASE: all that the program of DIR reads in a case and that depends neither on time nor on the versions of libraries.
answers() {
    ask "$1/fbforensics" info --json "$2" | tr '{}' '\n\n' | grep -oE '"[a-z_]*_digest":"[0-9a-f]*"|^"name":.*"digest":"[0-9a-f]*"'
    ask "$1/fbforensics" sql "$2" "SELECT number, anomaly, score, p_ppm, rank, depth_q24 FROM score" --csv
    ask "$1/fbforensics" findings --json "$2" | sed 's/"next":.*//'
    for n in $("$1/fbforensics" sql "$2" "SELECT number FROM explanation ORDER BY percentile_ppm DESC, number LIMIT 2" --csv | tr -d '\r' | sed 1d); do
        ask "$1/fbforensics" explain --json "$2" "$n"
    done
    ask "$1/fbforensics" sessions --json "$2"
    ask "$1/fbforensics" export --format zeek-json "$2"
    ask "$1/fbforensics" packets --list --csv "$2" 1-20
    ask "$1/case_check" "$2"
}

# online DIR: all that an online model says.
online() { "$1/fbforensics" replay "$captures/online.pcap" --online --json --speed max --warmup 60s --trees 50 --tree-rows 64; }

# write_cases DIR OUT: a case of each capture, one of all descriptions as one timeline, one merged of two, and one encrypted.
write_cases() {
    mkdir -p "$2"
    for f in "$captures"/*.pcap* fixtures/recorded/*.pcapng "$captures/cases"; do
        ask "$1/fbforensics" ingest -q "$f" -o "$2/$(basename "$f").fbcase" >"$2/$(basename "$f").said"
    done
    "$1/fbforensics" merge "$2/random.pcap.fbcase" "$2/random.pcapng.fbcase" -o "$2/merged.fbcase" >"$2/merge.said"
    "$1/fbforensics" encrypt "$2/http.pcapng.fbcase" -r "$work/key.pub" -o "$2/http.fbenc" >/dev/null
}

# differ WHAT A B: fails, with the first line in which they differ.
differ() {
    cmp -s "$2" "$3" && return 1
    echo "  CROSS    $1: not the same (< expected)"
    diff "$2" "$3" | head -6 | cut -c1-400
    bad=1
}

# compare ARCH: native and emulated programs, on cases of either.
compare() {
    arch=$1 same=0
    make_captures "$work/$arch" "$work/captures-$arch"
    if diff -r "$captures" "$work/captures-$arch" >/dev/null; then :; else
        echo "  CROSS    $arch: fbfixture makes other captures"
        bad=1
    fi
    write_cases "$work/$arch" "$work/cases-$arch"
    for want in "$work"/want/*; do
        name=$(basename "$want")
        answers "$B" "$work/cases-$arch/$name" >"$work/got-$arch"
        differ "$name of $arch, read natively" "$want" "$work/got-$arch" || same=$((same + 1))
        answers "$work/$arch" "$work/cases/$name" >"$work/got-$arch"
        differ "native $name, read by $arch" "$want" "$work/got-$arch" || same=$((same + 1))
        answers "$work/$arch" "$work/cases-$arch/$name" >"$work/got-$arch"
        differ "$name of $arch, read by itself" "$want" "$work/got-$arch" || same=$((same + 1))
    done
    online "$work/$arch" >"$work/got-$arch"
    differ "the online model of $arch" "$work/online" "$work/got-$arch" || same=$((same + 1))
    for from in cases cases-"$arch"; do
        for by in "$B" "$work/$arch"; do
            "$by/fbforensics" export --format csv --identity "$work/key" "$work/$from/http.fbenc" >"$work/got-$arch"
            differ "encrypted case of $from, read by $by" "$work/http.csv" "$work/got-$arch" || same=$((same + 1))
        done
    done
    echo "  CROSS    $arch: $same comparisons equal"
}

# run_units ARCH QEMU
run_units() {
    n=0
    for u in $(units_of "$1"); do
        if QEMU_LD_PREFIX=$B/sysroot-$1 timeout 240 "$2" "$B/$1/tests/$u" >"$work/log-$1" 2>&1; then
            n=$((n + $(grep -c '^\[       OK' "$work/log-$1")))
        else
            echo "  CROSS    $1: $u fails"
            grep -v '^\[ RUN\|^\[       OK' "$work/log-$1" | tail -20
            bad=1
        fi
    done
    if env B="$work/$1" "$B/tests/test_golden_fixtures" >"$work/log-$1" 2>&1; then
        n=$((n + $(grep -c '^\[       OK' "$work/log-$1")))
    else
        echo "  CROSS    $1: the fixtures' expectations fail"
        grep -v '^\[ RUN\|^\[       OK' "$work/log-$1" | tail -20
        bad=1
    fi
    echo "  CROSS    $1: $n tests pass"
}

bad=0 pids= captures=$work/captures
make_captures "$B" "$captures"
"$B/fbforensics" encrypt --new-key "$work/key" >/dev/null
write_cases "$B" "$work/cases"
mkdir "$work/want"
for c in "$work"/cases/*.fbcase; do answers "$B" "$c" >"$work/want/$(basename "$c")"; done
"$B/fbforensics" export --format csv "$work/cases/http.pcapng.fbcase" >"$work/http.csv"
grep -L '^case 1 holds' "$work"/want/* | grep . && exit 1
# Case, packet index, evidence and records have one each; the fifth is of the model, where there was enough to train on.
grep -cE '^"[a-z_]*_digest"' "$work"/want/* | grep -v ':[45]$' && exit 1
for c in random.pcap online.pcap; do grep -q model_digest "$work/want/$c.fbcase" || exit 1; done
online "$B" >"$work/online"
grep -q '"tag":"anomaly:abnormal"' "$work/online" || exit 1

for arch in "$@"; do
    case $arch in
    s390x) triplet=s390x-linux-gnu qemu=qemu-s390x ;;
    arm64) triplet=aarch64-linux-gnu qemu=qemu-aarch64 ;;
    esac
    build "$arch" "$triplet" "$qemu"
    # Emulated programs use one processor: while one machine is asked, the next is built.
    (
        compare "$arch"
        run_units "$arch" "$qemu"
        exit "$bad"
    ) >"$work/said-$arch" 2>&1 &
    pids="$pids $!"
done
for pid in $pids; do wait "$pid" || bad=1; done
for arch in "$@"; do cat "$work/said-$arch"; done
exit $bad
