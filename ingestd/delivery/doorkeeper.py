"""Says at the door which mails would be discarded anyway; asks nobody but memory, and so never waits."""

from collections.abc import Mapping

from ingestd.core.facts import Policy
from ingestd.core.model import Envelope, Guest, Mail, Sender, Staff
from ingestd.core.refusal import Asked, Judge, refusable
from ingestd.delivery.author import Author, People, author_of, is_staff
from ingestd.delivery.grading import Trust, graded
from ingestd.delivery.identify import chosen
from ingestd.delivery.lookup import Lookup
from ingestd.mail.parse import parse_headers

LONGEST_HEAD = 32 * 1024
"""Bytes of a header block that are read while everybody at the door waits, once for each route."""


class Doorkeeper:
    """`judge` knows the operator's rules; `lookup` is that of deliveries, for what it remembers."""

    def __init__(
        self, trust: Trust, people: People, lookup: Lookup, policies: Mapping[str, Policy], judge: Judge
    ) -> None:
        self._trust = trust
        self._people = people
        self._lookup = lookup
        self._policies = policies
        self._judge = judge

    def refusal(self, head: bytes, envelope: Envelope) -> str:
        """Why the mail with this header block is refused; "" where it is taken."""
        if len(head) > LONGEST_HEAD:
            return ""  # taken, and judged as a whole where nobody waits for it
        mail = parse_headers(head)
        by = self._author(mail, envelope)
        if by.relay is not None or not refusable(mail, envelope, by.address, by.grade):
            return ""
        return self._judge(Asked(mail, envelope, self._policies[envelope.route], by.address, self._sender(by)))

    def _author(self, mail: Mail, envelope: Envelope) -> Author:
        grade = graded(mail, envelope, self._trust).grade
        return author_of(mail, envelope, self._people, grade, ticketed=False)

    def _sender(self, by: Author) -> Sender | None:
        """Whom the helpdesk will see, where that is certain without asking it."""
        if is_staff(by.address, self._people):
            return Staff(by.address.rpartition("@")[0])
        known = self._lookup.remembered(by.address)
        if known is None:
            return None
        sender, ambiguous = chosen(known, Guest(by.name, by.address), 0)
        return None if ambiguous else sender
