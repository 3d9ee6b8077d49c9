"""(Mail, Facts, Policy) -> Verdict, always with its reason: who may do what, and what the operator wants of a mail."""

from dataclasses import dataclass, replace
from typing import assert_never

from ingestd.core import robots
from ingestd.core.append import Writer, has_room
from ingestd.core.deny import allowed, denied
from ingestd.core.facts import Facts, Policy, Relay, vouched
from ingestd.core.journal import ROUTE_HOLDS, Deliver, Discard, Hold, Verdict
from ingestd.core.marker import has_marker
from ingestd.core.model import Envelope, Grade, Guest, Kind, Mail
from ingestd.core.plan import appended, noted, opened
from ingestd.core.refs import Sign
from ingestd.core.routes import bare
from ingestd.core.rules import Matched, Words, matching
from ingestd.core.spam import Spotted, spotted
from ingestd.core.wishes import Treatment
from ingestd.core.within import within
from ingestd.quick import quick

# The words of WHMCS's import log.
ONLY_REPLIES = "Only Replies Allowed by Email"
UNREGISTERED = "Unregistered Email Address"

MERGED = "merged with "


@quick
@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with what was weighed. `by` is the key, or the rule, that kept the mail from becoming a ticket."""

    verdict: Verdict
    by: str
    matched: Matched
    spotted: Spotted | None


@quick
@dataclass(frozen=True, slots=True)
class Case:
    """One mail before the judge."""

    mail: Mail
    envelope: Envelope
    facts: Facts
    policy: Policy
    words: Words
    matched: Matched
    spotted: Spotted | None


def decide(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> Verdict:
    """What becomes of this mail. A released mail is delivered whatever the policy said."""
    return judged(mail, envelope, facts, policy).verdict


def judged(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> Judged:
    """The same, with what decided it.

    What may keep a mail from becoming a ticket is asked in this order: loops, deny lists, rules, its kind, the relay's
    filters, the flags of the route. A rule's wishes go with what is left.
    """
    words = Words(mail, envelope, facts, policy)
    found = spotted(mail.headers, policy.screen.trusted_hosts)
    case = Case(mail, envelope, facts, policy, words, matching(policy.rules, words), found)
    verdict, by = _verdict(case)
    writer = Writer(facts.name, facts.author, facts.now)
    return Judged(within(verdict, policy.abilities, writer), by, case.matched, found)


def _verdict(case: Case) -> tuple[Verdict, str]:
    if case.facts.sibling is not None:
        return Discard(f"{MERGED}{case.facts.sibling}"), ""
    if not case.facts.released:
        for asked in (_loop, _denied, _ruled, _kind, _screened, _closed, _parked):
            if (refusal := asked(case)) is not None:
                return refusal
    wanted, marks = case.policy, _marks(case)
    if case.matched.rules or marks:
        wanted = replace(wanted, actions=case.matched.actions, said=marks)
    return _named(_deliver(case.mail, case.envelope, case.facts, wanted), case.matched), ""


def _loop(case: Case) -> tuple[Verdict, str] | None:
    mail, facts, policy = case.mail, case.facts, case.policy
    if bare(facts.author) in policy.own:
        return Hold(f"loop: the author {facts.author} is one of our own addresses"), "loop"
    # A note for staff is answered by no robot, and what it tells of may well quote us.
    if mail.kind is not Kind.ORDINARY and has_marker(mail.text) and not robots.notes(mail, facts, policy.kinds):
        return Hold("loop: an automatic mail that repeats our own text"), "loop"
    if mail.hops > policy.most_hops:
        return Hold(f"loop: {mail.hops} hops"), "loop"
    if facts.recent > policy.most_per_hour:
        return Hold(f"loop: {facts.recent} mails of this author in an hour"), "loop"
    return None


def _denied(case: Case) -> tuple[Verdict, str] | None:
    found = denied(case.policy.lists, case.words)
    return None if found is None else (Discard(found[0]), found[1])


def _ruled(case: Case) -> tuple[Verdict, str] | None:
    """What the last of the rules says that hold or discard."""
    if not case.matched.rules:
        return None
    actions, by = case.matched.actions, case.matched.named
    if actions.discard:
        return Discard(f"{actions.discard}, {by}"), by
    return (Hold(f"{actions.hold}, {by}"), by) if actions.hold else None


def _kind(case: Case) -> tuple[Verdict, str] | None:
    verdict = robots.verdict_of(case.mail, case.facts, case.policy.kinds)
    if verdict is None:
        return None
    named = _named(verdict, case.matched) if isinstance(verdict, Deliver) else verdict
    return named, robots.fate_of(case.mail.kind, case.policy.kinds)[1]


def _screened(case: Case) -> tuple[Verdict, str] | None:
    """What the relay took for spam, or for infected. Who is allowed may look like spam, and still brings no virus."""
    if case.spotted is None:
        return None
    key = "virus" if case.spotted.virus else "spam"
    match _treatment(case, case.spotted):
        case Treatment.HOLD:
            return Hold(f"{key}: {case.spotted.field}", expires=True), f"policy.{key}"
        case Treatment.DISCARD:
            return Discard(f"{key}: {case.spotted.field}"), f"policy.{key}"
        case Treatment.MARK | Treatment.TICKET:
            return None
        case _ as never:
            assert_never(never)


def _treatment(case: Case, found: Spotted) -> Treatment:
    screen = case.policy.screen
    if found.virus:
        return screen.virus
    return Treatment.TICKET if allowed(case.policy.lists, case.words) else screen.spam


def _marks(case: Case) -> tuple[str, ...]:
    """What a ticket says of a mail that a filter spoke against. Who releases one that was held has seen it."""
    found = case.spotted
    if found is None or _treatment(case, found) is not Treatment.MARK:
        return ()
    return (f"The mail server found {'a virus' if found.virus else 'this to be spam'}: {found.field}",)


def _closed(case: Case) -> tuple[Verdict, str] | None:
    """WHMCS's flags of a department, with the words of its import log. Whom staff forward, they have let in."""
    facts, policy = case.facts, case.policy
    if case.words.follow_up or facts.relay is Relay.STAFF:
        return None
    if policy.replies_only:
        return Discard(ONLY_REPLIES), "route.replies_only"
    known = facts.ambiguous or not isinstance(facts.sender, Guest)
    if policy.clients_only and not (known and vouched(facts, policy)):
        return Discard(f"{UNREGISTERED}: {facts.author[:300]}"), "route.clients_only"
    return None


def _parked(case: Case) -> tuple[Verdict, str] | None:
    return (Hold(ROUTE_HOLDS), "route.hold") if case.policy.hold else None


def _named(verdict: Deliver, matched: Matched) -> Deliver:
    return replace(verdict, reason=f"{verdict.reason}, {matched.named}") if matched.rules else verdict


def _deliver(mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> Deliver:
    if facts.grade is Grade.FORGED:
        return opened(mail, envelope, facts, policy, "new guest ticket: the author is forged")
    if not vouched(facts, policy):
        return opened(mail, envelope, facts, policy, "new guest ticket: the author is not verified")
    if facts.ticket is None:
        gone = f"new ticket: {facts.number} is gone" if facts.number else "new ticket"
        return opened(mail, envelope, facts, policy, gone)
    if facts.participant and (policy.abilities.replies or has_room(facts.ticket, mail)):
        return appended(mail, envelope, facts, policy, facts.ticket)
    if facts.sign is Sign.MESSAGE_ID and policy.strangers == "note" and not (facts.participant or facts.released):
        return noted(mail, facts, facts.ticket)
    number = facts.ticket.number
    why = f"{number} has no room for more" if facts.participant else f"the author has no part in {number}"
    return opened(mail, envelope, facts, policy, f"new ticket: {why}")
