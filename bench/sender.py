"""Sends letters over sessions that stay, as a process of its own: waits for a line on stdin, then tells the seconds.

    python bench/sender.py PORT MAILS SESSIONS FIRST AUTHORS

Letter FIRST and those after it, from AUTHORS clients in turn. Postfix's generator sends the same text from one author.
"""

import asyncio
import sys
import time

from letters import SUPPORT, letter


def author(number, authors):
    return f"ada{number % authors}@client.example.net"


async def session(port, mails, authors):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def said(code):
        while (line := await reader.readline())[3:4] == b"-":
            pass
        assert line.startswith(code), line

    async def asked(line, code=b"250"):
        writer.write(line)
        await said(code)

    await said(b"220")
    await asked(b"EHLO bench.example.net\r\n")
    for sender, raw in mails:
        await asked(b"MAIL FROM:<%s>\r\n" % sender)
        await asked(b"RCPT TO:<%s>\r\n" % SUPPORT.encode())
        await asked(b"DATA\r\n", b"354")
        await asked(raw + b".\r\n")
    await asked(b"QUIT\r\n", b"221")
    writer.close()


async def main(port, mails, sessions, first, authors):
    made = [(author(n, authors).encode(), letter(n, author=author(n, authors))) for n in range(first, first + mails)]
    print("made", flush=True)
    sys.stdin.readline()
    began = time.monotonic()
    await asyncio.gather(*(session(port, made[part::sessions], authors) for part in range(sessions)))
    print(time.monotonic() - began, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
