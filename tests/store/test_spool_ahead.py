"""Raw mails that are read with the claim are those that were accepted."""

from datetime import UTC, datetime, timedelta

import pytest

from ingestd.core.journal import Index, Status
from ingestd.store.ahead import SMALL
from ingestd.store.asked import Following
from ingestd.store.raws import MOST
from ingestd.store.spool import CHUNK

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def whole(spool, raw_id):
    return b"".join([piece async for piece in spool.stream(raw_id)])


@pytest.mark.parametrize("size", [1, SMALL, SMALL + 1, CHUNK, CHUNK + 1])
async def test_a_claimed_mail_is_read_as_it_came(spool, post, size):
    """Byte for byte, whatever its size, as often as it is wanted."""
    raw = bytes(n % 251 for n in range(size))
    await post.accept(raw=raw)
    (entry,) = await spool.claim(NOON, MINUTE, 1)

    assert [raw, raw] == [await whole(spool, entry.raw_id), await whole(spool, entry.raw_id)]


async def test_more_are_claimed_than_are_read_ahead(spool, post):
    """Who claims more mails than are kept reads the others from the spool."""
    for number in range(MOST + 10):
        await post.accept(raw=b"number %d" % number)
    entries = await spool.claim(NOON, MINUTE, MOST + 10)

    assert [b"number %d" % n for n in range(MOST + 10)] == [await whole(spool, entry.raw_id) for entry in entries]


async def test_who_comes_next_is_read_with_the_end_of_another(spool, post):
    """Two entries over one raw mail, the second claimed as the first is done."""
    await post.accept(raw=b"one mail", routes=("support", "billing"))
    (first,) = await spool.claim(NOON, MINUTE, 1)
    assert b"one mail" == await whole(spool, first.raw_id)

    (second,) = await spool.finish(first, (), Index(Status.DONE, "", NOON), None, Following(NOON, MINUTE, 1))

    assert b"one mail" == await whole(spool, second.raw_id)
