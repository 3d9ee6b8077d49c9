"""How the daemon and a parsing process hear of each other: whole messages, from any loop, and every end."""

import asyncio
import os
import signal
import socket

import pytest

from ingestd.core.model import Kind
from ingestd.delivery.message import Answer, Limits, Request, packed
from ingestd.delivery.pool import Pool, Process
from ingestd.delivery.sandbox import INLINE, Sandbox
from ingestd.delivery.wire import Died, Wire
from ingestd.frames import Frames
from ingestd.mail.parse import parse

PLAIN = b"From: Ada <ada@example.net>\r\nSubject: Help\r\n\r\nPlease help.\r\n"
RICH = (
    b"From: Ada <ada@example.net>\nDate: Thu, 26 Nov 2026 12:00:00 +0100\nContent-Type: multipart/mixed; boundary=b\n\n"
    b"--b\n\nHello\n--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n"
    b"--b\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nQUJD\n--b--\n"
)
BOUNCE = b"From: mailer-daemon@example.net\nSubject: failure notice\n\n<a@b.example>:\nuser unknown 5.1.1\n"
LONG = b"Subject: Long\n\n" + b"A line that is long enough to be read as one.\n" * (INLINE // 46 - 10)


@pytest.fixture
def pool():
    pool = Pool()
    yield pool
    pool.close()


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    wire = Wire(ours)
    yield wire, theirs
    wire.close()
    theirs.close()


async def parsed(box, raw):
    async def chunks():
        yield raw

    return await box.parse(chunks(), len(raw))


async def asked(end, *messages):
    """What comes back for the last of them."""
    await end.ask(messages)
    for _ in messages:
        answer = await end.answer()
    return answer


def test_a_process_outlives_the_loop_that_asked_it(pool):
    """The next loop asks the same one."""
    pids = []
    for _ in range(3):
        assert "Please help." == asyncio.run(parsed(Sandbox(Limits(), 1, pool), PLAIN)).text
        process = pool.take()
        pids.append(process.pid)
        pool.give(process)

    assert 1 == len(set(pids))


async def test_a_mail_longer_than_a_socket_holds_goes_through(pool):
    """As much as is sent inline, and an answer that is as long."""
    mail = await parsed(Sandbox(Limits(), 1, pool), LONG)

    assert parse(LONG) == mail


@pytest.mark.parametrize("raw", [PLAIN, RICH, BOUNCE])
def test_a_message_comes_out_as_it_went_in(raw):
    """Every noun that a mail is made of, and the words that it is asked for with."""
    answer = Answer(parse(raw), "", spent=False)
    request = Request(raw, headers_only=True, limits=Limits(1.5, 1 << 30))

    assert [answer, request] == Frames().feed(packed(answer) + packed(request))
    assert parse(RICH).enclosed is not None
    assert Kind.BOUNCE is parse(BOUNCE).kind


def test_a_message_is_whole_with_its_last_byte():
    """Whatever pieces it comes in."""
    data = packed(("x" * 300,))
    frames = Frames()

    assert [[]] * (len(data) - 1) + [[("x" * 300,)]] == [frames.feed(data[at : at + 1]) for at in range(len(data))]
    assert not frames.begun


async def test_an_answer_in_pieces_is_put_together(ends):
    """A message that stops between two bytes is waited for."""
    wire, theirs = ends
    data = packed("an answer")
    told = asyncio.create_task(asked(wire, "a question"))
    for at in range(len(data)):
        theirs.send(data[at : at + 1])
        await asyncio.sleep(0)

    assert "an answer" == await told


async def test_answers_come_in_the_order_of_their_questions(ends):
    """However they are cut: some in one piece, one in two."""
    wire, theirs = ends
    answers = packed("first") + packed("second") + packed("third")
    await wire.ask(["a question"] * 3)
    theirs.send(answers[:-3])
    told = [await wire.answer(), await wire.answer()]
    theirs.send(answers[-3:])

    assert ["first", "second", "third"] == [*told, await wire.answer()]


async def test_an_end_between_answers_is_told(ends):
    """What had come is good; what is due is Died."""
    wire, theirs = ends
    await wire.ask(["a question"] * 2)
    theirs.send(packed("first"))
    theirs.close()

    assert "first" == await wire.answer()
    with pytest.raises(Died):
        await wire.answer()


async def test_an_answer_that_breaks_off_is_none(ends):
    """Half of it, and then the end: Died."""
    wire, theirs = ends
    told = asyncio.create_task(asked(wire, "a question"))
    await asyncio.sleep(0)
    theirs.send(packed("an answer")[:-1])
    theirs.close()

    with pytest.raises(Died):
        await told


async def test_who_goes_without_reading_is_noticed(ends):
    """Also in the middle of a question that no socket holds."""
    wire, theirs = ends
    told = asyncio.create_task(asked(wire, b"x" * (8 << 20)))
    await asyncio.sleep(0)
    theirs.close()

    with pytest.raises(Died):
        await told


async def test_an_end_while_nobody_waits_is_told_to_the_next(ends):
    """And told again: an end is for ever."""
    wire, theirs = ends
    theirs.send(packed("ready"))
    assert "ready" == await wire.receive()
    theirs.close()
    await asyncio.sleep(0)

    for _ in range(2):
        with pytest.raises(Died):
            await asked(wire, "a question")


@pytest.mark.parametrize("unasked", [b"x", packed("two answers")])
async def test_more_than_an_answer_is_none(ends, unasked):
    """Who says more than he was asked is not believed at all."""
    wire, theirs = ends
    theirs.send(packed("an answer") + unasked)

    with pytest.raises(Died):
        await asked(wire, "a question")


async def test_what_nobody_asked_for_is_no_answer_to_the_next(ends):
    """It ends the wire, however much it is."""
    wire, theirs = ends
    theirs.send(packed("ready"))
    assert "ready" == await wire.receive()
    theirs.send(packed("an answer"))
    for _ in range(2):  # the loop looks at its sockets once, and then tells
        await asyncio.sleep(0)

    with pytest.raises(Died):
        await asked(wire, "a question")


async def test_a_closed_wire_asks_nothing(ends):
    """Closing is for ever too, and is no error twice."""
    wire, _ = ends
    wire.close()
    wire.close()

    with pytest.raises(Died):
        await asked(wire, "a question")


async def test_a_process_killed_in_the_middle_of_its_work_is_told():
    """From outside, as by the limits on its resources."""
    process = Process()
    await process.ready()
    os.kill(process.pid, signal.SIGSTOP)
    told = asyncio.create_task(asked(process, Request(LONG, headers_only=False, limits=Limits())))
    await asyncio.sleep(0)
    os.kill(process.pid, signal.SIGKILL)

    with pytest.raises(Died):
        await told
    await process.end()
    assert not process.alive
