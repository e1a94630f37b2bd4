#!/usr/bin/env python3
"""Names seen in traffic, compared with tshark over captures: per protocol how many of tshark's facts are found
(recall) and how many of those found tshark has too (precision).

    names.py [--protocol NAME] [--verbose] [--min PERCENT] CAPTURE|DIR...

A protocol is an entry of PROTOCOLS: tshark's fields, a function from a row of these fields to facts, and a verb of fbforensics with a function from a row of its JSON to the same facts. A fact is a tuple of
strings; facts are compared as a set for each capture. Facts that stand only in messages that tshark calls malformed, cut or not put together are
counted apart ("damaged"): what a reader takes out of such a message is its own choice. Exit code 1 when recall or precision of a protocol is below the floor."""
import argparse, collections, json, os, re, subprocess, sys
import tshark

FB = os.environ.get('FB', 'build/fbforensics')


def same(name):
    """One form for what tshark escapes and what is escaped here: bytes that are no text count as one sign, controls are <hh>."""
    name = re.sub('[^\x00-\x7f]+', '\ufffd', name.lower())
    return re.sub('[\x00-\x1f]', lambda m: f'<{ord(m[0]):02x}>', name)


def lower(name):
    return '.' if name in ('<Root>', '') else same(name).rstrip('.') or '.'


def theirs(name):
    """tshark writes controls and backslashes in octal; a dot within a label is not escaped."""
    return lower(re.sub(r'\\([0-7]{3})', lambda m: chr(int(m[1], 8)), name))


def mine(name):
    return lower(re.sub(r'\\(.)', r'\1', name, flags=re.S))


def dns_tshark(row):
    for name, kind in zip(row['dns.qry.name'], row['dns.qry.type']):
        yield ('query', theirs(name), str(int(kind, 0)))
    for a in row['dns.a'] + row['dns.aaaa']:
        yield ('address', a)
    for kind in ('cname', 'ptr.domain_name', 'mx.mail_exchange', 'srv.target'):
        for name in row['dns.' + kind]:
            yield (kind.split('.')[0], theirs(name))


def dns_own(row):
    if 'query' in row and 'qtype' in row:
        yield ('query', mine(row['query']), str(row['qtype']))
    for which in ('answer', 'more'):
        texts = row['answers' if which == 'answer' else 'more_answers']
        for text, kind in zip(texts, row[which + '_types']):
            if kind in ('A', 'AAAA'):
                yield ('address', text)
            elif kind in ('CNAME', 'PTR', 'MX', 'SRV'):
                yield (kind.lower(), mine(text))


def nbns_tshark(row):
    for name in row['nbns.name']:
        # tshark shows the bytes that pad a name; here they are left out, and other controls are compared as <hh>.
        name = re.sub(r'(<00>)+(<..>)$', r'\2', name.split(' (')[0].strip())
        yield ('name', same(re.sub(r'(<[89a-f][0-9a-f]>)(?=.)', '\ufffd', name)))


def nbns_own(row):
    for name in [row.get('query')] + row['answer_names'] + row['more_names']:
        if not name:
            continue
        if len(name) == 32:  # kept as sent, since letters above P say nothing (RFC 1001, 14.1); tshark takes them all the same
            name = '\0' * 16 if not re.fullmatch('[A-Z]*', name) else ''.join(
                chr(((ord(a) - 65 << 4) | ord(b) - 65) & 255) for a, b in zip(name[::2], name[1::2]))
            name = 'Illegal NetBIOS name' if name == '\0' * 16 else f'{name[:15].rstrip()}<{ord(name[15]):02x}>'
        yield ('name', same(name.replace('\\', '')))


DNS = (['dns.qry.name', 'dns.qry.type', 'dns.a', 'dns.aaaa', 'dns.cname', 'dns.ptr.domain_name', 'dns.mx.mail_exchange', 'dns.srv.target'],
       dns_tshark, 'dns', dns_own)
PROTOCOLS = {'dns': DNS, 'mdns': DNS, 'llmnr': DNS, 'nbns': (['nbns.name'], nbns_tshark, 'dns', nbns_own)}
# What ICMP quotes of a datagram that was turned back is not said a second time here; what tshark decrypts with the capture's keys is not read.
FILTER = '(dns or mdns or llmnr or nbns) and not icmp and not icmpv6 and not wg'


def kind_of(frame):
    """mDNS and LLMNR have the port to tell; everything else in the form of DNS is dns."""
    names = set(':'.join(frame['frame.protocols']).split(':'))
    return next((p for p in ('nbns', 'mdns', 'llmnr', 'dns') if p in names), None)


def ask_tshark(path, wanted):
    """-> {protocol: facts}, and of them those of messages that are damaged"""
    marks = ['_ws.malformed', '_ws.short', '_ws.unreassembled']
    fields = sorted({f for p in PROTOCOLS.values() for f in p[0]}) + ['frame.protocols'] + marks
    whole, bad = {p: set() for p in wanted}, {p: set() for p in wanted}
    for row in tshark.rows(path, FILTER, fields):
        p = kind_of(row)
        if p in whole:
            (bad if any(row[m] for m in marks) else whole)[p].update(PROTOCOLS[p][1](row))
    return whole, {p: bad[p] - whole[p] for p in wanted}


def ask_own(path, wanted):
    facts = {p: set() for p in wanted}
    for verb in {PROTOCOLS[p][2] for p in wanted}:
        r = subprocess.run([FB, verb, '--json', '--quiet', '--ignore-checksums', path], capture_output=True)
        if r.returncode not in (0, 3, 4):
            sys.exit(f'{path}: {verb}: exit {r.returncode}: {r.stderr.decode()}')
        for line in r.stdout.decode('utf-8', 'replace').splitlines():
            row = collections.defaultdict(list, json.loads(line))
            for p in wanted:
                if PROTOCOLS[p][2] == verb and row['protocol'] == p:
                    facts[p].update(PROTOCOLS[p][3](row))
    return facts


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('--protocol', action='append', choices=sorted(PROTOCOLS))
    a.add_argument('--verbose', action='store_true')
    a.add_argument('--min', type=float, default=99.0)
    a.add_argument('paths', nargs='+')
    o = a.parse_args()
    wanted = o.protocol or sorted(PROTOCOLS)
    total = {p: [0, 0, 0, 0, 0] for p in wanted}  # both, tshark alone, own alone; of damaged messages: both, tshark alone
    files = 0
    for path in tshark.captures(o.paths):
        (whole, damaged), own = ask_tshark(path, wanted), ask_own(path, wanted)
        files += 1
        for p in wanted:
            sets = {'missed': whole[p] - own[p], 'extra': own[p] - whole[p] - damaged[p], 'missed, damaged': damaged[p] - own[p]}
            t = total[p]
            for i, n in enumerate((len(whole[p] & own[p]), len(sets['missed']), len(sets['extra']), len(damaged[p] & own[p]),
                                   len(sets['missed, damaged']))):
                t[i] += n
            if o.verbose:
                for word, diff in sets.items():
                    for fact in sorted(diff)[:8]:
                        print(f'{path}: {p}: {word} ({len(diff)}): {fact}')
    bad = False
    for p in wanted:
        both, missed, extra, damaged, lost = total[p]
        recall = 100 * both / (both + missed) if both + missed else 100
        precision = 100 * both / (both + extra) if both + extra else 100
        print(f'{p}: {files} captures, {both} facts in both, {missed} missed, {extra} extra; '
              f'recall {recall:.2f} %, precision {precision:.2f} %; of damaged messages {damaged} in both, {lost} missed')
        bad |= recall < o.min or precision < o.min
    sys.exit(1 if bad else 0)


main()
