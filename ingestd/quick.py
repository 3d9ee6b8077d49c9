"""Nouns of which each mail makes one or more."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

Noun = TypeVar("Noun")


def quick(noun: type[Noun]) -> type[Noun]:
    """The same frozen dataclass with slots, made in half the time.

    What `dataclasses` writes for one that is frozen has `object` look for each field by its name; its slots know where
    they are.
    """
    places = fields(noun)  # type: ignore[arg-type] # that it is a dataclass cannot be said of a type
    assert all(place.init and not place.kw_only and place.default_factory is MISSING for place in places)
    assert not hasattr(noun, "__post_init__")
    before: Any = noun.__init__
    made = _written(noun, places, before.__globals__)
    for name in ("__defaults__", "__annotations__", "__qualname__", "__doc__"):
        setattr(made, name, getattr(before, name))
    noun.__init__ = made  # type: ignore[method-assign] # with the arguments of the one before
    return noun


def _written(noun: type, places: tuple[Field[Any], ...], room: dict[str, Any]) -> Any:
    names = [place.name for place in places]
    setters = [f"_set_{name}" for name in names]
    steps = "".join(f"  {setter}(self, {name})\n" for setter, name in zip(setters, names, strict=True))
    text = f"def within({', '.join(setters)}):\n def __init__(self, {', '.join(names)}):\n{steps} return __init__\n"
    found: dict[str, Callable[..., Any]] = {}
    exec(text, room, found)  # noqa: S102 - as `dataclasses` does: names of fields alone
    return found["within"](*[getattr(noun, name).__set__ for name in names])
