"""(Rules, Mail, Envelope, Facts) -> Matched: which of the operator's rules take a mail, and what they want done."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeVar

from ingestd.core import addresses
from ingestd.core.facts import Facts, Policy, vouched
from ingestd.core.model import Client, Envelope, Mail, Staff
from ingestd.core.routes import bare
from ingestd.core.wild import first_whole, first_within, folded, whole
from ingestd.core.wishes import Actions, Patterns, Rule, Standing, When

MOST_NAMED = 10

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Matched:
    """The rules that took a mail, in their order, and what all of them together want."""

    rules: tuple[Rule, ...] = ()
    actions: Actions = field(default_factory=Actions)

    @property
    def named(self) -> str:
        """`rule NAME`, or `rules NAME, NAME`; "" where none took the mail."""
        names = [rule.name for rule in self.rules]
        more = [f"and {len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
        return f"rule{'s' if len(names) > 1 else ''} {', '.join((*names[:MOST_NAMED], *more))}" if names else ""


_NONE = Matched()


class Words:
    """What a mail says, folded once for all rules and lists. Of a participant's reply its new words alone."""

    def __init__(self, mail: Mail, envelope: Envelope, facts: Facts, policy: Policy) -> None:
        self.mail, self.envelope, self.facts = mail, envelope, facts
        self.believed = vouched(facts, policy)

    @property
    def follow_up(self) -> bool:
        """Whether this is appended to a ticket: by one who has a part in it, and is believed to have written."""
        return self.facts.ticket is not None and self.facts.participant and self.believed

    @cached_property
    def subject(self) -> str:
        return folded(self.mail.subject)

    @cached_property
    def text(self) -> str:
        return folded(self.mail.reply if self.follow_up and self.mail.reply.strip() else self.mail.text)

    @cached_property
    def reverse_path(self) -> str:
        return addresses.folded(self.envelope.reverse_path)

    @cached_property
    def recipients(self) -> tuple[str, str]:
        return addresses.folded(self.envelope.recipient), addresses.folded(bare(self.envelope.recipient))

    @cached_property
    def authors(self) -> tuple[str, ...]:
        """Who stands for the author, and what relayed the mail."""
        return tuple(addresses.folded(one) for one in (self.facts.author, self.facts.relayed_by) if one)

    def headers(self, name: str) -> Iterator[str]:
        """The fields of this name (in lower case)."""
        return (folded(value) for field, value in self.mail.headers if field.casefold() == name)


def matching(rules: tuple[Rule, ...], words: Words) -> Matched:
    """The rules that take this mail, up to the first that stops; what a later one says goes before an earlier one."""
    if not rules:
        return _NONE
    taken: list[Rule] = []
    actions = Actions()
    for rule in rules:
        if not takes(rule.when, words):
            continue
        taken.append(rule)
        actions = joined(actions, rule.actions)
        if rule.stop:
            break
    return Matched(tuple(taken), actions)


def takes(when: When, words: Words) -> bool:
    """Whether every condition holds; one without any always does."""
    return all(holds(when, words) for holds in (_sent, _written, _sized, _filed, _headed, _worded))


def joined(below: Actions, above: Actions) -> Actions:
    """Both: of single values the one above, custom fields by their number; Cc and notes of both."""
    fate = above if above.hold or above.discard else below
    thing = above if above.service is not None or above.domain is not None else below
    return replace(
        below,
        department=_later(below.department, above.department),
        priority=_later(below.priority, above.priority),
        custom_fields=tuple(sorted({**dict(below.custom_fields), **dict(above.custom_fields)}.items())),
        service=thing.service,
        domain=thing.domain,
        flag=_later(below.flag, above.flag),
        cc=tuple(dict.fromkeys((*below.cc, *above.cc))),
        notes=(*below.notes, *above.notes),
        noemail=_later(below.noemail, above.noemail),
        hold=fate.hold,
        discard=fate.discard,
    )


def _later(below: _Value | None, above: _Value | None) -> _Value | None:
    return below if above is None else above


def _sent(when: When, words: Words) -> bool:
    """The envelope."""
    envelope = words.envelope
    return (
        _any(when.recipient, *words.recipients)
        and _any(when.reverse_path, words.reverse_path)
        and (not when.helo or _any(when.helo, folded(envelope.helo)))
        and (when.tls is None or when.tls is envelope.tls)
        and (not when.peer or _peer_in(when, envelope.peer))
    )


def _peer_in(when: When, peer: str) -> bool:
    try:
        address: IPv4Address | IPv6Address = ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in when.peer)


def _written(when: When, words: Words) -> bool:
    """The author, and what sort of mail it is. A client's id and standing are those of one who is believed."""
    facts, client = words.facts, words.facts.sender
    return (
        _any(when.author, *words.authors)
        and (not when.grade or facts.grade in when.grade)
        and (not when.sender or _standing(words) in when.sender)
        and (not when.client or (words.believed and isinstance(client, Client) and client.client_id in when.client))
        and (not when.kind or words.mail.kind in when.kind)
        and (when.follow_up is None or when.follow_up is words.follow_up)
    )


def _standing(words: Words) -> Standing:
    match words.facts.sender:
        case Client() if words.believed:
            return Standing.CLIENT
        case Staff() if words.believed:
            return Standing.STAFF
        case _:
            return Standing.GUEST


def _sized(when: When, words: Words) -> bool:
    return _between(when.min_size, words.facts.size, when.max_size)


def _filed(when: When, words: Words) -> bool:
    files = words.mail.attachments
    return (
        _between(when.min_attachments, len(files), when.max_attachments)
        and (
            not when.attachment
            or any(_any(when.attachment, folded(file.name), folded(file.written_name)) for file in files)
        )
        and (not when.attachment_type or any(_any(when.attachment_type, folded(file.content_type)) for file in files))
    )


def _headed(when: When, words: Words) -> bool:
    return all(
        any(whole(pattern, value) for value in words.headers(name) for pattern in patterns)
        for name, patterns in when.header
    )


def _worded(when: When, words: Words) -> bool:
    return (not when.subject or first_within(when.subject, words.subject) is not None) and (
        not when.text or first_within(when.text, words.text) is not None
    )


def _any(patterns: Patterns, *texts: str) -> bool:
    return not patterns or first_whole(patterns, *texts) is not None


def _between(least: int | None, count: int, most: int | None) -> bool:
    return (least is None or least <= count) and (most is None or count <= most)
