# Helpers for stories. A story is a shell script tests/stories/NAME.t that starts with
#     . "$(dirname "$0")/lib.sh"
# works in a directory of its own (removed at the end), tells each case in a sentence, and ends with `finish`.
# $FB is the program, $FBFIXTURE the maker of captures, $STORIES this directory. GOLDEN=1 writes the expected output anew.
set -u
LC_ALL=C
export LC_ALL
unset NO_COLOR
# A pack that is installed on this machine must not show in what is expected.
FB_INTEL=none
export FB_INTEL
TOP=$(cd "$(dirname "$0")/../.." && pwd)
case "${B:=build}" in /*) ;; *) B=$TOP/$B ;; esac
FB=$B/fbforensics
FBFIXTURE=$B/fbfixture
STORIES=$TOP/tests/stories
WORK=$(mktemp -d "${TMPDIR:-/tmp}/fbstory.XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1
failures=0

ok() { echo "ok $1"; }
not_ok() {
    echo "not ok $1"
    failures=$((failures + 1))
}

# check SENTENCE COMMAND...: the command succeeds.
check() {
    sentence=$1
    shift
    if "$@" >out.check 2>&1; then ok "$sentence"; else
        not_ok "$sentence"
        sed 's/^/    /' out.check | head -20
    fi
}

# code N SENTENCE COMMAND...: the command exits with N; its output is in ./out and ./err.
code() {
    expected=$1 sentence=$2
    shift 2
    "$@" >out 2>err
    got=$?
    if [ "$got" -eq "$expected" ]; then ok "$sentence"; else
        not_ok "$sentence (exit code $got instead of $expected)"
        head -5 out err | sed 's/^/    /'
    fi
}

# says SENTENCE FILE TEXT: the file holds the text.
says() { check "$1" grep -qF -e "$3" "$2"; }
silent() { check "$1" test ! -s "$2"; }

# same SENTENCE FILE FILE
same() {
    if cmp -s "$2" "$3"; then ok "$1"; else
        not_ok "$1"
        diff "$2" "$3" | head -20 | sed 's/^/    /'
    fi
}

# golden SENTENCE FILE NAME: the file is what stands in expect/NAME.
golden() {
    if [ -n "${GOLDEN:-}" ]; then cp "$2" "$STORIES/expect/$3"; fi
    same "$1" "$STORIES/expect/$3" "$2"
}

# capture DESCRIPTION OUT: a capture from a description beside the stories.
capture() {
    "$FBFIXTURE" write "$STORIES/$1" "$2" >out.fixture 2>&1 || {
        not_ok "the fixture program writes $2"
        cat out.fixture
    }
}

digest() { "$FB" info --json "$@" | sed 's/.*"case_digest":"\([0-9a-f]*\)".*/\1/'; }

finish() {
    [ "$failures" -eq 0 ] || exit 1
    exit 0
}
