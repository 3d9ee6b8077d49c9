"""Entries and records as rows, as facts and as JSON."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

from ingestd.core.deeds import WAITING
from ingestd.core.journal import Entry, Record

COLUMNS = ("queue id", "status", "age", "author", "subject", "ticket", "reason")


def row(entry: Entry) -> tuple[object, ...]:
    """A line of `queue list`."""
    return (
        entry.queue_id,
        entry.status.value,
        age(entry.envelope.received_at),
        _author(entry),
        entry.gist.subject,
        entry.ticket_number or entry.ticket_id or "",
        entry.reason,
    )


def facts(entry: Entry) -> tuple[tuple[str, object], ...]:
    """What `queue show` says of an entry; what is empty is left out."""
    envelope = entry.envelope
    ticket = entry.ticket_number or (str(entry.ticket_id) if entry.ticket_id else "")
    told = (
        ("queue id", entry.queue_id),
        ("status", entry.status.value),
        ("reason", entry.reason),
        ("ticket", f"{ticket} (id {entry.ticket_id})" if entry.ticket_id else ticket),
        ("author", _author(entry)),
        ("grade", entry.gist.grade),
        ("subject", entry.gist.subject),
        ("Message-ID", entry.gist.message_id),
        ("reverse-path", envelope.reverse_path or "<>"),
        ("recipient", envelope.recipient),
        ("route", envelope.route),
        ("peer", " ".join(part for part in (envelope.peer, envelope.helo, "TLS" if envelope.tls else "") if part)),
        ("received", moment(envelope.received_at)),
        ("due", moment(entry.due_at) if entry.status in WAITING else ""),
        ("size", f"{entry.size} bytes, pruned" if entry.pruned else f"{entry.size} bytes"),
        ("conversation", entry.conversation),
        ("claims", entry.claims or ""),
    )
    return tuple((name, value) for name, value in told if value != "")


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
        "grade": entry.gist.grade,
        "subject": entry.gist.subject,
        "message_id": entry.gist.message_id,
        "size": entry.size,
        "pruned": entry.pruned,
        "conversation": entry.conversation,
        "due_at": entry.due_at,
        "claims": entry.claims,
    }


def record_json(record: Record) -> dict[str, Any]:
    """What `--json` says of a line of the ledger."""
    return {"at": record.at, "event": type(record.event).__name__, **_fields(record.event)}


def moment(at: datetime) -> str:
    """A time, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def age(then: datetime) -> str:
    """How long ago, in the largest unit that says something."""
    seconds = max(0, int((datetime.now(UTC) - then).total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _author(entry: Entry) -> str:
    return entry.gist.author or entry.envelope.reverse_path or "<>"


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: _tagged(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _tagged(value: Any) -> Any:
    """Nouns with the name of their type, for unions are told apart by nothing else."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {"type": type(value).__name__, **_fields(value)}
    return [_tagged(item) for item in value] if isinstance(value, tuple) else value
