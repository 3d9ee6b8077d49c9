"""How an arrival goes from process to process: its values without their nouns, each of which is looked up by name."""

import copyreg
from collections.abc import Callable, Iterable
from pickle import PickleBuffer
from typing import Any, Final

from ingestd.core.journal import Gist
from ingestd.core.model import Envelope
from ingestd.store.asked import Arrival, Recipient
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


# As `far` has it.
copyreg.add_extension(__name__, "put_together", 253)


def _values(it: Recipient) -> tuple[Any, ...]:
    to, gist = it.envelope, it.parked
    shown = None if gist is None else (gist.author, gist.subject, gist.message_id, gist.grade)
    when = epoch(to.received_at)
    return to.reverse_path, to.recipient, to.route, to.peer, to.helo, to.tls, when, it.conversation, shown


def _recipient(
    reverse_path: str,
    recipient: str,
    route: str,
    peer: str,
    helo: str,
    tls: bool,
    when: float,
    conversation: str,
    shown: tuple[str, str, str, str] | None,
) -> Recipient:
    envelope = Envelope(reverse_path, recipient, route, peer, helo, tls, moment(when))
    return Recipient(envelope, conversation, None if shown is None else Gist(*shown))
