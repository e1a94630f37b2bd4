#!/bin/sh
# What tests/cross.sh needs for each ARCH (s390x, arm64): the cross compiler and qemu-user from Debian, and in $B/sysroot-ARCH the libraries of that
# architecture, unpacked there and not installed: their -dev packages share files with the native ones, and apt keeps a state of its own for them, so
# that the system's packages and its list of architectures stay as they are. Does nothing when all is there.
# Exits with 77 and a reason when this machine cannot have it: no Debian, not root, no mirror.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
cannot() {
    echo "$1" >&2
    exit 77
}
[ $# -gt 0 ] || set -- s390x arm64
for tool in apt-get dpkg; do
    command -v $tool >/dev/null || cannot "no $tool; the packages are Debian's"
done

missing=
need() {
    command -v "$1" >/dev/null || missing="$missing $2"
}
for arch in "$@"; do
    case $arch in
    s390x) need s390x-linux-gnu-gcc gcc-s390x-linux-gnu && need qemu-s390x qemu-user ;;
    arm64) need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu && need qemu-aarch64 qemu-user ;;
    *) echo "$arch: s390x or arm64" >&2 && exit 2 ;;
    esac
done
if [ -n "$missing" ]; then
    [ "$(id -u)" -eq 0 ] || cannot "packages to install, as root:  apt-get install --no-install-recommends$missing"
    echo "  DEPS    $missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null 2>&1 || :
    # shellcheck disable=SC2086  # a list of words
    set_aside=$(apt-get install -y -qq --no-install-recommends --download-only -o DPkg::Lock::Timeout=300 $missing 2>&1) ||
        cannot "apt-get cannot fetch$missing: $(echo "$set_aside" | tail -1)"
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 $missing >/dev/null
fi

# The system's own mirrors, without what was added to them.
sources() {
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/debian*; do
        case $f in *.list | *.sources) [ ! -f "$f" ] || cp "$f" "$1" ;; esac
    done
}

libraries=$(tools/deps.sh --list | tr ' ' '\n' | grep -e '-dev$' | sort | tr '\n' ' ')
for arch in "$@"; do
    sys=$B/sysroot-$arch
    [ "$(cat "$sys/.libraries" 2>/dev/null)" = "$libraries" ] && continue
    echo "  SYSROOT  $sys"
    rm -rf "$sys" "$sys.apt" "$sys.new"
    mkdir -p "$sys.new" "$sys.apt/lists/partial" "$sys.apt/cache/archives/partial" "$sys.apt/sources" "$sys.apt/debs"
    apt=$(cd "$sys.apt" && pwd)
    : >"$apt/status"
    sources "$apt/sources"
    foreign() {
        apt-get -qq -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User= -o Dir::State="$apt" \
            -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o Dir::Etc::sourcelist=/dev/null \
            -o Dir::Etc::sourceparts="$apt/sources" -o APT::Update::Error-Mode=any "$@"
    }
    foreign update >"$apt/log" 2>&1 || cannot "no lists of packages for $arch: $(tail -1 "$apt/log")"
    # shellcheck disable=SC2086
    foreign -s install --no-install-recommends $libraries >"$apt/plan" 2>"$apt/log" ||
        cannot "the libraries for $arch cannot be had: $(tail -1 "$apt/log")"
    # Programs that the libraries' packages ask for would not be used.
    packages=$(awk '$1 == "Inst" && $2 ~ /^(lib|zlib|linux-libc)/ { print $2 }' "$apt/plan")
    # shellcheck disable=SC2086
    (cd "$apt/debs" && foreign download $packages) >"$apt/log" 2>&1 ||
        cannot "the libraries for $arch cannot be fetched: $(tail -1 "$apt/log")"
    for deb in "$apt"/debs/*.deb; do dpkg -x "$deb" "$sys.new"; done
    echo "$libraries" >"$sys.new/.libraries"
    mv "$sys.new" "$sys"
    rm -rf "$sys.apt"
done
