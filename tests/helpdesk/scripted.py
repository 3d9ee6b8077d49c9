"""A helpdesk that says what it is told to, byte for byte, and keeps what it heard."""

import asyncio
import re
from dataclasses import dataclass, field

OK = b'{"result":"success"}'


def http(status, body=b"", *headers):
    """An HTTP answer as it stands on the line."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Script:
    """A server that reads whole requests and answers from `answers`, then with `rest`; b"" closes without a word.

    `early` is said once, to a head alone, and no more.
    """

    answers: list = field(default_factory=list)
    rest: bytes = http(200, OK)
    heads: list = field(default_factory=list)
    bodies: list = field(default_factory=list)
    url: str = ""
    cut_at: int | None = None
    early: bytes = b""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    now: int = 0
    most: int = 0

    async def serve(self, reader, writer):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            self.heads.append(head.decode())
            if self.cut_at is not None:
                await reader.read(self.cut_at)
                writer.transport.abort()
                return
            if self.early:
                writer.write(self.early)
                writer.write_eof()
                self.early = b""
            self.bodies.append(await reader.readexactly(length))
            self.heard.set()
            answer = self.answers.pop(0) if self.answers else self.rest
            if answer is None:
                await reader.read()
            elif answer:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            self.bodies.append(None)
        finally:
            self.now -= 1
            writer.close()
