"""The work behind the counter: actions and seeds against the database. Synchronous; called in threads."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime
from typing import Any, TypeVar

from ingestd.desk import lookups, reading, updating, writing
from ingestd.desk.answer import Answer, Failure
from ingestd.desk.case import Case
from ingestd.desk.database import Database
from ingestd.desk.dump import dump_ticket
from ingestd.desk.fields import Fields
from ingestd.desk.files import read_uploads
from ingestd.desk.people import People
from ingestd.desk.plant import plant
from ingestd.desk.seeds import Seed
from ingestd.desk.settings import DeskSettings
from ingestd.desk.tickets import Tickets
from ingestd.desk.witness import Witness

_Seen = TypeVar("_Seen")
Action = Callable[[Case, Fields], Answer]

ACTIONS: Mapping[str, Action] = {
    "openticket": writing.open_ticket,
    "addticketreply": writing.add_ticket_reply,
    "addticketnote": writing.add_ticket_note,
    "updateticket": updating.update_ticket,
    "getticket": reading.get_ticket,
    "gettickets": reading.get_tickets,
    "getticketattachment": reading.get_ticket_attachment,
    "getclientsdetails": lookups.get_clients_details,
    "getclients": lookups.get_clients,
    "getcontacts": lookups.get_contacts,
    "getusers": lookups.get_users,
    "getsupportdepartments": lookups.get_support_departments,
    "getsupportstatuses": lookups.get_support_statuses,
}
"""Actions by their names in lower case: WHMCS does not mind the case."""


class Office:
    """One transaction a deed; what it returns is durable."""

    def __init__(
        self, settings: DeskSettings, database: Database, witness: Witness, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._database = database
        self._witness = witness
        self._clock = clock

    def act(self, action: str, fields: Fields) -> Answer:
        """Does an action that the gate let through; a failure changes nothing."""
        # Large files are decoded before the database is held.
        uploads = read_uploads(fields.raw("attachments"))
        with self._database.transaction() as connection:
            case = Case(self._settings, Tickets(connection), People(connection), self._clock(), uploads)
            connection.execute("SAVEPOINT action")
            answer = ACTIONS[action](case, fields)
            if isinstance(answer, Failure):
                connection.execute("ROLLBACK TO action")
                return answer
        self._witness.sent(case.mails)
        return answer

    async def look(self, threads: Executor, look: Callable[[Case], _Seen]) -> _Seen:
        """As `view`, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(threads, self.view, look)

    def view(self, look: Callable[[Case], _Seen]) -> _Seen:
        """What `look` makes of the tables."""
        with self._database.transaction() as connection:
            return look(Case(self._settings, Tickets(connection), People(connection), self._clock(), ()))

    def seed(self, seed: Seed) -> list[dict[str, Any]]:
        """Plants people and tickets; the tickets' ids and numbers, in order. No mail is sent."""
        return self.view(lambda case: plant(case, seed))

    def dump(self) -> list[dict[str, Any]]:
        """Every ticket with all that hangs on it, oldest first, text as people wrote it."""
        return self.view(lambda case: [dump_ticket(case, ticket) for ticket in case.tickets.search()])

    def remove(self, ticket_id: int) -> bool:
        """Deletes a ticket, as an admin would; whether it was there."""
        return self.view(lambda case: case.tickets.remove(ticket_id))
