"""What a command needs of the helpdesk and of the parser, beside, or instead of, a daemon that runs."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingestd.config import Config
from ingestd.core.errors import StoreError
from ingestd.core.facts import Facts
from ingestd.core.journal import Entry
from ingestd.core.model import Guest, Mail, Sender, Staff
from ingestd.core.refs import named
from ingestd.daemon.beside import opened
from ingestd.daemon.wiring import helpdesk_of, people_of, trust_of
from ingestd.delivery.author import author_of, is_staff
from ingestd.delivery.clock import Clock
from ingestd.delivery.grading import Grader, graded
from ingestd.delivery.identify import Identifier
from ingestd.delivery.judge import judged_on
from ingestd.delivery.lookup import Lookup
from ingestd.delivery.pool import Pool
from ingestd.delivery.sandbox import Limits, Sandbox
from ingestd.helpdesk.keliweb import Keliweb
from ingestd.helpdesk.whmcs import Whmcs
from ingestd.store.spool import Spool

if TYPE_CHECKING:
    from ingestd.daemon.embedded import Embedded

__all__ = ["facts_unasked", "helpdesk_for_commands", "identifier_for_commands", "judged_on", "sandboxed"]


@contextlib.asynccontextmanager
async def helpdesk_for_commands(config: Config) -> AsyncIterator[Whmcs | Keliweb]:
    """The helpdesk for a command. The embedded one is opened on its database, beside a daemon that may be running."""
    async with contextlib.AsyncExitStack() as stack:
        desk = None
        if config.helpdesk.kind == "embedded":
            desk = await stack.enter_async_context(_desk_aside(config))
        helpdesk = helpdesk_of(config, desk)
        stack.push_async_callback(helpdesk.aclose)
        yield helpdesk


@contextlib.asynccontextmanager
async def _desk_aside(config: Config) -> AsyncIterator["Embedded"]:
    from ingestd.daemon.embedded import desk_of, embedded_of  # noqa: PLC0415 - heavy, and for one kind only

    # A database that is not there is not made: a command that only reads leaves nothing behind.
    database = config.desk.database if os.access(config.desk.database, os.F_OK) else ":memory:"
    embedded = embedded_of(replace(desk_of(config), port=0, page=False, database=database))
    await embedded.desk.start()
    try:
        yield embedded
    finally:
        await embedded.desk.stop()


@contextlib.asynccontextmanager
async def identifier_for_commands(config: Config) -> AsyncIterator[Identifier]:
    """What finds out who wrote; without a spool yet, it knows no earlier mail."""
    async with contextlib.AsyncExitStack() as stack:
        helpdesk = await stack.enter_async_context(helpdesk_for_commands(config))
        try:
            spool = await stack.enter_async_context(opened(config, create=False))
        except StoreError:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ingestd-"))
            spool = Spool(f"sqlite:///{folder}/empty.db", create=True, boot="try")
            await spool.open(exclusive=False)
            stack.push_async_callback(spool.close)
        clock = Clock("try")
        yield Identifier(helpdesk, Lookup(helpdesk, clock), spool, clock, people_of(config), Grader(trust_of(config)))


def facts_unasked(config: Config, entry: Entry, mail: Mail) -> Facts:
    """Facts as far as they go without asking anybody; a ticket that is named counts as one that is there."""
    found = graded(mail, entry.envelope, trust_of(config))
    ticketed = bool(named(mail, entry.envelope.recipient).numbers)
    by = author_of(mail, entry.envelope, people_of(config), found.grade, ticketed=ticketed)
    staff = is_staff(by.address, people_of(config))
    sender: Sender = Staff(by.address.rpartition("@")[0]) if staff else Guest(by.name, by.address)
    return Facts(
        author=by.address,
        name=by.name,
        sender=sender,
        grade=by.grade,
        ticket=None,
        sign=None,
        number="",
        participant=False,
        recent=0,
        sibling=None,
        remark="",
        now=datetime.now(UTC),
        released=False,
        relay=by.relay,
        relayed_by=by.by,
        grade_reason=found.reason,
        grade_header=found.header,
        size=entry.size,
    )


async def sandboxed(raw: bytes) -> Mail:
    """The mail, parsed as the daemon parses it."""

    async def whole() -> AsyncIterator[bytes]:
        yield raw

    return await Sandbox(Limits(), 1, Pool()).parse(whole(), len(raw))
