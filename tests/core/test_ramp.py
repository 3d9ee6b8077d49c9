"""The ramp: from one at a time to all, by answers."""

from itertools import accumulate

import pytest

from ingestd.core.ramp import Ramp


def limits(slots, events):
    """The limit after each event: + an answer, - a trouble."""
    steps = accumulate(events, lambda ramp, event: ramp.up() if event == "+" else ramp.down(), initial=Ramp.full(slots))
    return [ramp.limit for ramp in steps]


@pytest.mark.parametrize(
    ("slots", "events", "expected"),
    [
        (4, "+++", [4, 4, 4, 4]),
        (8, "-+++++++", [8, 1, 2, 2, 4, 4, 4, 4, 8]),
        (6, "-+++++++", [6, 1, 2, 2, 4, 4, 4, 4, 6]),
        (8, "-+++-+", [8, 1, 2, 2, 4, 1, 2]),
        (1, "-+", [1, 1, 1]),
    ],
    ids=["nothing happened", "doubling", "never above slots", "any trouble sets it back", "one slot"],
)
def test_each_round_of_answers_doubles_it(slots, events, expected):
    """A round is as many answers as go at a time."""
    assert expected == limits(slots, events)


@pytest.mark.parametrize(("slots", "answers"), [(1, 1), (2, 3), (4, 7), (6, 13)])
def test_it_is_shaken_until_a_whole_round_was_answered(slots, answers):
    """Also where there is but one slot: reaching the top is no proof, a round at the top is."""
    ramp = Ramp.full(slots).down()
    rounds = 0
    while ramp.shaken:
        ramp, rounds = ramp.up(), rounds + 1

    assert (answers, slots) == (rounds, ramp.limit)
