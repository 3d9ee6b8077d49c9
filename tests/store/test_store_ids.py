"""Queue ids sort, and cannot be guessed."""

import re
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.store.ids import ALPHABET, next_ids

TIMES = st.floats(0, 1e10)


@settings(max_examples=100, deadline=None)
@given(st.lists(TIMES, min_size=2, max_size=20))
def test_ids_rise_whatever_the_clock_does(times):
    """Each id sorts after the one before, also when the clock stands still or steps back."""
    clock = iter(times).__next__

    ids = list(islice(next_ids("", clock), len(times)))

    assert sorted(set(ids)) == ids


@settings(max_examples=100, deadline=None)
@given(TIMES, TIMES)
def test_ids_go_on_after_the_last_one_there_is(before, now):
    """A restart continues behind what is in the spool, though the clock was set back meanwhile."""
    last = next(next_ids("", lambda: before))

    assert last < next(next_ids(last, lambda: now))


def test_an_id_is_short_and_plain():
    """Twenty letters and digits that no one misreads or mistypes."""
    (queue_id,) = islice(next_ids("", lambda: 1_795_348_800.0), 1)

    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{20}", queue_id)
    assert not set("ILOU") & set(ALPHABET)


def test_half_of_an_id_is_chance():
    """At the same instant no two ids share their second half: fifty bits that nobody can guess."""
    halves = [next(next_ids("", lambda: 1.0))[10:] for _ in range(200)]

    assert 200 == len(set(halves))
