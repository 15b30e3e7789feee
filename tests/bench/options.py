# SPDX-License-Identifier: MIT
"""What is measured, and how often: from the environment, see README."""

import os

import mails

QUICK = {
    'PARTS': 'floors start whole memory answers',
    'ROUNDS': '12',
    'SIZES': '64 4k 75k 1M 10M',
    'SESSIONS': '1',
    'FORMATS': 'sdbox',
    'FSYNC': 'never',
    'VARIANTS': 'none cbc gcm sign p256 crypt zstd sieve',
    'COUNT': '100',
    'PROFILES': '1000 100000',
    'SECONDS': '2',
    'WRITES': '20',
    'RATES': '2000',
    'WARM': '1000',
}
FULL = dict(QUICK, **{
    'ROUNDS': '20',
    'SESSIONS': '1 4 16',
    'FORMATS': 'sdbox maildir',
    'FSYNC': 'never optimized',
    'VARIANTS': 'none idle cbc gcm sign p256 crypt zlib zstd sieve',
    'PROFILES': '1 1000 100000 1000000',
    'SECONDS': '10',
    'RATES': '1000 2000 5000 10000',
})


class Options:
    def __init__(self, environment=None):
        environment = os.environ if environment is None else environment
        self.mode = environment.get('BENCH', 'quick')
        if self.mode not in ('quick', 'full'):
            raise SystemExit('BENCH is quick or full')
        chosen = {'quick': QUICK, 'full': FULL}[self.mode]
        unknown = [name for name in environment if name.startswith('BENCH_') and
                   name[6:] not in chosen and name[6:] not in ('RESULT', 'SEED')]
        if unknown:
            raise SystemExit('unknown: ' + ' '.join(unknown))
        self.text = {name: environment.get('BENCH_' + name, value)
                     for name, value in chosen.items()}
        words = {name: value.split() for name, value in self.text.items()}
        self.parts = words['PARTS']
        self.sizes = words['SIZES']
        self.formats, self.fsync = words['FORMATS'], words['FSYNC']
        self.variants = words['VARIANTS']
        self.sessions = [int(n) for n in words['SESSIONS']]
        self.profiles = [int(n) for n in words['PROFILES']]
        self.rates = [int(n) for n in words['RATES']]
        self.rounds, self.count = int(self.text['ROUNDS']), int(self.text['COUNT'])
        self.writes, self.warm = int(self.text['WRITES']), int(self.text['WARM'])
        self.seconds = float(self.text['SECONDS'])
        self.seed = int(environment.get('BENCH_SEED', '1'))
        self.result = environment.get('BENCH_RESULT', 'bench-results')
        wrong = [size for size in self.sizes if size not in mails.SIZES]
        if wrong:
            raise SystemExit('no such size: ' + ' '.join(wrong))

    def messages(self, size):
        """How many make one measurement; larger ones vary less."""
        share = {'64': 1, '4k': 1, '75k': 0.6, '1M': 0.2, '10M': 0.04, '25M': 0.02}[size]
        return max(1, round(self.count * share))

    def __str__(self):
        return ' '.join('%s="%s"' % pair for pair in self.text.items())
