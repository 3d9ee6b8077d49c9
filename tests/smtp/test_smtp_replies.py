"""What is answered to everything that a peer may say."""

import re

import pytest

ENHANCED = re.compile(r"([245])\d\d \1\.\d{1,3}\.\d{1,3} [!-~ ]+")


@pytest.fixture
async def peer(open_street, memory):
    """Before an intake in memory: nothing here depends on a disk."""
    return await (await open_street(memory)).peer()


async def test_greeting_and_offers(peer):
    """EHLO offers exactly what is there; greeting, EHLO and HELO bear no enhanced code (RFC 2034 section 4)."""
    greeting = await peer.hear()
    ehlo = await peer.ask("EHLO mx.example.net")
    helo = await peer.ask("HELO mx.example.net")

    assert greeting == "220 mail.example.com ESMTP"
    assert ehlo.split("\n") == [
        "250-mail.example.com",
        "250-SIZE 5000000",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-PIPELINING",
        "250 ENHANCEDSTATUSCODES",
    ]
    assert helo == "250 mail.example.com"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("NOOP", "250 2.0.0 OK"),
        ("NOOP probe", "250 2.0.0 OK"),
        ("RSET", "250 2.0.0 OK"),
        ("RSET x", "501 5.5.4 Syntax: RSET"),
        ("QUIT", "221 2.0.0 Bye"),
        ("QUIT x", "501 5.5.4 Syntax: QUIT"),
        ("EHLO", "501 5.5.4 Syntax: EHLO hostname"),
        ("HELO", "501 5.5.4 Syntax: EHLO hostname"),
        ("VRFY ann", "252 2.0.0 Send some mail, and we shall see"),
        ("EXPN list", "502 5.5.1 EXPN not implemented"),
        ("HELP", "214 2.0.0 See RFC 5321"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1 AUTH is not offered"),
        ("STARTTLS", "502 5.5.1 STARTTLS is not offered"),
        ("DATA", "503 5.5.1 MAIL first"),
        ("RCPT TO:<support@example.com>", "503 5.5.1 need MAIL command"),
        ("MAIL", "501 5.5.4 Syntax: MAIL FROM: <address> [SP <mail-parameters>]"),
        ("MAIL FROM:", "501 5.5.4 Syntax: MAIL FROM: <address> [SP <mail-parameters>]"),
        ("MAIL FROM:<a@b> SIZE=x", "501 5.5.4 Syntax: MAIL FROM: <address> [SP <mail-parameters>]"),
        ("MAIL FROM:<a@b> SIZE=²", "501 5.5.4 Syntax: MAIL FROM: <address> [SP <mail-parameters>]"),
        ("MAIL FROM:<a@b> BODY=BINARYMIME", "501 5.5.4 BODY can only be one of 7BIT, 8BITMIME"),
        ("MAIL FROM:<a@b> SMTPUTF8=1", "501 5.5.4 SMTPUTF8 takes no arguments"),
        ("MAIL FROM:<a@b> REQUIRETLS", "555 5.5.4 MAIL FROM parameters not recognized or not implemented"),
        ("MAIL FROM:<a@@b>", "553 5.1.3 Malformed address"),
        ("MAIL FROM:<", "553 5.1.3 Malformed address"),
        ('MAIL FROM:<"a\x1b[2J"@b>', "553 5.1.3 Malformed address"),
        ('MAIL FROM:<"a\x00"@b>', "553 5.1.3 Malformed address"),
        (b"MAIL FROM:<\xff@b.example>", "553 5.6.7 Address is not valid UTF-8"),
        ("XCLIENT ADDR=192.0.2.1", "500 5.5.1 Command not recognized"),
        ("\x1b[2Jx\rINJECT", "500 5.5.1 Command not recognized"),
        (b"\xff\xfe", "500 5.5.2 bad syntax"),
        ("", "500 5.5.2 bad syntax"),
        ("GET / HTTP/1.1", "500 5.5.1 Command not recognized"),
        ("NOOP " + "x" * 5000, "500 5.5.2 Command line too long"),
        ("NOOP " + "x" * 300_000, "500 5.5.2 Command line too long"),
    ],
)
async def test_replies_to_commands(peer, line, reply):
    """Each with an enhanced code that fits, in fixed words; nothing of the peer's comes back."""
    await peer.hear()
    await peer.ask("EHLO mx")

    answer = await peer.ask(line)

    assert answer == reply
    assert ENHANCED.fullmatch(answer)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("RCPT TO:<nobody@example.com>", "550 5.1.1 No such mailbox"),
        ("RCPT TO:<support@example.org>", "550 5.1.1 No such mailbox"),
        ("RCPT TO:<>", "550 5.1.1 No such mailbox"),
        ("RCPT TO:<support>", "550 5.1.1 No such mailbox"),
        (b"RCPT TO:<supp\xf6rt@example.com>", "553 5.6.7 Address is not valid UTF-8"),
        ("RCPT TO:<support@@example.com>", "553 5.1.3 Malformed address"),
        ("RCPT TO:<support@example.com> X=1", "555 5.5.4 RCPT TO parameters not recognized or not implemented"),
        ("RCPT TO:<support@example.com> =", "501 5.5.4 Syntax: RCPT TO: <address> [SP <mail-parameters>]"),
        ("MAIL FROM:<b@example.org>", "503 5.5.1 nested MAIL command"),
        ("DATA", "503 5.5.1 RCPT first"),
    ],
)
async def test_replies_within_a_mail(peer, line, reply):
    """Permanent where it is the peer's mistake; and the mail can go on after it."""
    await peer.hear()
    await peer.ask("EHLO mx")
    await peer.ask("MAIL FROM:<ann@example.org>")

    assert await peer.ask(line) == reply
    assert await peer.ask("RCPT TO:<support@example.com>") == "250 2.1.5 Ok"
    assert await peer.ask("DATA x") == "501 5.5.4 Syntax: DATA"


async def test_nobody_speaks_before_helo(peer):
    """MAIL wants a greeting first (RFC 5321 section 4.1.4)."""
    await peer.hear()

    assert await peer.ask("MAIL FROM:<ann@example.org>") == "503 5.5.1 send HELO first"


async def test_too_many_recipients(peer):
    """A hundred are taken (RFC 5321 section 4.5.3.1.8), the next is told to come with another mail."""
    await peer.hear()
    await peer.ask("EHLO mx")
    await peer.ask("MAIL FROM:<ann@example.org>")
    await peer.say(b"RCPT TO:<support@example.com>\r\n" * 101)

    replies = [await peer.hear() for _ in range(101)]

    assert set(replies[:100]) == {"250 2.1.5 Ok"}
    assert replies[100] == "452 4.5.3 Too many recipients"


async def test_too_many_errors_end_the_session(peer):
    """Who gets nothing right is told so and left, whatever stands in the queue of commands."""
    await peer.hear()

    await peer.say(b"GET / HTTP/1.1\r\n" * 30)

    assert await peer.rest() == ["500 5.5.1 Command not recognized"] * 20 + ["421 4.7.0 Too many errors"]


async def test_unknown_recipients_are_no_errors(peer, memory):
    """A mail may have many recipients whom nobody knows here: the one who is known gets it."""
    await peer.hear()
    await peer.ask("EHLO mx")
    await peer.ask("MAIL FROM:<ann@example.org>")
    for _ in range(40):
        assert await peer.ask("RCPT TO:<nobody@example.com>") == "550 5.1.1 No such mailbox"

    assert await peer.ask("RCPT TO:<support@example.com>") == "250 2.1.5 Ok"
    assert await peer.ask("DATA") == "354 End data with <CR><LF>.<CR><LF>"
    assert (await peer.ask(b"hello\r\n.")).startswith("250 2.0.0 Ok: queued as ")


async def test_a_mail_makes_errors_forgotten(peer, memory):
    """A relay that keeps its connection for days is not left for the sum of its slips."""
    await peer.hear()
    await peer.ask("EHLO mx")
    for _ in range(3):
        for _ in range(15):
            assert await peer.ask("FOO") == "500 5.5.1 Command not recognized"
        await peer.ask("MAIL FROM:<ann@example.org>")
        await peer.ask("RCPT TO:<support@example.com>")
        await peer.ask("DATA")
        assert (await peer.ask(b"hello\r\n.")).startswith("250 ")


@pytest.mark.parametrize(
    "path", ["=?utf-8?q?a_b?=@example.org", " =?utf-8?q?support?=@example.com", "x" * 600 + "@example.org"]
)
async def test_a_path_is_never_decoded_into_another(peer, path):
    """An encoded word in a path is its bytes (RFC 2047 section 5): what cannot be taken as it stands is refused."""
    await peer.hear()
    await peer.ask("EHLO mx")

    reply = await peer.ask(f"MAIL FROM:<{path}>")

    assert reply in {"250 2.0.0 OK", "553 5.1.3 Malformed address"}
    assert ("553" in reply) == (path.startswith(" ") or len(path) > 512)


async def test_mail_by_the_old_greeting(peer, memory):
    """HELO knows no parameters, and takes mail."""
    await peer.hear()
    await peer.ask("HELO mx")
    assert await peer.ask("MAIL FROM:<ann@example.org> SIZE=5") == "501 5.5.4 Syntax: MAIL FROM: <address>"
    assert await peer.ask("MAIL FROM:<ann@example.org>") == "250 2.0.0 OK"
    assert await peer.ask("RCPT TO:<support@example.com>") == "250 2.1.5 Ok"
    assert await peer.ask("DATA") == "354 End data with <CR><LF>.<CR><LF>"
    assert (await peer.ask(b"old\r\n.")).startswith("250 2.0.0 Ok: queued as ")
    assert memory.mails == [b"old\r\n"]
