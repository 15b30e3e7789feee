# SPDX-License-Identifier: MIT
"""Tables of text: what was found, and whether it is what was promised."""

import statistics

import targets
from variants import VARIANTS

FSYNC = {'never': 'no fsync', 'optimized': 'fsync', 'always': 'fsync always'}
SIZE = {'64': '64 B', '4k': '4 kB', '75k': '75 kB', '1M': '1 MB', '10M': '10 MB', '25M': '25 MB'}


def median(values):
    return statistics.median(values)


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method='inclusive')
    return low, high


def added(found, cell, name, what='cpu'):
    """[%] for each round: what this variant needs more than no plugin."""
    return [100 * (mine[what] / base[what] - 1) for mine, base in
            zip(found[cell, name], found[cell, 'none'])]


def added_us(found, cell, name):
    return [(mine['cpu'] - base['cpu']) / 1000 for mine, base in
            zip(found[cell, name], found[cell, 'none'])]


def percent(values):
    """+8.2 (7.5 .. 9.1)"""
    low, high = quartiles(values)
    if max(map(abs, (low, high))) >= 100:
        return '%+.0f (%.0f .. %.0f)' % (median(values), low, high)
    return '%+.1f (%.1f .. %.1f)' % (median(values), low, high)


def table(rows, head):
    """Columns as wide as they need; the first to the left."""
    rows = [head] + rows
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])] + \
            [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append('  '.join(cells).rstrip())
    return '\n'.join('  ' + line for line in lines) + '\n'


def groups(found):
    """(format, fsync, sessions) in the order of the measurements."""
    return list(dict.fromkeys(cell[:3] for cell, _ in found))


def sizes_of(found):
    return list(dict.fromkeys(cell[3] for cell, _ in found))


def names_of(found):
    return [name for name in VARIANTS if any(n == name for _, n in found)]


def group_title(group):
    format, fsync, sessions = group
    return '%s, %s, %d session%s' % (format, FSYNC.get(fsync, fsync), sessions,
                                     's' * (sessions > 1))


def whole(found):
    sizes, names = sizes_of(found), names_of(found)
    rounds = len(next(iter(found.values())))
    text = 'Messages delivered by LMTP\n\n' \
        'Medians of %d rounds. In %%: against no plugin in the same round, and the\n' \
        'quartiles. CPU: all processes of Dovecot, seald too.\n' % rounds
    for group in groups(found):
        text += '\n%s: CPU per message\n' % group_title(group)
        text += table([cpu_row(found, group, sizes, name) for name in names],
                      [''] + [SIZE[size] for size in sizes])
        text += '\n%s: messages a second; latency p50, p99 in ms\n' % group_title(group)
        text += table([rate_row(found, group, sizes, name) for name in names],
                      [''] + [SIZE[size] for size in sizes])
    return text


def cpu_row(found, group, sizes, name):
    cells = []
    for size in sizes:
        cell = group + (size,)
        if name == 'none' or (cell, 'none') not in found:
            cells.append('%.3f ms' % (median([s['cpu'] for s in found[cell, name]]) / 1e6))
        else:
            cells.append(percent(added(found, cell, name)))
    return [VARIANTS[name].title] + cells


def rate_row(found, group, sizes, name):
    cells = []
    for size in sizes:
        samples = found[group + (size,), name]
        rate = median([s['rate'] for s in samples])
        cells.append('%s; %.1f, %.1f' % ('%.1f' % rate if rate < 100 else '%.0f' % rate,
                                         median([s['p50'] for s in samples]) / 1000,
                                         median([s['p99'] for s in samples]) / 1000))
    return [VARIANTS[name].title] + cells


def parts(found):
    """Where the added time goes: seald's part, and the rest."""
    names = [name for name in names_of(found) if VARIANTS[name].plugin]
    if not names or 'none' not in names_of(found):
        return ''
    sizes, group = sizes_of(found), groups(found)[0]
    rows = []
    for name in names:
        cells = []
        for size in sizes:
            cell = group + (size,)
            seald = median([s['seald'] for s in found[cell, name]]) / 1000
            all_of_it = median(added_us(found, cell, name))
            cells.append('%.0f = %.0f + %.0f' % (all_of_it, seald, all_of_it - seald))
        rows.append([VARIANTS[name].title] + cells)
    return 'Added CPU per message in us = seald + lmtp and the others (%s)\n' % \
        group_title(group) + table(rows, [''] + [SIZE[size] for size in sizes])


def memory(found):
    rows = []
    for name, values in found.items():
        more = median(values) - median(found['none']) if 'none' in found else 0
        rows.append([VARIANTS[name].title, '%.2f MB' % (median(values) / 1024),
                     '' if name == 'none' else '%+.2f MB' % (more / 1024)])
    return 'Peak memory of lmtp, one message of 25 MB\n' + table(rows, ['', 'peak', 'more'])


def starting(found):
    rows = []
    for what in dict.fromkeys(what for what, _ in found):
        base, mine = found[what, 'none'], found[what, 'cbc']
        more = [(b - a) / 1000 for a, b in zip(base, mine)]
        rows.append([what, '%.2f ms' % (median(base) / 1e6), '%.2f ms' % (median(mine) / 1e6),
                     '%+.0f us' % median(more),
                     percent([100 * (b / a - 1) for a, b in zip(base, mine)]) + ' %'])
    return 'A process for each session: CPU per session, all processes\n' + \
        table(rows, ['', 'no plugin', 'mail_seal', 'more', ''])


def answers(found):
    rows = []
    for (profiles, name), r in found.items():
        writing = '%.0f us' % r['writing']['latency_us']['p50'] if r['writes'] else ''
        rows.append(['%d' % profiles + ', ' + name, '%.0f' % r['rate'],
                     '%.0f' % r['latency_us']['p50'], '%.0f' % r['latency_us']['p99'],
                     '%.1f' % (r['cpu'] / 1000), '%.1f' % (r['memory'] / 1024), writing])
    return 'seald: answers to SEAL, RSA-2048\n' + table(
        rows, ['profiles, keys, who asks', 'per s', 'p50 us', 'p99 us', 'CPU us', 'MB', 'a write'])


def floors(found):
    return 'Floors: RSA-2048 %(rsa).1f us, P-256 %(p256).1f us; a question to another process ' \
        '%(trip).1f us\n(CPU of both %(trip_cpu).1f us), after a millisecond of other work ' \
        '%(apart).1f us (CPU %(apart_cpu).1f us)\n' % found


def promises(found):
    rows = [[name, wanted, got, 'met' if met else 'NOT MET']
            for name, wanted, got, met in targets.judge(found)]
    return 'Targets\n' + table(rows, ['', 'target', 'measured', '']) if rows else ''


def write(machine, found):
    """The whole text."""
    sections = ['\n'.join('%-11s %s' % pair for pair in machine) + '\n', promises(found)]
    if 'whole' in found:
        sections += [whole(found['whole']), parts(found['whole'])]
    for name, make in (('memory', memory), ('start', starting), ('answers', answers),
                       ('floors', floors)):
        if name in found:
            sections.append(make(found[name]))
    return '\n'.join(section for section in sections if section)
