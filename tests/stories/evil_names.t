#!/bin/sh
# Names that would play with a terminal, a spreadsheet, a page or a JSON reader, from every protocol that says names, through every
# verb that shows them, in every format.
. "$(dirname "$0")/lib.sh"
python3 "$STORIES/evil_names.py" >evil.fbx
count=$(python3 "$STORIES/evil_names.py" --count)
"$FBFIXTURE" write evil.fbx evil.pcap >out.fixture 2>&1 || cat out.fixture

# plain FORM COMMAND...: runs the verb and keeps what it prints and its messages for the judge at the end.
runs=0
plain() {
    form=$1
    shift
    runs=$((runs + 1))
    "$FB" "$@" >out 2>err </dev/null
    got=$?
    check "$* ($form) comes to an end" test $got -le 5
    cp out "$runs.$form"
    cp err "$runs.err"
    echo "$runs: $*" >>commands
}

printf 'a\033[31m\n' >bad
check "the judge of this story sees an escape sequence" sh -c "! python3 '$STORIES/plain.py' text bad"
printf 'name,n\r\n=1+1,-5\r\n' >bad
check "and a formula" sh -c "! python3 '$STORIES/plain.py' csv bad"
printf '{"a":"\342\200\256"}\n' >bad
check "and a bidirectional override in JSON" sh -c "! python3 '$STORIES/plain.py' json bad"

plain text ingest evil.pcap -o c.fbcase
plain text evil.pcap
for verb in sessions names dns hosts findings; do
    plain text $verb c.fbcase
    plain json $verb c.fbcase --json
    plain csv $verb c.fbcase --csv
done
plain text sessions c.fbcase --columns all
for source in dns tls_sni http_host; do
    "$FB" names c.fbcase --source $source --json >out
    check "each of the names is there ($source)" test "$(wc -l <out)" -eq "$count"
done
"$FB" dns c.fbcase --zeek >out
check "different names look different in Zeek's dns.log" test "$(grep -v '^#' out | cut -f10 | grep 'example$' | sort -u | wc -l)" -eq "$count"
plain zeek dns c.fbcase --zeek
plain zeek sessions c.fbcase --zeek
plain zeek export -F zeek-tsv c.fbcase
plain zeek export -F zeek-dns c.fbcase
plain json export -F zeek-json c.fbcase
plain json export -F jsonl c.fbcase
plain csv export -F csv c.fbcase
for verb in info notes verify replay; do
    plain text $verb c.fbcase
    plain json $verb c.fbcase --json
done
plain json replay evil.pcap --speed max --json
plain json replay evil.pcap --speed max --online --json
for table in sessions names dns tls http dhcp ssh smtp ftp ssdp findings custody; do
    plain text sql c.fbcase "SELECT * FROM $table LIMIT 500"
    plain json sql c.fbcase "SELECT * FROM $table LIMIT 500" --json
    plain csv sql c.fbcase "SELECT * FROM $table LIMIT 500" --csv
    check "of $table there was something to show" test "$(wc -l <out)" -gt 1
done
# Each name in one session of each protocol.
for service in dns ssl http; do
    for n in $("$FB" sql c.fbcase "SELECT number FROM sessions WHERE service='$service' ORDER BY number LIMIT $count" --csv | tail -n +2 | tr -d '\r'); do
        "$FB" show c.fbcase "$n" >"show.$n.text" 2>>show.err
        "$FB" show c.fbcase "$n" --json >"show.$n.json" 2>>show.err
    done
    plain text suppress add c.fbcase --from-session "$n" --reason x
done
check "show shows every session that was asked for" test "$(find . -name 'show.*.text' -size +0 | wc -l)" -eq $((3 * count))
"$FB" hosts show c.fbcase 192.0.2.7 >out 2>err
says "hosts show has the names" out '\x1b[2J\x1b[H'
plain text hosts show c.fbcase 192.0.2.7
plain json hosts show c.fbcase 192.0.2.7 --json
for n in 1 2 3; do
    plain text explain c.fbcase $n
    plain json explain c.fbcase $n --json
done
capture small.fbx a.pcap
plain text diff a.pcap c.fbcase --floor 1
plain json diff c.fbcase a.pcap --floor 1 --json

# A finding names a domain; the command to type next names the case.
python3 "$STORIES/evil_names.py" --tunnel >tunnel.fbx
"$FBFIXTURE" write tunnel.fbx tunnel.pcap >out.fixture 2>&1 || cat out.fixture
esc=$(printf '\033[31m\r\342\200\256\233')
plain text ingest tunnel.pcap -o "t$esc.fbcase"
plain text findings "t$esc.fbcase"
says "the domain of the tunnel is a finding" out 'evil.example in 300 questions'
plain json findings "t$esc.fbcase" --json
plain csv findings "t$esc.fbcase" --csv
plain text score "t$esc.fbcase"
plain text info "t$esc.fbcase"

# Lists made of such names, and verdicts by them.
plain text lists make c.fbcase -o made.json
check "the list that lists make writes plays no tricks" python3 "$STORIES/plain.py" text made.json
plain text lists check made.json
plain text lists show made.json
plain text lists apply c.fbcase made.json
plain text lists unused c.fbcase made.json
plain text sessions c.fbcase --columns all
plain csv sessions c.fbcase --csv

# What a person types, or a file is called, comes back in messages.
for verb in info sessions show explain names dns hosts findings diff export packets replay verify lists intel model sql merge; do
    plain text $verb "$esc"
    plain text $verb "--$esc"
    plain text $verb c.fbcase "$esc"
done
for option in --columns --sort --limit --after --filter --threads --memory --as-of --tag --anomaly --domain --whitelist --blacklist --intel --model; do
    plain text sessions c.fbcase $option "$esc"
done
plain text note c.fbcase 1 "$esc"
plain text tag c.fbcase 2 "+$esc"
plain text notes c.fbcase
plain json notes c.fbcase --json
plain csv sql c.fbcase "SELECT * FROM note" --csv

# So do the names of files that it is told to write.
FB_PASSPHRASE=x
export FB_PASSPHRASE
plain text packets c.fbcase 1 -o "p$esc.pcap"
plain text seal --new-key "k$esc.key" --name "$esc"
plain text seal "t$esc.fbcase" --key "k$esc.key" --examiner "$esc"
plain text verify "t$esc.fbcase" --key "k$esc.key.pub"
plain text lists keygen "l$esc.key"
plain text lists import made.json -o "l$esc.json"
plain text lists check "l$esc.json"
plain text train c.fbcase -o "m$esc.fbmodel" --note "$esc"
plain text model info "m$esc.fbmodel"
plain text merge c.fbcase a.pcap -o "g$esc.fbcase"

# And on a terminal.
if command -v script >/dev/null; then
    for verb in sessions names dns hosts findings info notes; do
        runs=$((runs + 1))
        echo "$runs: $verb on a terminal" >>commands
        script -qec "stty cols 80; $FB $verb c.fbcase" /dev/null </dev/null >"$runs.tty" 2>&1
        check "$verb prints on a terminal" test -s "$runs.tty"
    done
    check "on a terminal nothing acts but bold headings" python3 "$STORIES/plain.py" tty [0-9]*.tty
fi

# What was kept, by form. `commands` says which number is which command.
check "no text acts" python3 "$STORIES/plain.py" text [0-9]*.text show.*.text
check "no message acts" python3 "$STORIES/plain.py" text [0-9]*.err show.err
check "all JSON is JSON, and harmless" python3 "$STORIES/plain.py" json [0-9]*.json show.*.json
check "all CSV is CSV, and starts no formula" python3 "$STORIES/plain.py" csv [0-9]*.csv
check "all TSV has its columns, and is harmless" python3 "$STORIES/plain.py" zeek [0-9]*.zeek
[ "$failures" -eq 0 ] || cat commands
finish
