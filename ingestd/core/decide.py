"""(Mail, Facts, Policy) -> Verdict, always with its reason: who may do what, and what becomes of a robot's mail."""

from typing import assert_never

from ingestd.core.facts import Facts, Policy, vouched
from ingestd.core.journal import Discard, Hold, Verdict
from ingestd.core.marker import has_marker
from ingestd.core.model import Envelope, Grade, Kind, Mail
from ingestd.core.plan import appended, noted, opened
from ingestd.core.refs import Sign
from ingestd.core.routes import bare

MERGED = "merged with "


def decide(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> Verdict:
    """What becomes of this mail. A released mail is delivered whatever the policy said."""
    if facts.sibling is not None:
        return Discard(f"{MERGED}{facts.sibling}")
    if not facts.released:
        refusal = _loop(mail, facts, policy) or _kind(mail) or _parked(policy)
        if refusal is not None:
            return refusal
    return _deliver(mail, envelope, facts, policy)


def _loop(mail: Mail, facts: Facts, policy: Policy) -> Verdict | None:
    if bare(facts.author) in policy.own:
        return Hold(f"loop: the author {facts.author} is one of our own addresses")
    if mail.kind is not Kind.ORDINARY and has_marker(mail.text):
        return Hold("loop: an automatic mail that repeats our own text")
    if mail.hops > policy.most_hops:
        return Hold(f"loop: {mail.hops} hops")
    if facts.recent > policy.most_per_hour:
        return Hold(f"loop: {facts.recent} mails of this author in an hour")
    return None


def _kind(mail: Mail) -> Verdict | None:
    match mail.kind:
        case Kind.BOUNCE | Kind.DELAYED | Kind.AUTO_REPLY:
            return Discard(f"{mail.kind}: {mail.sign}")
        case Kind.ORDINARY | Kind.FEEDBACK | Kind.AUTO_GENERATED | Kind.LIST | Kind.BULK:
            return None
        case _ as never:
            assert_never(never)


def _parked(policy: Policy) -> Verdict | None:
    return Hold("the route holds its mail") if policy.hold else None


def _deliver(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> Verdict:
    if facts.grade is Grade.FORGED:
        return opened(mail, envelope, facts, policy, "new guest ticket: the author is forged")
    if not vouched(facts, policy):
        return opened(mail, envelope, facts, policy, "new guest ticket: the author is not verified")
    if facts.ticket is None:
        gone = f"new ticket: {facts.number} is gone" if facts.number else "new ticket"
        return opened(mail, envelope, facts, policy, gone)
    if facts.participant:
        return appended(mail, envelope, facts, policy, facts.ticket)
    if facts.sign is Sign.MESSAGE_ID and policy.strangers == "note" and not facts.released:
        return noted(mail, facts, facts.ticket)
    return opened(mail, envelope, facts, policy, f"new ticket: the author has no part in {facts.ticket.number}")
