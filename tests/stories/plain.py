"""plain.py FORM FILE...: says what in a program's output would play tricks on a terminal, a spreadsheet, a JSON reader or a
reader of Zeek's TSV. FORM is text, json, csv, zeek or tty (what a terminal got). Exit code 1 when there is something."""
import csv
import io
import json
import re
import sys

# Controls, bidirectional and zero-width characters, separators, tags: nothing that this program writes itself.
HIDDEN = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]')
NUMBER = re.compile(r'[-+]?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?')


def faults(form, raw):
    if form == 'tty':  # bold headings, and the line ends of a terminal
        raw, form = re.sub(rb'\x1b\[[01]?m', b'', raw).replace(b'\r\n', b'\n'), 'text'
    if form == 'csv':
        raw = raw.replace(b'\r\n', b'\n')
    try:
        text = raw.decode()
    except UnicodeDecodeError as e:
        yield 'not UTF-8: %r' % raw[max(0, e.start - 20):e.start + 20]
        return
    m = HIDDEN.search(text)
    if m:
        yield 'a character that acts: %r' % text[max(0, m.start() - 20):m.start() + 20]
    if form != 'zeek' and '\t' in text:
        yield 'a TAB'
    rows = [r for r in text.split('\n') if r]
    if form == 'json':
        for r in rows:
            json.loads(r)
    if form == 'zeek' and len({r.count('\t') for r in rows if r[0] != '#'}) > 1:
        yield 'lines of different widths'
    if form == 'csv':
        cells = list(csv.reader(io.StringIO(text), strict=True))
        if len({len(r) for r in cells}) > 1:
            yield 'records of different widths'
        for c in (c for r in cells for c in r):
            if c[:1] and c[0] in '=+-@\t\r\n\uff1d\uff0b\uff0d\uff20' and not NUMBER.fullmatch(c):
                yield 'a formula: %r' % c[:40]


bad = [(f, x) for f in sys.argv[2:] for x in faults(sys.argv[1], open(f, 'rb').read())]
for f, x in bad:
    print(f, x, sep=': ')
sys.exit(bool(bad))
