"""The request body of a 25 MB file, built and sent to a socket that reads: ours against httpx with data=.

    python bench/body.py [--megabytes 25]

Each side runs in a process of its own, with the file in memory; memory is the growth of its resident set over that. The
receiver hashes what it gets, and both bodies must decode to the same file.
"""

import asyncio
import base64
import hashlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs

from measuring import Target, interleaved, middle, options, row, spread

NAME = "scan.pdf"


class Sink(asyncio.Protocol):
    """Takes one request, answers, keeps its body where asked to."""

    kept = bytearray()
    keep = False

    def connection_made(self, transport):
        self.transport, self.head, self.left = transport, b"", None

    def data_received(self, data):
        if self.left is None:
            self.head += data
            head, mark, data = self.head.partition(b"\r\n\r\n")
            if not mark:
                return
            self.left = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        self.left -= len(data)
        if Sink.keep:
            Sink.kept += data
        if self.left <= 0:
            said = b'{"result": "success", "id": 1, "tid": "1"}'
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
            self.head, self.left = b"", None


async def sink(check):
    Sink.keep = check
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    if check:
        (attachments,) = parse_qs(Sink.kept.decode(), max_num_fields=50)["attachments"]
        ((file),) = json.loads(base64.b64decode(attachments))
        print(file["name"], hashlib.sha256(base64.b64decode(file["data"])).hexdigest(), flush=True)


def memory():
    """The most that was resident since the last call, in bytes."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): VmHWM begins anew
    return int(status["VmHWM"].split()[0]) * 1024


async def ours(port, data):
    from ingestd import telemetry
    from ingestd.core.model import Literal
    from ingestd.core.ticket import File
    from ingestd.helpdesk.body import Body
    from ingestd.helpdesk.settings import WhmcsSettings
    from ingestd.helpdesk.wire import Wire

    telemetry.configure("json", "warning")
    url = f"http://127.0.0.1:{port}/includes/api.php"
    wire = Wire(WhmcsSettings(url=url, identifier="id", secret="word", concurrency=1))
    source = Literal(b"")

    async def read(_):
        view = memoryview(data)
        for begin in range(0, len(data), 256 * 1024):
            yield bytes(view[begin : begin + 256 * 1024])

    async def once(files, size):
        body = Body(
            (("action", "OpenTicket"), ("deptid", "1"), ("subject", "File"), ("message", "Here it is.")),
            (("identifier", "id"), ("secret", "word")), [File(NAME, size, source)] if files else (), read,
        )  # fmt: skip
        began = time.perf_counter()
        told = await wire.exchange("OpenTicket", url, body, asyncio.get_running_loop().time() + 60)
        assert getattr(told, "status", 0) == 200, told
        return time.perf_counter() - began

    await once(False, 0)
    memory()
    before = memory()
    seconds = await once(True, len(data))
    await wire.aclose()
    return seconds, memory() - before


async def httpx_data(port, data):
    import httpx

    async with httpx.AsyncClient(timeout=60) as client:
        url = f"http://127.0.0.1:{port}/includes/api.php"
        fields = {
            "action": "OpenTicket",
            "deptid": "1",
            "subject": "File",
            "message": "Here it is.",
            "identifier": "id",
            "secret": "word",
        }
        await client.post(url, data=fields)
        memory()
        before = memory()
        began = time.perf_counter()
        files = json.dumps([{"name": NAME, "data": base64.b64encode(data).decode()}])
        response = await client.post(url, data={**fields, "attachments": base64.b64encode(files.encode()).decode()})
        assert response.status_code == 200
        return time.perf_counter() - began, memory() - before


def measured(side, megabytes, check=False):
    """Seconds and bytes of one try in a fresh process, the receiver in another."""
    receiver = subprocess.Popen(
        [sys.executable, __file__, "sink", str(int(check))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    port = receiver.stdout.readline().strip()
    done = subprocess.run(
        [sys.executable, __file__, side, port, str(megabytes)], capture_output=True, text=True, check=True
    )
    told, _ = receiver.communicate("\n")
    if check:
        data = random.Random(1).randbytes(megabytes * 1000 * 1000)
        assert told.split() == [NAME, hashlib.sha256(data).hexdigest()], told
    return tuple(json.loads(done.stdout))


def main():
    asked = options(__doc__, megabytes=25)
    for side in ("ours", "httpx_data"):
        measured(side, asked.megabytes, check=True)
    grown = {"ours": [], "httpx_data": []}

    def side(name):
        def run():
            seconds, size = measured(name, asked.megabytes)
            grown[name].append(size / (1 << 20))
            return seconds * 1000

        return run

    told = interleaved(asked.rounds, {name: side(name) for name in grown})
    checked = "the SHA-256 of the file that the receiver decodes from either body, once before the rounds"
    row(
        "body-speed", f"request body of a {asked.megabytes} MB file, built and sent", f"{spread(told['ours'])} ms",
        f"httpx data=: {spread(told['httpx_data'])} ms", middle(told["httpx_data"]) / middle(told["ours"]),
        Target(">= 40x", 40), dry=asked.dry, checked=checked,
    )  # fmt: skip
    row(
        "body-memory", "its memory", f"{spread(grown['ours'], '.1f')} MiB", f"httpx data=: {spread(grown['httpx_data'])} MiB",
        max(grown["ours"]), Target("<= 4 MiB", 4, at_most=True), dry=asked.dry, checked=checked, form=".1f",
    )  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "sink":
        asyncio.run(sink(bool(int(sys.argv[2]))))
    elif len(sys.argv) > 1 and sys.argv[1] in {"ours", "httpx_data"}:
        content = random.Random(1).randbytes(int(sys.argv[3]) * 1000 * 1000)
        print(json.dumps(asyncio.run(globals()[sys.argv[1]](int(sys.argv[2]), content))))
    else:
        main()
