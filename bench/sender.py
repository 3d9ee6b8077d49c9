"""Sends letters over sessions that stay, as a process of its own: waits for a line on stdin, then tells the seconds.

    python bench/sender.py PORT MAILS SESSIONS FIRST AUTHORS

Letter FIRST and those after it, from AUTHORS clients in turn. Postfix's generator sends the same text from one author.
It speaks through plain sockets and one poll: what the generator takes of the processors, those who are measured lack.
"""

import select
import socket
import sys
import time

from letters import SUPPORT, letter


def author(number, authors):
    return f"ada{number % authors}@client.example.net"


def said(mails):
    """What a session says after each answer, and the code that it waits for before."""
    yield b"220", b"EHLO bench.example.net\r\n"
    for sender, raw in mails:
        yield b"250", b"MAIL FROM:<%s>\r\n" % sender
        yield b"250", b"RCPT TO:<%s>\r\n" % SUPPORT.encode()
        yield b"250", b"DATA\r\n"
        yield b"354", raw + b".\r\n"
    yield b"250", b"QUIT\r\n"
    yield b"221", b""


class Session:
    """One connection, which answers what it hears with what comes next."""

    def __init__(self, port, mails):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.script = said(mails)
        self.heard = b""
        self.over = False

    def hear(self):
        block = self.socket.recv(65536)
        self.heard += block
        *_, last = self.heard.splitlines() or [b""]
        if self.heard.endswith(b"\n") and last[3:4] == b" ":
            code, line = next(self.script)
            assert last.startswith(code), last
            self.heard = b""
            self.socket.sendall(line)
            self.over = not line
        else:
            assert block, self.heard


def main(port, mails, sessions, first, authors):
    made = [(author(n, authors).encode(), letter(n, author=author(n, authors))) for n in range(first, first + mails)]
    print("made", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    with select.epoll() as poll:
        open_now = {}
        for part in range(sessions):
            session = Session(port, made[part::sessions])
            open_now[session.socket.fileno()] = session
            poll.register(session.socket, select.EPOLLIN)
        while open_now:
            for number, _ in poll.poll():
                session = open_now[number]
                session.hear()
                if session.over:
                    poll.unregister(session.socket)
                    open_now.pop(number).socket.close()
    print(time.monotonic() - began, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
