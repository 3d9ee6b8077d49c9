"""A helpdesk that costs next to nothing: WHMCS's answers over raw HTTP, counted, with every file's SHA-256.

    python bench/standin.py [--delay SECONDS]

It prints its URL, answers each POST after `delay`, and on a GET tells what it has seen as JSON. The embedded desk is the
faithful one; this one exists so that a benchmark measures ingestd and not the helpdesk.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import sys
import time
from collections import Counter
from urllib.parse import parse_qsl, unquote_to_bytes

CLIENT_DOMAIN = "@client.example.net"
ASKED = b"action=", b"subject=", b"email="


class Office:
    """What was asked."""

    def __init__(self, delay):
        self.delay = delay
        self.calls = Counter()
        self.subjects = Counter()
        self.files = []
        self.first = self.last = 0.0
        self.last_byte = 0.0
        self.opened = 0
        self.open_now = self.open_most = 0

    def told(self):
        return {
            "calls": self.calls,
            "opened": self.opened,
            "subjects": len(self.subjects),
            "twice": sum(count > 1 for count in self.subjects.values()),
            "files": self.files,
            "seconds": self.last - self.first,
            "last": self.last,
            "last_byte": self.last_byte,
            "most": self.open_most,
        }

    def answer(self, fields):
        self.last_byte = time.time()
        self.first = self.first or time.monotonic()
        action = fields.get("action", "")
        self.calls[action] += 1
        match action:
            case "OpenTicket":
                self.opened += 1
                self.subjects[fields.get("subject", "")] += 1
                said = {"result": "success", "id": self.opened, "tid": str(100000 + self.opened), "c": "x"}
            case "GetClientsDetails" if fields.get("email", "").endswith(CLIENT_DOMAIN):
                client = {"id": 7, "client_id": 7, "email": fields["email"]}
                said = {"result": "success", **client, "client": client}
            case "GetClientsDetails":
                said = {"result": "error", "message": "Client Not Found"}
            case "GetContacts":
                said = {
                    "result": "success",
                    "totalresults": 0,
                    "startnumber": 0,
                    "numreturned": 0,
                    "contacts": {"contact": []},
                }
            case "GetUsers":
                said = {"result": "success", "totalresults": 0, "startnumber": 0, "numreturned": 0, "users": []}
            case "GetSupportDepartments":
                department = {"id": 1, "name": "Support"}
                said = {"result": "success", "totalresults": 1, "departments": {"department": [department]}}
            case _:
                said = {"result": "success"}
        self.last = time.monotonic()
        return said

    def keep(self, attachments):
        """The attachments of a call, their digests."""
        for file in json.loads(base64.b64decode(attachments)):
            data = base64.b64decode(file["data"])
            self.files.append([file["name"], len(data), hashlib.sha256(data).hexdigest()])


class Http(asyncio.Protocol):
    """One connection: requests with a Content-Length, or chunked ones."""

    def __init__(self, office):
        self.office = office
        self.pieces = bytearray()
        self.wanted = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.pieces += data
        while self._one():
            pass

    def _one(self):
        if self.wanted is None:
            end = self.pieces.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self.pieces[:end]).lower()
            self.start = end + 4
            if head.startswith(b"get"):
                del self.pieces[: self.start]
                self._say(self.office.told())
                return True
            length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
            self.wanted = self.start + int(length)
        if len(self.pieces) < self.wanted:
            return False
        body = bytes(self.pieces[self.start : self.wanted])
        del self.pieces[: self.wanted]
        self.wanted = None
        self.office.open_now += 1
        self.office.open_most = max(self.office.open_most, self.office.open_now)
        if self.office.delay:
            asyncio.get_running_loop().call_later(self.office.delay, self._answer, body)
        else:
            self._answer(body)
        return True

    def _answer(self, body):
        self.office.open_now -= 1
        head, mark, rest = body.partition(b"&attachments=")
        if mark:
            files, _, tail = rest.partition(b"&")
            body = head + b"&" + tail
            self.office.last_byte = time.time()
        # The text is most of a call, and nobody asks here what it says.
        asked = b"&".join([field for field in body.split(b"&") if field.startswith(ASKED)])
        fields = dict(parse_qsl(asked.decode(), keep_blank_values=True))
        self._say(self.office.answer(fields))
        if mark:
            self.office.keep(unquote_to_bytes(files))

    def _say(self, said):
        content = json.dumps(said).encode()
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(content), content)
        )


async def serve(delay):
    office = Office(delay)
    server = await asyncio.get_running_loop().create_server(lambda: Http(office), "127.0.0.1", 0, backlog=512)
    for sock in server.sockets:
        print(f"http://127.0.0.1:{sock.getsockname()[1]}/includes/api.php", flush=True)
    # Ends with the benchmark that started it.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--delay", type=float, default=0.0)
    asyncio.run(serve(arguments.parse_args().delay))
