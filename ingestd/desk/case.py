"""What an action has at hand: the installation, the tables within one transaction, the time, the mails it sends."""

from dataclasses import dataclass, field
from datetime import datetime

from ingestd.desk.answer import Failure
from ingestd.desk.fields import Fields
from ingestd.desk.files import Malformed, Upload
from ingestd.desk.people import People
from ingestd.desk.rows import Ticket
from ingestd.desk.settings import DeskSettings
from ingestd.desk.text import decode_entities, stored
from ingestd.desk.tickets import Tickets

# WHMCS names its templates; staff templates are the ones that `noemail` may not stop.
OPENED, REPLIED = "Support Ticket Opened", "Support Ticket Reply"
STAFF_OPENED, STAFF_REPLIED = "Support Ticket Created", "Support Ticket Response"
PRIORITIES = ("Low", "Medium", "High")
DATE = "%Y-%m-%d %H:%M:%S"
# A date is never longer; what is longer is not looked at.
_LONGEST_DATE = 40


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that the helpdesk would have sent."""

    template: str
    to: tuple[str, ...]
    ticket_id: int
    ticket_number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Case:
    """One action at work."""

    settings: DeskSettings
    tickets: Tickets
    people: People
    now: datetime
    uploads: tuple[Upload, ...] | Malformed
    mails: list[SentMail] = field(default_factory=list)

    def send(self, template: str, ticket: Ticket, *to: str) -> None:
        """Notes a mail; it counts once the action is committed."""
        number = ticket.number
        self.mails.append(SentMail(template, tuple(filter(None, to)), ticket.ticket_id, number, self.now))

    def stored(self, text: str) -> str:
        """A text as the database will hold it."""
        settings = self.settings
        return stored(text, entities=settings.entities, utf8mb3=settings.utf8mb3, limit=settings.text_limit)

    def plain(self, text: str) -> str:
        """A stored text as a person wrote it."""
        return decode_entities(text) if self.settings.entities else text

    def department(self, department_id: int) -> str | None:
        """The department's name."""
        names = {each.department_id: each.name for each in self.settings.departments}
        return names.get(department_id)

    def today(self) -> str:
        """Now, in the server's zone and without naming it."""
        return self.now.astimezone(self.settings.zone).strftime(DATE)

    def created(self, fields: Fields, what: str) -> str | Failure:
        """The `created` field in the server's zone, now where it is missing."""
        text = fields.text("created").strip()
        if not text:
            return self.today()
        try:
            moment = datetime.fromisoformat(text[:_LONGEST_DATE])
            local = moment if moment.tzinfo else moment.replace(tzinfo=self.settings.zone)
            if local > self.now:
                return Failure(f"{what} creation date cannot be in the future")
            return local.astimezone(self.settings.zone).strftime(DATE)
        # A date at the edge of the calendar has no other zone.
        except (ValueError, OverflowError):
            return Failure("Invalid Date Format")
