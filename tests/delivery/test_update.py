"""`follow_up = "update"`: the words of a follow-up stand below the opening post, once, and nothing there is lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from delivering import mail
from test_crash import Fate, died
from test_unknown import each, events, fault, hurried, statuses

from ingestd.core.abilities import WITHOUT_REPLIES
from ingestd.core.journal import Absent, Status
from ingestd.desk import Seed, SeedReply, SeedTicket

ROLE = frozenset({"OpenTicket", "UpdateTicket", "GetTicket", "GetTickets", "GetClientsDetails", "GetSupportStatuses"})
FIRST = 'It\'s <b>broken</b> &amp; "smokes"'
OLD = SeedTicket("Old", FIRST, number="111222", name="Ada", email="ada@example.net", status="Closed")
MINUTE = timedelta(minutes=1)


def answer(text="It works now.", n=1, **more):
    return mail("Re: [Ticket ID: 111222] Old", text, message_id=f"m{n}@example.net", **more)


@pytest.fixture
def role(bench_with):
    """Benches whose role lacks AddTicketReply."""

    async def make(seed=OLD, **settings):
        bench = await bench_with(role=ROLE, **settings)
        bench.can(WITHOUT_REPLIES)
        bench.desk.seed(Seed(tickets=(seed,)))
        return bench

    return make


def opening(bench):
    """The opening post of the first ticket, in lines; its markers and times told away."""
    (ticket, *_) = sorted(bench.tickets(), key=lambda each: each["ticket_id"])
    return [
        line.partition(">, ")[0] if line.startswith("---- ") else "[ref]" if line.startswith("[ref:") else line
        for line in ticket["posts"][0]["message"].splitlines()
    ]


ADDED = [FIRST, "", "---- Ada <ada@example.net", "", "It works now.", "", "[ref]"]


async def test_a_follow_up_stands_below_the_opening_post(role):
    """What stood there is as it was, entities and all; author and time come above the words, the marker below."""
    bench = await role()
    await bench.accept(answer())

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ADDED == opening(bench)
    assert (1, "Customer-Reply") == (len(ticket["posts"]), ticket["status"])
    assert {Status.DONE} == await statuses(bench)


async def test_follow_ups_come_in_order(role):
    """Five answers and their ticket: each below the one before, and the Cc of one on the ticket."""
    bench = await role()
    for n in range(5):
        await bench.accept(answer(f"Answer {n}.", n, headers=("Cc: bob@example.net",) if n == 3 else ()))

    await bench.deliver()

    assert [f"Answer {n}." for n in range(5)] == [line for line in opening(bench) if line.startswith("Answer")]
    assert [["bob@example.net"]] == [ticket["cc"] for ticket in bench.tickets()]


async def test_files_are_named_and_kept(role):
    """UpdateTicket carries none: the words say so, and the raw mail holds them."""
    bench = await role()
    await bench.accept(answer(files=(("a.pdf", b"a" * 3000),)))

    await bench.deliver()

    assert "[Not attached, because UpdateTicket carries no files; kept with the mail:" in opening(bench)
    assert "a.pdf (2 KiB)]" in opening(bench)


async def test_whether_the_answer_was_lost_or_not_it_is_there_once(role):
    """What stands there tells: no look is needed, and no second text comes."""

    async def case(name):
        bench = hurried(await role(), name)
        bench.desk.add_fault(fault(name, "updateticket"))
        await bench.accept(answer())

        await bench.deliver()

        assert (name, ADDED) == (name, opening(bench))
        assert ({Status.DONE}, []) == (await statuses(bench), await events(bench, Absent)), name

    await each(("commit_then_cut", "late", "empty", "cut_before", "503"), case)


@pytest.mark.parametrize("marker", [True, False])
async def test_a_text_that_the_database_cut_is_known(role, marker):
    """utf8mb3 ends it at its first character of four bytes, the marker with it: the line above and what is left tell."""

    async def case(name):
        bench = hurried(await role(utf8mb3=True), name)
        bench.marker = marker
        bench.desk.add_fault(fault(name, "updateticket"))
        await bench.accept(answer("Thanks \U0001f44d a lot"))
        await bench.deliver()
        await bench.accept(answer("\U0001f389", 2))

        await bench.deliver()

        assert (name, [*ADDED[:4], "Thanks", "", "---- Ada <ada@example.net"]) == (name, _stripped(opening(bench)))

    await each(("commit_then_cut", "cut_before"), case)


def _stripped(lines):
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


async def test_a_post_without_room_gets_a_ticket_beside_it(role):
    """Before a column would cut it: the new ticket names the old one, and the old one stays whole."""
    bench = await role(replace(OLD, message="x" * 50_000), text_limit=65_535)
    await bench.accept(answer())

    await bench.deliver()

    old, new = sorted(bench.tickets(), key=lambda ticket: ticket["ticket_id"])
    assert "x" * 50_000 == old["posts"][0]["message"]
    assert "[This mail names ticket 111222.]" in new["posts"][0]["message"]
    (entry,) = await bench.entries()
    assert "new ticket: 111222 has no room for more" == entry.reason


async def test_a_post_that_cannot_be_read_is_never_written_over(role):
    """An opening post that is empty where it is told may be full where it stands."""
    bench = await role(replace(OLD, message="", replies=(SeedReply("More", name="Ada", email="ada@example.net"),)))
    bench.terms = replace(bench.terms, lifetime=timedelta(milliseconds=100))
    await bench.accept(answer())

    await bench.deliver()

    assert "updateticket" not in {request["action"] for request in bench.desk.log()}
    assert "cannot be read: nothing is written over it" in (await bench.entries())[0].reason


async def test_dying_at_each_await_leaves_the_words_once(role):
    """Whenever the process died, and whether its update was made or not."""
    bench = await role()
    bench.timeout = 1.0
    bench.terms = replace(bench.terms, settle=timedelta(milliseconds=50))
    deaths, ahead = 0, timedelta()
    for n in range(1, 100, 3):
        await bench.accept(answer(f"Answer {n}.", n))
        dead = await died(bench, Fate(n, after=False), ahead)
        deaths += dead
        ahead += MINUTE
        await bench.deliver(ahead=ahead)
        ahead += MINUTE
        if not dead:
            break

    assert deaths > 2
    assert [f"Answer {m}." for m in range(1, n + 1, 3)] == [
        line for line in opening(bench) if line.startswith("Answer")
    ]
    assert {Status.DONE} == await statuses(bench)


async def test_further_files_of_a_new_ticket_are_withheld(role):
    """Without replies a new ticket has the files of its own body, and its text names the rest."""
    bench = await role(post_max_size=130_000)
    bench.policy(max_post=130_000)
    files = tuple((f"{n}.bin", bytes([n]) * 40_000) for n in range(3))
    await bench.accept(mail("New", files=files))

    await bench.deliver()

    ticket = bench.tickets()[-1]
    assert ["0.bin"] == [file["name"] for file in ticket["posts"][0]["files"]]
    assert ["1.bin", "2.bin"] == [
        name for name in ("1.bin", "2.bin") if f"{name} (39 KiB)" in ticket["posts"][0]["message"]
    ]
