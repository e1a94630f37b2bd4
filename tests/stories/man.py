"""man.py PAGE DIR: every option that a verb's --help lists (DIR/VERB, or DIR/VERB.SUBCOMMAND) stands in that verb's entry of the manual
page, or in the section on options that several verbs have; and every option in the page is an option of some verb."""
import os
import re
import sys

text = open(sys.argv[1]).read()
# An entry of the section VERBS begins behind .TP with the verb in bold; its options are written \-\-name.
verbs = text[text.index('.SH VERBS'):text.index('.SH OPTIONS')]
common = text[text.index('.SH OPTIONS'):text.index('.SH EXIT STATUS')]


def options(part):
    return {m.replace('\\-', '-') for m in re.findall(r'\\-\\-([a-z][a-z\\-]*[a-z])', part)}


entry = {}
for part in verbs.split('.TP\n')[1:]:
    m = re.match(r'\.(?:B|BR|BI) "?([a-z]+)', part)
    if m:
        entry[m.group(1)] = entry.get(m.group(1), '') + part
bad = []
every = {'version', 'help'}
for name in sorted(os.listdir(sys.argv[2])):
    verb = name.split('.')[0]
    has = set(re.findall(r'^  (?:-.,|   ) --([a-z][a-z-]*)', open(os.path.join(sys.argv[2], name)).read(), re.M))
    every |= has
    if verb not in entry:
        bad.append('%s has no entry' % verb)
        continue
    for o in sorted(has - options(entry[verb]) - options(common)):
        bad.append('%s: --%s is missing' % (name.replace('.', ' '), o))
for o in sorted(options(text) - every):
    bad.append('--%s is no option of any verb' % o)
print('\n'.join(bad))
sys.exit(bool(bad))
