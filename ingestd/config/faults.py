"""What is wrong, said so that a person can mend it: place, key, fault, remedy."""

import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ingestd.config.model import Config

PREFIX = "INGESTD_"
Location = tuple[str | int, ...]

SAYINGS = {
    "missing": "must be set; add it",
    "bool_parsing": "must be true or false; correct it",
    "bool_type": "must be true or false; correct it",
    "string_type": 'must be text; put it in "quotes"',
    "int_type": "must be a whole number; write one like 1",
    "int_parsing": "must be a whole number; write one like 1",
    "tuple_type": "must be a list; put it in [brackets]",
    "string_too_short": "must not be empty; write a name",
}


@dataclass(frozen=True, slots=True)
class Origins:
    """Where each key was written: lines of the file, names of credentials, names of environment variables."""

    file: str
    lines: dict[Location, int]
    credentials: tuple[str, ...]
    variables: tuple[str, ...]

    def fault(self, loc: Location, saying: str) -> str:
        """One sentence: place, key, what is wrong, remedy."""
        return f"{self._place(loc)}: {key_of(loc)}: {saying}"

    def line_of(self, fault: str) -> int:
        """The line that a sentence names; 0 where it names none."""
        place = fault.removeprefix(f"{self.file}:").partition(":")[0]
        return int(place) if place.isdigit() else 0

    def _place(self, loc: Location) -> str:
        for end in range(len(loc), 0, -1):
            path = loc[:end]
            if name := _written("__".join(map(str, path)), self.variables, PREFIX):
                return name
            if name := _written("__".join(map(str, path)), self.credentials, ""):
                return f"credential {name}"
            if path in self.lines:
                return f"{self.file}:{self.lines[path]}"
        return self.file


def _written(path: str, names: tuple[str, ...], prefix: str) -> str:
    """The name as it was written that stands for this path; cases do not differ (pydantic-settings folds them)."""
    return next((name for name in names if name.lower() == (prefix + path).lower()), "")


def key_of(loc: Location) -> str:
    """The key as the operator writes it, without places in lists."""
    return ".".join(part for part in loc if isinstance(part, str) and part != "[key]")


def sentences(wrong: ValidationError, origins: Origins) -> Iterator[str]:
    """One for each fault that pydantic found; none repeats a value, for it may be a secret."""
    for error in wrong.errors(include_url=False, include_input=False):
        yield origins.fault(error["loc"], _saying(error))


def _saying(error: ErrorDetails) -> str:
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return unknown(error["loc"])
        case "value_error":
            return str(context["error"])
        case "double" | "said":
            return error["msg"]
        case "literal_error":
            return f"must be {context['expected']}; correct it"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"must be a table; write [{key_of(error['loc'])}] and its keys below"
        case kind if kind in SAYINGS:
            return SAYINGS[kind]
        case _:
            said = error["msg"].removeprefix("Input should be ").removeprefix("Value should be ")
            return f"must be {said}; correct it"


def unknown(loc: Location) -> str:
    """What to say of a key that is not there: the nearest that is, or the section it belongs to."""
    key, section = str(loc[-1]), tuple(part for part in loc[:-1] if isinstance(part, str))
    if near := get_close_matches(key, keys_below(section), n=1):
        return f"unknown key; did you mean {near[0]}?"
    if homes := [name for name in Config.model_fields if key in keys_below((name,))]:
        return f"unknown key here; it belongs in [{homes[0]}]"
    return "unknown key; take it away"


def keys_below(section: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a section; () is the file itself."""
    model = _model(section)
    return tuple(model.model_fields) if model else ()


def _model(section: tuple[str, ...]) -> type[BaseModel] | None:
    model: type[BaseModel] | None = Config
    for key in section:
        field = model.model_fields.get(key) if model else None
        model = _section_type(field.annotation) if field else None
    return model


def _section_type(annotation: Any) -> type[BaseModel] | None:
    """The model of a section, also where there are many of it."""
    candidates = (annotation, *typing.get_args(annotation))
    return next((kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def unmatched(origins: Origins) -> Iterator[str]:
    """A sentence for each variable and credential that no section takes: what nobody reads, nobody should rely on.

    An unknown key of a known section is not among them: the model itself refuses it.
    """
    for name in origins.variables:
        if name.upper().startswith(PREFIX):
            path = tuple(name[len(PREFIX) :].lower().split("__"))
            yield from _unless_taken(path, origins, lambda near: PREFIX + near.upper())
    for name in origins.credentials:
        yield from _unless_taken(tuple(name.lower().split("__")), origins, str)


def is_taken(path: tuple[str, ...]) -> bool:
    """Whether some section looks at this path: of a section, or of a table within one."""
    return path[0] in Config.model_fields and (len(path) <= 2 or (len(path) == 3 and bool(keys_below(path[:2]))))


def _unless_taken(path: tuple[str, ...], origins: Origins, spelled: Callable[[str], str]) -> Iterator[str]:
    if is_taken(path):
        return
    known = [f"{name}__{key}" for name in Config.model_fields for key in keys_below((name,))]
    near = get_close_matches("__".join(path), known, n=1)
    remedy = f"did you mean {spelled(near[0])}?" if near else "take it away"
    yield origins.fault(path, f"names no key; {remedy}")
