#!/bin/sh
# What the program says when it is asked for help, or for something that it does not have.
. "$(dirname "$0")/lib.sh"
capture small.fbx a.pcap

code 2 "without arguments it is a usage error" "$FB"
says "and the message says how to get help" err "fbforensics --help"
code 0 "--help is no error" "$FB" --help
says "and lists the verbs" out "sessions"
code 0 "--version is no error" "$FB" --version
says "and starts with the version of the program" out "fbforensics $(cat "$TOP/VERSION")"
for lib in SQLite libsodium zstd libpcap cJSON lz4 zlib liblzma libcrypto; do
    check "--version names the version of $lib" grep -q "^$lib .*[0-9]" out
done
for verb in ingest info sessions show packets note tag notes seal verify sql export; do
    code 0 "$verb --help is no error" "$FB" $verb --help
    says "$verb --help has examples" out "examples:"
    says "$verb --help tells its options" out "--help"
    code 2 "$verb without arguments is a usage error" "$FB" $verb
    check "$verb without arguments prints one line" test "$(wc -l <err)" -eq 1
    code 2 "$verb with an unknown option is a usage error" "$FB" $verb --no-such-thing a.pcap
    says "$verb names the option that it does not know" err "--no-such-thing"
done
code 2 "a misspelt option is a usage error" "$FB" sessions --colums ts a.pcap
says "and the right one is suggested" err "did you mean --columns?"
code 2 "a misspelt verb is a usage error" "$FB" sesions a.pcap
says "and the right one is suggested" err "did you mean sessions?"
code 2 "a misspelt column is a usage error" "$FB" sessions a.pcap --columns ts,servce
says "and the right one is suggested" err "did you mean service?"
code 2 "a misspelt column of another table is a usage error" "$FB" dns a.pcap --columns ts,qery
says "and the right one is suggested" err "did you mean query?"
code 2 "a misspelt subcommand is a usage error" "$FB" model inof a.pcap
says "and the right one is suggested" err "did you mean info?"
code 4 "a capture is no model" "$FB" model info a.pcap
says "and the message names the file" err "a.pcap: this is not a model file"
code 2 "sorting by what is no column is a usage error" "$FB" sessions a.pcap --sort byte-desc
says "and the right one is suggested" err "did you mean bytes?"
code 2 "a number that is none is a usage error" "$FB" sessions a.pcap --limit many
says "and the message says what was expected" err "expected a number"
code 2 "an option without its value is a usage error" "$FB" sessions a.pcap --limit
code 2 "a flag with a value is a usage error" "$FB" sessions a.pcap --json=yes
code 2 "a time that is none is a usage error" "$FB" info a.pcap --after yesterday
says "and the message shows a time" err "2024-01-31T12:00:00Z"
code 2 "a choice that is none is a usage error" "$FB" export --format xml a.pcap
says "and the choices are listed" err "zeek-tsv, zeek-json, csv, jsonl"
code 0 "grouped flags and = are understood" "$FB" sessions -jq --limit=1 a.pcap
check "and obeyed" test "$(wc -l <out)" -eq 1
code 0 "after -- everything is an argument" "$FB" sessions --limit 1 -- a.pcap
code 2 "JSON and CSV at once are a usage error" "$FB" sessions --json --csv a.pcap
finish
