"""The circuit: everybody pauses while the fault is everybody's."""

import asyncio
from contextlib import asynccontextmanager, suppress

from structlog.testing import capture_logs

from ingestd.core.model import QueueId
from ingestd.core.ticket import Deferred, Scope
from ingestd.delivery.circuit import Circuit

SLOTS = 4
DOWN = Deferred("connection refused", scope=Scope.HELPDESK)


class Helpdesk:
    """A helpdesk that is down until it is mended."""

    def __init__(self) -> None:
        self.trouble: Deferred | None = DOWN
        self.asked = asyncio.Event()

    async def probe(self) -> Deferred | None:
        self.asked.set()
        return self.trouble


@asynccontextmanager
async def running(circuit: Circuit):
    task = asyncio.create_task(circuit.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def passing(circuit: Circuit) -> None:
    async with asyncio.timeout(10):
        while not circuit.passing:
            await asyncio.sleep(0)


async def probed(helpdesk: Helpdesk) -> None:
    helpdesk.asked.clear()
    async with asyncio.timeout(10):
        await helpdesk.asked.wait()


async def test_deliveries_pass_until_it_is_tripped():
    """Closed at first; once tripped it says why."""
    circuit = Circuit(Helpdesk().probe, SLOTS, 0.001)
    assert circuit.passing

    circuit.trip("wrong secret")

    assert not circuit.passing
    assert circuit.reason == "wrong secret"


async def test_it_stays_open_while_the_probe_fails_and_tells_the_latest_reason():
    """A probe that fails does not let anybody pass."""
    helpdesk = Helpdesk()
    circuit = Circuit(helpdesk.probe, SLOTS, 0.001)
    circuit.trip("wrong secret")

    async with running(circuit):
        await probed(helpdesk)
        await probed(helpdesk)

        assert not circuit.passing
        assert circuit.reason == "connection refused"


async def test_a_probe_that_succeeds_lets_deliveries_pass():
    """Without a person, and without a reason left behind."""
    helpdesk = Helpdesk()
    circuit = Circuit(helpdesk.probe, SLOTS, 0.001)
    circuit.trip("down")

    async with running(circuit):
        await probed(helpdesk)
        helpdesk.trouble = None
        await passing(circuit)

    assert circuit.reason == ""


async def test_it_can_be_tripped_again_and_again():
    """A probe that succeeds does not prove that a call will."""
    helpdesk = Helpdesk()
    helpdesk.trouble = None
    circuit = Circuit(helpdesk.probe, SLOTS, 0.001)

    async with running(circuit) as task:
        for _ in range(3):
            circuit.trip("the role lacks OpenTicket")
            assert not circuit.passing
            await passing(circuit)

        assert not task.done()


async def test_nobody_is_asked_while_deliveries_pass():
    """The helpdesk is left in peace."""
    helpdesk = Helpdesk()
    circuit = Circuit(helpdesk.probe, SLOTS, 0.001)

    async with running(circuit):
        for _ in range(50):
            await asyncio.sleep(0)

    assert not helpdesk.asked.is_set()


async def test_one_alarm_for_one_outage():
    """Many mails trip it; the first is loud, and the end is told."""
    helpdesk = Helpdesk()
    helpdesk.trouble = None
    circuit = Circuit(helpdesk.probe, SLOTS, 0.001)

    with capture_logs() as logs:
        circuit.trip("wrong secret")
        circuit.trip("wrong secret")
        circuit.trip("wrong secret, still")
        async with running(circuit):
            await passing(circuit)

    assert [(entry["log_level"], entry["event"]) for entry in logs] == [
        ("error", "deliveries paused"),
        ("warning", "deliveries resumed"),
    ]
    assert logs[0]["reason"] == "wrong secret"
    assert logs[1]["after"] == "wrong secret, still"


async def again(circuit: Circuit, reason: str = "429") -> None:
    circuit.trip(reason)
    await passing(circuit)


async def test_it_lets_pass_one_then_twice_as_many():
    """Nobody while it is tripped; then each round of answers doubles what goes at a time."""
    helpdesk = Helpdesk()
    helpdesk.trouble = None
    circuit = Circuit(helpdesk.probe, SLOTS, 0.001)
    limits = [circuit.limit]

    async with running(circuit):
        circuit.trip("down")
        limits.append(circuit.limit)
        circuit.answered()  # who was under way before
        await passing(circuit)
        for _ in range(4):
            limits.append(circuit.limit)
            circuit.answered()

    assert [4, 0, 1, 2, 2, 4] == limits


async def test_the_pause_grows_while_the_same_trouble_goes_on():
    """The probe passes, the calls do not: it is asked ever less often, and soon again once calls were answered."""
    helpdesk = Helpdesk()
    helpdesk.trouble = None
    circuit = Circuit(helpdesk.probe, 1, 0.001)
    pauses = []

    async with running(circuit):
        for _ in range(3):
            await again(circuit)
            pauses.append(circuit._pause)
        circuit.answered()
        await again(circuit, "another trouble")
        pauses.append(circuit._pause)

    assert [0.002, 0.004, 0.008, 0.002] == pauses


async def test_a_probe_that_is_told_to_wait_waits():
    """Retry-After of a probe's own answer counts as well, up to its bound."""
    helpdesk = Helpdesk()
    helpdesk.trouble = Deferred("slow down", 86400.0, Scope.HELPDESK)
    circuit = Circuit(helpdesk.probe, SLOTS, 0.001)
    circuit.trip("slow down")

    async with running(circuit):
        await probed(helpdesk)
        for _ in range(5):
            await asyncio.sleep(0)

        assert 300.0 == circuit._asked


async def test_many_mails_in_a_row_that_come_to_nothing_are_everybodys_trouble():
    """Five different mails without an answer: no text can be so bad."""
    circuit = Circuit(Helpdesk().probe, SLOTS, 0.001)

    for number in range(4):
        circuit.failed(QueueId(str(number)), "status 502")
    assert circuit.passing
    circuit.failed(QueueId("4"), "status 502")

    assert not circuit.passing
    assert "status 502" in circuit.reason


async def test_one_mail_that_fails_again_and_again_trips_nothing():
    """Neither does a mail that fails among others that are answered."""
    circuit = Circuit(Helpdesk().probe, SLOTS, 0.001)

    for number in range(20):
        circuit.failed(QueueId("poison"), "status 500")
        circuit.failed(QueueId(str(number)), "status 500")
        circuit.failed(QueueId(f"{number}."), "status 500")
        circuit.answered()

    assert circuit.passing
    assert SLOTS == circuit.limit
