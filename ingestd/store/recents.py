"""How many mails of an author came of late: read once, then counted along with what is written.

Whoever counts in the database walks over all that an author sent for each mail that he sends: in a flood of one author
that grows with its square. What is known here stays true because the one daemon of a spool alone writes who wrote a mail.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from ingestd.core.journal import Entry, Gist
from ingestd.store.rows import author_key, epoch

# Who writes under many names, or a great deal under one, takes no more memory than this: the database is asked again.
MOST_KEYS = 10_000
MOST_MARKS = 100_000

Mark = tuple[float, str]
"""When a mail was received, and its queue id."""


class Whose(NamedTuple):
    """Mails that count together: of one author, by one peer, graded alike."""

    author: str | None
    peer: str
    grade: str


@dataclass(slots=True)
class _Kept:
    """Every mark from some time on, in their order."""

    since: float
    marks: list[Mark]


@dataclass(slots=True, eq=False)
class _Load:
    """A look into the database that is under way, and what it may have come too early for."""

    whose: Whose
    noted: list[Mark] = field(default_factory=list)


class Recents:
    """The marks of those authors who were asked for."""

    def __init__(self) -> None:
        self._kept: dict[Whose, _Kept] = {}
        self._loads: set[_Load] = set()
        self._total = 0

    def count(self, whose: Whose, since: float) -> int | None:
        """How many mails were received since then, none of nobody's; None where that has to be loaded."""
        if whose.author is None:
            return 0
        kept = self._kept.get(whose)
        if kept is None or since < kept.since:
            return None
        old = bisect_left(kept.marks, (since, ""))
        del kept.marks[:old]
        self._total -= old
        kept.since = since
        return len(kept.marks)

    def note(self, entry: Entry, gist: Gist) -> None:
        """A mail was read, and this is what is about to be written of it; again without effect."""
        mark = (epoch(entry.envelope.received_at), entry.queue_id)
        before, whose = _whose(entry, entry.gist), _whose(entry, gist)
        if before != whose and (kept := self._kept.get(before)) is not None:
            self._total -= _take_out(kept.marks, mark)
        if (kept := self._kept.get(whose)) is not None:
            self._total += _put_in(kept.marks, mark)
            self._bound()
        for load in self._loads:
            if load.whose == whose:
                load.noted.append(mark)

    @contextmanager
    def loading(self, whose: Whose) -> Iterator[list[Mark]]:
        """What is noted meanwhile: a look that began before may not have seen it."""
        load = _Load(whose)
        self._loads.add(load)
        try:
            yield load.noted
        finally:
            self._loads.discard(load)

    def keep(self, whose: Whose, since: float, marks: Sequence[Mark]) -> None:
        """All that was loaded from then on, and noted meanwhile."""
        before = self._kept.pop(whose, None)
        # Two may have loaded the same, and what one of them heard of the other did not.
        kept = _Kept(since, sorted({*marks, *(before.marks if before else ())}))
        self._total += len(kept.marks) - (len(before.marks) if before else 0)
        self._kept[whose] = kept
        self._bound()

    def _bound(self) -> None:
        while len(self._kept) > MOST_KEYS or self._total > MOST_MARKS:
            self._total -= len(self._kept.pop(next(iter(self._kept))).marks)


def whose_are(author: str, peer: str, grade: str) -> Whose:
    """The mails of this author that count together; addresses that differ in case are one author."""
    return Whose(author_key(author), peer, grade)


def _whose(entry: Entry, gist: Gist) -> Whose:
    return whose_are(gist.author, entry.envelope.peer, gist.grade)


def _put_in(marks: list[Mark], mark: Mark) -> bool:
    place = bisect_left(marks, mark)
    if marks[place : place + 1] == [mark]:
        return False
    marks.insert(place, mark)
    return True


def _take_out(marks: list[Mark], mark: Mark) -> bool:
    place = bisect_left(marks, mark)
    if marks[place : place + 1] != [mark]:
        return False
    del marks[place]
    return True
