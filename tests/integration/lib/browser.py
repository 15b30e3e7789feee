# SPDX-License-Identifier: MIT
"""A real browser without a window, driven by WebDriver: what a user does, and
what the page's own console and storage hold afterwards.

    with Chromium(folder) as browser:       # or Firefox: lib/chromium.py, lib/firefox.py
        browser.open(url)
        browser.type('#name', 'anna')
        browser.click('#go')
        path = browser.download('#save')

Nothing of it is left: profile, cache and downloads are in the folder, and the
processes end with the block. It reaches 127.0.0.0/8 and nothing else.
"""

import base64
import os
import subprocess

from . import procs

ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'     # the standard's name for one
KEYS = {'Shift': '\ue008', 'Tab': '\ue004', 'Enter': '\ue007', 'Escape': '\ue00c',
        'Space': ' ', 'Down': '\ue015'}
VISIBLE = '''
const found = document.querySelector(arguments[0]);
return found !== null && found.getClientRects().length > 0;
'''


class DriverError(AssertionError):
    """The browser refused a command; kind is WebDriver's word for why."""

    def __init__(self, kind, text):
        super().__init__('%s: %s' % (kind, text))
        self.kind = kind


class Browser:
    """What both have. A browser starts itself in _begin() and has command(name,
    parameters), by the names that Marionette gives to WebDriver's commands."""

    name = None         # as a test's name has it

    def __init__(self, folder):
        self.folder = folder
        self.downloads = self.path('downloads')
        self.process = None
        for name in ('downloads', 'home', 'profile'):
            os.makedirs(self.path(name))
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # -- its processes ----------------------------------------------------

    def start(self, *args):
        """All that it prints goes to the file `printed`."""
        home = self.path('home')
        keep = {name: os.environ[name] for name in ('PATH', 'LANG') if name in os.environ}
        with open(self.path('printed'), 'wb') as printed:
            self.process = subprocess.Popen(
                args, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT,
                start_new_session=True, cwd=home,
                env=dict(keep, HOME=home, TMPDIR=home, XDG_CONFIG_HOME=home,
                         XDG_CACHE_HOME=home, XDG_RUNTIME_DIR=home,
                         DBUS_SESSION_BUS_ADDRESS='disabled:'))

    def printed(self):
        with open(self.path('printed'), encoding='utf-8', errors='replace') as file:
            return file.read()

    def running(self, what):
        """what, unless the process has ended; for wait_for()."""
        if self.process.poll() is not None:
            raise AssertionError('%s did not start: %s' % (self.name, self.printed()[-2000:]))
        return what

    def close(self):
        if self.process is None:
            return
        tree = procs.descendants(self.process.pid) | procs.session(self.process.pid)
        try:
            self._end()
        except (OSError, AssertionError):
            pass                # it is ended below
        try:
            procs.wait_for(lambda: not any(map(procs.alive, tree)), 'it is gone', 5)
        except AssertionError:
            for pid in tree:
                procs.kill(pid)
        self.process.wait(10)
        self.process = None

    # -- the page ---------------------------------------------------------

    def command(self, name, **parameters):
        raise NotImplementedError

    def open(self, url):
        self.command('Navigate', url=url)

    def script(self, text, *args):
        """The body of a function with these arguments; what it returns, awaited."""
        return self.command('ExecuteScript', script=text, args=list(args))

    def find(self, selector):
        found = self.command('FindElements', using='css selector', value=selector)
        if len(found) != 1:
            raise AssertionError('%d elements are %s' % (len(found), selector))
        return found[0][ELEMENT]

    def wait(self, condition, what=None, seconds=60):
        """condition: a selector of what has to be seen, or a function."""
        if callable(condition):
            return procs.wait_for(condition, what, seconds)
        return procs.wait_for(lambda: self.sees(condition), what or 'to see ' + condition,
                              seconds)

    def sees(self, selector):
        return self.script(VISIBLE, selector)

    def click(self, selector):
        self.wait(selector)
        self.command('ElementClick', id=self.find(selector))

    def type(self, selector, text):
        self.wait(selector)
        element = self.find(selector)
        self.command('ElementClear', id=element)
        self.command('ElementSendKeys', id=element, text=text)

    def text(self, selector):
        return self.command('GetElementText', id=self.find(selector))

    def keys(self, *keys):
        """Pressed one after the other, wherever the focus is; 'Shift+Tab': together."""
        steps = []
        for key in keys:
            held = [KEYS.get(part, part) for part in key.split('+')]
            steps += [{'type': 'keyDown', 'value': value} for value in held]
            steps += [{'type': 'keyUp', 'value': value} for value in reversed(held)]
        self.command('PerformActions',
                     actions=[{'type': 'key', 'id': 'keyboard', 'actions': steps}])

    def focused(self):
        """The id of what has the focus, '' where it has none."""
        return self.script('return document.activeElement.id;')

    def shot(self, path):
        """A picture of the whole page."""
        with open(path, 'wb') as file:
            file.write(base64.b64decode(self._picture()))

    def download(self, button, name='mail-seal-'):
        """Presses a button (its selector, or what does it); the path of the file that
        comes of it. name: how its name begins; before it is whole, it has another, or
        is empty."""
        before = set(os.listdir(self.downloads))
        if callable(button):
            button()
        else:
            self.click(button)

        def come():
            for new in set(os.listdir(self.downloads)) - before:
                path = os.path.join(self.downloads, new)
                if new.startswith(name) and not new.endswith(('.part', '.crdownload')) and \
                        os.path.getsize(path) > 0:
                    return path
            return None
        return self.wait(come, 'the file of %s' % button)

    # -- of each browser its own ------------------------------------------

    def _begin(self):
        raise NotImplementedError

    def _end(self):
        raise NotImplementedError

    def _picture(self):
        """PNG, base64."""
        raise NotImplementedError

    def scheme(self, name):
        """light or dark"""
        raise NotImplementedError

    def width(self, pixels):
        """Of the page's view; None: as it was."""
        raise NotImplementedError

    def console(self):
        """What the page wrote to the console, errors of scripts and of the policy
        included, since it was last asked."""
        raise NotImplementedError
