"""What one session may ask of us: over a limit it hears 421 or 452 with a reason, and no mail is refused for good."""

import asyncio

import pytest

MAIL = b"Subject: Help\r\n\r\nIt broke.\r\n"
TOO_MANY_COMMANDS = "421 4.7.0 Too many commands without a mail"
TOO_LONG = "421 4.7.0 Session has lasted long enough; connect again"


@pytest.mark.parametrize("line", ["NOOP", "RSET", "VRFY ann", "EHLO mx", "HELP"])
async def test_commands_without_a_mail_come_to_an_end(open_street, memory, line):
    """A flood is served within reason, in the order asked, then it hears why it ends."""
    street = await open_street(memory, most_commands=50)
    peer = await street.peer()
    assert (await peer.hear()).startswith("220 ")

    await peer.say((line + "\r\n").encode() * 5000)

    *served, last = await peer.rest()
    assert last == TOO_MANY_COMMANDS
    # The greeting is the first of the fifty.
    assert len(served) == 49
    assert {reply[:3] for reply in served} <= {"250", "252", "214"}


async def test_refused_recipients_come_to_an_end(open_street, memory):
    """Guessing at recipients is a flood like any other."""
    street = await open_street(memory, most_commands=200)
    peer = await street.peer()
    await peer.hear()

    await peer.say(b"EHLO mx\r\nMAIL FROM:<eve@example.org>\r\n" + b"RCPT TO:<nobody@example.com>\r\n" * 1000)

    *served, last = await peer.rest()
    assert (len(served), last) == (199, TOO_MANY_COMMANDS)


async def test_a_mail_makes_commands_forgotten(open_street, memory):
    """A relay that keeps its connection may ask between mails, for as many mails as it has."""
    street = await open_street(memory, most_commands=30)
    peer = await street.peer()
    await peer.hear()
    await peer.ask("EHLO mx")

    for _ in range(40):
        for _ in range(20):
            assert await peer.ask("NOOP") == "250 2.0.0 OK"
        assert (await peer.bring(MAIL)).startswith("250 2.0.0 Ok: queued as ")

    assert len(memory.mails) == 40


async def test_commands_that_come_together_are_counted_one_by_one(open_street, memory):
    """The limit is where it is, also in the midst of a packet: what stands behind it there is not served."""
    street = await open_street(memory, most_commands=5)
    peer = await street.peer()
    await peer.hear()
    await peer.ask("EHLO mx")

    await peer.say(b"MAIL FROM:<eve@example.org>\r\n" + b"RCPT TO:<support@example.com>\r\n" * 10)

    assert await peer.rest() == ["250 2.0.0 OK", "250 2.1.5 Ok", "250 2.1.5 Ok", TOO_MANY_COMMANDS]


async def test_who_was_told_to_go_on_may_bring_the_mail(open_street, memory):
    """A limit that is reached with DATA itself ends nothing within the mail, which makes the commands forgotten."""
    street = await open_street(memory, most_commands=5)
    peer = await street.peer()
    # The greeting is the first of the five, the 354 the last.
    await peer.up_to_data()

    assert (await peer.ask(MAIL + b".")).startswith("250 2.0.0 Ok: queued as ")
    assert await peer.ask("NOOP") == "250 2.0.0 OK"


async def test_recipients_have_a_limit_of_the_operators(open_street, memory):
    """Beyond it 452: the peer brings the rest with another mail, and this one goes on."""
    street = await open_street(memory, most_recipients=2)
    peer = await street.peer()
    await peer.hear()
    await peer.ask("EHLO mx")
    await peer.ask("MAIL FROM:<ann@example.org>")

    replies = [await peer.ask("RCPT TO:<support@example.com>") for _ in range(3)]

    assert replies == ["250 2.1.5 Ok"] * 2 + ["452 4.5.3 Too many recipients"]
    await peer.ask("DATA")
    assert (await peer.ask(MAIL + b".")).startswith("250 2.0.0 Ok: queued as ")


async def test_errors_have_a_limit_of_the_operators(open_street, memory):
    """As many as they say."""
    street = await open_street(memory, most_errors=3)
    peer = await street.peer()
    await peer.hear()

    await peer.say(b"FOO\r\n" * 5)

    assert await peer.rest() == ["500 5.5.1 Command not recognized"] * 3 + ["421 4.7.0 Too many errors"]


async def test_a_long_session_ends_between_mails(open_street, memory):
    """When its time is over, a mail that was begun comes in first; then the peer is told to connect again."""
    street = await open_street(memory, longest=0.2)
    peer = await street.peer()
    await peer.up_to_data()
    # Time passes for the door as for us.
    await asyncio.sleep(0.3)

    await peer.say(MAIL + b".\r\n")

    accepted, last = await peer.rest()
    assert accepted.startswith("250 2.0.0 Ok: queued as ")
    assert last == TOO_LONG


async def test_a_session_that_dawdles_over_a_mail_ends(open_street, memory):
    """Who keeps a mail open beyond the session's time and a timeout more is left all the same."""
    street = await open_street(memory, longest=0.1, timeout=0.2)
    peer = await street.peer()
    await peer.hear()
    await peer.ask("EHLO mx")
    await peer.ask("MAIL FROM:<ann@example.org>")

    *taken, last = await peer.while_saying(b"RCPT TO:<support@example.com>\r\n", 0.05)

    assert (set(taken), last) == ({"250 2.1.5 Ok"}, TOO_LONG)
    assert memory.mails == []
