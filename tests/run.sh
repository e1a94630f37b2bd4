#!/bin/sh
# Runs every cmocka program of the build directory $B, one on each processor, and closes with the counts.
set -u
cd "$(dirname "$0")/.."
B=${B:-build}
export B
log=$B/tests/log
mkdir -p "$log"
rm -f "$log"/*
names=$(cd tests/unit && ls test_*.c | sed 's/\.c$//')
# Those that take longest begin first, so that no processor waits for them at the end.
long='test_stories test_resume'
# shellcheck disable=SC2086  # a list of words
{ printf '%s\n' $long && printf '%s\n' $names | grep -vxE "$(echo $long | tr ' ' '|')"; } |
    xargs -P "$(nproc)" -I{} sh -c '
        "$B/tests/{}" >"$B/tests/log/{}" 2>&1 || : >"$B/tests/log/{}.bad"
        count() { sed -n "s/^\[  $1 *\] \([0-9]*\) test(s).*/\1/p" "$B/tests/log/{}" | tail -1; }
        f=$(count FAILED) s=$(count SKIPPED)
        printf "  %-28s %s\n" {} "$(grep -c "^\[       OK \]" "$B/tests/log/{}") ok${f:+, $f FAILED}${s:+, $s skipped}"'
passed=0 failed=0 skipped=0 bad=
for name in $names; do
    { [ -s "$log/$name" ] && [ ! -e "$log/$name.bad" ]; } || bad="$bad $name"
    p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' "$log/$name" | tail -1)
    f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$log/$name" | tail -1)
    s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test(s).*/\1/p' "$log/$name" | tail -1)
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
done
for name in $bad; do
    echo "---- $name"
    grep -vE '^\[ RUN|^\[       OK' "$log/$name" | tail -60
    case "$(grep -c '^\[  FAILED  \] [0-9]* test' "$log/$name")" in 0) failed=$((failed + 1)) ;; esac
done
grep -h '^skipped:' "$log"/* 2>/dev/null | sort -u
echo "[==========] $((passed + failed)) test(s) run."
echo "[  PASSED  ] $passed test(s)."
[ "$skipped" -eq 0 ] || echo "[  SKIPPED ] $skipped test(s)."
[ "$failed" -eq 0 ] || echo "[  FAILED  ] $failed test(s)."
echo "$passed passed, $failed failed, $skipped skipped"
[ -z "$bad" ] && [ "$failed" -eq 0 ]
