# SPDX-License-Identifier: MIT
"""A listener between browser and portal that takes the TLS off and puts it on
again, and keeps every byte of every connection."""

import asyncio
import re
import ssl
import threading


class Recorder:
    """box: a Portal that has been started. Its certificate is the recorder's, too."""

    def __init__(self, box):
        self.box = box
        self.connections = []       # [what the browser sent, what the portal did]
        self.port = None
        self.is_cut = False
        self.writers = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.ready = threading.Event()

    @property
    def url(self):
        return 'https://%s:%d' % (self.box.address, self.port)

    def __enter__(self):
        self.thread.start()
        if not self.ready.wait(30):
            raise AssertionError('the recorder does not listen')
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.box.cert, self.box.cert_key)
        server = self.loop.run_until_complete(asyncio.start_server(
            self._connected, self.box.address, 0, ssl=context))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())

    def cut(self, value):
        """Ends all connections, and lets none come until cut(False)."""
        self.is_cut = value
        if value:
            self.loop.call_soon_threadsafe(
                lambda: [writer.transport.abort() for writer in set(self.writers)])

    async def _connected(self, from_browser, to_browser):
        if self.is_cut:
            to_browser.transport.abort()
            return
        self.writers.add(to_browser)
        try:
            await self._passed(from_browser, to_browser)
        finally:
            self.writers.discard(to_browser)

    async def _passed(self, from_browser, to_browser):
        kept = [bytearray(), bytearray()]
        self.connections.append(kept)
        try:
            from_portal, to_portal = await asyncio.open_connection(
                self.box.address, self.box.https_port, ssl=self.box.tls(),
                server_hostname=self.box.address)
        except OSError:
            to_browser.close()
            return
        await asyncio.gather(pump(from_browser, to_portal, kept[0]),
                             pump(from_portal, to_browser, kept[1]))

    def bytes(self):
        """All of it."""
        return b'\n'.join(bytes(part) for kept in self.connections for part in kept)

    def sent(self):
        """What browsers sent."""
        return b'\n'.join(bytes(kept[0]) for kept in self.connections)

    def token(self):
        """Of the newest session."""
        return re.findall(rb'"token": ?"([^"]+)"', self.bytes())[-1].decode()

    def issued(self):
        """The newest body of .../issue: PEM."""
        return re.findall(rb'-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE REQUEST-----\n',
                          self.sent(), re.S)[-1].decode()


async def pump(reader, writer, kept):
    try:
        while True:
            data = await reader.read(65536)
            if not data:
                break
            kept += data
            writer.write(data)
            await writer.drain()
    except (OSError, ssl.SSLError):
        pass                    # closed by the other side
    finally:
        writer.close()
