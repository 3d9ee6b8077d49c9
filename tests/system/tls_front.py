"""TLS before a helpdesk, on a port that stays, with whatever certificate is shown."""

import asyncio
import ssl
import subprocess
import threading

PATIENCE = 30.0


def certificate(folder, name, host, days=2):
    """A key and a self-signed certificate for this host, in one file; with 0 days it is over when it is made."""
    path = folder / f"{name}.pem"
    key, request = folder / f"{name}.key", folder / f"{name}.csr"
    names = f"subjectAltName=DNS:{host}"
    new = f"req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {key} -out {request} -subj /CN={name}"
    for words in (new, f"x509 -req -in {request} -signkey {key} -days {days} -extfile {folder}/{name}.ext -out {path}"):
        (folder / f"{name}.ext").write_text(names)
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    path.write_text(path.read_text() + key.read_text())
    return path


class TlsFront:
    """Hands everything on to a port of loopback."""

    def __init__(self, port):
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._server = None
        self.port = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._do(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def show(self, pem):
        """From now on this certificate."""
        self._do(self._serve(pem))

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    async def _serve(self, pem):
        await self._close()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self):
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _ended(self):
        """Nothing is left in the loop, not even who still speaks."""
        await self._close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        # What was aborted is closed in the next turns of the loop.
        for _ in range(5):
            await asyncio.sleep(0)

    async def _connected(self, reader, writer):
        try:
            behind, before = await asyncio.open_connection("127.0.0.1", self._to)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(_handed(reader, before))
                    ways.create_task(_handed(behind, writer))
            finally:
                before.transport.abort()
        finally:
            writer.transport.abort()


async def _handed(reader, writer):
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
