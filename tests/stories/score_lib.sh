# Captures for the stories of the model: requests and answers of moderate size, one a second. To be sourced after
# lib.sh.

# talk NAME FIRST LAST [LINE...]: NAME.pcap with sessions FIRST to LAST and what the lines say at the end.
talk() {
    name=$1 first=$2 last=$3
    shift 3
    {
        echo "host c 10.0.0.1"
        echo "host d 10.0.0.2"
        echo "host s 192.0.2.10"
        i=$first
        while [ "$i" -le "$last" ]; do
            cat <<END
time $((1700000000 + i))
session udp $([ $((i % 3)) -eq 0 ] && echo d || echo c):$((20000 + i)) > s:5000
  > $((40 + i * 37 % 211)) bytes
  wait $((1 + i * 17 % 83))ms
  < $((100 + i * 91 % 797)) bytes
  expect
END
            i=$((i + 1))
        done
        printf '%s\n' "$@"
    } >"$name.fbx"
    "$FBFIXTURE" write "$name.fbx" "$name.pcap" >out.fixture 2>&1 || {
        not_ok "the fixture program writes $name"
        cat out.fixture
    }
}

# odd T: a session unlike the others at T, as lines for talk.
odd() {
    echo "time $((1700000000 + $1))"
    echo "session udp d:999 > s:6000"
    i=0
    while [ $i -lt 60 ]; do
        echo "  > 1400 bytes"
        echo "  wait 900ms"
        i=$((i + 1))
    done
    echo "  expect"
}

# table CASE NAME: the digest of its newest table of that name.
table() { "$FB" info "$1" | sed -n "s/^table *$2, .*, \([0-9a-f]*\)\$/\1/p" | tail -1; }

# model CASE: the digest of its model.
model() { "$FB" info "$1" | sed -n 's/^model *\([0-9a-f]\{64\}\).*/\1/p'; }
