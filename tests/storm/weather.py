"""How bad it gets: the schedule of a storm, all of it made of its seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

WRITES = ("openticket", "addticketreply", "updateticket", "addticketnote")
READS = ("getticket", "gettickets", "getclientsdetails", "getcontacts", "getusers")
# Below this nothing that looks like a body too large is taken for one.
SMALL = 60_000
# Effects without an answer, no effect, effects after we gave up, answers that are odd but good.
SPOILED: tuple[dict[str, Any], ...] = (
    *({"fault": name} for name in (
        "commit_then_cut", "commit_then_500", "commit_then_502", "commit_then_504", "commit_then_hang",
        "empty", "truncated", "cut_before", "empty_before", "html", "500", "503", "hang",
        "late", "late_cut", "late_answer", "php_notice", "bom",
    )),
    {"fault": "503", "effect": True, "retry_after": "1"},
    {"fault": "status", "status": 520},
    {"fault": "status", "status": 524, "effect": True},
    {"fault": "late_cut", "reset": False},
    {"fault": "drip", "seconds": 0.03},
)  # fmt: skip
# Refusals. A mail that meets the same one three times is rightly changed or held, so each strikes twice at most.
REFUSED: tuple[dict[str, Any], ...] = (
    {"fault": "hook"},
    {"fault": "429"},
    {"fault": "429", "retry_after": "1"},
    {"fault": "wrong_ip", "max_size": SMALL},
    {"fault": "bad_credentials", "max_size": SMALL},
    {"fault": "role_denied"},
)
# Refusals without a word of the helpdesk's own are all the same one, and a call that waits through several lives of the
# helpdesk may meet each life's: they take turns, one at one action a life. What looks like a body too large teaches a
# ceiling, and rightly withholds files that are above it: only small ones are hit.
WORDLESS = ("403_waf", "413")
# Before the body is read, so without knowing the action.
AT_THE_DOOR: tuple[dict[str, Any], ...] = (
    {"fault": "deaf"},
    {"fault": "slow_body", "seconds": 0.3},
)
READING = ("500", "503", "cut_before", "empty", "hang", "html", "429")
OVERLOAD = {"fault": "overload", "seconds": 1.5}
KINDS = {each["fault"] for each in (*SPOILED, *REFUSED, *AT_THE_DOOR, OVERLOAD)} | {*READING, *WORDLESS, "413_early"}


@dataclass(frozen=True)
class Weather:
    """One storm. `trouble` is the chance that a write goes wrong, `late` how many seconds a slow effect takes.

    `desks`: after so many deaths of the daemon the helpdesk dies too. `frozen`: how often the daemon stands still;
    `halved`: how often it is its spool's process alone that dies or does.
    `patience`: for how long nothing may get on once all is well again.
    """

    seed: int
    mails: int
    kills: int
    trouble: float = 0.25
    timeout: float = 1.0
    late: float = 1.5
    settle: float = 3.0
    concurrency: int = 16
    senders: int = 8
    desks: int = 9
    frozen: float = 0.1
    halved: float = 0.3
    patience: float = 120.0

    def lives(self) -> Iterator[float]:
        """How long each daemon lives: mostly too short to settle anything, now and then long enough.

        Each third gets something done: a mail that came to nothing in ten lives is rightly held for a person.
        """
        chance = Random(f"{self.seed}.lives")
        for place in range(self.kills):
            luck = chance.random()
            short = chance.uniform(0.0, 1.2) if luck < 0.85 else chance.uniform(1.2, 12.0)
            yield chance.uniform(3.0, 6.0) if place % 3 == 2 else short

    def rules(self, life: int) -> list[dict[str, Any]]:
        """The faults of a helpdesk in its so-manieth life, each with its own dice; the first that strikes decides."""
        chance = Random(f"{self.seed}.{life}.rules")
        made = [_wordless(life), *({"probability": 0.004, **each} for each in AT_THE_DOOR)]
        for action in WRITES:
            odds = self.trouble / len(SPOILED)
            made += [{"seconds": self.late, **each, "action": action, "probability": odds} for each in SPOILED]
            made += [{**each, "action": action, "probability": 0.01, "times": 2} for each in REFUSED]
        for action in READS:
            made += [{"fault": fault, "action": action, "probability": self.trouble / 40} for fault in READING]
        made.append({"fault": "500", "action": "getsupportstatuses", "probability": self.trouble / 2})
        return [{**each, "seed": chance.randrange(1 << 30)} for each in made]


def _wordless(life: int) -> dict[str, Any]:
    """The refusal without a word of this life: at the door, or at one of the writes."""
    action = ("", *WRITES)[life % 5]
    kind = WORDLESS[life % 2] if action else "413_early"
    return {"fault": kind, "action": action, "probability": 0.02 if action else 0.004, "max_size": SMALL, "times": 2}
