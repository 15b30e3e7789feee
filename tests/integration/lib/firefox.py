# SPDX-License-Identifier: MIT
"""Firefox, by Marionette: what geckodriver would translate to."""

import json
import re
import socket

from . import built, procs
from .browser import Browser, DriverError

PREFS = {
    'marionette.port': 0,
    # only this machine: everything else goes to a proxy that is not there
    'network.proxy.type': 1,
    'network.proxy.http': '127.0.0.1',
    'network.proxy.http_port': 9,
    'network.proxy.ssl': '127.0.0.1',
    'network.proxy.ssl_port': 9,
    'network.proxy.no_proxies_on': '127.0.0.0/8',
    'network.captive-portal-service.enabled': False,
    'network.connectivity-service.enabled': False,
    'network.dns.disablePrefetch': True,
    'network.prefetch-next': False,
    'network.trr.mode': 5,
    'app.normandy.enabled': False,
    'app.update.auto': False,
    'app.update.disabledForTesting': True,
    'browser.aboutwelcome.enabled': False,
    'browser.contentblocking.introCount': 99,
    'browser.newtabpage.enabled': False,
    'browser.region.network.url': '',
    'browser.safebrowsing.malware.enabled': False,
    'browser.safebrowsing.phishing.enabled': False,
    'browser.safebrowsing.downloads.enabled': False,
    'browser.search.update': False,
    'browser.shell.checkDefaultBrowser': False,
    'browser.startup.homepage': 'about:blank',
    'browser.startup.page': 0,
    'datareporting.healthreport.uploadEnabled': False,
    'datareporting.policy.dataSubmissionEnabled': False,
    'dom.push.connection.enabled': False,
    'extensions.getAddons.cache.enabled': False,
    'extensions.systemAddon.update.enabled': False,
    'extensions.update.enabled': False,
    'media.gmp-manager.updateEnabled': False,
    'security.OCSP.enabled': 0,
    'toolkit.telemetry.enabled': False,
    'toolkit.telemetry.server': '',
    'toolkit.telemetry.unified': False,
    # what a page writes to the console is printed
    'devtools.console.stdout.content': True,
    'devtools.console.stdout.chrome': False,
    'browser.download.folderList': 2,
    'browser.download.useDownloadDir': True,
    'browser.download.alwaysOpenPanel': False,
    'browser.download.always_ask_before_handling_new_types': False,
    'intl.accept_languages': 'en-US',
    # Tab goes to buttons, as everywhere but on a Mac
    'accessibility.tabfocus': 7,
}
# errors of the page's script and style, and what its policy stopped
MESSAGES = '''
const all = Services.console.getMessageArray();
Services.console.reset();
return all
    .filter(message => message instanceof Ci.nsIScriptError && (
        /content javascript|CSP|Content Security Policy|CSS/i.test(message.category)) &&
        /^(https|file|blob):/.test(message.sourceName))
    .map(message => message.category + ': ' + message.errorMessage);
'''


class Firefox(Browser):
    name = 'firefox'

    def _begin(self):
        self.sock, self.count, self.told = None, 0, 0
        with open(self.path('profile', 'user.js'), 'w', encoding='ascii') as file:
            for name, value in {**PREFS, 'browser.download.dir': self.downloads}.items():
                file.write('user_pref(%s, %s);\n' % (json.dumps(name), json.dumps(value)))
        self.start(built.program('firefox-esr'), '--headless', '--no-remote', '--marionette',
                   '--remote-allow-system-access', '--profile', self.path('profile'))
        port = procs.wait_for(self._port, 'Marionette listens', 60)
        self.sock = socket.create_connection(('127.0.0.1', port), timeout=120)
        self.stream = self.sock.makefile('rb')
        self._read()                    # it introduces itself
        self.command('NewSession', acceptInsecureCerts=True)
        self.command('SetWindowRect', width=1000, height=900)
        self.wide = self.script('return innerWidth;')

    def _port(self):
        try:
            with open(self.path('profile', 'MarionetteActivePort'), encoding='ascii') as file:
                return int(file.read())
        except (FileNotFoundError, ValueError):
            return self.running(None)

    def _end(self):
        if self.sock is not None:
            self._send('Marionette:Quit', {'flags': ['eForceQuit']})
            self.sock.close()
        else:
            self.process.terminate()

    def _read(self):
        digits = b''
        while not digits.endswith(b':'):
            byte = self.stream.read(1)
            if not byte:
                raise ConnectionError('Firefox has gone: ' + self.printed()[-2000:])
            digits += byte
        return json.loads(self.stream.read(int(digits[:-1])).decode())

    def _send(self, name, parameters):
        self.count += 1
        data = json.dumps([0, self.count, name, parameters]).encode()
        self.sock.sendall(b'%d:%s' % (len(data), data))

    def command(self, name, **parameters):
        self._send(name if ':' in name else 'WebDriver:' + name, parameters)
        _, _, error, result = self._read()
        if error is not None:
            raise DriverError(error['error'], error['message'])
        return result['value'] if isinstance(result, dict) and 'value' in result else result

    def inside(self, script, *args):
        """A script of the browser's own, with its rights."""
        self.command('Marionette:SetContext', value='chrome')
        try:
            return self.script(script, *args)
        finally:
            self.command('Marionette:SetContext', value='content')

    def _picture(self):
        return self.command('TakeScreenshot', full=True, hash=False)

    def scheme(self, name):
        self.inside('Services.prefs.setIntPref('
                    '"layout.css.prefers-color-scheme.content-override", arguments[0]);',
                    ('dark', 'light').index(name))
        self.wait(lambda: self.script(
            'return matchMedia("(prefers-color-scheme: " + arguments[0] + ")").matches;', name),
                  name)

    def width(self, pixels):
        # a window has a least width, the view in it does not
        self.inside('''
            const view = gBrowser.selectedBrowser;
            view.style.minWidth = view.style.maxWidth = arguments[0];
            ''', '' if pixels is None else '%dpx' % pixels)
        self.wait(lambda: self.script('return innerWidth;') == (pixels or self.wide),
                  'to be %s wide' % pixels)

    def console(self):
        # the loader of Mozilla's remote settings is the browser's own
        lines = re.findall(r'^console\.\w+: (?!RSLoader).*', self.printed(), re.M)
        new, self.told = lines[self.told:], len(lines)
        return new + self.inside(MESSAGES)
