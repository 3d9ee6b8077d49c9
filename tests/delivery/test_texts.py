"""Texts on their way into a ticket: Markdown, very long ones, and those of which history was cut."""

import hashlib

from delivering import mail

from ingestd.core.journal import Planned

PAGE = (
    b"From: Ada <ada@example.net>\r\nSubject: Help\r\nMessage-ID: <p@example.net>\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    b'<p>It <b>burns</b>: see <a href="https://example.net/x">here</a>.</p>'
)


async def test_a_page_becomes_markdown_where_it_is_wanted(bench):
    """`helpdesk.format = "markdown"`: the ticket holds Markdown, and is said to."""
    bench.policy(markdown=True)
    await bench.accept(PAGE)

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ticket["posts"][0]["markdown"]
    assert "It **burns**: see [here](https://example.net/x)." in ticket["posts"][0]["message"]


async def test_a_very_long_text_is_a_file_too(bench):
    """The ticket gets the beginning and says where the whole is; the file holds it to the last word."""
    text = "\r\n".join(f"Line {n} of a long report." for n in range(5_000))
    await bench.accept(mail(text=text))

    await bench.deliver()

    (ticket,) = bench.tickets()
    (file,) = ticket["posts"][0]["files"]
    whole = text.replace("\r\n", "\n").encode()
    assert ticket["posts"][0]["message"].startswith("Line 0 of a long report.")
    assert f"[The text goes on in the file {file['name']}.]" in ticket["posts"][0]["message"]
    assert hashlib.sha256(whole).hexdigest() == file["sha256"]


async def test_what_was_cut_is_told_in_the_journal(bench):
    """The ledger says that history was cut; the raw mail still holds it."""
    await bench.accept(mail("Help", message_id="m1@example.net"))
    await bench.deliver()
    text = "It works.\r\n\r\nOn Mon, 1 Jan 2026 at 10:00, Support <support@example.com> wrote:\r\n> Tell us more."
    raw = mail("Re: Help", text, message_id="m2@example.net", headers=("In-Reply-To: <m1@example.net>",))
    (queue_id,) = await bench.accept(raw)

    await bench.deliver()

    (reason,) = [r.event.verdict.reason for r in await bench.records(queue_id) if isinstance(r.event, Planned)]
    assert reason.endswith("quoted history cut, the whole is in the raw mail (queue dump)")
