"""Two helpdesks that answer each other: each new ticket is confirmed by mail, and the other makes a ticket of that."""

import asyncio
import contextlib
import smtplib
from dataclasses import dataclass

import pytest
from running import PATIENCE

from ingestd.config import load
from ingestd.daemon import Daemon
from ingestd.desk import Desk
from ingestd.store.spool import Filter

ANSWERS = 3


@dataclass
class House:
    """A daemon with its embedded helpdesk, and the answers of that helpdesk that were sent on as mail."""

    name: str
    daemon: Daemon
    sent: int = 0
    other: "House | None" = None

    @property
    def address(self) -> str:
        return f"support@{self.name}.example"

    @property
    def desk(self) -> Desk:
        assert self.daemon.desk is not None
        return self.daemon.desk

    def answers(self) -> list[dict]:
        """What the helpdesk would send to somebody who is not its staff."""
        return [mail for mail in self.desk.mails() if mail["to"] != ["staff"]]

    async def settled(self) -> bool:
        """Whether everything that was accepted has had its effect."""
        return all(entry.status.value in {"done", "held"} for entry in await self.daemon.spool.list(Filter(), 1000))


@contextlib.asynccontextmanager
async def house(name, folder):
    folder.mkdir()
    (folder / "config.toml").write_text(
        f'[smtp]\nlisten = ["127.0.0.1:0"]\n[desk]\nlisten = "127.0.0.1:0"\n'
        f"[policy]\nanswers_per_hour = {ANSWERS}\n"
        f'[[route]]\nrecipient = "support@{name}.example"\ndepartment = 1\n'
    )
    daemon = Daemon(load(folder / "config.toml"))
    await daemon.start()
    try:
        yield House(name, daemon)
    finally:
        await daemon.stop()


def send(to, sender, subject, text):
    """As a helpdesk writes in the worst case: nothing tells that no person did."""
    raw = f"From: {sender}\r\nTo: {to.address}\r\nSubject: {subject}\r\n\r\n{text}\r\n"
    with smtplib.SMTP(*to.daemon.smtp_address, timeout=PATIENCE) as client:
        client.sendmail(sender, [to.address], raw.encode())


async def post(house, titled):
    """Send on what the helpdesk wrote since: whether there was anything."""
    waiting = house.answers()[house.sent :]
    for answer in waiting:
        house.sent += 1
        (ticket,) = (t for t in house.desk.tickets() if t["number"] == answer["ticket_number"])
        subject = f"[Ticket ID: {ticket['number']}] {ticket['subject'] if titled else 'We have it'}"
        assert answer["to"] == [house.other.address]
        await asyncio.to_thread(
            send, house.other, house.address, subject, f"We have it.\n\n{ticket['posts'][0]['message']}"
        )
    return bool(waiting)


async def over(titled, *houses):
    """Whether nothing is under way: what was accepted has had its effect, and then there was nothing to send on."""
    settled = [await each.settled() for each in houses]
    posted = [await post(each, titled) for each in houses]
    return all(settled) and not any(posted)


@pytest.mark.parametrize(("titled", "answers", "tickets"), [(True, (1, 1), (1, 1)), (False, (3, 3), (4, 3))])
async def test_two_desks_that_answer_each_other_stop(tmp_path, titled, answers, tickets):
    """One mail in the other's name begins it, and it is over by itself; no mail is lost on either side.

    Nothing in the mails shows that a machine wrote them, and nothing authenticates. An answer that repeats the subject
    bears the first desk's number, and is a reply there, which nobody confirms. Others go to and fro until each desk has
    given its author as many answers as he gets in an hour.
    """
    async with house("a", tmp_path / "a") as here, house("b", tmp_path / "b") as there:
        here.other, there.other = there, here
        await asyncio.to_thread(send, here, there.address, "Who began it", "Hello")

        async with asyncio.timeout(PATIENCE):
            while not await over(titled, here, there):
                await asyncio.sleep(0.02)

        assert answers == (here.sent, there.sent)
        assert tickets == (len(here.desk.tickets()), len(there.desk.tickets()))
        posts = [sum(len(ticket["posts"]) for ticket in each.desk.tickets()) for each in (here, there)]
        assert [1 + there.sent, here.sent] == posts
