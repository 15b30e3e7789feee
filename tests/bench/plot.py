# SPDX-License-Identifier: MIT
"""The added CPU as a picture (SVG): a panel for each size of message, a row for
each variant, a logarithmic scale, the quartiles as a line, the target as a
tick."""

import math

import report
import targets
from variants import VARIANTS

LOW, HIGH = 1, 3000             # %
WIDTH, LEFT, ROW, HEAD = 250, 220, 22, 46
STYLE = ('text{font:12px sans-serif;fill:#222}.t{font-size:14px;font-weight:bold}'
         '.g{stroke:#ddd}.s{stroke:#88a;stroke-width:5;stroke-opacity:.5}'
         '.w{stroke:#c30;stroke-width:2}.m{fill:#224}')


def x_of(percent):
    part = math.log(min(max(percent, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
    return part * (WIDTH - 30)


def line(x1, y1, x2, y2, kind):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>' % (x1, y1, x2, y2, kind)


def text(x, y, words, more=''):
    return '<text x="%.1f" y="%.1f"%s>%s</text>' % (x, y, more, words)


def panel(found, group, size, names, left):
    out = [text(left, 38, report.SIZE[size], ' class="t"')]
    bottom = HEAD + ROW * len(names)
    for tick in (1, 10, 100, 1000):
        x = left + x_of(tick)
        out += [line(x, HEAD, x, bottom, 'g'),
                text(x, bottom + 15, '+%d %%' % tick, ' text-anchor="middle"')]
    for number, name in enumerate(names):
        y = HEAD + ROW * (number + 0.5)
        values = report.added(found, group + (size,), name)
        low, high = report.quartiles(values)
        out.append(line(left + x_of(low), y, left + x_of(high), y, 's'))
        middle = report.median(values)
        out.append('<circle cx="%.1f" cy="%.1f" r="4" class="m"><title>%s: %s %%</title>'
                   '</circle>' % (left + x_of(middle), y, VARIANTS[name].title,
                                  report.percent(values)))
        most = targets.ADDED.get(name, {}).get(size)
        if most is not None:
            out.append(line(left + x_of(most), y - 8, left + x_of(most), y + 8, 'w'))
    return out


def draw(found, group=None):
    group = group or report.groups(found)[0]
    names = [name for name in report.names_of(found) if name != 'none']
    sizes = report.sizes_of(found)
    width, height = LEFT + WIDTH * len(sizes), HEAD + ROW * len(names) + 30
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
           'viewBox="0 0 %d %d"><style>%s</style>' % (width, height, width, height, STYLE),
           '<rect width="100%" height="100%" fill="#fff"/>',
           text(10, 18, 'CPU per message, more than without a plugin (%s); red: target' %
                report.group_title(group))]
    out += [text(10, HEAD + ROW * (number + 0.5) + 4, VARIANTS[name].title)
            for number, name in enumerate(names)]
    for number, size in enumerate(sizes):
        out += panel(found, group, size, names, LEFT + WIDTH * number)
    return '\n'.join(out) + '\n</svg>\n'
