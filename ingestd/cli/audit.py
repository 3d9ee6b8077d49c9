"""`ingestd audit`: proves from the ledger that every accepted mail is accounted for, and names each that is not."""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ingestd.cli import show
from ingestd.cli.options import Exit, stop
from ingestd.config import Config, duration
from ingestd.core.bookkeeping import DAMAGED, Account, Place, Said, faults_of, place_of
from ingestd.core.ledger import Moment
from ingestd.daemon import opened, terms_of

if TYPE_CHECKING:
    from ingestd.cli.proofs import Proofs
    from ingestd.store.spool import Spool

# So many are told one by one; of a spool that is broken throughout, the first say enough.
MOST_TOLD = 1000
# Sorts after every queue id.
BEYOND = "~"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold; `queue_id` is "" where it is no single entry's."""

    queue_id: str
    fault: str
    remedy: str


@dataclass(slots=True)
class Found:
    """What was found so far. `proven` counts the tickets that were seen at the helpdesk, None where it is not asked."""

    accepted: int = 0
    places: Counter[Place] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0
    proven: int | None = None

    def add(self, queue_id: str, *said: Said) -> None:
        """Note these faults of an entry."""
        self.count += len(said)
        room = max(0, MOST_TOLD - len(self.faults))
        self.faults += [Fault(queue_id, *each) for each in said[:room]]


async def audited(config: Config, *, online: bool, since: str | None, as_json: bool) -> Exit:
    """Go through everything, and print what holds and what does not."""
    start = _start(since, online=online)
    found = Found()
    async with opened(config, create=False) as spool, _asking(config, found, start, online=online) as proofs:
        await _walk(config, spool, found, proofs)
        await _raws(spool, found)
    if as_json:
        show.as_json(_json(found))
    else:
        _tell(found)
    return Exit.TROUBLE if found.count else Exit.OK


def _start(since: str | None, *, online: bool) -> datetime | None:
    """From when on the helpdesk is asked; exit 2 where the words say nothing."""
    if since is None:
        return None
    if not online:
        stop("--since goes with --online: the spool is always proven as a whole", Exit.CONFIG)
    try:
        return datetime.now(UTC) - duration(since)
    except ValueError as error:
        stop(f"--since: {error}", Exit.CONFIG)


@contextlib.asynccontextmanager
async def _asking(
    config: Config, found: Found, start: datetime | None, *, online: bool
) -> AsyncIterator["Proofs | None"]:
    if not online:
        yield None
        return
    from ingestd.cli.proofs import asking  # noqa: PLC0415 - HTTP only where it is spoken

    async with asking(config, start, found.add) as proofs:
        yield proofs
    found.proven = proofs.proven


async def _walk(config: Config, spool: "Spool", found: Found, proofs: "Proofs | None") -> None:
    """Every entry that is there now; what is accepted meanwhile is for the next time."""
    sums = await spool.sums()
    found.accepted = sums.accepted
    after = ""
    while after < sums.last:
        page = await spool.page(after, sums.last)
        for account in page.accounts:
            found.places[place_of(account)] += 1
            await _look(config, spool, found, account, after)
            if proofs is not None:
                await proofs.ask(account)
            after = account.entry.queue_id
        _strays(found, page.strays)
        after = page.last
    _strays(found, (await spool.page(sums.last, BEYOND)).strays)
    walked = found.places.total()
    if not sums.accepted == sums.entries == walked:
        said = f"{sums.accepted} mails were accepted, {sums.entries} are in the table, {walked} were found"
        found.add("", (said, DAMAGED))


async def _look(config: Config, spool: "Spool", found: Found, account: Account, before: str) -> None:
    """Note what is wrong with this entry, if it still is when looked at again."""
    queue_id = account.entry.queue_id
    if not _faults(config, account):
        return
    again = await spool.page(before, queue_id, 1)
    found.add(queue_id, *(said for each in again.accounts for said in _faults(config, each)))


def _faults(config: Config, account: Account) -> tuple[Said, ...]:
    now = datetime.now(UTC)
    return tuple(faults_of(account, Moment(now, "", now), terms_of(config)))


def _strays(found: Found, strays: tuple[str, ...]) -> None:
    for queue_id in strays:
        found.add(queue_id, ("there are lines of its ledger, and no entry", DAMAGED))


async def _raws(spool: "Spool", found: Found) -> None:
    """Raw mails that no entry names: their mails were accepted, and vanished."""
    page = await spool.raw_page("")
    while page.last:
        for raw_id in page.strays:
            found.add("", (f"raw mail {raw_id} is there, and no entry", DAMAGED))
        page = await spool.raw_page(page.last)


def _tell(found: Found) -> None:
    sums = " + ".join(f"{found.places[place]} {place}" for place in Place)
    show.facts(
        (
            ("accepted", found.accepted),
            ("accounted for", f"{found.places.total()} = {sums}"),
            *((("at the helpdesk", f"{found.proven} tickets seen"),) if found.proven is not None else ()),
            ("faults", found.count or "none"),
        )
    )
    for fault in found.faults:
        show.warn(f"FAULT: {fault.queue_id or 'the spool'}: {fault.fault}; {fault.remedy}")
    if found.count > len(found.faults):
        show.warn(f"these are the first {len(found.faults)} faults of {found.count}")


def _json(found: Found) -> dict[str, Any]:
    return {
        "accepted": found.accepted,
        **{place.value: found.places[place] for place in Place},
        "proven": found.proven,
        "fault_count": found.count,
        "faults": [asdict(fault) for fault in found.faults],
    }
