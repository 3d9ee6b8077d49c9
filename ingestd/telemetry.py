"""What the daemon tells: one event a line on stderr, facts as fields; nothing of a mail can forge a line or a field."""

import json
import logging
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, Literal

from ingestd.lean import without

# structlog loads rich where it finds it, to draw tracebacks in colour: ours are plain, and rich takes longer to load
# than structlog itself.
with without("rich"):
    import structlog

from structlog.typing import EventDict, Processor, WrappedLogger

LONGEST = 1000
DEEPEST = 4
MOST = 50
SECRETS = frozenset({"secret", "identifier", "access_key", "accesskey", "password", "token", "authorization", "c"})


# asyncio's child watcher of Python 3.11, about a parser's process that was killed and waited for at the end.
REAPED = "Unknown child process pid"

# `_tamed` leaves nothing that JSON lacks.
_JSON = json.JSONEncoder(ensure_ascii=False)


def configure(form: Literal["auto", "console", "json"] = "auto", level: str = "info") -> None:
    """Log to stderr from now on: JSON, or columns for a person; "auto" gives columns on a terminal only.

    Other people's libraries speak through the same door, from WARNING on.
    """
    chosen = form if form != "auto" else ("console" if sys.stderr.isatty() else "json")
    shared: list[Processor] = [structlog.processors.add_log_level, stamped, traced]
    drawn = renderer(chosen)
    structlog.configure(
        processors=[*shared, drawn],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: Stderr(),
        cache_logger_on_first_use=False,
    )
    _adopt_libraries(shared, drawn)


def stamped(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Say when, in UTC and to the microsecond (RFC 3339)."""
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    event["timestamp"] = f"{_second(seconds)}.{microseconds:06d}Z"
    return event


def traced(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Draw the exception that goes with the event; with nearly none goes any."""
    return structlog.processors.format_exc_info(logger, method, event) if "exc_info" in event else event


@lru_cache(2)
def _second(epoch: int) -> str:
    """Many lines are of the same second."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def renderer(form: Literal["console", "json"]) -> Processor:
    """How an event is drawn as one line, with every value short, printable and free of secrets."""
    if form == "json":
        return _json
    # repr: a value with blanks stays one value, so that it cannot pose as further fields.
    console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), repr_native_str=True)
    return lambda logger, method, event: console(logger, method, tame(event))


def _json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    trace = event.pop("exception", None)
    told = []
    for name, value in event.items():
        label, hidden = _label(name)
        # What nearly all values are: a call for each would cost as much again.
        plain = type(value) is str and len(value) <= LONGEST and value.isprintable()
        told.append(label + (hidden or (encode_basestring(value) if plain else _value(value))))
    if trace is not None:
        told.append(_label("exception")[0] + encode_basestring(_quoted(str(trace))))
    return f"{{{', '.join(told)}}}"


def _value(value: Any) -> str:
    # A number need not be tamed, nor have an encoder made for it, which costs ten times as much.
    return repr(value) if type(value) is int else _JSON.encode(_tamed(value, DEEPEST))


def tame(event: EventDict) -> EventDict:
    """The same event with every value short, printable and free of secrets."""
    trace = event.pop("exception", None)
    tamed = {printable(name): "***" if _is_secret(name) else _tamed(value, DEEPEST) for name, value in event.items()}
    return tamed if trace is None else {**tamed, "exception": _quoted(str(trace))}


# The names of facts are the code's own, and few.
@lru_cache(256)
def _label(name: str) -> tuple[str, str]:
    """A name as it stands in a line, and what stands for its value where that is a secret."""
    return f"{encode_basestring(printable(name))}: ", '"***"' if _is_secret(name) else ""


@lru_cache(256)
def _is_secret(name: str) -> bool:
    return name.lower() in SECRETS


def printable(text: str) -> str:
    """The text with everything escaped that a terminal would obey or that would end a line, cut where it is too long."""
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} characters)"
    if short.isprintable():
        return short
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in short)


def _masked(key: str, value: Any, depth: int) -> Any:
    return "***" if key.lower() in SECRETS else _tamed(value, depth)


def _tamed(value: Any, depth: int) -> Any:
    match value:
        case str():
            return printable(str(value))  # an enum is a text, and shows itself as more
        case None | bool() | int() | float():
            return value
        case Mapping() if depth:
            return {printable(str(k)): _masked(str(k), v, depth - 1) for k, v in list(value.items())[:MOST]}
        case list() | tuple() | set() | frozenset() if depth:
            return [_tamed(item, depth - 1) for item in list(value)[:MOST]]
        case _:
            return printable(str(value))


def _quoted(trace: str) -> str:
    """A traceback line by line, each with a bar before it: the words of an exception may come from a mail."""
    # What was raised stands last.
    return "\n".join(f"  | {printable(line)}" for line in trace.split("\n")[-MOST:])


class Stderr:
    """Writes lines to whatever stderr is now; a log that cannot be written never stops a mail."""

    def msg(self, line: str) -> None:
        try:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            pass

    debug = info = warning = error = critical = exception = fatal = msg


class _Lines(logging.Handler):
    """The records of the standard library's logging, by way of structlog's formatter."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(lambda record: not str(record.msg).startswith(REAPED))

    def emit(self, record: logging.LogRecord) -> None:
        Stderr().msg(self.format(record))


def _adopt_libraries(shared: list[Processor], drawn: Processor) -> None:
    handler = _Lines()
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    add_name = structlog.stdlib.add_logger_name
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[add_name, *shared], processors=[strip, drawn])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    # Their own handlers would write past the door.
    logging.captureWarnings(capture=True)
