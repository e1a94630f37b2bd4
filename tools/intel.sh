#!/bin/sh
# `make intel`: gets the free data sets from Debian packages and from npm and builds the intelligence pack $1 from them with
# the program $2. The only target that uses the network. Licences stay with the data sets, in the pack.
#   @ip-location-db/asn          AS number and owner of addresses   CC BY 4.0 (RouteViews, NRO, DB-IP: to be named)
#   @ip-location-db/asn-country  country of the AS                  CC0 1.0
#   oui-data                     vendors of MAC blocks              BSD 2-clause (data: IEEE registry)
#   netbase                      services by port                   GPL 2 (facts from IANA's registry)
set -eu
pack=$1 fb=$2
command -v npm >/dev/null || { echo "make intel needs npm" >&2; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/fbintel.XXXXXX")
trap 'rm -rf "$dir"' EXIT
top=$(pwd)
case "$pack" in /*) ;; *) pack=$top/$pack ;; esac
case "$fb" in /*) ;; *) fb=$top/$fb ;; esac
cd "$dir"

npm_set() { # NAME LICENCE SOURCE
    echo "  NPM      $1"
    file=$(npm pack --silent "$1")
    mkdir -p "$1"
    tar -xzf "$file" -C "$1" --strip-components=1
    # The same ranges as integers are left out.
    rm -f "$1"/*-num.csv
    date=$(sed -n 's/.*"version": *"[0-9]*\.[0-9]*\.\(20[0-9][0-9]\)\([0-9][0-9]\)\([0-9][0-9]\).*/\1-\2-\3/p' "$1/package.json")
    set -- "$1" "$2" "$3" "${date:-}"
    "$fb" intel install "$1" --licence "$2" --source "$3" ${4:+--date "$4"} --pack new.fbpack
}

npm_set @ip-location-db/asn "CC BY 4.0" "RouteViews, NRO, DB-IP IP to ASN Lite (https://db-ip.com), merged by ip-location-db (npm)"
npm_set @ip-location-db/asn-country "CC0 1.0" "NRO, RouteViews, merged by ip-location-db (npm)"
npm_set oui-data "BSD-2-Clause" "IEEE registration authority, by oui-data (npm)"

echo "  DEB      netbase"
apt-get download -qq netbase >/dev/null
mkdir netbase
dpkg-deb -x netbase_*.deb netbase
version=$(dpkg-deb -f netbase_*.deb Version)
"$fb" intel install netbase/etc/services --name netbase --data-version "$version" --licence "GPL-2.0" \
    --source "IANA service names, by Debian's netbase" --pack new.fbpack
mkdir -p "$(dirname "$pack")"
mv new.fbpack "$pack"
"$fb" intel info "$pack"
