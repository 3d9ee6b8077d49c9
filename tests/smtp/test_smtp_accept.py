"""A mail that is accepted is in the spool, byte for byte, with the envelope that SMTP told."""

import asyncio
import smtplib

import pytest

from ingestd.smtp.collect import UNREAD

MAIL = b"From: ann@example.org\r\nSubject: Help\r\nMessage-ID: <1@example.org>\r\n\r\nIt broke.\r\n"


async def test_smtplib_delivers_a_mail(street, kept):
    """250 names the queue id of a mail that is in the spool with its envelope."""

    def send():
        with smtplib.SMTP("127.0.0.1", street.port, local_hostname="mx.example.net") as client:
            client.sendmail("ann@example.org", ["support@example.com"], MAIL)

    await asyncio.to_thread(send)

    [(entry, raw)] = await kept()
    assert raw == MAIL
    envelope = entry.envelope
    assert (envelope.reverse_path, envelope.recipient) == ("ann@example.org", "support@example.com")
    assert (envelope.route, envelope.peer, envelope.helo) == ("support@example.com", "127.0.0.1", "mx.example.net")
    assert not envelope.tls
    assert entry.conversation == "id:1@example.org"


async def test_the_reply_names_the_queue_id(peer, kept):
    """The words behind 250 are the contract."""
    await peer.up_to_data()

    reply = await peer.ask(MAIL + b".")

    [(entry, _)] = await kept()
    assert reply == f"250 2.0.0 Ok: queued as {entry.queue_id}"


async def test_a_resend_is_the_same_mail(street, kept):
    """The MX that did not hear our 250 sends again, and gets the queue id of then, whatever the way there added."""
    replies = []
    for trace in (b"", b"Received: from a by b; now\r\nX-Spam: no\r\n"):
        peer = await street.peer()
        await peer.up_to_data()
        replies.append(await peer.ask(trace + MAIL + b"."))

    assert replies[0] == replies[1]
    assert len(await kept()) == 1


async def test_a_resend_that_lost_its_cr_is_the_same_mail(street, kept):
    """Also where only one of the two is small enough for the spool to look through."""
    long = MAIL + b"x\r\n" * 3000
    short = long.replace(b"\r\n", b"\n")
    assert len(short) < UNREAD < len(long)
    replies = []
    for content in (long, short[:-1] + b"\r\n"):
        peer = await street.peer()
        await peer.up_to_data()
        replies.append(await peer.ask(content + b"."))

    assert replies[0] == replies[1]
    assert len(await kept()) == 1


async def test_recipients_of_two_routes_are_two_entries(peer, kept):
    """One raw mail, an entry per route, the first id in the reply."""
    await peer.up_to_data("support@example.com", "support+x@example.com", "billing@example.com")

    reply = await peer.ask(MAIL + b".")

    [(first, raw), (second, again)] = await kept()
    assert raw == again == MAIL
    assert [first.envelope.recipient, second.envelope.recipient] == ["support@example.com", "billing@example.com"]
    assert first.raw_id == second.raw_id
    assert reply.endswith(first.queue_id)


async def test_a_recipient_that_names_a_ticket_wins(peer, kept):
    """Within a route the address with the ticket number is the one."""
    await peer.up_to_data("support@example.com", "support+123456@example.com", "support+999999@example.com")

    await peer.ask(MAIL + b".")

    [(entry, _)] = await kept()
    assert entry.envelope.recipient == "support+123456@example.com"
    assert entry.conversation == "number:123456"


@pytest.mark.parametrize(
    ("path", "stored"),
    [
        ("<>", ""),
        ("<ann@example.org>", "ann@example.org"),
        ("<Grüße@bücher.example> SMTPUTF8", "Grüße@bücher.example"),
        ('<"ann smith"@example.org>', '"ann smith"@example.org'),
        ("<@relay.example:ann@example.org>", "ann@example.org"),
        ("<ann@example.org> RET=HDRS ENVID=x+20y BODY=8BITMIME SIZE=100", "ann@example.org"),
        ("<ann@example.org> AUTH=<>", "ann@example.org"),
    ],
)
async def test_reverse_paths(peer, kept, path, stored):
    """The null path is kept as "", what DSN would add is passed over, UTF-8 stays what it is."""
    await peer.hear()
    await peer.ask("EHLO mx")
    assert await peer.ask(f"MAIL FROM:{path}") == "250 2.0.0 OK"
    assert await peer.ask("RCPT TO:<support@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a@b") == "250 2.1.5 Ok"
    await peer.ask("DATA")
    await peer.ask(MAIL + b".")

    [(entry, _)] = await kept()
    assert entry.envelope.reverse_path == stored


@pytest.mark.parametrize(
    "recipient", ["<postmaster>", "<Postmaster>", "<support+tag@EXAMPLE.com>", "support@example.com"]
)
async def test_recipients_taken(peer, kept, recipient):
    """A bare postmaster is always taken, by the first route; case and tags do not count."""
    await peer.hear()
    await peer.ask("HELO mx")
    await peer.ask("MAIL FROM:<ann@example.org>")
    assert await peer.ask(f"RCPT TO:{recipient}") == "250 2.1.5 Ok"
    await peer.ask("DATA")
    await peer.ask(MAIL + b".")

    [(entry, _)] = await kept()
    assert entry.envelope.route == "support@example.com"


async def test_a_helo_name_is_made_printable(peer, kept):
    """The name a peer gives itself comes from outside: no controls, no odd bytes, and not endless."""
    await peer.hear()
    await peer.ask(b"EHLO mx\x00\x1b[31m\xff" + b"y" * 400)
    await peer.ask("MAIL FROM:<ann@example.org>")
    await peer.ask("RCPT TO:<support@example.com>")
    await peer.ask("DATA")
    assert (await peer.ask(MAIL + b".")).startswith("250 2.0.0")

    [(entry, _)] = await kept()
    assert entry.envelope.helo.startswith("mx??[31m?yyy")
    assert len(entry.envelope.helo) == 255


async def test_one_session_brings_several_mails(peer, kept):
    """A session goes on after a mail, and nothing of the one is left for the other."""
    await peer.up_to_data("support@example.com", "billing@example.com")
    await peer.ask(MAIL + b".")
    assert (await peer.ask("RCPT TO:<support@example.com>")).startswith("503 5.5.1 ")
    await peer.ask("MAIL FROM:<>")
    await peer.ask("RCPT TO:<billing@example.com>")
    await peer.ask("DATA")
    await peer.ask(b"Subject: other\r\n\r\n\r\n.")

    entries = [entry.envelope for entry, _ in await kept()]
    assert [envelope.route for envelope in entries] == [
        "support@example.com",
        "billing@example.com",
        "billing@example.com",
    ]
    assert entries[2].reverse_path == ""


async def test_a_large_mail_is_staged_and_whole(peer, kept, noise):
    """What exceeds a chunk goes to disk while it comes in, and is the same bytes at the end."""
    raw = noise(3_500_000)
    await peer.up_to_data()

    assert (await peer.ask(raw + b".")).startswith("250 2.0.0")

    [(entry, stored)] = await kept()
    assert stored == raw
    assert entry.size == len(raw)


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20])
async def test_sizes_about_a_chunk(peer, kept, noise, size):
    """The borders of chunks are nobody's business."""
    raw = noise(size)
    await peer.up_to_data()

    assert (await peer.ask(raw + b".")).startswith("250 2.0.0")

    [(_, stored)] = await kept()
    assert stored == raw


async def test_an_empty_mail_is_a_mail(peer, kept):
    """No header, no body: still accepted, still there."""
    await peer.up_to_data()

    assert (await peer.ask(b".")).startswith("250 2.0.0")

    [(_, stored)] = await kept()
    assert stored == b""
