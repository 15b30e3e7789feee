# SPDX-License-Identifier: MIT
"""Processes, as /proc shows them."""

import os
import signal
import time


def parents():
    """{pid: parent pid} of all processes that are not zombies."""
    found = {}
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        try:
            with open('/proc/%s/stat' % name, encoding='utf-8', errors='replace') as file:
                fields = file.read().rsplit(')', 1)[1].split()
        except OSError:
            continue
        if fields[0] != 'Z':
            found[int(name)] = int(fields[1])
    return found


def descendants(pid):
    tree = parents()
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in tree.items() if parent in more} - found
        found |= more
    return found


def session(pid):
    """The processes whose session began with that one: others may have adopted them."""
    found = set()
    for name in parents():
        try:
            if os.getsid(name) == pid:
                found.add(name)
        except ProcessLookupError:
            pass
    return found


def name_of(pid):
    """The executable's name (comm is cut to 15 bytes), '' where it is gone."""
    try:
        with open('/proc/%d/comm' % pid, encoding='utf-8') as file:
            return file.read().strip()
    except OSError:
        return ''


def alive(pid):
    return pid in parents()


def status_kb(pid, field):
    """A field of /proc/PID/status, in kB."""
    with open('/proc/%d/status' % pid, encoding='utf-8') as file:
        for line in file:
            if line.startswith(field + ':'):
                return int(line.split()[1])
    raise KeyError(field)


def maps(pid):
    with open('/proc/%d/maps' % pid, encoding='utf-8') as file:
        return file.read()


def wait_for(condition, what, seconds=30):
    """Polls until condition() is true; the time is a limit, never a result."""
    limit = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > limit:
            raise AssertionError('waited %d s in vain: %s' % (seconds, what))
        time.sleep(0.02)


def kill(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass
