"""A noun that is made quickly is the dataclass that it was."""

import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from ingestd.quick import quick


@dataclass(frozen=True, slots=True)
class Plain:
    """One that `dataclasses` makes."""

    name: str
    size: int = 7
    parts: "tuple[Plain, ...]" = ()


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    """The same, made quickly."""

    name: str
    size: int = 7
    parts: "tuple[Plain, ...]" = ()


def test_it_is_made_as_before():
    """By place, by name, with what is left out as declared."""
    made = [Quick("a"), Quick("a", 7), Quick(size=7, name="a"), Quick("a", parts=())]

    assert [Quick("a", 7, ())] * 4 == made
    assert "Quick(name='a', size=7, parts=())" == repr(made[0])
    assert str(inspect.signature(Plain)) == str(inspect.signature(Quick)).replace("Quick", "Plain")


@pytest.mark.parametrize("given", [{}, {"name": "a", "other": 1}], ids=["too few", "unknown"])
def test_what_it_does_not_take_it_refuses_as_before(given):
    """With the same words, but for its name."""
    with pytest.raises(TypeError) as told:
        Plain(**given)
    with pytest.raises(TypeError) as quickly:
        Quick(**given)

    assert str(told.value).replace("Plain", "Quick") == str(quickly.value)


def test_it_is_frozen():
    """Nothing of it changes once it is made; a changed one is another."""
    noun = Quick("a")

    with pytest.raises(FrozenInstanceError):
        noun.size = 8
    assert (7, 8) == (noun.size, replace(noun, size=8).size)


def test_it_is_compared_hashed_and_sent():
    """By its values."""
    noun = Quick("a", 1, (Plain("b"),))

    assert noun == pickle.loads(pickle.dumps(noun))
    assert {noun} == {Quick("a", 1, (Plain("b"),)), noun}
    assert noun != Quick("a", 2, (Plain("b"),))


def test_it_refuses_what_it_would_make_otherwise():
    """A value that is made for each, and what is done once the fields are set."""

    @dataclass(frozen=True, slots=True)
    class Fresh:
        parts: list[str] = field(default_factory=list)

    @dataclass(frozen=True, slots=True)
    class After:
        name: str

        def __post_init__(self):
            raise ValueError

    for noun in (Fresh, After):
        with pytest.raises(AssertionError):
            quick(noun)
