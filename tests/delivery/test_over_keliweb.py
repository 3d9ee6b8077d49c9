"""Keliweb's own promises: no list to look in, no update, no note, nobody to look up."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest
from delivering import FACE, mail
from test_crash import each_await, told
from test_unknown import each, events, fault, hurried, statuses

from ingestd.core.journal import Absent, Deed, Ordered, Record, Settled, Status
from ingestd.core.ledger import index
from ingestd.core.ticket import Scope
from ingestd.delivery.clock import Clock
from ingestd.desk import Admin, Rule, Seed, SeedTicket

OLD = Seed(tickets=(SeedTicket("Old", number="111222", name="Ada", email="ada@example.net"),))


@pytest.fixture
def kind():
    return "keliweb"


def asked(bench):
    return [request["action"] for request in bench.desk.log()]


async def test_a_new_ticket_whose_answer_was_lost_is_held(bench_with):
    """There is no list to look in: a person looks, whether the ticket was opened or not. It is never opened twice."""

    async def case(name):
        bench = hurried(await bench_with(), name)
        bench.desk.add_fault(fault(name, "openticket"))
        await bench.accept(mail())

        await bench.deliver()

        (entry,) = await bench.entries()
        assert (name, Status.HELD) == (name, entry.status)
        assert "look for it in the helpdesk: release to send it again, or drop" in entry.reason
        assert ["openticket"] == [action for action in asked(bench) if action != "token"], name
        assert [] == await events(bench, Absent), name

    await each(("commit_then_cut", "late_cut", "cut_before", "503"), case)


async def test_a_person_who_has_looked_releases_it(bench):
    """The lost ticket was not opened: released, it is, once."""
    hurried(bench, "cut_before").desk.add_fault(fault("cut_before", "openticket"))
    (queue_id,) = await bench.accept(mail())
    await bench.deliver()

    await ordered(bench, queue_id, Deed.RELEASE)
    await bench.deliver()

    assert {Status.DONE} == await statuses(bench)
    assert 1 == len(bench.tickets())


async def ordered(bench, queue_id, deed):
    spool = bench.spool()
    await spool.open(exclusive=False)
    clock = Clock("ops")
    await spool.order(
        queue_id, Record(clock.now(), Ordered(deed, "ops")), lambda r: index(r, clock.moment(), bench.terms)
    )
    await spool.close()


async def test_with_resend_it_is_there_at_least_once(bench_with):
    """`on_unknown = "resend"`: what was lost comes, what was taken comes twice."""

    async def case(name):
        bench = hurried(await bench_with(), name)
        bench.terms = replace(bench.terms, resend=True)
        bench.desk.add_fault(fault(name, "openticket"))
        await bench.accept(mail())

        await bench.deliver()

        assert {Status.DONE} == await statuses(bench), name
        assert (name, 2 if name == "commit_then_cut" else 1) == (name, len(bench.tickets()))

    await each(("commit_then_cut", "cut_before"), case)


async def test_cc_stands_in_the_text(bench):
    """Nothing can set it: the ticket says, once, whom the mail went to as well."""
    await bench.accept(mail(headers=("Cc: Bob <bob@example.net>, billing@example.com",)))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert [] == ticket["cc"]
    text = ticket["posts"][0]["message"].replace("\r\n", "\n")
    assert "\n[Cc: Bob <bob@example.net>, billing@example.com]\n\n[ref:" in text
    assert 1 == text.count("[Cc:")
    assert {"token", "openticket"} == {*asked(bench)}


async def test_a_file_that_fits_nowhere_is_named_in_the_ticket(bench_with):
    """There are no notes: the customer reads what is kept with the mail."""
    bench = await bench_with(post_max_size=200_000)
    bench.policy(max_post=200_000)
    await bench.accept(mail(files=(("a.bin", b"a" * 300_000), ("b.bin", b"b" * 10))))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ["b.bin"] == [file["name"] for file in ticket["posts"][0]["files"]]
    assert "takes no body of that size:\na.bin (292 KiB)" in ticket["posts"][0]["message"].replace("\r\n", "\n")


async def test_staff_reply_by_name_and_address(bench):
    """An answer of ours cannot be an admin's: it bears who wrote it."""
    bench.staff = ("*@example.com",)
    bench.desk.seed(OLD)
    bench.desk.seed(Seed(admins=(Admin("carl", "Carl"),)))
    await bench.accept(mail("Re: [Ticket ID: 111222] Old", author="Carl <carl@example.com>"))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert ("Carl", "carl@example.com", "") == tuple(ticket["posts"][1][key] for key in ("name", "email", "admin"))


async def test_a_token_that_ends_is_no_mails_trouble(bench_with):
    """Whatever becomes of the tokens between two calls, each mail is there once."""
    bench = await bench_with()
    for n in range(6):
        await bench.accept(mail(f"Help {n}", message_id=f"m{n}@example.net"))
    bench.desk.add_fault(Rule("500", action="token", times=2))
    await bench.deliver()
    bench.desk.revoke_tokens()
    await bench.accept(mail("Help 6", message_id="m6@example.net"))

    await bench.deliver()

    assert [f"Help {n}" for n in range(7)] == sorted(ticket["subject"] for ticket in bench.tickets())
    assert {Status.DONE} == await statuses(bench)


async def test_wrong_credentials_pause_everything(bench):
    """Our configuration's fault: one password grant for each probe, and every mail waits."""
    bench.settings = replace(bench.settings, keliweb=replace(FACE, password="wrong"))
    await bench.accept(mail("One", message_id="a"), mail("Two", message_id="b"))

    delivering = asyncio.create_task(bench.deliver())
    while len(asked(bench)) < 3:
        await asyncio.sleep(0.02)
    delivering.cancel()
    with suppress(asyncio.CancelledError):
        await delivering

    assert ([], {"token"}) == (bench.tickets(), {*asked(bench)})
    outcomes = [event.outcome for event in await events(bench, Settled)]
    assert {Scope.HELPDESK} == {outcome.scope for outcome in outcomes}
    assert all("see helpdesk.oauth" in outcome.reason for outcome in outcomes)
    assert Status.DONE not in await statuses(bench)


@pytest.mark.storm
async def test_dying_at_each_await_never_opens_two(bench, tmp_path):
    """Whole and done; or held, where the process died with the new ticket on the line. Files in order, nothing twice."""
    deaths = await each_await(bench, tmp_path, step=3, ends={Status.DONE, Status.HELD})

    assert deaths > 4
    subjects = [ticket["subject"] for ticket in bench.tickets()]
    assert sorted(set(subjects)) == sorted(subjects)
    whole = max(map(told, bench.tickets()))
    assert (3, 3) == (whole[0], len(whole[1]))
    # Who is held with its ticket opened has its first file and no more.
    assert {whole, (1, whole[1][:1], (), 0)} >= {told(ticket) for ticket in bench.tickets()}
