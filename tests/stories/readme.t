#!/bin/sh
# Every command of the README does what the README says.
. "$(dirname "$0")/lib.sh"
"$FBFIXTURE" random --seed 42 --sessions 600 --out office.pcapng >/dev/null
for day in monday tuesday wednesday; do
    "$FBFIXTURE" random --seed ${#day} --sessions 150 --out $day.pcapng >/dev/null
    "$FB" ingest -q $day.pcapng -o $day.fbcase >out 2>&1 || cat out
done
ln -s "$FB" fbforensics
PATH=$WORK:$PATH
FB_PASSPHRASE='of the story'
export PATH FB_PASSPHRASE
check "each command of README.md prints what stands below it" python3 "$STORIES/readme.py" "$TOP/README.md"
sed 's/^    evidence  /    Evidence  /' "$TOP/README.md" >changed.md
rm -f office.fbcase* alice.* session-12.pcapng week.fbmodel conn.log
check "and this story sees a line that is wrong" sh -c "! python3 '$STORIES/readme.py' changed.md"
for page in "$TOP"/docs/*.md; do
    check "README.md links to docs/${page##*/}" grep -qF "(docs/${page##*/})" "$TOP/README.md"
done
for link in $(sed -n 's/.*(\(docs[^)]*\)).*/\1/p' "$TOP/README.md"); do
    check "what it links to is there: $link" test -f "$TOP/$link"
done
finish
