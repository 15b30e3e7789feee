# SPDX-License-Identifier: MIT
"""How much processor time a private Dovecot has used, all of its processes.

Processes come and go (and children of children with them), so the kernel does
the sum where it can: in a control group of the instance's own. It counts what
the scheduler counts, in ns (version 1, cpuacct) or us (version 2), also of
processes that have ended. That needs root, or a group that is ours to divide.

Elsewhere: /proc/PID/schedstat (ns) of the living, and what the living have
waited for (cutime and cstime, in ticks of 10 ms). Nothing is lost, but where
processes ended the sum is only good to some 10 ms.
"""

import os
import time

from lib import procs

V1 = '/sys/fs/cgroup/cpuacct'
V2 = ('/sys/fs/cgroup', '/sys/fs/cgroup/unified')


def meter(name):
    """What measures an instance; start it inside `with meter.around()`."""
    for kind in (Group1, Group2):
        try:
            return kind(name)
        except OSError:
            pass
    return Processes()


def settled(what, seconds=2):
    """A reading taken when everybody has gone to sleep: after its reply, a
    server still puts its things away."""
    limit, last = time.monotonic() + seconds, what.read()
    while True:
        time.sleep(0.005)
        now = what.read()
        if now == last or time.monotonic() > limit:
            return now
        last = now


class Group:
    """A control group below the one that this process is in."""

    def __init__(self, top, name):
        self.home = top + own_group(self.line)
        self.folder = '%s/mail-seal-bench.%d.%s' % (self.home.rstrip('/'), os.getpid(), name)
        os.mkdir(self.folder)
        try:
            self.read()
            with self.around():
                pass
        except OSError:
            os.rmdir(self.folder)
            raise

    def around(self):
        return Inside(self)

    def join(self, folder):
        with open(folder + '/cgroup.procs', 'w', encoding='ascii') as file:
            file.write(str(os.getpid()))

    def close(self):
        """After the last process has ended."""
        for _ in range(100):
            try:
                os.rmdir(self.folder)
                return
            except OSError:
                time.sleep(0.05)


class Inside:
    """Whatever is started meanwhile belongs to the group."""

    def __init__(self, group):
        self.group = group

    def __enter__(self):
        self.group.join(self.group.folder)

    def __exit__(self, *_):
        self.group.join(self.group.home)


class Group1(Group):
    text = 'control group (cpuacct), 1 ns'

    def __init__(self, name):
        super().__init__(V1, name)

    @staticmethod
    def line(controllers):
        return 'cpuacct' in controllers.split(',')

    def read(self):
        with open(self.folder + '/cpuacct.usage', encoding='ascii') as file:
            return int(file.read())


class Group2(Group):
    text = 'control group (version 2), 1 us'

    def __init__(self, name):
        tops = [top for top in V2 if os.path.exists(top + '/cgroup.procs')]
        if not tops:
            raise OSError('no control groups of version 2')
        super().__init__(tops[0], name)

    @staticmethod
    def line(controllers):
        return controllers == ''

    def read(self):
        with open(self.folder + '/cpu.stat', encoding='ascii') as file:
            for line in file:
                if line.startswith('usage_usec '):
                    return int(line.split()[1]) * 1000
        raise OSError('cpu.stat tells no usage')


def own_group(is_line):
    with open('/proc/self/cgroup', encoding='ascii') as file:
        for line in file:
            _, controllers, path = line.rstrip('\n').split(':', 2)
            if is_line(controllers):
                return path
    raise OSError('in no such group')


class Processes:
    text = '/proc/PID/schedstat, and 10 ms for processes that ended'

    def __init__(self):
        self.master = None      # set by whoever started it

    class _Nothing:
        def __enter__(self):
            pass

        def __exit__(self, *_):
            pass

    def around(self):
        return self._Nothing()

    def read(self):
        tick = 1000000000 // os.sysconf('SC_CLK_TCK')
        total = 0
        for pid in procs.descendants(self.master) | {self.master}:
            waited = waited_ticks(pid)
            if waited is not None:
                total += of_process(pid) + waited * tick
        return total

    def close(self):
        pass


def of_process(pid):
    """ns of one process, all its threads; 0 where it is gone."""
    total = 0
    try:
        for thread in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/schedstat' % (pid, thread), encoding='ascii') as file:
                total += int(file.read().split()[0])
    except OSError:
        pass
    return total


def waited_ticks(pid):
    """cutime and cstime; None where it is gone."""
    try:
        with open('/proc/%d/stat' % pid, encoding='utf-8', errors='replace') as file:
            fields = file.read().rsplit(')', 1)[1].split()
    except OSError:
        return None
    return int(fields[13]) + int(fields[14])
