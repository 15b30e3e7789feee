# SPDX-License-Identifier: MIT
"""What is promised, and whether it holds: the medians of one run."""

import report

# % more CPU per message than without the plugin
ADDED = {
    'cbc': {'4k': 10, '75k': 15, '1M': 25, '10M': 22},
    'gcm': {'4k': 10, '75k': 11, '1M': 13, '10M': 8},
    'sign': {'4k': 18, '75k': 22, '1M': 37, '10M': 33},
    'p256': {'4k': 18, '75k': 20, '1M': 26, '10M': 22},
}
# of what mail_crypt adds
OF_CRYPT = {'4k': 20, '75k': 12}
FIXED_US = 20               # beside the RSA operation and a socket round trip
MEMORY_KB = 1024
ANSWERS = {'warm': 15000, 'cold': 2500}
P99_US = 200
PROFILES = 1000000


def judge(found):
    """Yields (what, target, measured, whether it is met) for all that was
    measured."""
    if 'whole' in found:
        samples = found['whole']
        cell = report.groups(samples)[0]
        yield from added(samples, cell)
        yield from of_crypt(samples, cell)
        if 'floors' in found:
            yield from fixed(samples, cell, found['floors'])
        yield from sessions(samples)
    if 'none' in found.get('memory', {}) and 'cbc' in found['memory']:
        more = report.median(found['memory']['cbc']) - report.median(found['memory']['none'])
        yield 'lmtp, 25 MB: memory', '+1 MB', '%+.2f MB' % (more / 1024), more <= MEMORY_KB
    if 'answers' in found:
        yield from answers(found['answers'])


def added(samples, group):
    for name, sizes in ADDED.items():
        for size, most in sizes.items():
            cell = group + (size,)
            if (cell, name) in samples and (cell, 'none') in samples:
                got = report.median(report.added(samples, cell, name))
                yield ('%s, %s' % (report.VARIANTS[name].title, report.SIZE[size]),
                       '+%d %%' % most, '%+.1f %%' % got, got <= most)


def of_crypt(samples, group):
    for size, least in OF_CRYPT.items():
        cell = group + (size,)
        if all((cell, name) in samples for name in ('none', 'cbc', 'crypt')):
            mine, theirs = (report.median(report.added_us(samples, cell, name))
                            for name in ('cbc', 'crypt'))
            # none at all is better than any part of it
            times = theirs / mine if mine > 0 else float('inf')
            yield ('added, of mail_crypt\'s, %s' % report.SIZE[size], '1/%d' % least,
                   '1/%.1f' % times, times >= least)


def fixed(samples, group, floors):
    cell = group + ('64',)
    if (cell, 'cbc') in samples and (cell, 'none') in samples:
        most = floors['rsa'] + floors['apart_cpu'] + FIXED_US
        got = report.median(report.added_us(samples, cell, 'cbc'))
        yield 'fixed cost, 64 B', '%.0f us' % most, '%.0f us' % got, got <= most


def sessions(samples):
    """Flat from one session to the most: no more added CPU, within the spread."""
    groups = report.groups(samples)
    first = groups[0]
    last = [group for group in groups if group[:2] == first[:2]][-1]
    if first == last:
        return
    for size in report.sizes_of(samples):
        if size not in ADDED['cbc'] or ((first + (size,)), 'cbc') not in samples:
            continue
        one, many = (report.added(samples, group + (size,), 'cbc') for group in (first, last))
        more = report.median(many) - report.median(one)
        spread = max(high - low for low, high in map(report.quartiles, (one, many)))
        yield ('added, 1 to %d sessions, %s' % (last[2], report.SIZE[size]),
               'flat (%.1f %%)' % max(spread, 1), '%+.1f %%' % more, more <= max(spread, 1))


def answers(found):
    profiles = max(number for number, _ in found)
    for state, least in ANSWERS.items():
        for name, result in found.items():
            if name == (profiles, state + ', 8 clients'):
                yield ('seald, %d, %s: answers' % name, '%d/s' % least,
                       '%.0f/s' % result['rate'], result['rate'] >= least)
            if name[0] == profiles and name[1].startswith(state + ', 8 clients') and \
               'writer' not in name[1]:
                got = result['latency_us']['p99']
                yield ('seald, %d, %s: p99' % name, '%d us' % P99_US, '%.0f us' % got,
                       got <= P99_US)
    yield from growth(found, profiles)


def growth(found, most):
    """CPU per answer: flat from the smallest store to the largest."""
    least = min(number for number, _ in found)
    name = 'warm, 8 clients'
    if least < most and (least, name) in found:
        more = 100 * (found[most, name]['cpu'] / found[least, name]['cpu'] - 1)
        yield ('CPU per answer, %d to %d profiles' % (least, most), 'flat (10 %)',
               '%+.1f %%' % more, more <= 10)
