#!/bin/sh
# The devices behind the addresses.
. "$(dirname "$0")/lib.sh"
capture hosts.fbx office.pcap
"$FB" ingest -q office.pcap -o office.fbcase

code 0 "the devices of a case" "$FB" hosts office.fbcase
golden "are listed, local ones first, with what is known of each" out hosts.txt
mv out case.out
code 0 "the devices of the capture" "$FB" hosts -q office.pcap
same "are the same" case.out out
says "names from the traffic are escaped" out 'Pr\xe9v:\x1b.local'
says "a private MAC is called so" out "(private MAC)"
says "the local networks are named with the reason" out "192.168.7.0/27 (ARP, 3)"
says "a missing pack is said" out "vendors: no pack has them"
code 0 "one device by its address" "$FB" hosts show office.fbcase 192.168.7.20
golden "is shown with reasons, rules and packets" out hosts_show.txt
mv out v4.out
code 0 "by its IPv6 address" "$FB" hosts show office.fbcase fe80::20
same "it is the same" v4.out out
code 0 "and by its MAC" "$FB" hosts show office.fbcase 00-11-22-33-44-20
same "too" v4.out out
code 0 "the gateway" "$FB" hosts show office.fbcase 192.168.7.1
says "is a router by what stands behind its MAC" out "its MAC stands in front of remote addresses"
says "and a resolver by what it answered" out "answered a DNS query and offers recursion"
check "an address that never sent a packet is no device" sh -c '! grep -q 192.168.7.99 case.out'
env -u FB_INTEL HOME="$WORK" XDG_DATA_HOME="$WORK/none" "$FB" hosts show office.fbcase 192.168.7.20 >out
says "what is built in says how critical open ports are" out "criticality"

code 0 "JSON" "$FB" hosts --json office.fbcase
check "has a line for each device, and one for the networks" test "$(wc -l <out)" -eq 7
says "with the rule" out '"type":{"is":"printer","rule":"device.rules:'
says "and the packet" out '"why":"one mDNS host name","ordinal":4,"session":1'
check "and nothing that a terminal acts on" sh -c '! grep -q "$(printf "\033")" out'
code 0 "CSV" "$FB" hosts --csv office.fbcase
says "has a line of names" out "address,mac,vendor,names,type,os,role,services,bytes,sessions,first,last"
code 0 "only local ones" "$FB" hosts --local-only office.fbcase
check "leaves the others out" sh -c '! grep -q 198.51.100 out'
code 0 "networks that are given" "$FB" hosts --local 198.51.100.0/24,203.0.113.0/24 --local-only office.fbcase
says "are the only local ones" out "local networks: 198.51.100.0/24 (option, 3)"
check "whatever the evidence shows" sh -c '! grep -q "^192.168" out'
code 0 "a limit" "$FB" hosts -n 1 --csv office.fbcase
check "holds" test "$(wc -l <out)" -eq 2

printf '# mine\ntype gadget: port=tcp/631\n' >my.rules
code 0 "rules of one's own" "$FB" hosts show office.fbcase 192.168.7.20 --rules my.rules
says "are used and named" out 'gadget  rule my.rules:2; port "tcp/631"'
printf 'type gadget port=tcp/631\n' >bad.rules
code 4 "rules that are none are refused" "$FB" hosts office.fbcase --rules bad.rules
says "with their line" err "bad.rules: line 1: no colon"
code 4 "an address that is in no evidence" "$FB" hosts show office.fbcase 10.9.9.9
says "is said to be in none" err "10.9.9.9: no device with it is in the evidence"
code 2 "what is no address is refused" "$FB" hosts show office.fbcase printer
code 2 "a network that is none too" "$FB" hosts --local 198.51.100.0/99 office.fbcase
code 2 "two forms exclude each other" "$FB" hosts --json --csv office.fbcase
code 2 "show without an address says what is missing" "$FB" hosts show office.fbcase

python3 "$STORIES/office.py" office.pcapng
code 0 "what DHCP and the description of the interface say" "$FB" ingest -q office.pcapng -o self.fbcase
code 0 "is in the case" "$FB" sql self.fbcase "SELECT kind, text FROM evidence_note" --csv
says "the addresses of the interface" out 'interface-address,0.0 ipv4 192.168.9.5/24'
says "and its MAC" out 'interface-address,0.0 mac 02:aa:00:00:00:05'
code 0 "and the options of the lease" "$FB" sql self.fbcase "SELECT subnet_mask, routers, dns_servers FROM dhcp WHERE msg_type = 'ACK'" --csv
says "mask, router, resolvers" out '255.255.255.128,"[""192.168.9.1""]","[""192.168.9.1"",""8.8.8.8""]"'
code 0 "the host that captured" "$FB" hosts show self.fbcase 192.168.9.5
says "is known as such" out 'self'
says "by its interface" out 'self  eth0, '
says "which ties its addresses to its MAC" out 'mac           02:aa:00:00:00:05  private'
says "and says how large its network is" out 'address       fe80::5  local; interface that captured (description of the interface)'
code 0 "the router" "$FB" hosts show self.fbcase 192.168.9.1
says "is one by the lease" out 'router  a DHCP lease names it'
says "as is the resolver" out 'resolver  a DHCP lease names it'
code 0 "local networks" "$FB" hosts self.fbcase
says "are those of the interface" out '192.168.9.0/24 (interface that captured, 3)'
code 0 "JSON" "$FB" hosts self.fbcase --json
check "has no packet where there is none" python3 -c 'import json
d = [json.loads(l) for l in open("out")]
[v] = [v for v in d if any(a["address"] == "192.168.9.5" for a in v.get("addresses", []))]
assert "self" in v["roles"] and v["addresses"][0]["ordinal"] is None'
finish
