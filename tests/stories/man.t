#!/bin/sh
# The manual page has every verb and every option that --help has, and no other.
. "$(dirname "$0")/lib.sh"
mkdir help
"$FB" --help >out
for verb in $(sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' out); do
    "$FB" "$verb" --help >"help/$verb" </dev/null
    for sub in $(sed -n '/^subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' "help/$verb"); do
        "$FB" "$verb" "$sub" --help >"help/$verb.$sub" </dev/null
    done
    check "$verb --help names its exit codes" grep -q '^exit codes: 0 done.* 2 usage' "help/$verb"
done
check "there are verbs with subcommands" test -s help/lists.check -a -s help/intel.install
check "the page has what --help has" python3 "$STORIES/man.py" "$TOP/docs/man/fbforensics.1" help
printf 'options:\n      --no-such-option           none\n' >>help/info
check "this story sees an option that is missing" sh -c "! python3 '$STORIES/man.py' '$TOP/docs/man/fbforensics.1' help"
for verb in ingest score findings; do
    check "$verb --help says when it ends with 1" grep -q '^exit codes: .*1 findings (--fail-on)' "help/$verb"
done
check "show cannot end with 1, and does not say so" sh -c "! grep -q '1 findings' help/show"
finish
