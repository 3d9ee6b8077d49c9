"""What waits for a person says so, and says it again."""

import asyncio

from delivering import mail
from structlog.testing import capture_logs

from ingestd.core.journal import Status
from ingestd.delivery.telling import remind
from ingestd.desk import Rule


def told(logs, event):
    return [entry for entry in logs if entry["event"] == event]


async def test_a_dead_letter_names_what_to_do(bench):
    """At error level: the mail, the helpdesk's reason, and the very commands; it stays until a person decides."""
    bench.desk.add_fault(Rule("hook", action="openticket", message="Message is required", times=2))
    (queue_id,) = await bench.accept(mail())

    with capture_logs() as logs:
        await bench.deliver()
        await bench.accept(mail(message_id="m2@example.net"))
        await bench.deliver()

    (dead,) = told(logs, "dead")
    assert ("error", queue_id, "Message is required") == (dead["log_level"], dead["queue_id"], dead["reason"])
    assert (
        f"mend the cause, then `ingestd queue retry {queue_id}`; or `ingestd queue drop {queue_id}`" == dead["remedy"]
    )
    assert [Status.DEAD, Status.DONE] == [entry.status for entry in await bench.entries()]
    # The second process, which found it at its start, and nobody else.
    assert [("error", 1)] == [(entry["log_level"], entry["mails"]) for entry in told(logs, "dead letters wait")]


async def test_held_mail_is_a_warning(bench):
    """A route that holds its mail tells each, with the commands."""
    bench.policy(hold=True)
    (queue_id,) = await bench.accept(mail())

    with capture_logs() as logs:
        await bench.deliver()

    (held,) = told(logs, "held")
    assert ("warning", queue_id) == (held["log_level"], held["queue_id"])
    assert f"`ingestd queue release {queue_id}` or `ingestd queue drop {queue_id}`" in held["remedy"]


async def test_dead_letters_are_told_again_and_again(bench):
    """As long as there are some; nothing is said where there are none."""
    bench.desk.add_fault(Rule("hook", action="openticket", message="Message is required"))
    await bench.accept(mail())
    spool = bench.spool()
    await spool.open(exclusive=False)
    try:
        with capture_logs() as before:
            await reminded(spool, lambda logs: True, before)
        await bench.deliver()
        with capture_logs() as after:
            await reminded(spool, lambda logs: len(told(logs, "dead letters wait")) >= 3, after)
    finally:
        await spool.close()

    assert [] == told(before, "dead letters wait")


async def reminded(spool, enough, logs):
    """Remind every millisecond until it is enough."""
    reminding = asyncio.create_task(remind(spool, every=0.001))
    async with asyncio.timeout(10):
        await asyncio.sleep(0.1)
        while not enough(logs):
            await asyncio.sleep(0.01)
    reminding.cancel()
    await asyncio.wait([reminding])
