"""`ingestd queue`: what stands in the spool, and the operator's verbs."""

import json

import pytest

from ingestd.core.journal import Deliver, Discard, Hold, Planned, Settled, Started, Status, Stopped
from ingestd.core.ticket import Done, UpdateTicket

HOSTILE = b"""From: =?utf-8?q?=1B]0;pwned=07?= <eve@example.net>
To: support@example.com
Message-ID: <two@example.net>

Hello.
"""
LEDGERS = {
    Status.INCOMING: (),
    Status.DEFERRED: (Planned(Deliver((UpdateTicket(7),), "reply to 700007")),),
    Status.HELD: (Planned(Hold("the route holds its mail")),),
    Status.DONE: (
        Planned(Deliver((UpdateTicket(7),), "reply to 700007", "700007")),
        Started(0, "boot", 30.0),
        Settled(0, Done(7, "700007")),
    ),
    Status.DISCARDED: (Planned(Discard("auto-reply: Auto-Submitted")),),
    Status.DEAD: (Stopped(Status.DEAD, "Client ID Not Found\n\x1b[31m[red]"),),
}


def spooled(house, status):
    (queue_id,) = house.submit(f"To: support@example.com\nMessage-ID: <{status}@example.net>\n\nx\n".encode())
    house.tell(queue_id, *LEDGERS[status])
    return queue_id


def listed(house, *words):
    return json.loads(house.run("queue", "list", "--json", *words).out)


def shown(house, queue_id):
    return json.loads(house.run("queue", "show", "--json", queue_id).out)


@pytest.mark.parametrize(
    ("status", "retry", "hold", "release", "drop"),
    [
        (Status.INCOMING, "incoming", "held", None, "discarded"),
        (Status.DEFERRED, "deferred", "held", None, "discarded"),
        (Status.HELD, "deferred", None, "deferred", "discarded"),
        (Status.DONE, None, None, None, None),
        (Status.DISCARDED, None, None, "deferred", None),
        (Status.DEAD, "deferred", "held", "deferred", "discarded"),
    ],
)
def test_verbs_by_status(house, status, retry, hold, release, drop):
    """What each verb makes of a mail, by id or by filter; None: nothing, exit 1, and the status stays."""
    for verb, becomes in (("retry", retry), ("hold", hold), ("release", release), ("drop", drop)):
        house.spool.unlink(missing_ok=True)
        queue_id = spooled(house, status)

        done = house.run("queue", verb, "--status", status)

        # A mail that somebody has touched is not incoming any more.
        told = f"{queue_id} {becomes.replace('incoming', 'deferred')}\n" if becomes else ""
        assert (told, int(becomes is None)) == (done.out, done.code)
        assert ("no mail matched" in done.err) == (becomes is None)


def test_ids_and_filters_narrow_each_other(house):
    """A verb never reaches further than either says; what is not there is told, and exit 0 where any matched."""
    held, dead = spooled(house, Status.HELD), spooled(house, Status.DEAD)

    done = house.run("queue", "drop", held.lower(), dead, "NOSUCH", held, "--status", "dead")

    assert (0, f"{dead} discarded\n") == (done.code, done.out)
    assert [f"{each}: no such mail that passes the filter" for each in (held, "NOSUCH")] == done.err.splitlines()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--address", "ANN@example.net"), 2),
        (("--address", "anna@sales.example.com"), 1),
        (("--address", "eve@example.net"), 0),
        (("--ticket", "700007"), 1),
        (("--ticket", "700007", "--address", "anna@sales.example.com"), 0),
        (("--status", "incoming", "--address", "ann@example.net"), 1),
        (("--limit", "1"), 1),
        ((), 2),
    ],
)
def test_lists_are_filtered(house, words, found):
    """By status, by author, reverse-path or recipient, by ticket number; exit 1 where none matched."""
    (first, *_) = house.submit(b"From: ann@example.net\nTo: support@example.com\n\nx\n")
    house.submit(b"From: ann@example.net\nTo: anna@sales.example.com\n\ny\n")
    house.tell(first, *LEDGERS[Status.DONE])

    done = house.run("queue", "list", *words, "--json")

    assert (found, int(found == 0)) == (len(json.loads(done.out)), done.code)


def test_a_list_that_is_cut_says_so(house):
    """On stderr, beside the answer."""
    for number in range(3):
        house.submit(f"To: support@example.com\nMessage-ID: <{number}@example.net>\n\nx\n".encode())

    done = house.run("queue", "list", "--limit", 2)

    assert (0, 3) == (done.code, len(done.out.splitlines()))
    assert "newest 2, there are more" in done.err


def test_one_line_a_mail_whatever_it_wrote(house):
    """In a pipe a row is one line, whole and printable; JSON keeps the text and is ASCII."""
    reason = "Client ID Not Found\n\x1b[31m[red]" + "x" * 150
    (queue_id,) = house.submit(HOSTILE)
    house.tell(queue_id, Stopped(Status.DEAD, reason))

    table, as_json = house.run("queue", "list"), house.run("queue", "list", "--json")

    head, row = table.out.splitlines()
    assert row.isprintable()
    assert row.startswith(f"{queue_id}  dead ")
    assert row.endswith("Client ID Not Found \N{REPLACEMENT CHARACTER}[31m[red]" + "x" * 150)
    assert ["queue", "id", "status", "age", "author", "subject", "ticket", "reason"] == head.split()
    assert as_json.out.isascii()
    assert [reason] == [each["reason"] for each in json.loads(as_json.out)]


def test_show_tells_the_whole_ledger(house):
    """Facts a line each, then every record in words, a line for each call of a plan."""
    queue_id = spooled(house, Status.DONE)
    house.run("queue", "show", queue_id)

    lines = house.run("queue", "show", queue_id).out.splitlines()

    facts, ledger = lines[: lines.index("")], [line[25:].strip() for line in lines[lines.index("") + 1 :]]
    assert [f"queue id      {queue_id}", "status        done", "reason        reply to 700007"] == facts[:3]
    assert "ticket        700007 (id 7)" in facts
    assert [
        "accepted   from <> for support@example.com",
        "planned    deliver: reply to 700007",
        "call 0  UpdateTicket of ticket id 7,",
        "started    call 0, 30 s for it",
        "settled    call 0: done, ticket 700007 (id 7)",
    ] == ledger


def test_show_as_json(house):
    """The keys that others use, and the records in their order."""
    queue_id = spooled(house, Status.DONE)

    told = shown(house, queue_id)

    assert {
        "queue_id": queue_id,
        "status": "done",
        "reason": "reply to 700007",
        "ticket_id": 7,
        "ticket_number": "700007",
    }.items() <= told.items()
    assert ["Accepted", "Planned", "Started", "Settled"] == [record["event"] for record in told["records"]]
    assert {"type": "Done", "ticket_id": 7, "ticket_number": "700007"} == told["records"][3]["outcome"]


def test_an_order_bears_the_name_of_the_person(house, monkeypatch):
    """With sudo the account is the daemon's; who ordered it is somebody else."""
    monkeypatch.setenv("SUDO_USER", "carla")
    queue_id = spooled(house, Status.INCOMING)

    house.run("queue", "hold", queue_id)

    assert "ordered    hold by carla" in house.run("queue", "show", queue_id).out


@pytest.mark.parametrize("raw", [b"To: support@example.com\r\n\r\nbare\nCR\r\0\xff.\r\n..\r\n", b"\n\xff" * 1_100_000])
def test_dump_is_byte_for_byte(house, raw):
    """What was taken in comes out, whatever it is."""
    (queue_id,) = house.submit(raw, "--rcpt", "support@example.com")

    assert raw == house.run("queue", "dump", queue_id).raw


@pytest.mark.parametrize("verb", ["show", "dump", "retry", "hold", "release", "drop"])
def test_an_unknown_id_is_exit_1(house, verb):
    """With a sentence, and nothing on stdout."""
    house.submit()

    done = house.run("queue", verb, "0000000000")

    assert (1, "") == (done.code, done.out)
    assert "0000000000: no such mail" in done.err


@pytest.mark.parametrize("verb", ["retry", "hold", "release", "drop"])
def test_a_verb_needs_to_know_whom(house, verb):
    """Without ids and filter it is no order to the whole spool."""
    queue_id = spooled(house, Status.HELD)

    done = house.run("queue", verb)

    assert 2 == done.code
    assert "held" == shown(house, queue_id)["status"]


def test_a_person_who_holds_held_spam_keeps_it(house):
    """What would expire can be held, once; what is held for ever already cannot."""
    (queue_id,) = house.submit()
    house.tell(queue_id, Planned(Hold("spam: score 15.2", expires=True)))
    waiting_for = spooled(house, Status.HELD)

    assert 0 == house.run("queue", "hold", queue_id).code
    assert 1 == house.run("queue", "hold", queue_id).code
    assert 1 == house.run("queue", "hold", waiting_for).code
    assert ("held", "held by") == (shown(house, queue_id)["status"], shown(house, queue_id)["reason"][:7])
