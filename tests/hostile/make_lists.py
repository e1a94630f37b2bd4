#!/usr/bin/env python3
"""Writes lists of every form that are wrong in one way each, and a few that only look so.

usage: make_lists.py DIR > LIST       LIST: lines `NAME WANT` for run_lists.py"""
import json
import os
import random
import sys

out = sys.argv[1]
os.makedirs(out, exist_ok=True)


def put(name, data, want):
    with open(os.path.join(out, name), "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    print(name, want)


def white(endpoint):
    return '{"date":"2024-01-01","whitelists":[{"name":"w","endpoints":[%s]}]}' % endpoint


GOOD = white('{"domain":"*.example.com","ip":"10.0.0.0/8","ports":[22,{"start":80,"end":90}],"protocol":"TCP","as_number":1,"as_country":"US",'
             '"as_owner":"x","process":"p","description":"d"}')
BLACK = '{"date":"2024-01-01","signature":null,"blacklists":[{"name":"b","ip_ranges":["192.0.2.0/24"],"domains":["bad.example"]}]}'

# Whole ones, cut ones, ones with a byte changed.
put("good_white.json", GOOD, "accept")
put("good_black.json", BLACK, "accept")
for i, text in enumerate((GOOD, BLACK)):
    for at in range(0, len(text), 9):
        put("cut_%d_%d.json" % (i, at), text[:at], "refuse")
    r = random.Random(i)
    for k in range(40):
        b = bytearray(text.encode())
        b[r.randrange(len(b))] = r.randrange(256)
        put("flip_%d_%d.json" % (i, k), bytes(b), "any")

# Depth, size, numbers, text.
for n in (63, 64, 65, 100000):
    put("depth_%d.json" % n, "[" * n + "]" * n, "refuse")
    put("objects_%d.json" % n, '{"whitelists":' * n + "1" + "}" * n, "refuse")
for i, v in enumerate(("1e999", "-1", "65536", "1.5", "99999999999999999999", '"443"', "true", "{}", "[[1]]", '{"start":5}', '{"start":9,"end":3}', "NaN", "0x1", "01")):
    put("port_%d.json" % i, white('{"port":%s}' % v), "refuse")
for i, v in enumerate(('"\\ud800"', '"a\\u0000b"', '"a\\u001bb"', b'"\xff"', '"' + "a" * 300 + '"', '"a..b"', '""', '"."', "7", '"1.2.3.4/33"')):
    put("domain_%d.json" % i, b'{"whitelists":[{"name":"w","endpoints":[{"domain":' + (v if isinstance(v, bytes) else v.encode()) + b"}]}]}", "refuse")
for i, v in enumerate(("010.0.0.1", "0x7f.1", "1.2.3.4/-1", "1.2.3.9-1.2.3.4", "fe80::1%eth0", "1::2::3", "::/129", " 1.1.1.1", "1.1.1.1\\n", "")):
    put("ip_%d.json" % i, white('{"ip":"%s"}' % v), "refuse")
put("key_long.json", '{"' + "k" * 1000000 + '":1}', "refuse")
put("key_twice.json", '{"whitelists":[],"whitelists":[]}', "refuse")
put("key_escape.json", '{"\\u001b[2J":1}', "refuse")
put("both.json", '{"whitelists":[],"blacklists":[]}', "refuse")
put("neither.json", "{}", "refuse")
put("scalar.json", "7", "refuse")
put("name_escape.json", '{"whitelists":[{"name":"a\\u001bb"}]}', "refuse")
put("name_long.json", '{"whitelists":[{"name":"' + "a" * 129 + '"}]}', "refuse")

# Inheritance: long chains, wide ones, circles.
n = 3000
chain = [{"name": "l%d" % i, "extends": ["l%d" % (i + 1)]} for i in range(n)]
put("chain.json", json.dumps({"whitelists": chain + [{"name": "l%d" % n}]}), "accept")
put("chain_circle.json", json.dumps({"whitelists": chain + [{"name": "l%d" % n, "extends": ["l0"]}]}), "refuse")
put("chain_open.json", json.dumps({"whitelists": chain}), "refuse")
put("diamonds.json", json.dumps({"whitelists": [{"name": "%d%s" % (i, s), "extends": ["%da" % (i + 1), "%db" % (i + 1)]} for i in range(40) for s in "ab"]
                                 + [{"name": "40a"}, {"name": "40b"}]}), "accept")
put("many_lists.json", json.dumps({"whitelists": [{"name": str(i)} for i in range(10001)]}), "refuse")
put("many_black.json", json.dumps({"blacklists": [{"name": str(i)} for i in range(1025)]}), "refuse")
put("many_names.json", json.dumps({"whitelists": [{"name": "same"}] * 5000}), "refuse")

# Patterns and ranges that make slow matchers slow.
put("stars.json", json.dumps(["*a" * k + "*b" for k in range(1, 120)]), "accept")
put("stars_many.json", json.dumps(["a*%d" % i for i in range(10001)]), "refuse")
put("nested.json", json.dumps(["%d.0.0.0/%d" % (10 + i % 3, 8 + i % 25) for i in range(20000)]), "accept")
put("halves.json", json.dumps(["0.0.0.1-255.255.255.254", "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"] * 500), "accept")

# Other forms.
put("empty.txt", b"", "refuse")
put("blanks.txt", b" \n\t\r\n" * 1000, "refuse")
put("nul.txt", b"192.0.2.1\n\0\n", "refuse")
put("utf16.txt", "192.0.2.1\n".encode("utf-16"), "refuse")
put("comments.txt", b"# nothing\n" * 3, "any")
put("line_long.txt", b"a" * 3000000 + b"\n192.0.2.1\n", "accept")
put("words.txt", b"this is no list\nof anything\n", "refuse")
put("controls.txt", b"\x1b[2J\x07evil\n192.0.2.1\n", "accept")
put("binary.txt", bytes(range(1, 256)) * 100, "any")
put("hosts_other.txt", b"192.0.2.1 router.example\n0.0.0.0 ads.example\n", "accept")
put("hosts_controls.txt", b"0.0.0.0 \x1b]0x\x07 ads.example\n", "accept")
put("csv_columns.csv", b"# " + b",".join(b"c%d" % i for i in range(5000)) + b"\n1,2\n", "refuse")
put("csv_quotes.csv", b'ip,port\n"192.0.2.1,443\n"""",\n"192.0.2.2",1\n', "accept")
put("csv_no_value.csv", b"sha1,reason\nabc,def\n", "refuse")
put("csv_url.csv", b"id,url\n1,http://a@b@[::1\n2,http://\n3,://\n4,http://evil.example:99999/\n", "any")
put("misp_type.json", '{"name":"x","type":"regex","list":["a"]}', "refuse")
put("misp_name.json", '{"name":"a, b\\u00e9","type":"cidr","list":["192.0.2.0/24"]}', "accept")
put("misp_list.json", '{"name":"x","type":"cidr","list":[1]}', "refuse")

# Signatures that are none.
for i, s in enumerate(("ed25519:", "ed25519::", "ed25519:0011223344556677:AAAA", "rsa:x:y", "0" * 64, "\\u001b", "ed25519:\\u00e9:" + "A" * 86 + "==")):
    put("signature_%d.json" % i, GOOD.replace('"date"', '"signature":"%s","date"' % s), "refuse")
