"""`ingestd try`: what would be done with a mail, and why, down to the request fields."""

from ingestd.cli import report, show
from ingestd.cli.envelope import Given, envelopes
from ingestd.cli.options import Exit
from ingestd.cli.sources import Found, raw_mails
from ingestd.cli.submit import fault_of, nobody
from ingestd.config import Config
from ingestd.core.facts import Facts
from ingestd.core.journal import Entry, Gist, Status
from ingestd.core.model import Envelope, Mail
from ingestd.core.refs import named
from ingestd.core.ticket import Deferred
from ingestd.daemon import facts_unasked, identifier_for_commands, judged_on, policies_of, sandboxed


async def explain(config: Config, name: str, given: Given, *, online: bool, as_json: bool) -> Exit:
    """Print the verdict, the exact request fields and the files; writes nothing."""
    found = next(raw_mails(name, config.smtp.max_size), Found(name, b""))
    trouble = found.trouble or fault_of(found.raw, config.smtp.max_size)
    addressed = () if trouble else _addressed(config, found.raw, given)
    if not addressed:
        show.warn(f"{found.place}: {trouble or nobody(found.raw, given)}")
        return Exit.DATA
    mail = await sandboxed(found.raw)
    told = []
    for envelope in addressed:
        facts = await _facts(config, _entry(envelope, len(found.raw)), mail, online=online)
        if isinstance(facts, Deferred):
            show.warn(f"the helpdesk cannot be asked: {facts.reason}")
            return Exit.TROUBLE
        found_out = judged_on(mail, envelope, facts, policies_of(config)[envelope.route])
        told.append(report.report(config, envelope, found.raw, mail, facts, found_out, online=online))
    report.tell(told, as_json=as_json)
    return Exit.OK


def _addressed(config: Config, raw: bytes, given: Given) -> tuple[Envelope, ...]:
    """A mail that names none of our addresses is tried as one to the first route."""
    found = envelopes(config, raw, given, "try")
    if found or given.recipient is not None:
        return found
    anyone = config.route[0].recipient.replace("*", "anyone")
    return envelopes(config, raw, Given(anyone, given.reverse_path), "try")


def _entry(envelope: Envelope, size: int) -> Entry:
    return Entry(
        queue_id=report.TRIED,
        envelope=envelope,
        raw_id=report.TRIED,
        size=size,
        conversation="",
        status=Status.INCOMING,
        reason="",
        due_at=envelope.received_at,
        lease=0,
        claims=0,
        gist=Gist("", "", ""),
        ticket_id=None,
        ticket_number="",
    )


async def _facts(config: Config, entry: Entry, mail: Mail, *, online: bool) -> Facts | Deferred:
    if not online:
        return facts_unasked(config, entry, mail)
    async with identifier_for_commands(config) as identifier:
        meant = await identifier.meant(named(mail, entry.envelope.recipient))
        return meant if isinstance(meant, Deferred) else await identifier.facts(entry, mail, meant, released=False)
