"""A helpdesk that misbehaves: whose fault it is decides who waits, one mail or all."""

import asyncio

import pytest
from delivering import SUPPORT, Before, mail, sha256
from structlog.testing import capture_logs
from test_unknown import events, hurried, statuses

from ingestd.core.journal import Settled, Started, Status
from ingestd.core.ticket import Deferred, Scope, Unknown
from ingestd.desk import Rule

AUTHOR = "<bob@example.net>"


def several(count):
    """So many mails, each of an author and a conversation of its own."""
    return [mail(f"{n}", "Hello", f"<a@{n}.example.net>", f"m{n}@example.net") for n in range(count)]


def paused(logs):
    return [entry["reason"] for entry in logs if entry["event"] == "deliveries paused"]


class Meanwhile(Before):
    """Lets the second call for a mail leave only when somebody else's ticket is there."""

    def __init__(self, bench, subject):
        self.bench, self.subject, self.calls = bench, subject, 0

    async def perform(self, call, *rest):
        self.calls += call.subject == self.subject
        async with asyncio.timeout(20):
            while self.calls == 2 and call.subject == self.subject and not self.bench.tickets():
                await asyncio.sleep(0.01)
        return await self.part.perform(call, *rest)


async def test_a_firewall_that_dislikes_one_text_stops_that_mail_alone(bench):
    """Three times refused, then the text goes as a file; meanwhile everybody else's mail is delivered."""
    bench.slots = 2
    bench.desk.add_fault(Rule("403_waf", action="openticket", pattern="/etc/passwd"))
    await bench.accept(mail("blocked", "see /etc/passwd"), mail("fine", "Hello", AUTHOR, "m2@example.net"))

    with capture_logs() as logs:
        await bench.deliver(frail=Meanwhile(bench, "blocked").before)

    first, last = bench.tickets()
    assert [] == paused(logs)
    assert ("fine", "blocked") == (first["subject"], last["subject"])
    assert "The text of this mail is in the file message.txt." in last["posts"][0]["message"]
    text = f"see /etc/passwd\n\n[From: Ada <ada@example.net>]\n[To: <{SUPPORT}>]"
    assert [sha256(text.encode())] == [file["sha256"] for file in last["posts"][0]["files"]]


async def test_a_firewall_that_dislikes_everything_stops_everybody(bench):
    """Five different mails in a row, though a small request passes: all wait, instead of being held one by one."""
    bench.slots = 1
    bench.desk.add_fault(Rule("403_waf", action="openticket", times=5))
    await bench.accept(*several(8))

    with capture_logs() as logs:
        await bench.deliver()

    assert 1 == len(paused(logs))
    assert "5 different mails in a row came to nothing" in paused(logs)[0]
    assert ({Status.DONE}, 8) == (await statuses(bench), len(bench.tickets()))


async def test_a_helpdesk_that_answers_every_write_with_an_error_stops_everybody(bench):
    """Reads pass, five writes of different mails get 502: a pause, and each ticket once in the end."""
    bench = hurried(bench, "commit_then_502")
    bench.slots = 1
    bench.desk.add_fault(Rule("commit_then_502", action="openticket", times=5))
    await bench.accept(*several(7))

    with capture_logs() as logs:
        await bench.deliver()

    assert 1 == len(paused(logs))
    assert sorted(map(str, range(7))) == sorted(ticket["subject"] for ticket in bench.tickets())


@pytest.mark.parametrize("retry_after", ["", "1"])
async def test_asked_to_slow_down_everybody_does(bench, retry_after):
    """429, with and without Retry-After: nothing was done, all deliveries pause, and then each is made once."""
    bench.desk.add_fault(Rule("429", action="openticket", times=1, retry_after=retry_after))
    await bench.accept(mail(), mail("More", "Hello", AUTHOR, "m2@example.net"))

    with capture_logs() as logs:
        await bench.deliver()

    (refused,) = [each.outcome for each in await events(bench, Settled) if isinstance(each.outcome, Deferred)]
    assert (Scope.HELPDESK, float(retry_after) if retry_after else None) == (refused.scope, refused.retry_after)
    assert ["the helpdesk asks us to slow down (429)"] == paused(logs)
    assert ["Help", "More"] == sorted(ticket["subject"] for ticket in bench.tickets())


async def test_busy_may_mean_done(bench):
    """503 with Retry-After, and the ticket is there all the same: it says when to look, never to send again."""
    hurried(bench, "503").desk.add_fault(Rule("503", action="openticket", effect=True, times=1, retry_after="1"))
    await bench.accept(mail())

    await bench.deliver()

    (unanswered,) = [each.outcome for each in await events(bench, Settled) if isinstance(each.outcome, Unknown)]
    assert 1.0 == unanswered.retry_after
    assert (1, 1) == (len(bench.tickets()), len(await events(bench, Started)))


@pytest.mark.parametrize("fault", ["php_notice", "bom"])
async def test_what_php_writes_before_the_answer_does_not_hide_it(bench, fault):
    """A warning or a byte order mark before the JSON, on every call and look: nothing is unknown, nothing is asked twice."""
    bench.desk.add_fault(Rule(fault))
    await bench.accept(mail(headers=("Cc: bob@example.net",)))

    await bench.deliver()

    assert {Status.DONE} == await statuses(bench)
    assert [["bob@example.net"]] == [ticket["cc"] for ticket in bench.tickets()]
    assert [] == [each for each in await events(bench, Settled) if isinstance(each.outcome, Unknown)]


async def test_a_file_that_no_body_can_hold_is_withheld_with_a_note(bench_with):
    """PHP drops the body, the files go in further replies; the one that is larger than any body is named in a note."""
    bench = await bench_with(post_max_size=150_000)
    await bench.accept(mail(files=(("small.bin", bytes(20_000)), ("large.bin", bytes(120_000)))))

    await bench.deliver()

    (ticket,) = bench.tickets()
    assert {Status.DONE} == await statuses(bench)
    assert ["small.bin"] == [file["name"] for post in ticket["posts"] for file in post["files"]]
    assert ["large.bin" in note["message"] for note in ticket["notes"]] == [True]


async def test_reads_that_fail_for_all_pause_all(bench):
    """A storm of 503 on look-ups: paused with the reason, no mail becomes a guest's by mistake, and all are delivered."""
    bench.desk.add_fault(Rule("503", action="getclientsdetails", times=12))
    await bench.accept(*several(6))

    with capture_logs() as logs:
        await bench.deliver()

    assert "the helpdesk answered with status 503" in paused(logs)[0]
    assert ({Status.DONE}, 6) == (await statuses(bench), len(bench.tickets()))


@pytest.mark.storm
async def test_one_slow_mail_stops_nobody(bench):
    """Its call is never answered, again and again: the others are delivered, and nothing is paused."""
    bench.timeout, bench.slots = 1.0, 2
    bench.desk.add_fault(Rule("hang", action="openticket", pattern="slow", times=3))
    await bench.accept(mail("slow", message_id="slow@example.net"), *several(4))

    with capture_logs() as logs:
        await bench.deliver()

    assert [] == paused(logs)
    *others, last = [ticket["subject"] for ticket in bench.tickets()]
    assert ([*map(str, range(4))], "slow") == (sorted(others), last)
