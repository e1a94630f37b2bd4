"""tshark's fields of the frames of a capture, for wire.py and names.py. TSHARK_CACHE=DIR keeps what tshark said there, since asking it again is
what takes the time: empty the directory when tshark or the captures change."""
import hashlib, os, subprocess

SEP = '\x1f'
SUFFIXES = ('.pcap', '.pcapng', '.cap')
PACKED = ('', '.gz', '.zst', '.xz', '.lz4')


def captures(paths):
    """The captures among files and in directories, in order."""
    for p in paths:
        if not os.path.isdir(p):
            yield p
            continue
        for d, dirs, files in os.walk(p):
            dirs.sort()
            for f in sorted(files):
                if f.endswith(tuple(s + z for s in SUFFIXES for z in PACKED)):
                    yield os.path.join(d, f)


def ask(path, flt, fields):
    """Text of `tshark -T fields`, and what it complained about."""
    args = ['tshark', '-n', '-o', 'tcp.reassemble_out_of_order:TRUE', '-r', path, '-Y', flt, '-T', 'fields', '-E', 'separator=/t',
            '-E', 'occurrence=a', '-E', 'aggregator=' + SEP]
    for f in fields:
        args += ['-e', f]
    cache = os.environ.get('TSHARK_CACHE')
    kept = cache and os.path.join(cache, hashlib.sha256('\0'.join(args).encode()).hexdigest())
    if kept and os.path.exists(kept):
        return open(kept, encoding='utf-8').read()
    out = subprocess.run(args, capture_output=True).stdout.decode('utf-8', 'replace')
    if kept:
        with open(kept + '.new', 'w', encoding='utf-8', newline='') as f:
            f.write(out)
        os.rename(kept + '.new', kept)
    return out


def rows(path, flt, fields):
    """Yields {field: [values]} for each frame that passes the display filter `flt`."""
    for line in ask(path, flt, fields).split('\n'):
        cells = line.split('\t')
        if len(cells) == len(fields):
            yield {f: [v for v in c.split(SEP) if v] for f, c in zip(fields, cells)}
