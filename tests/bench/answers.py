# SPDX-License-Identifier: MIT
"""How fast seald answers SEAL: stores of many sizes, one client and eight, a
writer beside them, users whose keys it has just used and users it has not."""

import json
import os
import shutil
import signal
import subprocess

import cpu
from lib import procs
from lib.dovecot import Instance

# Deliveries that wait for nobody else's, and the most that can wait.
CLIENTS = (1, 8)


def seald_alone(process):
    """seald gets a core of its own, whoever asks gets the others."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return 'all on one core'
    os.sched_setaffinity(process, cores[:1])
    os.sched_setaffinity(0, cores[1:])
    return 'seald on core %d, clients on the others' % cores[0]


class Store:
    """A Dovecot whose seald has that many profiles."""

    def __init__(self, bench, profiles):
        self.bench, self.profiles = bench, profiles
        self.cores = os.sched_getaffinity(0)
        self.box = Instance()
        try:
            self.box.user('nobody')
            self.box.start()
            self.fill()
        except BaseException:
            self.close()
            raise

    def fill(self):
        """Before the first question starts seald."""
        folder = os.path.join(self.box.state, 'mail-seal')
        os.makedirs(folder + '/profiles', mode=0o700)
        path = self.bench.path('fill.der')
        with open(path, 'wb') as file:
            file.write(self.bench.certificate('rsa').der)
        subprocess.run([self.bench.program('store-fill'), folder + '/profiles',
                        str(self.profiles), path], check=True)
        if os.geteuid() == 0:
            for top, _, files in os.walk(folder):
                for entry in [top] + [os.path.join(top, name) for name in files]:
                    shutil.chown(entry, 'dovecot', 'dovecot')

    def close(self):
        os.sched_setaffinity(0, self.cores)
        self.box.__exit__(None)

    def seald(self):
        """The process; the first question starts it."""
        with self.box.admin() as admin:
            admin.done('USER-SHOW', 'user=nobody@example.org')
        return self.box.children('seald')[0]

    def forget(self):
        """A new seald, which knows no key yet."""
        pid = self.seald()
        os.kill(pid, signal.SIGTERM)
        procs.wait_for(lambda: not procs.alive(pid), 'seald has ended')

    def ask(self, clients, warm, rate=0, writes=0):
        """What seald-load prints, and cpu: ns of seald for each answer."""
        options = self.bench.options
        os.sched_setaffinity(0, self.cores)
        if warm == 0:
            self.forget()
        pid = self.seald()
        seald_alone(pid)
        process = subprocess.Popen(
            [self.bench.program('seald-load'), '-g', '-s', self.box.base + '/mail-seal',
             '-a', self.box.base + '/mail-seal-admin', '-n', str(self.profiles),
             '-c', str(clients), '-W', str(warm), '-t', str(options.seconds),
             '-r', str(rate), '-w', str(writes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        before = cpu.of_process(pid)
        if line == 'ready\n':
            process.stdin.write('go\n')
            process.stdin.flush()
            line = process.stdout.readline()
        if not line.startswith('{'):
            raise AssertionError('seald-load failed\n' + self.box.log_tail())
        result = json.loads(line)
        used = cpu.of_process(pid) - before
        process.stdin.close()
        process.stdout.close()
        if process.wait() != 0:
            raise AssertionError('seald-load: %d refused\n%s' % (
                result['refused'], self.box.log_tail()))
        result['cpu'] = used / result['answers']
        result['rate'] = result['answers'] / result['seconds']
        result['memory'] = procs.status_kb(pid, 'RssAnon')
        return result


def questions(options, profiles):
    """(name, arguments of ask()): what is asked of one store."""
    warm = min(options.warm, profiles)
    found = []
    for state, users in (('warm', warm), ('cold', 0)):
        if state == 'cold' and profiles < 1000:
            continue                    # over before it began
        for clients in CLIENTS:
            found.append(('%s, %d client%s' % (state, clients, 's' * (clients > 1)),
                          {'clients': clients, 'warm': users}))
        found.append(('%s, 8 clients, a writer' % state,
                      {'clients': 8, 'warm': users, 'writes': options.writes}))
        for rate in options.rates:
            found.append(('%s, 8 clients, %d/s' % (state, rate),
                          {'clients': 8, 'warm': users, 'rate': rate}))
    return found


def run(bench):
    """{(profiles, name): result}, in the order of the measurements."""
    found = {}
    for profiles in bench.options.profiles:
        bench.say('seald: %d profiles' % profiles)
        store = Store(bench, profiles)
        try:
            for name, arguments in questions(bench.options, profiles):
                found[profiles, name] = store.ask(**arguments)
        finally:
            store.close()
    return found
