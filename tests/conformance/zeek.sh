#!/bin/sh
# Agreement with Zeek's conn.log, with floors. zeek.sh FOLDER: the folder with compare_conn.py, cases, cases_model, cases_legacy.
# FB is the program. Fails when a field falls below its floor; see docs/conformance.md for what differs and why.
set -eu
dir=$1
FB=${FB:-build/fbforensics}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
bad=0
# set, floor of every field but service (sessions overall; mean of cases), floor of service
for row in 'cases 99.5 99.5 95' 'cases_model 100 100 0' 'cases_legacy 100 100 0'; do
    set -- $row
    [ -d "$dir/$1" ] || continue
    python3 "$dir/compare_conn.py" --cases "$dir/$1" --quiet --show 1 --json "$out/$1.json" \
        --run "$FB export --format zeek-json {C} {pcap}" >"$out/$1.txt" || true
    python3 - "$out/$1.json" "$@" <<'PY' || { bad=1; cat "$out/$1.txt"; }
import json, sys
path, name, all_floor, mean_floor, service_floor = sys.argv[1], sys.argv[2], *map(float, sys.argv[3:6])
r = json.load(open(path))
low = []
mean = {}
for case in r['per_case'].values():
    for field, (ok, total) in case['fields'].items():
        if total:
            mean.setdefault(field, []).append(ok / total)
for field, (ok, total) in r['fields'].items():
    rate, average = 100 * ok / total, 100 * sum(mean[field]) / len(mean[field])
    floor = (service_floor, service_floor) if field == 'service' else (all_floor, mean_floor)
    if rate < floor[0] or average < floor[1]:
        low.append('%s %.2f%% (mean of cases %.2f%%)' % (field, rate, average))
service = r['fields'].get('service')
print('  ZEEK     %-12s %d of %d cases identical%s' % (name, r['identical'], r['cases'],
      ', service %.1f%%' % (100 * service[0] / service[1]) if service else ''))
if low:
    print('below the floor in %s: %s' % (name, ', '.join(low)))
    sys.exit(1)
PY
done
exit $bad
