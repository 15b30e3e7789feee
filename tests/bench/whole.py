# SPDX-License-Identifier: MIT
"""Messages delivered by LMTP: processor time of all of Dovecot per message,
messages per second, latency; in rounds, each of which measures every variant
in another order, so that a ratio compares what ran within seconds."""

import itertools
import json
import random
import subprocess

import cpu
from lib import procs

from variants import VARIANTS


class Load:
    """lmtp-load, connected and warm; go() lets it run and measures that."""

    def __init__(self, program, running, users, mails, count, sessions=1, warm=2, reuse=0):
        self.running = running
        args = [program, '-g', '-s', running.box.base + '/lmtp', '-n', str(count),
                '-c', str(sessions), '-w', str(warm), '-r', str(reuse)]
        for user in users:
            args += ['-u', user]
        for mail in mails:
            args += ['-m', mail]
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        if self.process.stdout.readline() != 'ready\n':
            self.failed()

    def failed(self):
        self.process.stdin.close()
        self.process.wait()
        raise AssertionError('%s: lmtp-load failed\n%s' % (
            self.running.name, self.running.box.log_tail()))

    def go(self):
        """What lmtp-load prints, and cpu: ns of all processes; seald: ns of that
        one alone."""
        meter, seald = self.running.meter, self.running.box.children('seald')
        before, one = cpu.settled(meter), sum(map(cpu.of_process, seald))
        self.process.stdin.write('go\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line.startswith('{'):
            self.failed()
        result = json.loads(line)
        result['cpu'] = cpu.settled(meter) - before
        result['seald'] = sum(map(cpu.of_process, seald)) - one
        return result

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise AssertionError('%s: lmtp-load: exit code %d' % (
                self.running.name, self.process.returncode))


def measure(bench, running, cell):
    """One sample of one variant."""
    format, fsync, sessions, size = cell
    users = running.users[format, fsync][:sessions]
    count = max(sessions, round(bench.options.messages(size) * running.variant.share))
    count -= count % sessions
    running.empty(users)
    load = Load(bench.program('lmtp-load'), running, users, [bench.mails[size]], count, sessions)
    result = load.go()
    load.close()
    running.check(users[:1])
    running.empty(users)
    return {'cpu': result['cpu'] / count, 'seald': result['seald'] / count,
            'rate': count / result['seconds'], 'p50': result['latency_us']['p50'],
            'p99': result['latency_us']['p99']}


def run(bench):
    """{(cell, variant): [sample of each round]}"""
    options = bench.options
    cells = list(itertools.product(options.formats, options.fsync, options.sessions,
                                   options.sizes))
    source = random.Random(options.seed)
    samples = {}
    for number in range(options.rounds):
        bench.say('messages: round %d of %d' % (number + 1, options.rounds))
        for cell in cells:
            names = list(options.variants)
            source.shuffle(names)
            for name in names:
                samples.setdefault((cell, name), []).append(
                    measure(bench, bench.running(name), cell))
    return samples


# -- memory --------------------------------------------------------------

def memory(bench, size='25M', rounds=3):
    """{variant: [kB]}: the highest memory of an lmtp process that has delivered
    one such message, and only small ones before."""
    users = (bench.options.formats[0], bench.options.fsync[0])
    found = {}
    for _ in range(rounds):
        for name in bench.options.variants:
            running = bench.running(name)
            found.setdefault(name, []).append(
                peak(bench, running, running.users[users][:1], size))
    return found


def peak(bench, running, users, size):
    running.empty(users)
    load = Load(bench.program('lmtp-load'), running, users,
                [bench.mails['4k'], bench.mails[size]], 1, warm=1)
    pids = running.box.children('lmtp')
    for pid in pids:
        with open('/proc/%d/clear_refs' % pid, 'w', encoding='ascii') as file:
            file.write('5')             # VmHWM begins anew
    load.go()
    highest = max(procs.status_kb(pid, 'VmHWM') for pid in pids)
    load.close()
    running.empty(users)
    return highest


def title(name):
    return VARIANTS[name].title
