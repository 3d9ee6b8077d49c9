"""`ingestd try`: what would be done with a mail, and why, down to the request fields."""

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import typer

from ingestd.cli import show
from ingestd.cli.options import Exit
from ingestd.cli.sources import raw_mails
from ingestd.cli.submit import Addressed, address
from ingestd.config import Config
from ingestd.core.decide import Facts, decide
from ingestd.core.journal import Deliver, Entry, Gist, Status, Verdict
from ingestd.core.model import Envelope, Grade, Guest, Mail, QueueId, Slice
from ingestd.core.payload import fields_of
from ingestd.core.refs import named
from ingestd.core.ticket import AddTicketReply, Deferred, File, OpenTicket
from ingestd.daemon import identifier_for_commands, policies_of, sandboxed
from ingestd.mail.transfer import Decoder

TRIED = QueueId("TRIED")


async def explain(
    config: Config, name: str, rcpt: str | None, reverse_path: str | None, *, online: bool, as_json: bool
) -> Exit:
    """Print the verdict, the exact request fields and the files; writes nothing."""
    addressed = _addressed(config, name, rcpt, reverse_path)
    if isinstance(addressed, str):
        typer.echo(f"{name}: {addressed}", err=True)
        return Exit.DATA
    mail = await sandboxed(addressed.raw)
    entry = _entry(addressed)
    facts = await (_asked(config, entry, mail) if online else _guessed(config, entry, mail))
    if isinstance(facts, Deferred):
        typer.echo(f"the helpdesk cannot be asked: {facts.reason}", err=True)
        return Exit.TROUBLE
    verdict = decide(mail, entry.envelope, facts, policies_of(config)[entry.envelope.route])
    report = _report(addressed, mail, facts, verdict, online=online)
    if as_json:
        show.as_json(report)
    else:
        _print(report)
    return Exit.OK


def _addressed(config: Config, name: str, rcpt: str | None, reverse_path: str | None) -> Addressed | str:
    try:
        raw = next(raw_mails(name, config.smtp.max_size), b"")
    except OSError as error:
        return error.strerror or str(error)
    if not raw.strip():
        return "no mail in it"
    # Where the mail names none of our addresses, it is tried as one to the first route.
    found = address(config, raw, rcpt, reverse_path)
    return (
        address(config, raw, config.route[0].recipient.replace("*", "any"), reverse_path)
        if isinstance(found, str) and not rcpt
        else found
    )


def _entry(addressed: Addressed) -> Entry:
    now = datetime.now(UTC)
    envelope = Envelope(addressed.reverse_path, addressed.recipient, addressed.route, "try", "", False, now)
    return Entry(
        queue_id=TRIED,
        envelope=envelope,
        raw_id=TRIED,
        size=len(addressed.raw),
        conversation="",
        status=Status.INCOMING,
        reason="",
        due_at=now,
        lease=0,
        claims=0,
        gist=Gist("", "", ""),
        ticket_id=None,
        ticket_number="",
    )


async def _asked(config: Config, entry: Entry, mail: Mail) -> Facts | Deferred:
    async with identifier_for_commands(config) as identifier:
        meant = await identifier.meant(entry, mail)
        return meant if isinstance(meant, Deferred) else await identifier.facts(entry, mail, meant, released=False)


async def _guessed(config: Config, entry: Entry, mail: Mail) -> Facts:
    """Facts as far as they go without asking anybody: the author is taken for a guest."""
    author = mail.author.address if mail.author else entry.envelope.reverse_path or config.identify.nobody
    name = mail.author.name if mail.author and mail.author.name else author
    return Facts(
        author=author,
        name=name,
        sender=Guest(name, author),
        grade=Grade.TRUSTED,
        ticket=None,
        sign=None,
        number="",
        participant=False,
        recent=0,
        sibling=None,
        remark="",
        now=datetime.now(UTC),
        released=False,
    )


def _report(addressed: Addressed, mail: Mail, facts: Facts, verdict: Verdict, *, online: bool) -> dict[str, Any]:
    names = named(mail, addressed.recipient)
    return {
        "recipient": addressed.recipient,
        "route": addressed.route,
        "reverse_path": addressed.reverse_path,
        "author": facts.author,
        "sender": {"type": type(facts.sender).__name__, **asdict(facts.sender)},
        "grade": facts.grade.value,
        "asked": "the helpdesk was asked" if online else f"not asked: --online would look up {facts.author}",
        "kind": mail.kind.value,
        "sign": mail.sign,
        "names_numbers": [number for number, _ in names.numbers],
        "names_message_ids": list(names.message_ids),
        "ticket": facts.ticket.number if facts.ticket else None,
        "verdict": type(verdict).__name__,
        "reason": verdict.reason,
        "calls": [_call(addressed.raw, call) for call in verdict.calls] if isinstance(verdict, Deliver) else [],
        "defects": list(mail.defects),
    }


def _call(raw: bytes, call: Any) -> dict[str, Any]:
    files = call.files if isinstance(call, OpenTicket | AddTicketReply) else ()
    return {"fields": dict(fields_of(call, None, "")), "attachments": [_file(raw, file) for file in files]}


def _file(raw: bytes, file: File) -> dict[str, Any]:
    return {"name": file.name, "size": file.size, "sha256": hashlib.sha256(_bytes(raw, file)).hexdigest()}


def _bytes(raw: bytes, file: File) -> bytes:
    if not isinstance(file.source, Slice):
        return file.source.data
    decoder = Decoder(file.source.steps)
    return decoder.feed(raw[file.source.offset : file.source.offset + file.source.length]) + decoder.finish()


def _print(report: dict[str, Any]) -> None:
    facts = {name: value for name, value in report.items() if name != "calls" and value not in (None, "", [])}
    show.table(("", ""), facts.items())
    for number, call in enumerate(report["calls"]):
        show.table((f"call {number}", ""), call["fields"].items(), width=2000)
        if call["attachments"]:
            show.table(("file", "bytes", "sha256"), ((a["name"], a["size"], a["sha256"]) for a in call["attachments"]))
