#!/bin/sh
# The rooms and the direction of their arrows (docs/architecture.md). Fails on an include that runs the wrong way,
# and on SQLite outside store/.
set -eu
cd "$(dirname "$0")/.."
bad=0
allowed() {
    case "$1" in
    base) echo 'base' ;;
    ingest) echo 'base ingest' ;;
    replay) echo 'base ingest replay' ;;
    intel) echo 'base intel' ;;
    model) echo 'base model replay/session.h' ;;
    # Of other rooms only definitions of record tables.
    store) echo 'base store replay/session.h intel/*_def.h intel/*/*_def.h model/*_def.h' ;;
    report) echo 'base report store replay/session.h' ;;
    cli) echo 'base ingest replay intel model store report cli' ;;
    esac
}
for room in base ingest replay intel model store report cli; do
    [ -d "$room" ] || continue
    ok=$(allowed "$room")
    for f in $(find "$room" -name '*.[ch]'); do
        for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f"); do
            fine=0
            for a in $ok; do
                case "$inc" in "$a" | "$a"/*) fine=1 ;; esac
            done
            [ $fine = 1 ] || { echo "$f: includes $inc, which $room may not" >&2; bad=1; }
        done
        if [ "$room" != store ] && grep -q '#include <sqlite3' "$f"; then
            echo "$f: includes SQLite outside store/" >&2
            bad=1
        fi
    done
done
dup=$(find base ingest replay intel model store report cli -name '*.[ch]' 2>/dev/null | sed 's,.*/,,' | sort | uniq -d)
[ -z "$dup" ] || { echo "file names that stand twice: $dup" >&2; bad=1; }
[ $bad = 0 ] && echo "  ROOMS    all arrows run the right way"
exit $bad
