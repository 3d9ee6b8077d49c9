"""How many deliveries at a time: after trouble one, then twice as many with each round of answers. Pure."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Ramp:
    """At most `limit` of `slots` at a time; each event gives the ramp that follows.

    `shaken` from a trouble on until `slots` at a time have been answered again. It is the slow start of TCP (RFC 5681
    section 3.1): who comes back after an outage is not met by everything that waited.
    """

    slots: int
    limit: int
    answers: int = 0
    shaken: bool = False

    @classmethod
    def full(cls, slots: int) -> Self:
        """As many at a time as there may be: nothing is known against it."""
        return cls(slots, slots)

    def up(self) -> Self:
        """The helpdesk answered a call: after `limit` answers twice as many go at a time."""
        if not self.shaken:
            return self
        if self.answers + 1 < self.limit:
            return replace(self, answers=self.answers + 1)
        return replace(self, limit=min(2 * self.limit, self.slots), answers=0, shaken=self.limit < self.slots)

    def down(self) -> Self:
        """The helpdesk is in trouble: one at a time, from the beginning."""
        return replace(self, limit=1, answers=0, shaken=True)
