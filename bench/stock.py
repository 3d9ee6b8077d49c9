"""The straightforward pipeline, as a peer: stock aiosmtpd, one file per mail, policy.default, one httpx client.

    python bench/stock.py FOLDER URL

It is durable too: a mail is written, synced and renamed before the 250, and its file is moved to `done`, synced, once the
helpdesk has answered. It prints its port.
"""

import asyncio
import email
import email.policy
import os
import sys
from pathlib import Path

import httpx
from aiosmtpd.smtp import SMTP

CONNECTIONS = 20


class Handler:
    def __init__(self, folder):
        self.folder, self.queue, self.count = folder, asyncio.Queue(), 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = f"{self.count:08}.eml"
        await asyncio.get_running_loop().run_in_executor(None, self._keep, name, envelope.content)
        self.queue.put_nowait(name)
        return f"250 queued as {name}"

    def _keep(self, name, content):
        with (self.folder / "tmp" / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.moved(name, "tmp", "new")

    def moved(self, name, source, target):
        (self.folder / source / name).rename(self.folder / target / name)
        descriptor = os.open(self.folder / target, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(descriptor)
        os.close(descriptor)


def fields(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    author = message["from"].addresses[0]
    body = message.get_body(("plain", "html"))
    return {
        "action": "OpenTicket", "deptid": "1", "subject": str(message["subject"]), "name": author.display_name,
        "email": author.addr_spec, "message": body.get_content() if body else "", "identifier": "id", "secret": "word",
        "responsetype": "json",
    }  # fmt: skip


async def deliver(handler, client, url):
    loop = asyncio.get_running_loop()
    while True:
        name = await handler.queue.get()
        response = await client.post(url, data=fields((handler.folder / "new" / name).read_bytes()))
        assert response.json()["result"] == "success"
        await loop.run_in_executor(None, handler.moved, name, "new", "done")


async def main(folder, url):
    for name in ("tmp", "new", "done"):
        (folder / name).mkdir()
    handler, loop = Handler(folder), asyncio.get_running_loop()
    async with httpx.AsyncClient(timeout=60) as client:
        working = [asyncio.create_task(deliver(handler, client, url)) for _ in range(CONNECTIONS)]
        server = await loop.create_server(lambda: SMTP(handler, loop=loop, hostname="stock"), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await loop.run_in_executor(None, sys.stdin.read)
        for task in working:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
