#!/bin/sh
# Packs: data sets into one file, and what it says.
. "$(dirname "$0")/lib.sh"
mkdir asn
cat >asn/package.json <<'X'
{"name": "@example/asn", "version": "1.2.3", "license": "CC0-1.0", "repository": {"url": "https://example.net/asn"}}
X
cat >asn/asn-ipv4.csv <<'X'
8.8.8.0,8.8.8.255,64500,"Example, Inc."
9.0.0.0,9.255.255.255,64501,=cmd|'x'
X
echo '2a00::,2a00::ffff,64500,"Example, Inc."' >asn/asn-ipv6.csv
echo 'nothing that is data' >asn/README.md
printf '8.0.0.0\t8.255.255.255\tUS\n' >country.tsv
printf '02:00:00\tno\tNobody\n10:10:10\tShort\tTen Corp\n10:10:10:A0:00:00/28\tSub\tTen Sub Block\n' >manuf
printf 'web 80/tcp # pages\nssh 22/tcp\n' >services
cat >vulns.json <<'X'
{"date": "2024-05-06", "signature": "", "vulnerabilities": [
 {"port": 80, "protocol": "tcp", "name": "Web", "description": "pages", "count": 1, "vulnerabilities": [{"name": "CVE-1", "description": "bad"}]}]}
X

code 0 "a package, a table, vendors, services and vulnerabilities become a pack" \
    "$FB" intel install asn country.tsv manuf services vulns.json --pack my.fbpack
says "install says which columns a table has" err "asn-ipv4.csv: address ranges: start, end, asn, owner (by shape)"
says "and how many data sets there are" err "my.fbpack: 5 data sets"
cp my.fbpack first.fbpack
code 0 "doing it again" "$FB" intel install asn country.tsv manuf services vulns.json --pack my.fbpack --new
same "gives the same bytes" my.fbpack first.fbpack
code 0 "adding replaces what has the same name" "$FB" intel install manuf --pack my.fbpack
says "and adds nothing else" err "my.fbpack: 5 data sets"
same "so that nothing changed" my.fbpack first.fbpack
code 0 "verify finds it good" "$FB" intel verify my.fbpack

code 0 "info lists the data sets" "$FB" intel info my.fbpack
says "with version, licence and source" out "1.2.3"
says "with the date that the data give" out "2024-05-06"
code 0 "info as JSON" "$FB" intel info my.fbpack --json
if command -v python3 >/dev/null; then
    check "has a digest for each data set and a SHA-256 for each file" python3 -c '
import json,hashlib
j=json.load(open("out"))
assert len(j["pack_digest"])==64 and j["missing"]==[]
assert [d["name"] for d in j["datasets"]]==["@example/asn","country.tsv","manuf","services","vulns.json","fbforensics"]
assert all(len(d["digest"])==64 for d in j["datasets"])
for f in j["datasets"][0]["files"]:
    assert f["sha256"]==hashlib.sha256(open("asn/"+f["name"],"rb").read()).hexdigest()'
fi

code 0 "an address, MACs and ports are looked up" \
    "$FB" intel lookup --intel my.fbpack 8.8.8.8 9.9.9.9 2a00::5 10.0.0.1 10:10:10:a1:02:03 101010b10203 02:00:00:00:00:01 80/tcp 11.1.1.1
golden "each answer with its data set" out intel_lookup.txt
code 0 "as JSON lines" "$FB" intel lookup --json --intel my.fbpack 8.8.8.8 80
check "one for each question and protocol" test "$(wc -l <out)" -eq 3
code 2 "what is none of those is refused" "$FB" intel lookup --intel my.fbpack 8.8.8
code 2 "a misspelt word" "$FB" intel instal asn
says "is put right" err "did you mean install"

capture small.fbx a.pcap
code 0 "show names the services and the vendors of a pack" "$FB" show --intel my.fbpack a.pcap 2
says "the service by port" out "resp_port_service       web, pages [services]"
says "the list of the pack before what is built in" out "resp_port_risk          medium: pages [vulns.json]"
says "and the pack" out "$("$FB" intel verify my.fbpack | sed 's/good *//')"
code 0 "the pack may come from the environment" env FB_INTEL=my.fbpack "$FB" show --json a.pcap 2
says "in JSON too" out '"port_service":"web","port_service_description":"pages","port_service_dataset":"services"'
code 0 "without a pack everything works" env FB_INTEL= HOME="$WORK" XDG_DATA_HOME="$WORK/none" "$FB" show a.pcap 2
says "and what is missing is said" out "no pack found, so nothing of: origins, oui, services"
code 0 "none turns it off" env FB_INTEL=none "$FB" show a.pcap 2
check "wholly" sh -c '! grep -q intel out'
code 0 "without --pack it goes to the user's own place" env FB_INTEL= XDG_DATA_HOME="$WORK/home" "$FB" intel install services
code 0 "where it is found" env FB_INTEL= XDG_DATA_HOME="$WORK/home" "$FB" intel verify

head -c 200 my.fbpack >cut.fbpack
code 5 "a cut pack is told" "$FB" intel verify cut.fbpack
code 5 "and not used" "$FB" show --intel cut.fbpack a.pcap 2
code 4 "a pack that is none" "$FB" intel verify a.pcap
code 4 "a file of no known form" "$FB" intel install asn/README.md --pack other.fbpack
says "and which forms there are" err "MMDB, CSV, TSV"
check "leaves no pack" test ! -e other.fbpack
code 5 "a damaged pack is not added to" "$FB" intel install services --pack cut.fbpack
mkdir twice && cp services twice/services
code 2 "two sources of one name are refused" "$FB" intel install services twice/services --pack other.fbpack
printf '\x1b[2J 1/tcp\n' >evil
code 0 "a name with escapes" "$FB" intel install evil --pack evil.fbpack
"$FB" intel lookup --intel evil.fbpack 1/tcp >out
check "is shown escaped" sh -c '! grep -q "$(printf "\033")" out && grep -q "x1b" out'
gzip -c services >services.gz
code 0 "a packed file is unpacked" "$FB" intel install services.gz --pack gz.fbpack
says "and read" err "/etc/services"
mkfifo pipe
code 4 "a pipe is refused at once" "$FB" intel install pipe --pack other.fbpack
finish
