"""What becomes of a mail, where staff forward it: the verdict is on the mail that was forwarded. Pure."""

from dataclasses import replace

from ingestd.core.append import Writer
from ingestd.core.decide import Judged, judged
from ingestd.core.facts import Facts, Policy, Relay
from ingestd.core.forward import with_note
from ingestd.core.model import Envelope, Mail
from ingestd.core.within import within
from ingestd.mail.forward import passed_on


def judged_on(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> Judged:
    """The judgement; a forward becomes a ticket of what its author wrote, staff's own words a note there."""
    passed = passed_on(mail) if facts.relay is Relay.STAFF else None
    if passed is None:
        return judged(mail, envelope, facts, policy)
    found = judged(passed.mail, envelope, facts, policy)
    noted = with_note(found.verdict, facts.relayed_by, passed.words)
    return replace(found, verdict=within(noted, policy.abilities, Writer(facts.name, facts.author, facts.now)))
