"""What `ingestd try` tells: the verdict, the fields of each request as they would be sent, and the files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import typer

from ingestd.cli import show
from ingestd.config import Config
from ingestd.core.addresses import folded, other_spelling
from ingestd.core.decide import Judged
from ingestd.core.facts import Facts
from ingestd.core.journal import Deliver
from ingestd.core.marker import marker_of
from ingestd.core.model import Client, Envelope, Mail, QueueId, Slice, Staff
from ingestd.core.payload import Fields, fields_of
from ingestd.core.refs import Named, named
from ingestd.core.ticket import AddTicketNote, AddTicketReply, AppendToTicket, Call, File, OpenTicket, UpdateTicket
from ingestd.core.wishes import Rule
from ingestd.helpdesk.keliweb import keliweb_fields
from ingestd.mail.transfer import Decoder

MOST_SHOWN = 10
# Stands in the marker, where an accepted mail has its own.
TRIED = QueueId("QUEUE0ID000000000000")
MARKED = f"{TRIED} stands for the queue id that the mail will have"
OFFLINE = "not asked: the author is taken for a guest, and no ticket is looked for; --online asks"


def report(
    config: Config, envelope: Envelope, raw: bytes, mail: Mail, facts: Facts, judged: Judged, *, online: bool
) -> dict[str, Any]:
    """Everything that is known of this mail, for one route."""
    names, verdict = named(mail, envelope.recipient), judged.verdict
    calls = verdict.calls if isinstance(verdict, Deliver) else ()
    return {
        "verdict": type(verdict).__name__,
        "reason": verdict.reason,
        "decided_by": judged.by,
        "rules": [_rule(rule) for rule in judged.matched.rules],
        "relay_verdict": judged.spotted.field if judged.spotted else "",
        "recipient": envelope.recipient,
        "route": envelope.route,
        "reverse_path": envelope.reverse_path,
        "author": facts.author,
        "sender": {"type": type(facts.sender).__name__, **asdict(facts.sender)},
        "grade": facts.grade.value,
        "grade_reason": facts.grade_reason,
        "grade_header": facts.grade_header,
        "helpdesk": "asked" if online else OFFLINE,
        "look_ups": _look_ups(names, facts, config.identify.nobody),
        "kind": mail.kind.value,
        "sign": mail.sign,
        "names_numbers": [number for number, _ in names.numbers],
        "names_message_ids": list(names.message_ids),
        "ticket": facts.ticket.number if facts.ticket else None,
        "ticket_sign": facts.sign.value if facts.sign else None,
        "ticket_part": _part(facts),
        "defects": list(mail.defects),
        "marker": MARKED if calls and config.helpdesk.marker else "",
        "calls": [_call(config, raw, number, call) for number, call in enumerate(calls)],
    }


def _look_ups(names: Named, facts: Facts, nobody: str) -> list[str]:
    """What the helpdesk and the spool are asked about this mail."""
    tickets = [f"ticket {number}, by its {sign.value}" for number, sign in names.numbers]
    known = [f"the ticket of <{message_id}>" for message_id in names.message_ids[:MOST_SHOWN]]
    if isinstance(facts.sender, Staff):
        return [*tickets, *known, f"nobody: {facts.author} is in identify.staff"]
    if folded(facts.author) == folded(nobody):
        return [*tickets, *known, "nobody: no author is known"]
    spelled = " or ".join(filter(None, (facts.author, other_spelling(facts.author))))
    return [*tickets, *known, f"client, contact or user with the address {spelled}"]


def _part(facts: Facts) -> str:
    """Why the author may write into the ticket named, or why not."""
    if facts.ticket is None:
        return ""
    if not facts.participant:
        return "none: neither owner, contact or user of the owner, nor on its Cc, nor an earlier participant"
    if isinstance(facts.sender, Staff):
        return "staff"
    owns = isinstance(facts.sender, Client) and facts.sender.client_id == facts.ticket.client_id
    return "the owner, or a contact or user of the owner" if owns else "on its Cc, or an earlier participant"


def tell(reports: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Print them: the first is the answer, those of further routes stand below it."""
    if as_json:
        show.as_json({**reports[0], "other_routes": reports[1:]})
        return
    for told in reports:
        show.facts((name.replace("_", " "), _said(value)) for name, value in told.items() if name != "calls" and value)
        for number, call in enumerate(told["calls"]):
            _print_call(f"call {number}", call)
        typer.echo()


def _call(config: Config, raw: bytes, number: int, call: Call) -> dict[str, Any]:
    marker = marker_of(TRIED, number) if config.helpdesk.marker else ""
    files = call.files if isinstance(call, OpenTicket | AddTicketReply) else ()
    return {
        "fields": dict(_fields(config, call, marker)),
        "attachments": [_file(raw, file) for file in files],
        "remark": _remark(call),
    }


def _rule(rule: Rule) -> str:
    """The name of a rule that took the mail, and what it does."""
    actions = asdict(rule.actions)
    done = [f"{name} {_plain(value)}" for name, value in actions.items() if value not in (None, "", ())]
    return f"{rule.name}: {'; '.join((*done, *(('stop',) if rule.stop else ())))}"


def _plain(value: Any) -> str:
    match value:
        case tuple():
            return ", ".join(" = ".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in value)
        case _:
            return str(value)


def _fields(config: Config, call: Call, marker: str) -> Fields:
    """The fields as this kind of helpdesk is sent them."""
    if config.helpdesk.kind == "keliweb":
        return keliweb_fields(call, None, marker)
    return fields_of(call, None, marker, ZoneInfo(config.helpdesk.timezone))


def _remark(call: Call) -> str:
    """What the fields do not say, for it is known only when the call is made."""
    later = "" if isinstance(call, OpenTicket) or call.ticket_id is not None else "ticketid: that of the new ticket"
    checks = isinstance(call, AddTicketNote) and call.unless_files is not None
    checked = "made only where a file was not kept" if checks else ""
    changing = "what the ticket has already is left out" if isinstance(call, UpdateTicket) else ""
    below = "goes below what the opening post then holds" if isinstance(call, AppendToTicket) else ""
    return "; ".join(filter(None, (later, checked, changing, below)))


def _file(raw: bytes, file: File) -> dict[str, Any]:
    return {"name": file.name, "size": file.size, "sha256": hashlib.sha256(_bytes(raw, file)).hexdigest()}


def _bytes(raw: bytes, file: File) -> bytes:
    if not isinstance(file.source, Slice):
        return file.source.data
    decoder = Decoder(file.source.steps)
    return decoder.feed(raw[file.source.offset : file.source.offset + file.source.length]) + decoder.finish()


def _said(value: Any) -> object:
    match value:
        case Mapping():
            return ", ".join(f"{name} {part}" for name, part in value.items() if part is not None)
        case list():
            return tuple(value)
        case _:
            return value


def _print_call(title: str, call: dict[str, Any]) -> None:
    remark = f" ({call['remark']})" if call["remark"] else ""
    typer.echo(f"\n{typer.style(title, bold=True)}{remark}")
    fields = [(name, tuple(value.splitlines())) for name, value in call["fields"].items()]
    files = [
        ("file", f"{file['name']}, {file['size']} bytes, SHA-256 {file['sha256']}") for file in call["attachments"]
    ]
    show.facts((*fields, *files), "  ")
