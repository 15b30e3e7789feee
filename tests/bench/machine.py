# SPDX-License-Identifier: MIT
"""What the measurements were made on."""

import os
import platform
import re
import time

from lib import built


def first(path, pattern):
    try:
        with open(path, encoding='utf-8') as file:
            match = re.search(pattern, file.read(), re.M)
            return match.group(1).strip() if match else '?'
    except OSError:
        return '?'


def output(*args):
    try:
        return built.must(*args).decode().split('\n')[0].strip()
    except (OSError, AssertionError):
        return '?'


def filesystem(folder):
    return output('stat', '-f', '-c', '%T', folder)


def revision():
    """Of the sources, where they are a git tree."""
    text = output('git', '-C', built.SRCDIR, 'describe', '--always', '--dirty', '--tags')
    return text if text != '?' else 'no git'


def describe(bench):
    """[(name, text)]"""
    temp = os.environ.get('TMPDIR') or '/tmp'
    flags = first('/proc/cpuinfo', r'^flags\s*:(.*)').split()
    wide = [name for name in ('avx2', 'avx512_vbmi', 'vaes') if name in flags]
    memory = int(first('/proc/meminfo', r'^MemTotal:\s+(\d+)') or 0) // 1024 // 1024
    return [
        ('date', time.strftime('%Y-%m-%d')),
        ('revision', revision()),
        ('processor', '%s, %d cores, %s' % (first('/proc/cpuinfo', r'^model name\s*:(.*)'),
                                            os.cpu_count(), ' '.join(wide))),
        ('memory', '%d GB' % memory),
        ('system', '%s, Linux %s' % (first('/etc/os-release', r'^PRETTY_NAME="(.*)"'),
                                     platform.release())),
        ('Dovecot', output(built.program('dovecot'), '--version')),
        ('OpenSSL', output('openssl', 'version')),
        ('mail store', '%s (%s); messages above 128 kB pass through /dev/shm' %
         (temp, filesystem(temp))),
        ('CPU from', bench.running('none').meter.text),
        ('load', '%.2f before it began' % bench.load),
        ('options', 'BENCH=%s %s' % (bench.options.mode, bench.options)),
    ]
