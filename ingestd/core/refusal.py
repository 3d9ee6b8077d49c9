"""What may be refused at the door, before a mail is ours: only where the bounce goes to who surely wrote it.

A `550` makes the relay send a bounce to the reverse-path. Where that is not the author, or nobody has verified him (a
From that is merely believed may be anybody's), it would reach somebody else: such a mail is taken, and discarded with
the same reason. And only what needs no more than
the header block is judged here: a mail that names a ticket, or that a robot wrote, is judged as a whole.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ingestd.core.addresses import folded
from ingestd.core.decide import ONLY_REPLIES, UNREGISTERED
from ingestd.core.deny import denied
from ingestd.core.facts import Facts, Policy
from ingestd.core.model import Envelope, Grade, Guest, Kind, Mail, Sender
from ingestd.core.refs import named
from ingestd.core.rules import Words


@dataclass(frozen=True, slots=True)
class Asked:
    """A mail at the door: its header block alone. `sender` is None where nobody looked the author up of late."""

    mail: Mail
    envelope: Envelope
    policy: Policy
    author: str
    sender: Sender | None


Judge = Callable[[Asked], str]
"""Why this mail would be discarded, in the rule's words; "" where it would not, or where that is not certain."""


def refuses(policy: Policy) -> bool:
    """Whether any list or flag of this route may refuse a mail by what its header block says."""
    return bool(policy.lists.deny_senders or policy.lists.deny_subjects or policy.clients_only or policy.replies_only)


def refused(asked: Asked) -> str:
    """Why the deny lists, or the flags of the route, would discard this mail; see `Judge`.

    A rule that holds mail comes before the flags: where there is one, the whole mail is judged.
    """
    facts = _facts(asked)
    found = denied(asked.policy.lists, Words(asked.mail, asked.envelope, facts, asked.policy))
    if found is not None:
        # The text, which may be allowed, is not known yet.
        return "" if asked.policy.lists.allow_phrases else found[0]
    if any(rule.actions.hold for rule in asked.policy.rules):
        return ""
    if asked.policy.replies_only:
        return ONLY_REPLIES
    stranger = asked.policy.clients_only and isinstance(asked.sender, Guest)
    return UNREGISTERED if stranger else ""


def refusable(mail: Mail, envelope: Envelope, author: str, grade: Grade) -> bool:
    """Whether this mail may be refused by SMTP at all."""
    names = named(mail, envelope.recipient)
    return (
        grade is Grade.VERIFIED
        and folded(author) == folded(envelope.reverse_path)
        and mail.kind is Kind.ORDINARY
        and not names.numbers
        and not names.message_ids
    )


def _facts(asked: Asked) -> Facts:
    """What is known of a mail that names no ticket, and whose author surely wrote it."""
    return Facts(
        author=asked.author,
        name=asked.author,
        sender=asked.sender or Guest(asked.author, asked.author),
        grade=Grade.VERIFIED,
        ticket=None,
        sign=None,
        number="",
        participant=False,
        recent=0,
        sibling=None,
        remark="",
        now=asked.envelope.received_at,
        released=False,
    )
