"""Whose mail is refused, and what is refused for its words: the operator's lists, in the words of WHMCS's import log."""

from ingestd.core.addresses import folded
from ingestd.core.facts import Relay
from ingestd.core.rules import Words
from ingestd.core.wild import first_whole, first_within
from ingestd.core.wishes import Lists


def allowed(lists: Lists, words: Words) -> bool:
    """Whether this mail is taken whatever the lists and the relay say: for its author, its subject or its words.

    Only where the author is believed: a From line does not do, and anybody can learn the words.
    """
    return words.believed and (
        (bool(lists.allow_senders) and first_whole(lists.allow_senders, *words.authors) is not None)
        or (bool(lists.allow_subjects) and first_within(lists.allow_subjects, words.subject) is not None)
        or (bool(lists.allow_phrases) and first_within(lists.allow_phrases, words.text) is not None)
    )


def denied(lists: Lists, words: Words) -> tuple[str, str] | None:
    """Why this mail is refused, naming the entry, and the key of its list; None where its author is allowed."""
    if allowed(lists, words):
        return None
    if lists.deny_senders and (found := first_whole(lists.deny_senders, *_senders(words))) is not None:
        return f"Blocked sender: {found}", "policy.deny_senders"
    if lists.deny_subjects and (found := first_within(lists.deny_subjects, words.subject)) is not None:
        return f"Blocked subject: {found}", "policy.deny_subjects"
    if lists.deny_phrases and (found := first_within(lists.deny_phrases, words.text)) is not None:
        return f"Blocked phrase: {found}", "policy.deny_phrases"
    return None


def _senders(words: Words) -> tuple[str, ...]:
    """From, the reverse-path, and who stands behind From; but whom staff forward they have let in themselves."""
    mail, facts = words.mail, words.facts
    written = (mail.author.address if mail.author else "", words.envelope.reverse_path)
    behind = () if facts.relay is Relay.STAFF else (facts.author,)
    return tuple(dict.fromkeys(folded(address) for address in (*written, *behind) if address))
