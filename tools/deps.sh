#!/bin/sh
# Installs every Debian package that building and testing need. Does nothing when all are there.
# --list prints those for building.
set -eu
build='gcc make pkg-config libc6-dev libpcap-dev libzstd-dev libsqlite3-dev libcjson-dev libsodium-dev libssl-dev
    liblz4-dev liblzma-dev zlib1g-dev libcmocka-dev'
test='clang libclang-rt-14-dev clang-format clang-tidy python3 gzip xz-utils zstd lz4 tshark wireshark-common tcpdump
    sqlite3 nfdump argus-server softflowd valgrind minisign'
# FB_DEPS=all: also what tests/cross.sh needs, the compilers and the emulator of other processors.
[ "${FB_DEPS:-}" != all ] || test="$test gcc-s390x-linux-gnu gcc-aarch64-linux-gnu qemu-user"
if [ "${1:-}" = --list ]; then
    echo "$build"
    exit
fi
missing=
for p in $build $test; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "packages to install, as root:  apt-get install$missing" >&2
    exit 1
fi
echo "  DEPS    $missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null
# shellcheck disable=SC2086  # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
