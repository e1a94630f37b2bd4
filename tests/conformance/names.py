#!/usr/bin/env python3
"""Names seen in traffic, compared with tshark over captures: per protocol how many of tshark's facts are found
(recall) and how many of those found tshark has too (precision).

    names.py [--protocol NAME] [--verbose] [--min PERCENT] CAPTURE|DIR...

A protocol is an entry of PROTOCOLS: tshark's fields, a function from a row of these fields to facts, and a verb of fbforensics with a function from a row of its JSON to the same facts. A fact is a tuple of
strings; facts are compared as a set for each capture."""
import argparse, collections, json, os, re, subprocess, sys
import tshark

FB = os.environ.get('FB', 'build/fbforensics')


def lower(name):
    return '.' if name in ('<Root>', '') else name.lower().rstrip('.') or '.'


def dns_tshark(row):
    for name, kind in zip(row['dns.qry.name'], row['dns.qry.type']):
        yield ('query', lower(name), str(int(kind, 0)))
    for a in row['dns.a'] + row['dns.aaaa']:
        yield ('address', a)
    for kind in ('cname', 'ptr.domain_name', 'mx.mail_exchange', 'srv.target'):
        for name in row['dns.' + kind]:
            yield (kind.split('.')[0], lower(name))


def dns_own(row):
    if 'query' in row and 'qtype' in row:
        yield ('query', lower(row['query']), str(row['qtype']))
    for which in ('answer', 'more'):
        texts = row['answers' if which == 'answer' else 'more_answers']
        for text, kind in zip(texts, row[which + '_types']):
            if kind in ('A', 'AAAA'):
                yield ('address', text)
            elif kind in ('CNAME', 'PTR', 'MX', 'SRV'):
                yield (kind.lower(), lower(text))


def nbns_tshark(row):
    for name in row['nbns.name']:
        # tshark shows the bytes that pad a name; here they are left out, and other controls are compared as <hh>.
        name = re.sub(r'(<00>)+(<..>)$', r'\2', name.split(' (')[0].strip().lower())
        yield ('name', name)


def nbns_own(row):
    for name in [row.get('query')] + row['answer_names'] + row['more_names']:
        if name:
            yield ('name', re.sub('[\x00-\x1f]', lambda m: f'<{ord(m[0]):02x}>', name.replace('\\', '')).lower())


DNS = (['dns.qry.name', 'dns.qry.type', 'dns.a', 'dns.aaaa', 'dns.cname', 'dns.ptr.domain_name', 'dns.mx.mail_exchange', 'dns.srv.target'],
       dns_tshark, 'dns', dns_own)
PROTOCOLS = {'dns': DNS, 'mdns': DNS, 'llmnr': DNS, 'nbns': (['nbns.name'], nbns_tshark, 'dns', nbns_own)}
# What ICMP quotes of a datagram that was turned back is not said a second time here.
FILTER = '(dns or mdns or llmnr or nbns) and not icmp and not icmpv6'


def kind_of(frame):
    """mDNS and LLMNR have the port to tell; everything else in the form of DNS is dns."""
    names = set(':'.join(frame['frame.protocols']).split(':'))
    return next((p for p in ('nbns', 'mdns', 'llmnr', 'dns') if p in names), None)


def ask_tshark(path, wanted):
    fields = sorted({f for p in PROTOCOLS.values() for f in p[0]}) + ['frame.protocols']
    facts = {p: set() for p in wanted}
    for row in tshark.rows(path, FILTER, fields):
        p = kind_of(row)
        if p in facts:
            facts[p].update(PROTOCOLS[p][1](row))
    return facts


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
    total = {p: [0, 0, 0] for p in wanted}  # both, tshark alone, own alone
    files = 0
    for path in tshark.captures(o.paths):
        theirs, own = ask_tshark(path, wanted), ask_own(path, wanted)
        files += 1
        for p in wanted:
            t = total[p]
            t[0] += len(theirs[p] & own[p])
            t[1] += len(theirs[p] - own[p])
            t[2] += len(own[p] - theirs[p])
            if o.verbose:
                for word, diff in (('missed', theirs[p] - own[p]), ('extra', own[p] - theirs[p])):
                    for fact in sorted(diff)[:8]:
                        print(f'{path}: {p}: {word} ({len(diff)}): {fact}')
    bad = False
    for p in wanted:
        both, missed, extra = total[p]
        recall = 100 * both / (both + missed) if both + missed else 100
        precision = 100 * both / (both + extra) if both + extra else 100
        print(f'{p}: {files} captures, {both} facts in both, {missed} missed, {extra} extra; '
              f'recall {recall:.2f} %, precision {precision:.2f} %')
        bad |= recall < o.min or precision < o.min
    sys.exit(1 if bad else 0)


main()
