"""Entries and records as tables and as JSON; whatever a mail wrote is disarmed before a terminal sees it."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingestd.core.journal import Entry, Record


def plain(text: object, width: int = 120) -> Text:
    """Text that can be printed: no escape sequences, no line breaks, no markup."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))
    return Text(clean if len(clean) <= width else clean[: width - 1] + "\N{HORIZONTAL ELLIPSIS}")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], width: int = 120) -> None:
    """A table on stdout; a cell holds at most `width` characters."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(plain(cell, width) for cell in row))
    Console(highlight=False, soft_wrap=False).print(shown)


def as_json(value: Any) -> None:
    """One JSON document on stdout, ASCII only."""
    print(json.dumps(value, default=_jsonable, indent=2))  # noqa: T201 - the command's answer


def entry_row(entry: Entry) -> tuple[object, ...]:
    """A line of `queue list`."""
    return (
        entry.queue_id,
        entry.status.value,
        age(entry.envelope.received_at),
        entry.gist.author or entry.envelope.reverse_path or "<>",
        entry.gist.subject,
        entry.ticket_number or entry.ticket_id or "",
        entry.reason,
    )


def entry_json(entry: Entry) -> dict[str, Any]:
    """What `--json` says of an entry."""
    return {
        "queue_id": entry.queue_id,
        "status": entry.status.value,
        "reason": entry.reason,
        "ticket_id": entry.ticket_id,
        "ticket_number": entry.ticket_number or None,
        "envelope": dataclasses.asdict(entry.envelope),
        "author": entry.gist.author,
        "subject": entry.gist.subject,
        "message_id": entry.gist.message_id,
        "size": entry.size,
        "conversation": entry.conversation,
        "due_at": entry.due_at,
        "claims": entry.claims,
    }


def record_json(record: Record) -> dict[str, Any]:
    """What `--json` says of a line of the ledger."""
    return {"at": record.at, "event": type(record.event).__name__, **_fields(record.event)}


def told(record: Record) -> str:
    """A line of the ledger in words."""
    fields = _fields(record.event)
    return ", ".join(f"{name} {_brief(value)}" for name, value in fields.items() if value not in (None, "", ()))


def age(then: datetime) -> str:
    """How long ago, in the largest unit that says something."""
    seconds = max(0, int((datetime.now(UTC) - then).total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: _tagged(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _tagged(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"type": type(value).__name__, **_fields(value)}
    return [_tagged(item) for item in value] if isinstance(value, tuple) else value


def _brief(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = (f"{k} {_brief(v)}" for k, v in value.items() if k != "type" and v not in (None, "", (), []))
        return f"{value.get('type', '')}({', '.join(inner)})"
    if isinstance(value, list):
        return ", ".join(_brief(item) for item in value)
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "\N{HORIZONTAL ELLIPSIS}"


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
