#!/usr/bin/env python3
"""Cases from strangers: copies of a good case, each with one thing in it that no writer of cases does.

usage: make_cases.py GOOD.fbcase OUTDIR [--flips N] [--seed N]

Prints one line a file: NAME, a tab, and what a reader has to do with it: `refuse` (exit code 4 or 5), or `any` (answer or
refuse). Deterministic for a seed. Standard library only."""
import argparse
import os
import random
import sqlite3
import struct

ap = argparse.ArgumentParser()
ap.add_argument("good")
ap.add_argument("outdir")
ap.add_argument("--flips", type=int, default=40)
ap.add_argument("--seed", type=int, default=1)
opt = ap.parse_args()
os.makedirs(opt.outdir, exist_ok=True)
good = open(opt.good, "rb").read()
rng = random.Random(opt.seed)


def path(name):
    return os.path.join(opt.outdir, name)


def say(name, want):
    print(name + "\t" + want)


def whole(name, data, want="refuse"):
    with open(path(name), "wb") as f:
        f.write(data)
    say(name, want)


def change(name, want, *statements):
    """A copy on which SQL was run; statements are strings or (string, parameters)."""
    with open(path(name), "wb") as f:
        f.write(good)
    db = sqlite3.connect(path(name), isolation_level=None)
    db.execute("PRAGMA synchronous=OFF")
    for s in statements:
        db.execute(*(s if isinstance(s, tuple) else (s,)))
    db.close()
    say(name, want)


# ---- zstd frames made by hand: blocks of one repeated byte (RFC 8878, 3.1.1.2.2)
def rle_block(n, last):
    return struct.pack("<I", int(last) | 1 << 1 | n << 3)[:3] + b"x"


def frame(total, window_log=17, content_size=None):
    """total bytes out of almost none; content_size: what the header claims."""
    head = b"\x28\xb5\x2f\xfd"
    if content_size is None:
        head += bytes([0, (window_log - 10) << 3])
    else:
        head += b"\xc0" + bytes([(window_log - 10) << 3]) + struct.pack("<Q", content_size)
    blocks = [rle_block(131072, False)] * (total // 131072) + [rle_block(total % 131072, True)]
    return head + b"".join(blocks)


def varint(v):
    out = bytearray()
    while v > 127:
        out.append(v & 127 | 128)
        v >>= 7
    return bytes(out + bytes([v]))


def block(f):
    return b"\x02" + varint(len(f)) + f


BLOBS = {
    "empty": b"",
    "zero": bytes(100),
    "ff": b"\xff" * 100,
    "frame": frame(1 << 28),
    "block": b"\x01\x01" + block(frame(1 << 28)),
    "packed": varint(1 << 30) + block(frame(1 << 20)) * 64,
    "length": varint(2**64 - 1) + block(frame(10)),
    "window": varint(10) + block(frame(10, window_log=31)),
    "claim": varint(10) + block(frame(10, content_size=2**63)),
    "frames": varint(4096) + block(b"\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00" * 5000),
    "big": b"A" * 2000000,
}
NUMBERS = {"max": 2**63 - 1, "min": -(2**63), "minus": -1, "zero": 0, "text": "12", "null": None, "real": 1e300}
TEXTS = {
    "escape": "\x1b[2J\x1b]0;title\x07",
    "html": "<script>alert(1)</script>",
    "formula": "=cmd|' /C calc'!A0",
    "long": "n" * 1000000,
    "nul": "a\0b",
    "bidi": "\u202egpj.exe",
    "number": 5,
    "null": None,
}
BAD_UTF8 = "CAST(x'ff00fec0801b5b324a' AS TEXT)"

db = sqlite3.connect(opt.good)
tables = {}
for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name"):
    tables[table] = [(c[1], c[2], c[5]) for c in db.execute('PRAGMA table_info("%s")' % table)]
filled = {t for t in tables if db.execute('SELECT count(*) FROM "%s"' % t).fetchone()[0]}
db.close()

# ---- what a schema may not have
for t in tables:
    change("schema_drop_%s.fbcase" % t, "refuse", 'DROP TABLE "%s"' % t)
    change("schema_trigger_%s.fbcase" % t, "refuse",
           'CREATE TRIGGER x AFTER INSERT ON "%s" BEGIN SELECT hex(zeroblob(500000000)); END' % t)
    change("schema_index_%s.fbcase" % t, "refuse", 'CREATE INDEX x ON "%s"(%s)' % (t, tables[t][-1][0]))
    change("schema_view_%s.fbcase" % t, "refuse", 'ALTER TABLE "%s" RENAME TO zz' % t,
           'CREATE VIEW "%s" AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r) SELECT zz.* FROM zz, r' % t)
    change("schema_column_%s.fbcase" % t, "refuse", 'ALTER TABLE "%s" ADD COLUMN zz' % t)
change("schema_generated.fbcase", "refuse", "ALTER TABLE evidence ADD COLUMN zz AS (zeroblob(1000000000))")
change("schema_shadow.fbcase", "refuse", "CREATE TABLE sessions(number, ts)")
change("schema_temp_name.fbcase", "refuse", 'CREATE TABLE "a\x1b[2Jb"(x)')
change("schema_many.fbcase", "refuse", *["CREATE TABLE t%d(a)" % i for i in range(3000)])
change("version_newer.fbcase", "refuse", "PRAGMA user_version=1000")
change("version_negative.fbcase", "refuse", "PRAGMA user_version=-1")
change("application.fbcase", "refuse", "PRAGMA application_id=1")

# ---- values
for t, columns in tables.items():
    if t not in filled:
        continue
    change("rows_none_%s.fbcase" % t, "any", 'DELETE FROM "%s"' % t)
    for column, kind, key in columns:
        if key:
            continue
        values = {"BLOB": BLOBS, "TEXT": TEXTS}.get(kind, NUMBERS)
        for name, v in values.items():
            try:
                change("value_%s_%s_%s.fbcase" % (t, column, name), "any",
                       ('UPDATE "%s" SET "%s"=?' % (t, column), (v,)))
            except sqlite3.IntegrityError:
                say("value_%s_%s_%s.fbcase" % (t, column, name), "any")  # the good copy: NOT NULL holds
        if kind != "BLOB":
            change("value_%s_%s_utf8.fbcase" % (t, column), "any", 'UPDATE "%s" SET "%s"=%s' % (t, column, BAD_UTF8))

# ---- chunks that are others than they say
change("chunk_swap.fbcase", "any", "UPDATE chunk_grp SET k=-1-k",
       "UPDATE chunk_grp SET k=(((-1-k)>>4)<<4)+15-((-1-k)&15)")
change("chunk_rows.fbcase", "any", "UPDATE chunk SET nrows=65536, last_number=65536 WHERE kind=0")
change("chunk_repeat.fbcase", "any", "INSERT INTO chunk SELECT cid+1048576, kind, nrows, first_number+65536, "
       "last_number+65536, ts_min, ts_max, zone, content_hash, logical_hash FROM chunk",
       "INSERT INTO chunk_grp SELECT k+16777216, z FROM chunk_grp")
change("chunk_thousands.fbcase", "any", "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r WHERE i<20000) "
       "INSERT INTO chunk SELECT c.cid+i*1048576, kind, nrows, first_number+i*65536, last_number+i*65536, ts_min, ts_max, "
       "zone, content_hash, logical_hash FROM chunk c, r WHERE kind=0")

# ---- pages
page = struct.unpack(">H", good[16:18])[0]
for name, off, v in (("pagesize", 16, b"\0\0"), ("reserved", 20, b"\xff"), ("pages", 28, b"\xff" * 4),
                     ("freelist", 32, b"\0\0\0\2\x7f\xff\xff\xff"), ("encoding", 56, b"\0\0\0\7"), ("wal", 18, b"\2\2"),
                     ("future", 18, b"\x09\x09")):
    whole("page_%s.fbcase" % name, good[:off] + v + good[off + len(v):], "any")
for i in range(1, 16):
    whole("cut_%02d.fbcase" % i, good[:len(good) * i // 16], "any")
whole("cut_none.fbcase", b"")
whole("cut_header.fbcase", good[:100])
whole("tail.fbcase", good + b"\xff" * page, "any")
for i in range(opt.flips):
    b = bytearray(good)
    for _ in range(1 + i % 8):
        b[rng.randrange(len(b))] ^= 1 << rng.randrange(8)
    whole("flip_%03d.fbcase" % i, bytes(b), "any")

# ---- what lies beside, and what is no file
whole("hot.fbcase", good, "any")
with open(path("hot.fbcase-journal"), "wb") as f:
    f.write(bytes.fromhex("d9d505f920a163d7") + struct.pack(">IIIII", 1, 0, len(good) // page, 512, page) + bytes(484) +
            struct.pack(">I", 2) + b"\xde" * page + bytes(4))
whole("linked_wal.fbcase", good)
os.path.lexists(path("linked_wal.fbcase-wal")) or os.symlink("/etc/passwd", path("linked_wal.fbcase-wal"))
whole("piped_journal.fbcase", good)
os.path.lexists(path("piped_journal.fbcase-journal")) or os.mkfifo(path("piped_journal.fbcase-journal"))
for name, target in (("link_nowhere", "/nonexistent/x"), ("link_zero", "/dev/zero"), ("link_self", "link_self.fbcase")):
    os.path.lexists(path(name + ".fbcase")) or os.symlink(target, path(name + ".fbcase"))
    say(name + ".fbcase", "refuse")
os.path.lexists(path("pipe.fbcase")) or os.mkfifo(path("pipe.fbcase"))
say("pipe.fbcase", "refuse")
os.makedirs(path("directory.fbcase"), exist_ok=True)
say("directory.fbcase", "refuse")
