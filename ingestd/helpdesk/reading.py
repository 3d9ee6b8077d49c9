"""What came back for a call that reads. Pure. Asking again does no harm, so only the last word counts."""

from dataclasses import dataclass
from typing import assert_never

from ingestd.core.ticket import Deferred, Fault, Scope
from ingestd.helpdesk.answer import Answer, Exchange, Failure, Silence, Success, Suspect, refusal_of, said
from ingestd.helpdesk.port import Denied
from ingestd.helpdesk.words import Meaning, clean, meaning_of


@dataclass(frozen=True, slots=True)
class Nothing:
    """What was asked for is not there."""


@dataclass(frozen=True, slots=True)
class Again:
    """Worth asking again now; `deferred` when that did not help."""

    deferred: Deferred


Reading = Success | Nothing | Denied | Deferred | Suspect | Again


def reading_of(exchange: Exchange, action: str) -> Reading:
    """What one try of a read gave."""
    match exchange:
        case Deferred():
            return exchange
        case Silence(reason=reason):
            return Again(Deferred(reason, scope=Scope.HELPDESK))
        case Answer(status=status, retry_after=pause) if status >= 500 or status == 408:
            return Again(Deferred(f"the helpdesk answered with status {status}", pause, Scope.HELPDESK))
        case Answer():
            words = said(exchange.body)
            return _refused(refusal_of(exchange, words, action, size=0)) or _told(exchange, words, action)
        case _:
            assert_never(exchange)


def _refused(refusal: Suspect | Deferred | None) -> Reading | None:
    match refusal:
        case Deferred(reason=reason, fault=Fault.ROLE):
            return Denied(reason)
        case _:
            return refusal


def _told(answer: Answer, words: Success | Failure | None, action: str) -> Reading:
    match words:
        case Success() as success if 200 <= answer.status < 300:
            return success
        case Failure(message=message) if meaning_of(message, answer.status) is Meaning.GONE:
            return Nothing()
        case Failure(message=message):
            return Deferred(f"{action}: {clean(message)}", fault=Fault.OTHER)
        case Success() | None:
            reason = f"{action}: status {answer.status} with a body that is no answer"
            return Again(Deferred(reason, scope=Scope.HELPDESK))
