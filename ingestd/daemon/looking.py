"""From what the header block says to what is kept of a mail; loaded where the spool's database is, too."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from ingestd.core.journal import Gist
from ingestd.core.refs import conversation_key
from ingestd.mail.addresses import mailboxes
from ingestd.mail.outline import Outline, Outliner
from ingestd.store.asked import Addressed, Arrival, Recipient, Unread

_KEPT: Final = 512
# Nobody fills our memory with names.
_SHORT: Final = 256


def looked_through(raw_id: str, mail: Unread) -> Arrival:
    """The arrival that this mail is."""
    content, outliner = bytes(mail.content), Outliner()
    outliner.feed(content)
    outline = outliner.finish()
    recipients = wanted_of(outline, mail.addressed)
    return Arrival(raw_id, 0, (content,), len(content), outline.digest, recipients, outline.message_id)


def wanted_of(outline: Outline, addressed: Iterable[Addressed]) -> tuple[Recipient, ...]:
    """The entries that a mail makes: where each of them waits, and what lists show of those that are parked."""
    return tuple(
        [
            Recipient(
                to.envelope, _conversation_of(outline, to.envelope.recipient), _gist_of(outline) if to.parks else None
            )
            for to in addressed
        ]
    )


def _conversation_of(outline: Outline, recipient: str) -> str:
    """The key under which a mail waits for the earlier ones, as its header block can tell it."""
    return conversation_key(outline.subject, recipient, outline.root, outline.digest)


def _gist_of(outline: Outline) -> Gist:
    """What the header block says. Nobody has graded the author yet."""
    address = _address if len(outline.author) <= _SHORT else _address.__wrapped__
    return Gist(address(outline.author), outline.subject[:200], outline.message_id[:400], grade="")


# Those who write write again.
@lru_cache(_KEPT)
def _address(author: bytes) -> str:
    return next((box.address for box in mailboxes(author)), "")
