"""STARTTLS: what is offered, what begins anew behind it, and a handshake that fails."""

import asyncio

import pytest

MAIL = b"Subject: Help\r\n\r\nIt broke.\r\n"


async def test_a_session_with_tls(open_street, memory, tls):
    """STARTTLS is offered where it is configured; behind it all begins anew, and the envelope says so."""
    street = await open_street(memory, tls=tls)
    peer = await street.peer()
    await peer.hear()
    assert "250-STARTTLS" in (await peer.ask("EHLO mx")).split("\n")
    assert await peer.ask("STARTTLS now") == "501 5.5.4 Syntax: STARTTLS"
    assert await peer.ask("STARTTLS") == "220 2.0.0 Ready to start TLS"
    await peer.starttls()

    assert (await peer.ask("MAIL FROM:<ann@example.org>")).startswith("503 5.5.1 ")
    assert (await peer.ask("EHLO mx")).split("\n") == [
        "250-mail.example.com",
        "250-SIZE 5000000",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-PIPELINING",
        "250 ENHANCEDSTATUSCODES",
    ]
    assert await peer.ask("STARTTLS") == "503 5.5.1 TLS is on already"
    await peer.ask("MAIL FROM:<ann@example.org>")
    await peer.ask("RCPT TO:<support@example.com>")
    await peer.ask("DATA")
    assert (await peer.ask(MAIL + b".")).startswith("250 2.0.0")
    assert await peer.ask("QUIT") == "221 2.0.0 Bye"
    assert memory.mails == [MAIL]


async def test_tls_is_in_the_envelope(open_street, spool, kept, tls):
    """The spool knows whether the mail came in the open."""
    street = await open_street(spool, tls=tls)
    peer = await street.peer()
    await peer.hear()
    await peer.ask("EHLO mx")
    await peer.ask("STARTTLS")
    await peer.starttls()
    await peer.say(b"EHLO mx\r\nMAIL FROM:<>\r\nRCPT TO:<support@example.com>\r\nDATA\r\n" + MAIL + b".\r\nQUIT\r\n")
    await peer.rest()

    [(entry, raw)] = await kept()
    assert entry.envelope.tls
    assert raw == MAIL


async def test_what_was_said_before_tls_is_forgotten(open_street, memory, tls):
    """Commands slipped in behind STARTTLS in the open are dropped (RFC 3207 section 6)."""
    street = await open_street(memory, tls=tls)
    peer = await street.peer()
    await peer.hear()
    await peer.ask("EHLO mx")

    assert (
        await peer.ask("STARTTLS\r\nEHLO eve\r\nMAIL FROM:<eve@example.org>\r\nNOOP") == "220 2.0.0 Ready to start TLS"
    )
    await peer.starttls()

    assert await peer.ask("VRFY ann") == "252 2.0.0 Send some mail, and we shall see"
    assert (await peer.ask("RCPT TO:<support@example.com>")).startswith("503 5.5.1 send HELO")


@pytest.mark.parametrize("way", ["garbage", "gone", "stop"])
async def test_a_handshake_that_fails(open_street, memory, tls, way):
    """It costs a connection, not the door, and leaves no session behind."""
    street = await open_street(memory, tls=tls, most=1)
    peer = await street.peer()
    await peer.hear()
    await peer.ask("STARTTLS")
    if way == "garbage":
        await peer.say(b"this is no handshake\r\n" * 10)
    if way == "gone":
        peer.close()
    if way != "stop":
        async with asyncio.timeout(20):
            while not (await (await street.peer()).hear()).startswith("220 "):
                pass

    async with asyncio.timeout(20):
        await street.listener.stop(0.05)
