"""What a rule refuses is refused before it is ours, with the reason, and only if no route takes it."""

from dataclasses import replace

import pytest

MAIL = b"From: ann@example.org\r\nSubject: Help\r\n\r\nIt broke.\r\n"


class Refusal:
    """Refuses on these routes, and notes what it was asked."""

    def __init__(self, reason, *routes):
        self.reason, self.routes, self.asked = reason, routes, []

    def __call__(self, head, envelope):
        self.asked.append((head, envelope.route, envelope.reverse_path))
        return self.reason if envelope.route in self.routes else ""


@pytest.fixture
def told(open_street, memory, rules):
    """The reply to a mail where this is refused, and to the next command."""

    async def told(refusal, *recipients, raw=MAIL):
        street = await open_street(memory, rules=replace(rules, refusal=refusal))
        peer = await street.peer()
        await peer.up_to_data(*recipients)
        reply = await peer.ask(raw + b".")
        return reply, await peer.ask("NOOP")

    return told


async def test_a_refused_mail_is_not_kept(told, memory):
    """The author's own server tells him why; the session goes on."""
    refusal = Refusal("Unregistered Email Address: ann@example.org", "support@example.com")

    reply, after = await told(refusal)

    assert "550 5.7.1 Not accepted: Unregistered Email Address: ann@example.org" == reply
    assert ([], "250 2.0.0 OK") == (memory.mails, after)
    head = b"From: ann@example.org\r\nSubject: Help\r\n"
    assert [(head, "support@example.com", "ann@example.org")] == [
        (h.rstrip() + b"\r\n", *rest) for h, *rest in refusal.asked
    ]


@pytest.mark.parametrize("routes", [(), ("support@example.com",), ("billing@example.com",)])
async def test_where_any_route_takes_it_it_is_taken(told, memory, routes):
    """A refusal is for the whole mail; what one route alone would refuse is discarded there later."""
    both = ("support@example.com", "billing@example.com")

    reply, _ = await told(Refusal("no", *routes), *both)

    assert reply.startswith("250 2.0.0 Ok: queued as ")
    assert [MAIL] == memory.mails


async def test_a_large_mail_leaves_nothing_behind(told, memory):
    """What was staged of it is forgotten."""
    refusal = Refusal("no", "support@example.com")

    reply, _ = await told(refusal, raw=MAIL + b"x" * 70 + b"\r\n" + (b"y" * 78 + b"\r\n") * 40_000)

    assert ("550 5.7.1 Not accepted: no", {}, []) == (reply, memory.staged, memory.mails)


async def test_trouble_of_ours_refuses_nothing(told):
    """The mail is taken, and judged where there is time for it."""

    def broken(head, envelope):
        raise RuntimeError("secret")

    reply, _ = await told(broken)

    assert reply.startswith("250 ")


@pytest.mark.parametrize(
    ("reason", "said"),
    [("a\r\n250 ok", "a??250 ok"), ("\x1b[31mred", "?[31mred"), ("ümlaut", "?mlaut"), ("x" * 500, "x" * 200)],
)
async def test_a_reason_is_one_printable_line(told, reason, said):
    """It may repeat what the sender wrote."""
    reply, after = await told(Refusal(reason, "support@example.com"))

    assert (f"550 5.7.1 Not accepted: {said}", "250 2.0.0 OK") == (reply, after)
