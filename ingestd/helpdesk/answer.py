"""What came back, and what it means for a call that writes. Pure. The HTTP status is looked at first.

The credentials are the last bytes of a body: a request that was cut before its end cannot have had an effect.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, assert_never

from ingestd.core.ticket import Deferred, Fault, Outcome, Refused, Scope, Unknown
from ingestd.helpdesk.words import Meaning, clean, explain, meaning_of
from ingestd.quick import quick

# A smaller body is no news to PHP's post_max_size or to a proxy's limit.
LARGE = 64 * 1024
LONGEST_WAIT = 86400.0

# The answer to a body that PHP dropped: the wish for JSON was dropped with it. Like JSON, it has to end the body.
OLD_ERRORS = re.compile(
    r"^result=error;message=([^;\r\n]{0,300});?\s*\Z"
    r"|<result>error</result>\s*<message>([^<]{0,300})</message>\s*</whmcsapi>\s*\Z",
    re.MULTILINE,
)
LOST_BODY = re.compile(
    r"post content-length of \d+ bytes exceeds|empty action request|authentication failed|missing credentials|invalid ip \d"
)

_JSON = json.JSONDecoder()


class Cause(StrEnum):
    """Who ended an exchange without an answer."""

    LINE = "line"
    GUARD = "guard"
    FILE = "file"


@quick
@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, its body bounded."""

    status: int
    body: bytes
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer. `begun`: some of the body may have left; `whole`: its last piece, with the credentials, may have."""

    reason: str
    begun: bool
    whole: bool
    cause: Cause = Cause.LINE


Exchange = Answer | Silence | Deferred
"""`Deferred`: nothing was sent, for what has to go with it could not be had."""


@quick
@dataclass(frozen=True, slots=True)
class Success:
    """result = success."""

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """result = error."""

    message: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """Refused without effect; only a small request that passes tells whether it is the mail's fault or everybody's."""

    status: int
    meaning: Meaning
    reason: str
    lost: bool


def said(body: bytes) -> Success | Failure | None:
    """The helpdesk's own words in a body; None where it holds none."""
    # As "utf-8-sig", which takes eight times as long for an answer of WHMCS's.
    text = body.removeprefix(BOM_UTF8).decode("utf-8", "replace").strip()
    data = _ending_json(text)
    if data is None:
        old = OLD_ERRORS.search(text[-4096:])
        return Failure(old[1] or old[2] or "") if old else None
    match str(data.get("result", data.get("status"))).casefold():
        case "success":
            return Success(data)
        case "error":
            return Failure(str(data.get("message", "")))
        case _:
            return None


def outcome_of(exchange: Exchange, action: str, size: int) -> Success | Suspect | Outcome:
    """What came of a call that writes; `size` is its body's."""
    match exchange:
        case Deferred():
            return exchange
        case Silence():
            return _unanswered(exchange)
        case Answer(status=status, retry_after=pause) if status >= 500 or status == 408:
            return Unknown(f"the helpdesk answered with status {status}", late=status != 408, retry_after=pause)
        case Answer():
            words = said(exchange.body)
            return refusal_of(exchange, words, action, size) or _told(exchange, words, action)
        case _:
            assert_never(exchange)


def refusal_of(answer: Answer, words: Success | Failure | None, action: str, size: int) -> Suspect | Deferred | None:
    """What a status below 500 alone, or words about us rather than the mail, say: for reads and writes alike."""
    status = answer.status
    if status == 429:
        return Deferred("the helpdesk asks us to slow down (429)", answer.retry_after, Scope.HELPDESK)
    if 300 <= status < 400 or status in {404, 405}:
        return Deferred(f"status {status} where the API should be: see helpdesk.url", scope=Scope.HELPDESK)
    if isinstance(words, Failure):
        return _about_us(words.message, status, action, size)
    if 400 <= status < 500 and words is None:
        lost = size >= LARGE and (status == 413 or LOST_BODY.search(_opening(answer.body)) is not None)
        return Suspect(status, Meaning.OTHER, f"status {status} and no word of the helpdesk's own", lost)
    return None


def after_probe(suspect: Suspect, size: int, probe: Deferred | None) -> Deferred:
    """Whose fault it was, now that a small request passed (None) or did not."""
    if probe is not None:
        return Deferred(probe.reason, probe.retry_after, Scope.HELPDESK)
    if suspect.lost:
        return Deferred(
            f"the body of {size} bytes is too large on the way: {suspect.reason}", None, Scope.MAIL, Fault.DROPPED, size
        )
    if suspect.meaning in {Meaning.IP, Meaning.CREDENTIALS}:
        return Deferred(suspect.reason, scope=Scope.HELPDESK)
    return Deferred(f"refused on the way to the helpdesk: {suspect.reason}", None, Scope.MAIL, Fault.BLOCKED)


def seconds_of(retry_after: str, date: str) -> float | None:
    """Retry-After as seconds, its dates against the answer's own (RFC 9110 section 10.2.3); None where unreadable."""
    if re.fullmatch(r"[0-9]{1,9}", retry_after.strip()):
        return min(float(retry_after), LONGEST_WAIT)
    until, now = _moment(retry_after), _moment(date)
    if until is None or now is None or (until.tzinfo is None) != (now.tzinfo is None):
        return None
    return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def _unanswered(silence: Silence) -> Deferred | Unknown:
    match silence.cause:
        case Cause.FILE:
            return Deferred(silence.reason, None, Scope.MAIL, Fault.OTHER)
        case Cause.GUARD if not silence.begun:
            return Deferred(silence.reason)
        case Cause.LINE if not silence.begun:
            return Deferred(silence.reason, scope=Scope.HELPDESK)
        case Cause.GUARD | Cause.LINE:
            return Unknown(silence.reason, late=silence.whole)
        case _:
            assert_never(silence.cause)


def _told(answer: Answer, words: Success | Failure | None, action: str) -> Success | Outcome:
    match words:
        case Success() as success if 200 <= answer.status < 300:
            return success
        case Failure(message=message):
            return _business(meaning_of(message, answer.status), message)
        case Success() | None:
            return Unknown(f"{action}: status {answer.status} with a body that is no answer")


def _about_us(message: str, status: int, action: str, size: int) -> Suspect | Deferred | None:
    meaning = meaning_of(message, status)
    reason = explain(meaning, message)
    match meaning:
        case Meaning.ROLE | Meaning.NO_SUCH_ACTION:
            # A note can be done without: nothing else has to wait for its permission.
            scope = Scope.MAIL if action == "AddTicketNote" else Scope.HELPDESK
            return Deferred(reason, None, scope, Fault.ROLE)
        case Meaning.IP | Meaning.CREDENTIALS | Meaning.NO_ACTION:
            # PHP runs the script with an empty $_POST when a body exceeds post_max_size: it looks like bad credentials.
            return Suspect(status, meaning, reason, lost=size >= LARGE)
        case _ if status in {401, 403}:
            return Deferred(reason, scope=Scope.HELPDESK)
        case _:
            return None


def _business(meaning: Meaning, message: str) -> Outcome:
    reason = explain(meaning, message)
    match meaning:
        case Meaning.ROUTE:
            return Deferred(reason, scope=Scope.ROUTE)
        case Meaning.GONE:
            return Refused(reason, Fault.GONE)
        case Meaning.ADDRESS:
            return Refused(reason, Fault.ADDRESS)
        case Meaning.MESSAGE:
            return Refused(reason, Fault.MESSAGE)
        case Meaning.SUBJECT:
            return Refused(reason, Fault.SUBJECT)
        case Meaning.DATE:
            return Refused(reason, Fault.DATE)
        case Meaning.SERVICE:
            return Refused(reason, Fault.SERVICE)
        case _:
            return Deferred(clean(message) or "the helpdesk refused it without a word", fault=Fault.OTHER)


def _ending_json(text: str) -> dict[str, Any] | None:
    """The JSON object that ends the text: PHP writes its notices before it, and a page that quotes JSON goes on after."""
    start = -1
    for _ in range(20):
        start = text.find("{", start + 1)
        if start < 0:
            return None
        try:
            data, end = _JSON.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if end == len(text) and isinstance(data, dict) and ("result" in data or "status" in data):
            return data
    return None


def _opening(body: bytes) -> str:
    return re.sub(r"<[^>]{0,200}>", "", body[:8192].decode("utf-8", "replace")).casefold()


def _moment(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
