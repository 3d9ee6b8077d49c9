"""Which request goes wrong, and how: rules that a test sets, limited by action, text, size, count and chance."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Spoil(StrEnum):
    """What becomes of the answer."""

    WHOLE = "whole"
    CUT = "cut"
    HANG = "hang"
    PAGE = "page"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    NOTICE = "notice"
    MARKED = "marked"
    DRIP = "drip"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a fault shows. `effect`: the action is done all the same. `door`: before the body is read."""

    spoil: Spoil
    effect: bool = False
    wait_before: bool = False
    wait_after: bool = False
    door: bool = False
    slow_read: bool = False
    timed: bool = False
    status: int = 200
    message: str = ""


FAULTS: Mapping[str, Behaviour] = {
    "commit_then_cut": Behaviour(Spoil.CUT, effect=True),
    "cut_before": Behaviour(Spoil.CUT),
    "commit_then_500": Behaviour(Spoil.PAGE, effect=True, status=500),
    "commit_then_502": Behaviour(Spoil.PAGE, effect=True, status=502),
    "commit_then_504": Behaviour(Spoil.PAGE, effect=True, status=504),
    "commit_then_hang": Behaviour(Spoil.HANG, effect=True),
    "late": Behaviour(Spoil.WHOLE, effect=True, wait_before=True),
    "late_answer": Behaviour(Spoil.WHOLE, effect=True, wait_after=True),
    "late_cut": Behaviour(Spoil.CUT, effect=True, wait_before=True),
    "drip": Behaviour(Spoil.DRIP, effect=True),
    "empty": Behaviour(Spoil.EMPTY, effect=True),
    "empty_before": Behaviour(Spoil.EMPTY),
    "html": Behaviour(Spoil.PAGE),
    "truncated": Behaviour(Spoil.TRUNCATED, effect=True),
    "php_notice": Behaviour(Spoil.NOTICE, effect=True),
    "bom": Behaviour(Spoil.MARKED, effect=True),
    "403_waf": Behaviour(Spoil.PAGE, status=403),
    "413": Behaviour(Spoil.PAGE, status=413),
    "413_early": Behaviour(Spoil.PAGE, status=413, door=True),
    "429": Behaviour(Spoil.PAGE, status=429),
    "500": Behaviour(Spoil.PAGE, status=500),
    "503": Behaviour(Spoil.PAGE, status=503),
    "status": Behaviour(Spoil.PAGE, status=500),
    "overload": Behaviour(Spoil.PAGE, status=503, timed=True),
    "hook": Behaviour(Spoil.ERROR, message="Your email address is blocked from submitting tickets."),
    "wrong_ip": Behaviour(Spoil.ERROR, status=403, message="Invalid IP {peer}"),
    "bad_credentials": Behaviour(Spoil.ERROR, status=403, message="Authentication Failed"),
    "role_denied": Behaviour(
        Spoil.ERROR, status=403, message='Invalid Permissions: API action "{action}" is not allowed'
    ),
    "slow_body": Behaviour(Spoil.WHOLE, effect=True, door=True, slow_read=True),
    "hang": Behaviour(Spoil.HANG),
    "deaf": Behaviour(Spoil.HANG, door=True),
}
"""Every fault by name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When a fault strikes, and its particulars.

    `action` "" means any; faults at the door (before the body is read) know none. `times` None means always.
    `pattern` is looked for in subject and message, whatever the case. `max_size` None means no bound. `seconds` is the
    wait, the span of an overload, or the pause between pieces. `effect`, `status` and `message` override the fault's own.
    """

    fault: str
    action: str = ""
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    pattern: str = ""
    min_size: int = 0
    max_size: int | None = None
    seconds: float = 1.0
    effect: bool | None = None
    status: int | None = None
    message: str = ""
    retry_after: str = ""
    reset: bool = True

    @property
    def behaviour(self) -> Behaviour:
        return FAULTS[self.fault]

    @property
    def has_effect(self) -> bool:
        """Whether the action is done all the same."""
        return self.behaviour.effect if self.effect is None else self.effect

    def fits(self, size: int) -> bool:
        """Whether a body of this size is among those it strikes."""
        return self.min_size <= size and (self.max_size is None or size <= self.max_size)


def read_rule(tree: Mapping[str, Any]) -> Rule:
    """The rule that this JSON object says; TypeError or KeyError where it says none."""
    rule = Rule(**tree)
    FAULTS[rule.fault]
    return rule


@dataclass(slots=True)
class _Armed:
    """A rule at work: how often it struck, how often chance was asked, when it ends."""

    rule: Rule
    until: float
    struck: int = 0
    asked: int = 0

    def strikes(self) -> bool:
        """Counts, and decides by chance that the seed makes repeatable."""
        if self.rule.times is not None and self.struck >= self.rule.times:
            return False
        self.asked += 1
        digest = hashlib.sha256(f"{self.rule.seed}:{self.asked}".encode()).digest()
        struck = int.from_bytes(digest[:8], "big") < self.rule.probability * 2**64
        self.struck += struck
        return struck


class Faults:
    """The rules in force; the first that strikes decides. Any thread may set them."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def add(self, rule: Rule) -> None:
        """Puts a rule behind those in force."""
        until = self._clock() + rule.seconds if FAULTS[rule.fault].timed else float("inf")
        with self._lock:
            self._armed.append(_Armed(rule, until))

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def shown(self) -> list[dict[str, Any]]:
        """The rules in force, and how often each struck."""
        with self._lock:
            return [{**asdict(armed.rule), "struck": armed.struck} for armed in self._armed]

    def at_the_door(self, size: int) -> Rule | None:
        """The fault of a request of which only the announced size is known."""
        return self._first(lambda rule: rule.behaviour.door and rule.fits(size))

    def choose(self, action: str, text: str, size: int) -> Rule | None:
        """The fault of a request that was read; `text` is its subject and message."""
        text = text.casefold()
        return self._first(
            lambda rule: (
                not rule.behaviour.door
                and rule.action.lower() in ("", action)
                and rule.pattern.casefold() in text
                and rule.fits(size)
            )
        )

    def _first(self, meets: Callable[[Rule], bool]) -> Rule | None:
        with self._lock:
            now = self._clock()
            return next((a.rule for a in self._armed if now < a.until and meets(a.rule) and a.strikes()), None)
