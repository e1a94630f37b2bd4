"""readme.py README: runs every line behind `    $ ` in a Markdown file and compares what stands below it with what is printed; a line
`...` stands for any lines. Numbers that differ on each run (keys, the head of the log, times of signing) are compared by shape.
With GOLDEN=1 the file gets the lines that are printed now. Exit code 1 when something differs or a command fails."""
import os
import re
import subprocess
import sys

RUN_OF_ITS_OWN = re.compile(r'key [0-9a-f]{64}|head [0-9a-f]{64}|on 20\d\d-\S+Z')


def commands(lines):
    """(line number of the command, command, lines below it) for each command."""
    at = 0
    while at < len(lines):
        if lines[at].startswith('    $ '):
            end = at + 1
            while end < len(lines) and (lines[end].startswith('    ') or not lines[end]) and not lines[end].startswith('    $ '):
                end += 1
            while not lines[end - 1]:
                end -= 1
            yield at, lines[at][6:], [x[4:] for x in lines[at + 1:end]]
            at = end
        else:
            at += 1


def shape(line):
    return RUN_OF_ITS_OWN.sub(lambda m: m.group().split()[0], line)


def first_miss(told, printed):
    """Index of the first told line that does not stand where it should, or None."""
    at, loose = 0, False
    for i, line in enumerate(told):
        if line == '...':
            loose = True
            continue
        while loose and at < len(printed) and shape(printed[at]) != shape(line):
            at += 1
        if at == len(printed) or shape(printed[at]) != shape(line):
            return i
        at, loose = at + 1, False
    return None if loose or at == len(printed) else len(told)


def renew(told, printed):
    """The told lines as they read now: what stands between `...` is found again by how its lines begin."""
    if '...' not in told:
        return printed
    begins = {x[:16]: x for x in reversed(printed)}
    return [x if x == '...' else begins.get(x[:16], x) for x in told]


def main():
    path = sys.argv[1]
    lines = open(path).read().split('\n')
    bad = 0
    now = []
    copied = 0
    for at, command, told in commands(lines):
        p = subprocess.run(['sh', '-c', command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        printed = p.stdout.decode().rstrip('\n').split('\n') if p.stdout else []
        miss = first_miss(told, printed) if told else None
        now += lines[copied:at + 1] + ['    ' + x if x else '' for x in (renew(told, printed) if miss is not None else told)]
        copied = at + 1 + len(told)
        if p.returncode or miss is not None:
            bad += 1
            print('%s:%d: $ %s (exit code %d)' % (path, at + 1, command, p.returncode))
            if miss is not None:
                print('    told:   ', told[miss] if miss < len(told) else '(no more)')
            print('\n'.join('    printed: ' + x for x in printed[:40]))
    if os.environ.get('GOLDEN'):
        open(path, 'w').write('\n'.join(now + lines[copied:]))
    sys.exit(bad > 0)


main()
