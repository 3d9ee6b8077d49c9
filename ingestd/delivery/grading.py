"""How sure we are of the authors of mails, and whether the relay tells us at all."""

from dataclasses import dataclass

import structlog

from ingestd.core.grade import Graded, grade_of
from ingestd.core.model import Envelope, Grade, Mail
from ingestd.mail.authentication import fields_of

log = structlog.get_logger()

# A mail or two without results may have come by another way; so many in a row did not.
MOST_UNTOLD = 50
REMEDY = "the MX must write Authentication-Results; see smtp.authserv_id and smtp.trusted_hosts"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose results are believed; with no `authserv_ids` From is believed as it stands, as WHMCS does."""

    authserv_ids: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()


def graded(mail: Mail, envelope: Envelope, trust: Trust) -> Graded:
    """The grade of the mail's author, and why."""
    if not trust.authserv_ids:
        return Graded(Grade.TRUSTED, "nothing authenticates: From is believed, for smtp.authserv_id is empty")
    author = mail.author.address if mail.author else envelope.reverse_path
    fields = fields_of(mail, trust.authserv_ids, trust.trusted_hosts)
    return grade_of(author, fields, sole=mail.sole_author, reverse_path=envelope.reverse_path)


class Grader:
    """Grades mails, and raises the alarm, once until it is over, when the relay tells nothing any more."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._untold: set[str] = set()
        self.alarmed = False

    @property
    def trouble(self) -> str:
        """What is wrong with what the relay tells us; "" for nothing."""
        ids = ", ".join(self._trust.authserv_ids)
        return f"no Authentication-Results of {ids} in {MOST_UNTOLD} mails: nobody is verified" if self.alarmed else ""

    def graded(self, mail: Mail, envelope: Envelope, raw_id: str) -> Graded:
        """As `graded`; a mail that is looked at again is counted once."""
        found = graded(mail, envelope, self._trust)
        if found.told:
            self._recovered()
        elif self._trust.authserv_ids and not self.alarmed:
            self._missed(raw_id)
        return found

    def _missed(self, raw_id: str) -> None:
        self._untold.add(raw_id)
        if len(self._untold) >= MOST_UNTOLD:
            self.alarmed = True
            log.error("no authentication results", reason=self.trouble, remedy=REMEDY)

    def _recovered(self) -> None:
        if self.alarmed:
            log.info("authentication results are back")
        self.alarmed = False
        self._untold.clear()
