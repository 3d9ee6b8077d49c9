"""Opens the bytes of a file that goes with a call: from the spool, decoded in pieces, never the whole."""

from collections.abc import AsyncIterator

from ingestd.core.model import Literal, Slice, Source
from ingestd.helpdesk.port import Reader
from ingestd.mail.transfer import Decoder
from ingestd.store.spool import Spool

PIECE = 256 * 1024


def reader(spool: Spool, raw_id: str) -> Reader:
    """A reader over one raw mail."""

    def read(source: Source) -> AsyncIterator[bytes]:
        return _pieces(spool, raw_id, source)

    return read


async def _pieces(spool: Spool, raw_id: str, source: Source) -> AsyncIterator[bytes]:
    match source:
        case Literal(data):
            yield data
        case Slice(offset, length, steps):
            decoder = Decoder(steps)
            for begin in range(offset, offset + length, PIECE):
                block = await spool.read(raw_id, begin, min(PIECE, offset + length - begin))
                yield decoder.feed(block)
            yield decoder.finish()
