# SPDX-License-Identifier: MIT
"""Chromium, by chromedriver."""

import json
import re
import urllib.request

from . import built, procs
from .browser import Browser, DriverError

FLAGS = (
    '--headless=new', '--no-first-run', '--no-default-browser-check', '--disable-gpu',
    '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update',
    '--disable-default-apps', '--disable-domain-reliability', '--disable-sync',
    '--disable-breakpad', '--disable-crash-reporter', '--metrics-recording-only',
    '--no-pings', '--lang=en-US', '--window-size=1000,800',
    # in a test the page may save several files
    '--disable-features=DownloadBubble,OptimizationHints,MediaRouter,Translate',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.*, EXCLUDE localhost')
# names as in Marionette: method and path below the session's
ROUTES = {
    'Navigate': ('POST', 'url'),
    'Refresh': ('POST', 'refresh'),
    'FindElements': ('POST', 'elements'),
    'ElementClick': ('POST', 'element/{id}/click'),
    'ElementClear': ('POST', 'element/{id}/clear'),
    'ElementSendKeys': ('POST', 'element/{id}/value'),
    'GetElementText': ('GET', 'element/{id}/text'),
    'ExecuteScript': ('POST', 'execute/sync'),
    'PerformActions': ('POST', 'actions'),
    'DeleteSession': ('DELETE', ''),
    'Cdp': ('POST', 'goog/cdp/execute'),
    'Log': ('POST', 'se/log'),
}


class Chromium(Browser):
    name = 'chromium'

    def _begin(self):
        self.session = None
        binary = built.program('chromium')
        self.start(built.program('chromedriver'), '--port=0', '--allowed-ips=127.0.0.1')
        port = procs.wait_for(
            lambda: self.running(re.search(r'successfully on port (\d+)', self.printed())),
            'chromedriver listens').group(1)
        self.base = 'http://127.0.0.1:' + port
        # the sandbox refuses root, and lacks what it needs in containers; the page is ours
        self.session = self._ask('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome',
            'acceptInsecureCerts': True,
            'goog:loggingPrefs': {'browser': 'ALL', 'performance': 'ALL'},
            'goog:chromeOptions': {
                'binary': binary,
                'args': [*FLAGS, '--no-sandbox', '--user-data-dir=' + self.path('profile')],
                'prefs': {
                    'download.default_directory': self.downloads,
                    'download.prompt_for_download': False,
                    'profile.default_content_setting_values.automatic_downloads': 1,
                }}}}})['sessionId']

    def _end(self):
        if self.session is not None:
            self.command('DeleteSession')
        self.process.terminate()

    def _ask(self, method, path, body):
        request = urllib.request.Request(
            self.base + path, method=method, headers={'Content-Type': 'application/json'},
            data=json.dumps(body).encode() if method == 'POST' else None)
        # whatever proxy the environment names is not for this
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            value = json.load(error)['value']
            raise DriverError(value['error'], value['message']) from None

    def command(self, name, **parameters):
        method, path = ROUTES[name]
        path = '/session/%s/%s' % (self.session, path.format(**parameters))
        parameters.pop('id', None)
        return self._ask(method, path.rstrip('/'), parameters)

    def cdp(self, name, **parameters):
        return self.command('Cdp', cmd=name, params=parameters)

    def _picture(self):
        return self.cdp('Page.captureScreenshot', captureBeyondViewport=True)['data']

    def scheme(self, name):
        self.cdp('Emulation.setEmulatedMedia',
                 features=[{'name': 'prefers-color-scheme', 'value': name}])

    def width(self, pixels):
        if pixels is None:
            self.cdp('Emulation.clearDeviceMetricsOverride')
        else:
            self.cdp('Emulation.setDeviceMetricsOverride', width=pixels, height=700,
                     deviceScaleFactor=1, mobile=False)

    def console(self):
        return ['%(level)s %(message)s' % entry for entry in self.command('Log', type='browser')]

    def requests(self):
        """The addresses of all that pages asked for since this was last asked; the
        browser's own page is not one."""
        events = [json.loads(entry['message'])['message']
                  for entry in self.command('Log', type='performance')]
        found = [event['params']['request']['url'] for event in events
                 if event['method'] == 'Network.requestWillBeSent']
        return [url for url in found if not url.startswith('chrome:')]
