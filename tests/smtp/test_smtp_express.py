"""What is answered in short and what the library answers: the same, however the bytes come."""

import asyncio

import pytest

from ingestd.daemon.looking import wanted_of
from ingestd.smtp.door import Rules
from ingestd.smtp.session import SessionSettings
from ingestd.smtp.shares import SMALL

HELLO = b"EHLO mx.example.org\r\n"
FROM = b"MAIL FROM:<ann@example.org>\r\n"
TO = b"RCPT TO:<support@example.com>\r\n"
DATA = b"DATA\r\n"
MAIL = b"Message-ID: <1@example.org>\r\nSubject: Hi\r\n\r\nHello\r\n.\r\n"
QUIT = b"QUIT\r\n"
LARGE = b"Subject: large\r\n\r\n" + b"0123456789abcde\r\n" * (SMALL // 16)

SESSIONS = {
    "nothing wanted": (QUIT,),
    "greeted again": (HELLO, FROM, HELLO, TO, FROM, b"HELO mx\r\n", FROM, TO, DATA, MAIL, QUIT),
    "odd names": (b"EHLO \r\n", b"EHLO\r\n", b"HELO a b\r\n", b"ehlo [192.0.2.1]\r\n", b"EHLO m\xc3\xa4x\r\n", FROM, TO, QUIT),
    "QUIT with an argument": (HELLO, b"QUIT now\r\n", b"NOOP\r\n", b"quit\r\n"),
    "an ordinary mail": (HELLO, FROM, TO, DATA, MAIL, QUIT),
    "two mails": (HELLO, FROM, TO, DATA, MAIL, FROM, TO, DATA, MAIL.replace(b"1@", b"2@"), QUIT),
    "the null path": (HELLO, b"MAIL FROM:<>\r\n", TO, DATA, MAIL, QUIT),
    "parameters": (HELLO, b"MAIL FROM:<ann@example.org> SIZE=100 BODY=8BITMIME\r\n", TO, DATA, MAIL, QUIT),
    "lower case": (HELLO, b"mail from:<ann@example.org> size=100\r\n", b"rcpt to:<support@example.com>\r\n", b"data\r\n", MAIL),
    "a size too large": (HELLO, b"MAIL FROM:<ann@example.org> SIZE=99999999999\r\n", TO, FROM, TO, QUIT),
    "parameters after HELO": (b"HELO mx.example.org\r\n", b"MAIL FROM:<ann@example.org> SIZE=100\r\n", FROM, TO, QUIT),
    "nobody greeted": (FROM, TO, DATA, QUIT),
    "no MAIL": (HELLO, TO, DATA, FROM, DATA, QUIT),
    "MAIL twice": (HELLO, FROM, FROM, TO, QUIT),
    "an unknown mailbox": (HELLO, FROM, b"RCPT TO:<nobody@example.com>\r\n", DATA, TO, DATA, MAIL, QUIT),
    "a path with a quoted name": (HELLO, b'MAIL FROM:<"ann b"@example.org>\r\n', TO, DATA, MAIL, QUIT),
    "no address": (HELLO, b"MAIL FROM:<ann>\r\n", b"MAIL FROM:ann@example.org\r\n", FROM, b"RCPT TO:<support>\r\n", QUIT),
    "unknown parameters": (HELLO, b"MAIL FROM:<ann@example.org> X=1\r\n", FROM, b"RCPT TO:<support@example.com> X=1\r\n", QUIT),
    "RSET": (HELLO, FROM, TO, b"RSET\r\n", TO, FROM, TO, DATA, MAIL, QUIT),
    "DATA with an argument": (HELLO, FROM, TO, b"DATA now\r\n", QUIT),
    "nothing in it": (HELLO, FROM, TO, DATA, b".\r\n", QUIT),
    "dots": (HELLO, FROM, TO, DATA, b"Subject: dots\r\n\r\n..\r\n...\r\n.a\r\n.\r\n", QUIT),
    "line ends that end nothing": (HELLO, FROM, TO, DATA, b"Subject: x\r\n\r\n\n.\n\r.\r\r\n.\n.\r\n", b"\r\n.\r\n", QUIT),
    "more than is small": (HELLO, FROM, TO, DATA, LARGE, b".\r\n", QUIT),
    "all that is small, and more": (HELLO, FROM, TO, DATA, LARGE[:SMALL], LARGE[SMALL:] + b".\r\n", QUIT),
}  # fmt: skip


async def spoken(street, blocks):
    """Everything that is answered to these blocks, each sent once all before it were answered, until the end."""
    peer = await street.peer()
    heard = [await peer.hear()]
    for block in blocks:
        await peer.say(block)
        heard.append(await quiet(peer))
    peer.writer.close()
    return [line.partition(b" queued as ")[0] for line in b"".join(heard[1:]).splitlines()]


async def quiet(peer):
    """What is answered until nothing comes any more: for as many turns of the loop, which we share, as it cannot take."""
    heard, idle = b"", 0
    reading = asyncio.create_task(peer.reader.read(4096))
    while idle < 40:
        await asyncio.sleep(0.001)
        idle += 1
        if reading.done():
            if not (block := reading.result()):
                return heard
            heard, idle = heard + block, 0
            reading = asyncio.create_task(peer.reader.read(4096))
    reading.cancel()
    await asyncio.wait([reading])
    return heard


@pytest.mark.parametrize("blocks", SESSIONS.values(), ids=SESSIONS.keys())
async def test_how_the_bytes_come_makes_no_difference(open_street, memory, blocks):
    """A command by itself, in two halves, and everything at once: the same answers, and the same mails."""
    street = await open_street(memory)
    whole = await spoken(street, blocks)
    kept, memory.mails = memory.mails, []

    halves = await spoken(street, [half for block in blocks for half in (block[:3], block[3:])])

    assert (whole, kept) == (halves, memory.mails)
    memory.mails = []
    assert whole == await spoken(street, [b"".join(blocks)])
    assert kept == memory.mails
    for size in (2, 3):  # as clients send them that pipeline: HELLO by itself, then those of a mail
        memory.mails = []
        groups = [b"".join(blocks[max(0, at) : at + size]) for at in range(1 - size, len(blocks), size)]
        assert whole == await spoken(street, groups)
        assert kept == memory.mails


async def test_more_recipients_than_are_answered_at_once(open_street, memory):
    """Each has its answer, in its place, and the mail is one."""
    street = await open_street(memory)
    unknown = b"RCPT TO:<nobody@example.com>\r\n"

    answers = await spoken(street, [HELLO, FROM + (TO * 9 + unknown) * 5 + DATA, MAIL])

    of_ten = [b"250 2.1.5 Ok"] * 9 + [b"550 5.1.1 No such mailbox"]
    assert [b"250 2.0.0 OK", *of_ten * 5] == answers[-53:-2]
    assert [b"354", b"250"] == [answer[:3] for answer in answers[-2:]]
    assert 1 == len(memory.mails)


async def test_trouble_of_ours_with_one_of_several_commands(open_street, memory):
    """451 for that one, and the others are answered as they would be behind it."""

    def route(recipient):
        if recipient.startswith("trouble"):
            raise RuntimeError("secret")
        return "support@example.com"

    street = await open_street(memory, rules=Rules(route, wanted_of))

    answers = await spoken(
        street, [HELLO, FROM + TO + b"RCPT TO:<trouble@example.com>\r\n" + TO + DATA, FROM + TO + DATA, MAIL]
    )

    assert [b"250", b"250", b"451", b"503", b"503"] == [answer[:3] for answer in answers[-9:-4]]
    assert [b"250", b"250", b"354", b"250"] == [answer[:3] for answer in answers[-4:]]
    assert 1 == len(memory.mails)


async def committing(open_street, memory):
    """A peer whose mail has come to its last dot, and is not kept yet."""
    memory.gate = asyncio.Event()
    street = await open_street(memory)
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL)
    await memory.began.wait()
    return peer


async def test_what_comes_behind_a_mail_waits_for_its_answer(open_street, memory):
    """The answers come in the order of the commands, however long the commit takes (RFC 2920)."""
    peer = await committing(open_street, memory)

    await peer.say(FROM)
    await peer.say(TO)

    assert b"" == await quiet(peer)
    memory.gate.set()
    heard = await quiet(peer)
    assert [b"250 2.0.0", b"250 2.0.0", b"250 2.1.5"] == [line[:9] for line in heard.splitlines()]


async def test_who_has_closed_his_half_hears_the_answer(open_street, memory):
    """Half-closed while the mail is committed: the 250 still comes, then the end."""
    peer = await committing(open_street, memory)

    peer.writer.write_eof()
    await asyncio.sleep(0.05)
    memory.gate.set()

    assert (await peer.reader.read()).startswith(b"250 2.0.0 Ok: queued as ")
    assert 1 == len(memory.mails)


async def test_who_goes_away_within_a_small_mail_leaves_nothing(open_street, memory):
    """No mail without its last dot."""
    street = await open_street(memory)
    peer = await street.peer()
    await peer.up_to_data()
    await peer.say(MAIL[:-5])
    await asyncio.sleep(0.05)

    peer.writer.close()
    await asyncio.sleep(0.05)

    assert [] == memory.mails


async def said_on(peer):
    while True:
        await peer.say(b"NOOP\r\n")
        await asyncio.sleep(0.01)


async def test_who_has_said_quit_has_no_connection_left(open_street, memory):
    """It is not kept for as long as somebody would have who may not have heard our last words."""
    street = await open_street(memory)
    peer = await street.peer()
    await peer.say(QUIT)

    assert ["220", "221"] == [reply[:3] for reply in await peer.rest()]
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(said_on(peer), SessionSettings("mx", 1).linger / 2)


async def test_the_rest_of_a_line_that_is_too_long_is_no_command(open_street, memory):
    """It is passed over with the line, wherever the packets end: there is one answer, and nobody has said QUIT."""
    street = await open_street(memory)

    answers = await spoken(street, [HELLO, b"NOOP " + b"x" * 70_000, QUIT, b"NOOP\r\n"])

    assert [b"500 5.5.2 Command line too long", b"250 2.0.0 OK"] == answers[-2:]
