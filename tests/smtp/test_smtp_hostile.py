"""What somebody says who means no good: no mail that he did not end, no internals, no memory, no hanging."""

import asyncio
import re
import sqlite3
import tracemalloc
from datetime import timedelta

import pytest

from ingestd.daemon.looking import looked_through
from ingestd.store.spool import Spool

MAIL = b"Subject: Help\r\n\r\nIt broke.\r\n"
TROUBLE = "451 4.3.0 Try again later"
NEXT = b"MAIL FROM:<eve@example.org>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nhi"
ENDS = (
    b"\n.\n",
    b"\r.\r",
    b"\r\n.\n",
    b"\n.\r\n",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\n.\r",
    b"\r\r\n.\r\r\n",
    b"\r\n\x00.\r\n",
)
ENDS += (
    b"\r\n.\x00\r\n",
    b"\r\n.\r\x00\n",
    b"\r\x00\n.\r\n",
    b"\x85.\x85",
    b"\r\n. \r\n",
    b"\r\n.\t\r\n",
    b"\r\n \r.\r\n",
)
WELL_FORMED = re.compile(r"(?:\d{3}-[ -~]*\n)*[2-5]\d\d [ -~]+")


def stuffed(content):
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n")[2:]


@pytest.mark.parametrize("end", ENDS)
async def test_no_mail_is_smuggled_in_pieces(open_street, memory, end):
    """Cut by packet borders wherever it may be, and with commands behind it, it is content of the one mail."""
    street = await open_street(memory)
    wire = b"first" + end + NEXT + b"\r\n.\r\nRSET\r\nQUIT\r\n"
    for cut in range(5, 6 + len(end)):
        peer = await street.peer()
        await peer.up_to_data()
        await peer.say(wire[:cut])
        # A reply from another session: what was said before has been read.
        await (await street.peer()).hear()
        await peer.say(wire[cut:])
        assert [reply[:3] for reply in await peer.rest()] == ["250", "250", "221"]

    assert memory.mails == [stuffed(b"first" + end + NEXT + b"\r\n")] * (len(end) + 1)


async def test_a_mail_without_its_end_is_no_mail(open_street, memory):
    """Commands that come while DATA goes on are content; the connection's end ends nothing."""
    street = await open_street(memory)
    for end in (*ENDS, b"\r\n.", b"\r\nQUIT\r\n"):
        peer = await street.peer()
        await peer.up_to_data()
        await peer.say(b"half" + end)
        peer.writer.write_eof()
        assert await peer.rest() == []

    assert memory.mails == []


@pytest.mark.parametrize(
    "command",
    ["BDAT 5 LAST", "BDAT 0", "CHUNKING", "BURL imap://x", "TURN", "SEND FROM:<a@b>", "XFORWARD NAME=x", "ETRN x"],
)
async def test_what_was_not_offered_is_not_recognised(open_street, memory, command):
    """A chunk that comes behind BDAT all the same is read as the commands that it is not (RFC 3030 is not offered)."""
    peer = await (await open_street(memory)).peer()
    await peer.hear()
    assert "CHUNKING" not in await peer.ask("EHLO mx")

    assert await peer.ask(command) == "500 5.5.1 Command not recognized"


@pytest.mark.parametrize("size", [0, 1, len(MAIL) + 1, 4_000_000])
async def test_a_size_that_is_a_lie(open_street, memory, size):
    """What counts is what comes: a mail is neither cut nor waited for (RFC 1870 section 6)."""
    peer = await (await open_street(memory)).peer()
    await peer.hear()
    await peer.ask("EHLO mx")
    assert await peer.ask(f"MAIL FROM:<ann@example.org> SIZE={size}") == "250 2.0.0 OK"
    await peer.ask("RCPT TO:<support@example.com>")
    await peer.ask("DATA")

    assert (await peer.ask(MAIL + b".")).startswith("250 2.0.0 Ok: queued as ")
    assert memory.mails == [MAIL]


async def test_thousands_of_commands_at_once(open_street, memory):
    """They are answered in their order while others are served, up to what one session may ask."""
    street = await open_street(memory)
    flood, other = [await street.peer() for _ in range(2)]
    await flood.say(b"NOOP\r\n" * 50_000)

    await other.up_to_data()
    assert (await other.ask(MAIL + b".")).startswith("250 2.0.0 Ok: queued as ")

    greeting, *served, last = await flood.rest()
    assert greeting.startswith("220 ")
    assert set(served) == {"250 2.0.0 OK"}
    assert (len(served), last) == (999, "421 4.7.0 Too many commands without a mail")


async def test_nothing_is_done_after_the_last_word(open_street, memory):
    """A mail behind the command that ended the session is not taken in unheard; the reason is heard however much came."""
    street = await open_street(memory, most_errors=3)
    peer = await street.peer()
    whole = b"EHLO mx\r\n" + NEXT.replace(b"eve", b"ann") + b"\r\n.\r\n"

    await peer.say(b"FOO\r\n" * 3 + whole + b"NOOP\r\n" * 100_000)

    assert (await peer.rest())[-1] == "421 4.7.0 Too many errors"
    assert memory.mails == []


async def test_commands_before_the_354_are_content(open_street, memory):
    """Who does not wait for 354 has said the first lines of his mail."""
    peer = await (await open_street(memory)).peer()
    await peer.hear()
    await peer.say(
        b"EHLO mx\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nQUIT\r\nRSET\r\n.\r\nQUIT\r\n"
    )

    assert [reply[:3] for reply in await peer.rest()] == ["250", "250", "250", "354", "250", "221"]
    assert memory.mails == [b"QUIT\r\nRSET\r\n"]


async def test_an_endless_command_holds_no_memory(open_street, memory):
    """Fifty megabytes without a line end are read past, and answered as one line that is too long."""
    peer = await (await open_street(memory)).peer()
    await peer.hear()
    tracemalloc.start()
    try:
        for _ in range(50):
            await peer.say(b"x" * 1_000_000)
        reply = await peer.ask(b"")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert reply == "500 5.5.2 Command line too long"
    assert peak < 6_000_000
    assert await peer.ask("NOOP") == "250 2.0.0 OK"


async def test_an_endless_command_comes_to_its_end(open_street, memory):
    """It is no command before its line ends: the timeout of silence goes on, however much is said."""
    peer = await (await open_street(memory, timeout=0.3)).peer()
    await peer.hear()

    replies = await peer.while_saying(b"x" * 1000, 0.01)

    assert replies == ["421 4.4.2 Timeout, closing the connection"]


@pytest.mark.parametrize(
    "said", [b"", b"EHLO mx\r\n", b"EHLO mx\r\nMAIL FROM:<>\r\n", b"NOOP", NEXT, b"\x16\x03\x01\x02\x00"]
)
async def test_a_reset_wherever_it_comes_leaves_nothing(open_street, memory, said):
    """A connection that is torn within a command, a mail or nothing at all gives its place back."""
    street = await open_street(memory, most=1)
    peer = await street.peer()
    await peer.hear()
    await peer.say(said)
    peer.writer.transport.abort()

    async with asyncio.timeout(20):
        while not (await (await street.peer()).hear()).startswith("220 "):
            pass
    assert memory.mails == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("<grüße@bücher.example> SMTPUTF8", "250"),
        ("<grüße@bücher.example>", "250"),
        ("<postmaster>", "250"),
        ("<>", "250"),
        ("<@a.example,@b.example:ann@example.org>", "250"),
        ('<"a@b c"@example.org>', "250"),
        ("<ann@[192.0.2.1]>", "250"),
        ("<ann@[IPv6:2001:db8::1]>", "250"),
        ("<" + "a" * 64 + "@" + "b" * 180 + ".example>", "250"),
        ("<ann@example.org", "250"),
        ("ann@example.org>", "501"),
        ("<ann@example.org> X" * 300, "5"),
        ("<" + "(" * 2000 + ">", "553"),
        ("<" + '"' * 1999 + ">", "250"),
        ("<ann@" + "a." * 1500 + "org>", "553"),
        ("<\u202eann@example.org>", "250"),
        ("<ann\u2028@example.org>", "553"),
        ("<ann@example.org> SIZE=" + "9" * 1000, "552"),
        ("<ann@example.org> SIZE=-1", "501"),
        ("<ann@example.org> SIZE", "501"),
        ("<ann@example.org> =", "501"),
        ("<ann@example.org> BODY=8BITMIME BODY=7BIT BODY=X", "501"),
    ],
)
async def test_odd_paths(open_street, memory, path, code):
    """Taken or refused, in one line of fixed words, and the session goes on."""
    peer = await (await open_street(memory)).peer()
    await peer.hear()
    await peer.ask("EHLO mx")

    reply = await peer.ask(f"MAIL FROM:{path}")

    assert reply.startswith(code)
    assert WELL_FORMED.fullmatch(reply)
    assert (await peer.ask("RSET")) == "250 2.0.0 OK"


async def test_a_spool_that_is_closed(open_street, spool, loop_faults):
    """451 for the mail, nothing of why; whatever of a large one was staged is no matter."""
    street = await open_street(spool)
    small, large = [await street.peer() for _ in range(2)]
    await small.up_to_data()
    await large.up_to_data()
    await spool.close()

    assert await small.ask(MAIL + b".") == TROUBLE
    assert await large.ask(b"x" * 3_000_000 + b"\r\n.") == TROUBLE
    assert await small.ask("NOOP") == "250 2.0.0 OK"


async def test_a_spool_that_somebody_locks(open_street, tmp_path):
    """While another process holds the database 451, afterwards 250 on the same session."""
    spool = Spool(
        f"sqlite:///{tmp_path}/locked.db",
        create=True,
        boot="this",
        patience=timedelta(seconds=0.1),
        look=looked_through,
    )
    await spool.open(exclusive=True)
    try:
        peer = await (await open_street(spool)).peer()
        await peer.up_to_data()
        other = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        refused = await peer.ask(MAIL + b".")
        other.execute("ROLLBACK")
        other.close()
        await peer.say(b"MAIL FROM:<ann@example.org>\r\nRCPT TO:<support@example.com>\r\nDATA\r\n" + MAIL + b".\r\n")
        replies = [await peer.hear() for _ in range(4)]
    finally:
        await peer.ask("QUIT")
        await spool.close()

    assert refused == TROUBLE
    assert [reply[:3] for reply in replies] == ["250", "250", "354", "250"]


async def test_a_spool_whose_file_is_gone(open_street, tmp_path):
    """Deleted under our hands, it takes no mail: 451."""
    spool = Spool(f"sqlite:///{tmp_path}/gone.db", create=True, boot="this", look=looked_through)
    await spool.open(exclusive=True)
    try:
        peer = await (await open_street(spool)).peer()
        await peer.up_to_data()
        for file in tmp_path.glob("gone.db*"):
            file.unlink()
        assert await peer.ask(MAIL + b".") == TROUBLE
        await peer.ask("QUIT")
    finally:
        await spool.close()
