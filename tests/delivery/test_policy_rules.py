"""The worked examples of docs/policy.md, as they stand there: each a mail and its effect at the helpdesk."""

import re
from pathlib import Path
from typing import Any

import pytest_asyncio
from delivering import SUPPORT, mail

from ingestd.config import load
from ingestd.core.journal import Status
from ingestd.daemon import policies_of
from ingestd.desk import Client, Department, Seed, SeedTicket, Service

MANUAL = Path(__file__).parents[2] / "docs" / "policy.md"
ROUTE = f'[[route]]\nrecipient = "{SUPPORT}"\ndepartment = 1\n'
DEPARTMENTS = tuple(Department(number, f"Department {number}") for number in (1, 2, 3))
BACKUP, ADA, FORM = "db1@backup.example.com", "Ada <ada@example.net>", "form@example.com"
PROGRAM = (("setup.EXE", b"MZ"),)

# author, subject, further fields, files -> status, reason, and of the ticket what it says.
MAILS: list[tuple[str, str, tuple[str, ...], tuple[tuple[str, bytes], ...], Status, str, dict[str, Any]]] = [
    (BACKUP, "Backup of db1: OK", (), (), Status.DISCARDED, "a backup that went well, rule backups that went well", {}),
    (BACKUP, "Backup of db1 FAILED", (), (), Status.DONE, "new ticket, rule backups that failed",
     {"department": 3, "priority": "High", "flag": 4, "mails": 0}),
    ("eve@example.org", "Backup of db1 FAILED", (), (), Status.DONE, "new ticket",
     {"department": 1, "priority": "Medium", "flag": 0, "mails": 1}),
    (ADA, "The cluster", (), (), Status.DONE, "new ticket, rule managed cluster of Acme",
     {"department": 1, "priority": "High", "service": "S77", "cc": ["acme-team@example.net"],
      "notes": ["Managed contract: an answer within 30 minutes."]}),
    (ADA, "Re: [Ticket ID: 700001] Old", (), (), Status.DONE, "reply to 700001 by subject tag",
     {"service": "", "cc": [], "priority": "Low", "notes": []}),
    (FORM, "An order", ("X-Form: Sales EU",), (), Status.DONE, "new ticket, rule web form",
     {"department": 2, "custom_fields": {"8": "web form"}}),
    (FORM, "An order with a program", ("X-Form: sales",), PROGRAM, Status.DONE, "new ticket, rule web form",
     {"department": 2}),
    ("eve@example.org", "Your invoice", (), PROGRAM, Status.HELD,
     "a program from somebody whom we do not know, rule programs from strangers", {}),
    (ADA, "My program", (), PROGRAM, Status.DONE, "new ticket, rule managed cluster of Acme", {"service": "S77"}),
]  # fmt: skip


def examples() -> str:
    """Every rule of the manual."""
    blocks = re.findall(r"```toml\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    return "\n".join(block for block in blocks if block.startswith("[[rule]]"))


@pytest_asyncio.fixture(loop_scope="session")
async def ruled(bench_with, tmp_path):
    """A desk with what the examples name, and a configuration that is nothing but them."""
    file = tmp_path / "config.toml"
    file.write_text(ROUTE + examples())
    bench = await bench_with(departments=DEPARTMENTS)
    bench.policies = dict(policies_of(load(file)))
    bench.desk.seed(
        Seed(
            clients=(Client(7, "Ada", "Byron", "ada@example.net"),),
            services=(Service("S77", 7),),
            tickets=(SeedTicket("Old", number="700001", client_id=7, priority="Low"),),
        )
    )
    return bench


async def test_the_examples_of_the_manual(ruled):
    """Each mail ends as its rule says, and its reason names the rule."""
    raws = [
        mail(subject, author=author, message_id=f"{number}@x", headers=headers, files=files)
        for number, (author, subject, headers, files, *_) in enumerate(MAILS)
    ]
    ids = await ruled.accept(*raws)

    await ruled.deliver()

    entries = {entry.queue_id: entry for entry in await ruled.entries()}
    tickets = {ticket["number"]: ticket for ticket in ruled.tickets()}
    for queue_id, (_, subject, _, _, status, reason, says) in zip(ids, MAILS, strict=True):
        entry = entries[queue_id]
        planned = await reason_of(ruled, queue_id)
        assert (subject, status, reason) == (subject, entry.status, planned)
        assert (status is Status.DONE) is bool(entry.ticket_number)
        if says:
            assert (subject, says) == (subject, shown(ruled, tickets[entry.ticket_number], says))


async def test_a_service_that_is_not_the_clients_keeps_no_mail_back(ruled):
    """WHMCS refuses it; the ticket is opened without, and says so."""
    ruled.desk.seed(Seed(services=(Service("S77", 8),)))
    await ruled.accept(mail("The cluster"))

    await ruled.deliver()

    (ticket,) = [ticket for ticket in ruled.tickets() if ticket["subject"] == "The cluster"]
    assert ("", True) == (
        ticket["service"],
        "[The helpdesk does not know service 77 as this client's]" in ticket["posts"][0]["message"],
    )
    assert ["Managed contract: an answer within 30 minutes."] == shown(ruled, ticket, {"notes": []})["notes"]


async def reason_of(bench, queue_id) -> str:
    records = await bench.records(queue_id)
    return next(record.event.verdict.reason for record in records if hasattr(record.event, "verdict"))


def shown(bench, ticket, says) -> dict[str, Any]:
    """Of the ticket what the table names; `mails` counts what went out to the author."""
    texts = [note["message"].replace("\r\n", "\n").partition("\n\n[ref:")[0] for note in ticket["notes"]]
    number = ticket["number"]
    sent = [each for each in bench.desk.mails() if each["ticket_number"] == number and each["to"] != ["staff"]]
    whole = {**ticket, "notes": texts, "mails": len(sent)}
    return {name: whole[name] for name in says}
