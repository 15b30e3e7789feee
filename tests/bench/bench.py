#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`make bench`: measures, and writes what it found. See README."""

import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'integration')]

from lib import built
from lib.certs import Certs

import answers
import machine
import mails
import plot
import report
import starting
import whole
from options import Options
from variants import VARIANTS


class Bench:
    """What the parts share: options, files, Dovecots that run."""

    def __init__(self, options):
        self.options = options
        self.holder = tempfile.TemporaryDirectory(prefix='ms.bench.')
        os.chmod(self.holder.name, 0o755)
        self.mails = mails.write(self.holder.name)
        self.certs, self.made, self.dovecots = Certs(), {}, {}
        self.began = time.monotonic()
        self.load = os.getloadavg()[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for running in self.dovecots.values():
            running.close()
        self.certs.close()
        self.holder.cleanup()

    def path(self, name):
        return os.path.join(self.holder.name, name)

    def program(self, name):
        return built.need(name)

    def say(self, text):
        print('%4d s  %s' % (time.monotonic() - self.began, text), file=sys.stderr, flush=True)

    def certificate(self, kind):
        if kind not in self.made:
            self.made[kind] = self.certs.make('bench', kind)
        return self.made[kind]

    def running(self, name):
        """The Dovecot of that variant, started when it is first asked for."""
        if name not in self.dovecots:
            self.say('starting: ' + VARIANTS[name].title)
            self.dovecots[name] = VARIANTS[name].start(self)
        return self.dovecots[name]


def floors(bench):
    return json.loads(subprocess.run([bench.program('floors')], check=True,
                                     stdout=subprocess.PIPE).stdout)


PARTS = {'floors': floors, 'start': starting.run, 'whole': whole.run,
         'memory': whole.memory, 'answers': answers.run}


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def keep(bench, found):
    """The text, the plot, and every sample for whoever wants to look closer."""
    result = bench.options.result
    text = report.write(machine.describe(bench), found)
    paths = [write(result + '.txt', text)]
    if 'whole' in found and 'none' in bench.options.variants:
        paths.append(write(result + '.svg', plot.draw(found['whole'])))
    samples = {part: {str(key): value for key, value in rows.items()}
               for part, rows in found.items()}
    paths.append(write(result + '.json', json.dumps(samples, indent=1)))
    print(text)
    bench.say('written: ' + ' '.join(paths))


def main():
    options = Options()
    unknown = [name for name in options.parts if name not in PARTS] + \
        [name for name in options.variants if name not in VARIANTS]
    if unknown:
        raise SystemExit('unknown: ' + ' '.join(unknown))
    with Bench(options) as bench:
        if 'whole' in options.parts or 'memory' in options.parts:
            for name in options.variants:
                bench.running(name)
        keep(bench, {name: PARTS[name](bench) for name in options.parts})


if __name__ == '__main__':
    main()
