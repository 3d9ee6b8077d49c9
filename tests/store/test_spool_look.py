"""What people and stations find in the spool, on every engine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingestd.core.errors import StoreError
from ingestd.core.journal import Deed, Gist, Index, Ordered, Record, Status
from ingestd.store.spool import Filter

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def gist(author="ann@example.org", message_id="", grade="trusted", subject="") -> Gist:
    return Gist(author, subject, message_id, grade)


async def test_every_status_is_counted(spool, post, finish):
    """accepted = waiting + done + discarded + held + dead, and each of them is there though it be 0."""
    assert dict.fromkeys(Status, 0) == await spool.counts()
    ends = (Status.DONE, Status.DISCARDED, Status.HELD, Status.DEAD, Status.DEFERRED)
    for status in ends:
        await finish(await post.accept(), status)
    await post.accept()
    await spool.claim(NOON, MINUTE, 1)
    await post.accept()

    found = await spool.counts()

    assert {status: found[status] for status in Status} == found
    assert 7 == sum(found.values())
    assert [1, 1, 1, 1] == [found[status] for status in ends[:4]]


async def test_the_oldest_waiting_entry_has_an_age(spool, post, finish):
    """Only what waits grows old."""
    assert 0.0 == await spool.oldest(NOON)
    first = await post.accept(at=NOON - 2 * MINUTE)
    await post.accept(at=NOON - MINUTE)
    assert 120.0 == await spool.oldest(NOON)

    await finish(first)

    assert 60.0 == await spool.oldest(NOON)
    assert 0.0 == await spool.oldest(NOON - DAY)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), [2, 1, 0]),
        (Filter(status=Status.DONE), [0]),
        (Filter(address="BOB@example.org"), [1]),
        (Filter(address="Billing@Example.com"), [2]),
        (Filter(address="ann@example.ORG"), [0]),
        (Filter(address="nobody"), []),
        (Filter(ticket_number="ABC-123"), [0]),
        (Filter(status=Status.DONE, address="bob@example.org"), []),
    ],
    ids=str,
)
async def test_a_filter_narrows(spool, post, finish, wanted, found):
    """What is None does not narrow; an address is the author's, the reverse-path or the recipient, in any case."""
    ids = [
        await post.accept(reverse_path=""),
        await post.accept(reverse_path="Bob@example.org"),
        await post.accept(reverse_path="", recipient="billing@example.com"),
    ]
    await finish(ids[0], ticket_id=7, ticket_number="ABC-123", gist=gist("Ann@example.org"))

    assert [ids[each] for each in found] == [entry.queue_id for entry in await spool.list(wanted, 10)]


async def test_a_filter_by_queue_id_finds_one(spool, post):
    """And the limit takes the latest."""
    first, second = await post.accept(), await post.accept()

    assert [first] == [entry.queue_id for entry in await spool.list(Filter(queue_id=first), 10)]
    assert [second] == [entry.queue_id for entry in await spool.list(Filter(), 1)]


async def test_an_address_in_a_filter_is_no_pattern(spool, post):
    """Percent signs and quotes are themselves."""
    await post.accept()

    assert () == await spool.list(Filter(address="%"), 10)
    assert () == await spool.list(Filter(address="' OR ''='"), 10)


async def test_what_a_mail_says_is_shown_bounded_and_clean(spool, post, finish):
    """A subject of any length and with any character does not break the spool that lists it."""
    queue_id = await post.accept()
    await finish(queue_id, gist=gist("ann@example.org", "\0" * 3, "verified", "\udcff" + "s" * 10_000))

    shown = (await spool.entry(queue_id)).gist

    assert ("ann@example.org", "?" + "s" * 999, "\ufffd" * 3, "verified") == (
        shown.author, shown.subject, shown.message_id, shown.grade,
    )  # fmt: skip


async def test_an_unread_mail_has_no_grade(spool, post):
    """Nobody is trusted before the mail was read."""
    assert Gist("", "", "", "") == (await spool.entry(await post.accept())).gist


async def test_known_message_ids_lead_to_their_tickets(spool, post, finish):
    """Tickets come in the order of the Message-IDs asked for, each once; only mails that are done count."""
    for number, message_id in enumerate(("a@x", "b@x", "c@x", "b2@x"), 1):
        ticket = 2 if message_id == "b2@x" else number
        await finish(await post.accept(), ticket_id=ticket, ticket_number=f"T{ticket}", gist=gist("", message_id))
    await finish(await post.accept(), Status.HELD, ticket_id=9, ticket_number="T9", gist=gist("", "held@x"))

    assert ((3, "T3"), (1, "T1")) == await spool.tickets_of(["c@x", "unknown@x", "a@x"])
    assert ((2, "T2"), (1, "T1")) == await spool.tickets_of(["b2@x", "b@x", "a@x", "b2@x"])
    assert () == await spool.tickets_of(["held@x", "C@X", "c@x "])
    assert () == await spool.tickets_of([])


async def test_thousands_of_references_are_no_burden(spool, post, finish):
    """Who names thousands of mails is answered for the first of them."""
    await finish(await post.accept(), ticket_id=1, ticket_number="T1", gist=gist("", "a@x"))

    assert ((1, "T1"),) == await spool.tickets_of(["a@x", *(f"{n}@x" for n in range(50_000))])


async def test_only_those_who_surely_wrote_are_authors_of_a_ticket(spool, post, finish):
    """Unverified, forged and unread mails make nobody a participant; nor does one that is not done."""
    for author, grade in (("ann@x", "trusted"), ("bob@x", "verified"), ("eve@x", "unverified"), ("eva@x", "forged")):
        await finish(await post.accept(), ticket_id=7, gist=gist(author, grade=grade))
    await finish(await post.accept(), ticket_id=7, gist=gist("ann@x"))
    await finish(await post.accept(), ticket_id=7)
    await finish(await post.accept(), ticket_id=7, gist=gist(""))
    await finish(await post.accept(), Status.HELD, ticket_id=7, gist=gist("held@x"))
    await finish(await post.accept(), ticket_id=8, gist=gist("other@x"))

    assert ("ann@x", "bob@x") == await spool.authors_of(7)
    assert () == await spool.authors_of(9)


async def test_recent_mails_of_an_author_are_counted(spool, post, finish):
    """By time of acceptance, in any case of the address; a forger's mails are counted apart, and another peer's."""
    for minutes, author, grade in (
        (50, "ann@x", "trusted"), (10, "Ann@X", "trusted"), (5, "ann@x", "trusted"), (5, "bob@x", "trusted"),
        (5, "ann@x", "forged"),
    ):  # fmt: skip
        await finish(await post.accept(at=NOON - minutes * MINUTE), gist=gist(author, grade=grade))

    peer = (await spool.list(Filter(), 1))[0].envelope.peer
    assert 2 == await spool.recent("ann@x", peer, "trusted", NOON - 10 * MINUTE)
    assert 1 == await spool.recent("ann@x", peer, "forged", NOON - 10 * MINUTE)
    assert 0 == await spool.recent("ann@x", "192.0.2.99", "trusted", NOON - 10 * MINUTE)
    assert 0 == await spool.recent("", peer, "trusted", NOON - DAY)


async def test_nothing_is_found_by_an_unknown_id(spool):
    """An id that nobody has is no entry, has no ledger and no raw mail."""
    assert await spool.entry("nothing") is None
    assert () == await spool.records("nothing")
    with pytest.raises(StoreError, match="no such mail"):
        await spool.read("nothing", 0, 1)


async def test_pruning_drops_old_raw_mails_and_nothing_else(spool, post, finish):
    """Raw mails of what was done or discarded before then go; entry, ledger and fingerprint stay."""
    old, new, held, waiting = [await post.accept(raw=raw) for raw in (b"old", b"new", b"held", b"waiting")]
    await finish(old, Status.DISCARDED, at=NOON - DAY)
    await finish(new, Status.DONE, at=NOON)
    await finish(held, Status.HELD, at=NOON - DAY)

    assert 1 == await spool.prune(NOON - MINUTE)
    assert 0 == await spool.prune(NOON - MINUTE)

    entry = await spool.entry(old)
    assert (True, Status.DISCARDED) == (entry.pruned, entry.status)
    with pytest.raises(StoreError, match="pruned"):
        await spool.read(entry.raw_id, 0, 1)
    assert 2 == len(await spool.records(old))
    assert (old,) == await spool.accept(post.mail(raw=b"old"))
    for queue_id in (new, held, waiting):
        assert not (await spool.entry(queue_id)).pruned
        assert await spool.read((await spool.entry(queue_id)).raw_id, 0, 9)


async def test_a_raw_mail_stays_while_one_of_its_entries_needs_it(spool, post, finish):
    """Two entries over one raw mail: the first to be done does not take it from the other."""
    one, two = await spool.accept(post.mail(routes=("support", "billing"), raw=b"both"))
    raw_id = (await spool.entry(one)).raw_id
    entries = {entry.queue_id: entry for entry in await spool.claim(NOON, MINUTE, 1)}
    deed = Record(NOON - DAY, Ordered(Deed.DROP, "test"))
    over = Index(Status.DONE, "", NOON)
    await spool.record(entries[one], (deed,), over, release=True)

    assert 0 == await spool.prune(NOON)
    assert b"both" == await spool.read(raw_id, 0, 9)

    (entry,) = await spool.claim(NOON, MINUTE, 1)
    await spool.record(entry, (deed,), over, release=True)
    assert 1 == await spool.prune(NOON)
    assert [True, True] == [(await spool.entry(each)).pruned for each in (one, two)]


async def test_an_entry_that_was_brought_back_keeps_its_raw_mail(spool, post, finish):
    """Done, then retried by an operator: it waits again, and pruning passes it by."""
    queue_id = await post.accept(raw=b"again")
    await finish(queue_id, Status.DISCARDED, at=NOON - DAY)
    await spool.order(queue_id, Record(NOON, Ordered(Deed.RETRY, "ann")), lambda _: Index(Status.DEFERRED, "", NOON))

    assert 0 == await spool.prune(NOON)
    assert b"again" == await spool.read((await spool.entry(queue_id)).raw_id, 0, 9)


async def test_pruning_goes_through_many_batches(spool, post):
    """However many there are, all go, a few at a time."""
    for _ in range(150):
        await post.accept()
    for entry in await spool.claim(NOON, MINUTE, 150):
        await spool.record(entry, (), Index(Status.DONE, "", NOON - DAY), release=True)

    assert 150 == await spool.prune(NOON)


async def test_a_mail_is_waited_for_by_its_message_id_before_it_was_read(spool, post, finish):
    """The conversation of the earliest that waits with such a Message-ID; none where it is over, or comes later."""

    async def accepted(key, message_id):
        (queue_id,) = await spool.accept(replace(post.mail(key), message_id=message_id))
        return queue_id

    first = await accepted("one", "a@x")
    await accepted("two", "b@x")
    later = await spool.entry(await accepted("three", "c@x"))

    assert "one" == await spool.waiting_with(("z@x", "b@x", "a@x"), later)
    await finish(first)
    assert "two" == await spool.waiting_with(("z@x", "b@x", "a@x"), later)
    assert await spool.waiting_with(("a@x", "c@x", "z@x"), later) is None
    assert await spool.waiting_with((), later) is None


@pytest.mark.parametrize("release", [True, False])
@pytest.mark.parametrize("at_the_door", ["a@x", "other@x", ""])
async def test_a_mail_is_known_by_the_message_id_that_was_read(spool, post, at_the_door, release):
    """Whatever the door took for it; only the one that it bears leads to its ticket."""
    await spool.accept(replace(post.mail(), message_id=at_the_door))
    (entry,) = await spool.claim(NOON, MINUTE, 1)

    index = Index(Status.DONE, "test", NOON, 7, "T7")
    entry = await spool.record(entry, (), index, gist(message_id="a@x"), release=release)
    if not release:
        await spool.record(entry, (), index, release=True)

    assert ((7, "T7"),) == await spool.tickets_of(["a@x"])
    assert () == await spool.tickets_of(["other@x"])
    assert ("ann@example.org",) == await spool.authors_of(7)
