"""A daemon that is frozen in the act of sending, for longer than its deadline and its lease, and wakes."""

import base64
import selectors
import signal
import socket
import threading
import time

import pytest
from running import SUPPORT, mail, queued, told, until, written

FREEZE = 62.0
"""Longer than a lease (60 s), and than the deadline of the call."""


class Gate:
    """Passes bytes to the helpdesk and back; once armed, it stops in the middle of the next OpenTicket until opened."""

    def __init__(self, port):
        self._target = ("127.0.0.1", port)
        self._open = threading.Event()
        self._open.set()
        self._armed = False
        self.stuck = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        # Little room on the way: what is not read here stays with the sender.
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}/includes/api.php"
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self):
        self._armed = True
        self._open.clear()

    def open(self):
        self._armed = False
        self._open.set()

    def close(self):
        self.open()
        self._door.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client):
        with client, socket.create_connection(self._target) as desk, selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, desk)
            ready.register(desk, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(4096)
                    if not data:
                        return
                    key.data.sendall(data)
                    if self._armed and b"OpenTicket" in data:
                        self.stuck.set()
                        self._open.wait(300)


@pytest.mark.storm
@pytest.mark.timeout(300)
def test_who_was_frozen_in_the_act_of_sending_does_not_send_on(starting, desk, tmp_path):
    """It wakes long after: the rest of the body does not leave, the outcome is unknown, and in the end there is one ticket."""
    gate = Gate(int(desk.url.split(":")[2].split("/")[0]))
    written(tmp_path, desk, helpdesk={"url": gate.url, "timeout": "2s", "settle": "3s"})
    daemon = starting(tmp_path)
    gate.arm()
    file = base64.encodebytes(b"\0" * 3_000_000).replace(b"\n", b"\r\n")
    raw = mail("Frozen").replace(b"\r\n\r\n", b"\r\nContent-Type: application/octet-stream; name=a.bin\r\n"
                                b"Content-Transfer-Encoding: base64\r\n\r\n" + file, 1)  # fmt: skip
    queue_id = queued(daemon.port, raw, "gina@shop.example.net", SUPPORT)
    assert gate.stuck.wait(30)

    daemon.process.send_signal(signal.SIGSTOP)
    time.sleep(FREEZE)
    daemon.process.send_signal(signal.SIGCONT)
    gate.open()
    until(lambda: told(tmp_path, "queue", "show", queue_id)["status"] == "done", 60)

    records = told(tmp_path, "queue", "show", queue_id)["records"]
    gate.close()
    happened = [record["event"] for record in records if record.get("number") == 0]
    # Who woke says that it cannot tell, and that not all of it had left: then one look is enough. Or it had lost its
    # lease and says nothing: then whoever is next looks twice.
    unsure = [record["outcome"] for record in records if record.get("outcome", {}).get("type") == "Unknown"]
    looked = ["Settled", "Absent"] if unsure else ["Absent", "Absent"]
    assert ["Started", *looked, "Started", "Settled"] == happened
    assert {False} >= {outcome["late"] for outcome in unsure}
    assert 1 == desk.subjects().count("Frozen")
    assert [] == told(tmp_path, "audit")["faults"]
