"""Once, for any history: a helpdesk that answers, loses, delays and forgets, a process that dies, a clock that is set."""

from dataclasses import dataclass, field
from datetime import timedelta

from core_given import ENVELOPE, NOW
from core_ledgers import CC, MORE, OPEN, OPENED, TERMS, TIMEOUT, plan
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.core.journal import (
    Absent,
    Accepted,
    Amend,
    Decide,
    Event,
    Finish,
    Perform,
    Postponed,
    Record,
    Settled,
    Started,
    Status,
    Step,
    Verify,
    Wait,
)
from ingestd.core.ledger import Moment, index, next_step
from ingestd.core.ticket import Call, Deferred, Done, Outcome, Scope, Unknown, UpdateTicket

SECOND = timedelta(seconds=1)
LONGEST_WAIT = TERMS.longest + TERMS.settle + timedelta(seconds=TIMEOUT)
FATES = ("done", "deferred", "down", "lost before", "lost after", "late", "crash before", "crash after", "crash late")


@dataclass
class World:
    """A process, its helpdesk, and time that only the clock's owner may set."""

    records: tuple[Record, ...] = (Record(NOW, Accepted(ENVELOPE)),)
    true: timedelta = timedelta()
    skew: timedelta = timedelta()
    boot: int = 0
    since: timedelta = timedelta()
    visible_from: dict[int, list[timedelta]] = field(default_factory=dict)

    @property
    def moment(self) -> Moment:
        return Moment(NOW + self.true + self.skew, f"b{self.boot}", NOW + self.since + self.skew)

    def next(self) -> Step:
        return next_step(self.records, self.moment, TERMS)

    def note(self, event: Event) -> None:
        self.records += (Record(self.moment.now, event),)

    def restart(self, set_by: timedelta) -> None:
        """A new process, on a clock that may have been set; a request that was cut had its last piece sent or not."""
        self.skew += set_by
        self.boot += 1
        self.since = self.true

    def takes_effect(self, number: int, later: timedelta) -> None:
        self.visible_from.setdefault(number, []).append(self.true + later)

    def seen(self, number: int) -> bool:
        return any(when <= self.true for when in self.visible_from.get(number, []))


def _perform(world: World, number: int, call: Call, fate: str, set_by: timedelta) -> None:
    world.note(Started(number, world.moment.boot, TIMEOUT))
    late = timedelta(seconds=TIMEOUT) + TERMS.settle
    if fate in {"done", "lost after", "crash after"}:
        world.takes_effect(number, timedelta())
    if fate in {"late", "crash late"}:
        world.takes_effect(number, late)
    world.true += SECOND
    if fate.startswith("crash"):
        world.restart(set_by)
    else:
        world.note(Settled(number, _outcome(fate, call)))


def _outcome(fate: str, call: Call) -> Outcome:
    match fate:
        case "done":
            return OPENED if call == OPEN else Done(50)
        case "deferred":
            return Deferred("no")
        case "down":
            return Deferred("down", scope=Scope.HELPDESK)
        case "lost before":
            return Unknown("cut", late=False)
        case _:
            return Unknown("timed out")


def _turn(world: World, fate: str, set_by: timedelta) -> bool:
    """One step of the spine; False once it is over. The queue row never disagrees with the step."""
    step, row = world.next(), index(world.records, world.moment, TERMS)
    match step:
        case Decide():
            world.note(plan(OPEN, MORE, CC))
        case Perform(number, call):
            _perform(world, number, call, fate, set_by)
        case Verify(number) if fate == "down":
            world.note(Postponed("down", None, Scope.HELPDESK))
        case Verify(number):
            world.note(Settled(number, OPENED) if world.seen(number) else Absent(number, world.moment.boot))
        case Wait(until):
            assert (row.status, row.due_at) == (Status.DEFERRED, until)
            assert timedelta() < until - world.moment.now <= LONGEST_WAIT
            world.true += until - world.moment.now
        case Finish(status, reason):
            assert (row.status, row.reason) == (status, reason)
            return False
        case Amend():
            raise AssertionError("nothing here is amended")
    return True


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(FATES), max_size=25),
    st.lists(st.sampled_from([-18000, -90, 0, 0, 90, 18000]), min_size=1, max_size=5),
)
def test_every_call_takes_effect_once(fates, sets):
    """Whatever is lost, late or killed, in whatever order: in the end each text stands there once, and it ends."""
    world = World()
    fate, clock = iter(fates), iter(sets * 30)

    for _ in range(400):
        if not _turn(world, next(fate, "done"), next(clock, 0) * SECOND):
            break

    assert Status.DONE is world.next().status
    effects = {number: len(world.visible_from.get(number, [])) for number in (0, 1)}
    assert effects == {0: 1, 1: 1}
    assert len(world.visible_from[2]) >= 1
    assert isinstance(CC, UpdateTicket)
