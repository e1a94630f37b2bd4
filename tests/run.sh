#!/bin/sh
# Runs every cmocka program of the build directory $B and closes with the counts.
set -u
cd "$(dirname "$0")/.."
B=${B:-build}
export B
log=$B/tests/log
mkdir -p "$log"
passed=0 failed=0 skipped=0 bad=
for src in tests/unit/test_*.c; do
    name=$(basename "$src" .c)
    if "$B/tests/$name" >"$log/$name" 2>&1; then :; else bad="$bad $name"; fi
    p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s).*/\1/p' "$log/$name" | tail -1)
    f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test(s).*/\1/p' "$log/$name" | tail -1)
    s=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) test(s).*/\1/p' "$log/$name" | tail -1)
    printf '  %-28s %s\n' "$name" "$(grep -c '^\[       OK \]' "$log/$name") ok${f:+, $f FAILED}${s:+, $s skipped}"
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
