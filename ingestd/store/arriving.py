"""How an arrival goes from process to process: its values without their nouns, each of which is looked up by name."""

import copyreg
from collections.abc import Callable, Iterable
from pickle import PickleBuffer
from typing import Any, Final

from ingestd.core.journal import Gist
from ingestd.core.model import Envelope
from ingestd.store.asked import Addressed, Arrival, Recipient, Unread
from ingestd.store.rows import epoch, moment

# To copy less costs less than to tell of what goes behind.
_LARGE: Final = 8 * 1024


def taken_apart(it: Arrival) -> tuple[Callable[..., Arrival], tuple[Any, ...]]:
    """What puts it together again, and of what; large chunks may go behind what is pickled."""
    chunks: tuple[Any, ...] = it.chunks
    if max(map(len, chunks), default=0) >= _LARGE:
        chunks = tuple(map(PickleBuffer, chunks))
    recipients = [_values(recipient) for recipient in it.recipients]
    return put_together, (it.raw_id, it.staged, chunks, it.size, it.digest, it.message_id, recipients)


def put_together(
    raw_id: str,
    staged: int,
    chunks: tuple[bytes | memoryview, ...],
    size: int,
    digest: str,
    message_id: str,
    recipients: Iterable[tuple[Any, ...]],
) -> Arrival:
    """The arrival that was taken apart."""
    return Arrival(raw_id, staged, chunks, size, digest, tuple([_recipient(*each) for each in recipients]), message_id)


def unread_apart(it: Unread) -> tuple[Callable[..., Unread], tuple[Any, ...]]:
    """As `taken_apart`."""
    content = PickleBuffer(it.content) if len(it.content) >= _LARGE else it.content
    return unread_together, (content, [(*_of_envelope(to.envelope), to.parks) for to in it.addressed])


def unread_together(content: bytes | memoryview, addressed: Iterable[tuple[Any, ...]]) -> Unread:
    """The mail that was taken apart."""
    return Unread(content, tuple([Addressed(_envelope(*whose), parks) for *whose, parks in addressed]))


# As `far` has it.
copyreg.add_extension(__name__, "put_together", 253)
copyreg.add_extension(__name__, "unread_together", 254)


def _values(it: Recipient) -> tuple[Any, ...]:
    gist = it.parked
    shown = None if gist is None else (gist.author, gist.subject, gist.message_id, gist.grade)
    return *_of_envelope(it.envelope), it.conversation, shown


def _recipient(*told: Any) -> Recipient:
    *whose, conversation, shown = told
    return Recipient(_envelope(*whose), conversation, None if shown is None else Gist(*shown))


def _of_envelope(it: Envelope) -> tuple[Any, ...]:
    return it.reverse_path, it.recipient, it.route, it.peer, it.helo, it.tls, epoch(it.received_at)


def _envelope(reverse_path: str, recipient: str, route: str, peer: str, helo: str, tls: bool, when: float) -> Envelope:
    return Envelope(reverse_path, recipient, route, peer, helo, tls, moment(when))
