# SPDX-License-Identifier: MIT
"""TAP output, as automake's tap-driver reads it.

A check that does not hold raises AssertionError and makes its case "not ok";
the program goes on with the next case. A skip names what is missing.
"""

import sys
import time
import traceback


class Skip(Exception):
    """What this case needs is not here; the text names it."""


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0
        self.only = sys.argv[1:]        # parts of case names, for debugging
        self.on_failure = []            # functions that return text to show
        self.began = time.monotonic()

    def note(self, text):
        for line in str(text).splitlines():
            print('# ' + line.encode('utf-8', 'replace').decode('ascii', 'backslashreplace'))
        sys.stdout.flush()

    def _line(self, ok, name, directive=''):
        self.count += 1
        name = name.replace('#', '')
        print('%s %d - %s%s' % ('ok' if ok else 'not ok', self.count, name, directive))
        sys.stdout.flush()

    def ok(self, holds, name, detail=''):
        self._line(holds, name)
        if not holds:
            self.failed += 1
            if detail:
                self.note(detail)
        return holds

    def skip(self, name, reason):
        self._line(True, name, ' # SKIP %s' % reason)

    def case(self, name, function, *args, **kwargs):
        """Runs function as one case. Returns what it returns, None if it failed."""
        if self.only and not any(part in name for part in self.only):
            return None
        try:
            result = function(*args, **kwargs)
        except Skip as reason:
            self.skip(name, reason)
        except AssertionError as wrong:
            self.ok(False, name, str(wrong) or where(wrong))
            self._explain()
        except Exception:                           # pylint: disable=broad-except
            self.ok(False, name, traceback.format_exc())
            self._explain()
        else:
            self.ok(True, name)
            return result
        return None

    def _explain(self):
        for function in self.on_failure:
            self.note(function())

    def run(self, main):
        """Runs the whole program: main(tap), then the plan and the exit code."""
        try:
            main(self)
        except Skip as reason:
            if self.count == 0:
                print('1..0 # SKIP %s' % reason)
                sys.exit(0)
            self.skip('the rest', reason)
        except Exception:                           # pylint: disable=broad-except
            self.ok(False, 'the program ran to its end', traceback.format_exc())
            self._explain()
        print('1..%d' % self.count)
        self.note('%d of %d failed, %.0f s' %
                  (self.failed, self.count, time.monotonic() - self.began))
        sys.exit(1 if self.failed else 0)


def where(error):
    """The line that a bare assert stands on."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return '%s:%d: %s' % (frame.filename, frame.lineno, frame.line)


def same(got, wanted, what):
    """Asserts equality and shows both where it fails, cut to a readable length."""
    if got != wanted:
        raise AssertionError('%s\n   got: %s\nwanted: %s' % (what, short(got), short(wanted)))


def short(value, limit=600):
    text = repr(value)
    return text if len(text) <= limit else '%s... (%d long)' % (text[:limit], len(value))
