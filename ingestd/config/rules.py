"""The operator's rules: `[[rule]]` with its conditions below `when`, and what the patterns in them may look like."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo, field_validator, model_validator

from ingestd.config.addresses import Address, Relay
from ingestd.config.section import Section
from ingestd.config.values import OptionalSize, Pairs, Several, Whole, several
from ingestd.core import addresses
from ingestd.core.wild import folded

LONGEST = 500
LONGEST_NAME = 60
FIELD_NAME = re.compile(r"[!-9;-~]{1,100}")
# "*@example.com", "*.example.com", "name@*": an address whole, or what is left of it behind a star.
WHOSE = re.compile(r"[^\s@]{1,200}@[^\s@]{1,253}|\*\.[^\s@]{1,253}")
ENDS = {"max_size": "min_size", "max_attachments": "min_attachments"}


def glob(value: Any) -> str:
    """A pattern for a whole value, `*` for any text: folded."""
    if not isinstance(value, str) or len(value) > LONGEST or not (found := folded(value)):
        raise ValueError(f"{_shown(value)} is no pattern; write text of at most {LONGEST} characters, * for any")
    return found


def phrase(value: Any) -> str:
    """Words to be found anywhere, `*` for any text between them: folded."""
    found = glob(value)
    if not found.strip("* "):
        raise ValueError(f"{_shown(value)} would be found in every mail; write some words of it")
    return found


def whose(value: Any) -> str:
    """Whose address: "name@example.com", "*@example.com", "*.example.com"."""
    if not isinstance(value, str) or not WHOSE.fullmatch(value):
        said = 'write "name@example.com", "*@example.com" or "*.example.com"'
        raise ValueError(f"{_shown(value)} is no pattern of an address; {said}")
    domain = value.removeprefix("*.")
    return addresses.folded(value) if domain == value else f"*.{addresses.domain_of(domain)}"


def path(value: Any) -> str:
    """A reverse-path: as `whose`, or "<>" for the null path of bounces."""
    return "" if value in ("", "<>") else whose(value)


def one_or_more(value: Any) -> Any:
    """A list as it stands, or JSON; one text is a list of one: a phrase may hold commas."""
    if isinstance(value, str):
        return several(value) if value.lstrip().startswith("[") else [value]
    return value


def listed(value: Any) -> Any:
    """As `one_or_more`; but the environment has lists as words between commas, and a phrase cut at one bars too much."""
    found = one_or_more(value)
    if isinstance(value, str) and found == [value] and "," in value:
        raise ValueError("holds a comma; write a list in [brackets], in the environment as JSON")
    return found


def fields(value: Any) -> Any:
    """A table of header fields, each with its pattern or patterns, as pairs; names in lower case."""
    if not isinstance(value, dict):
        return value
    if wrong := [name for name in value if not FIELD_NAME.fullmatch(name)]:
        raise ValueError(f'{_shown(wrong[0])} is no header field; write it like {{"X-Origin" = "web*"}}')
    return tuple((name.casefold(), one_or_more(patterns)) for name, patterns in value.items())


def _shown(value: Any) -> str:
    return repr(value)[:80]


Globs = Annotated[tuple[Annotated[str, PlainValidator(glob)], ...], BeforeValidator(one_or_more)]
Phrases = Annotated[tuple[Annotated[str, PlainValidator(phrase)], ...], BeforeValidator(one_or_more)]
Listed = Annotated[tuple[Annotated[str, PlainValidator(phrase)], ...], BeforeValidator(listed)]
Whose = Annotated[tuple[Annotated[str, PlainValidator(whose)], ...], Several]
Paths = Annotated[tuple[Annotated[str, PlainValidator(path)], ...], BeforeValidator(one_or_more)]
Headers = Annotated[tuple[tuple[str, Globs], ...], BeforeValidator(fields)]
Number = Annotated[Whole, Field(ge=1)]
Count = Annotated[Whole, Field(ge=0)]
Grades = Literal["trusted", "verified", "unverified", "forged"]
Senders = Literal["client", "guest", "staff"]
Sorts = Literal["ordinary", "bounce", "delayed", "feedback", "auto-reply", "auto-generated", "list", "bulk"]


class When(Section):
    """The conditions of a rule: all that are set must hold; where one has several values, any will do."""

    recipient: Whose = ()
    reverse_path: Paths = ()
    peer: Annotated[tuple[Relay, ...], Several] = ()
    helo: Globs = ()
    tls: bool | None = None
    header: Headers = ()
    author: Whose = ()
    grade: Annotated[tuple[Grades, ...], Several] = ()
    sender: Annotated[tuple[Senders, ...], Several] = ()
    client: tuple[Number, ...] = ()
    kind: Annotated[tuple[Sorts, ...], Several] = ()
    subject: Phrases = ()
    text: Phrases = ()
    follow_up: bool | None = None
    min_size: OptionalSize = None
    max_size: OptionalSize = None
    min_attachments: Count | None = None
    max_attachments: Count | None = None
    attachment: Globs = ()
    attachment_type: Globs = ()

    @field_validator("client", mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return [value] if isinstance(value, int) else value

    @field_validator(*ENDS)
    @classmethod
    def _in_order(cls, value: int | None, info: ValidationInfo) -> int | None:
        least = info.data.get(ENDS[str(info.field_name)])
        if value is not None and least is not None and value < least:
            raise ValueError(f"must not be below {ENDS[str(info.field_name)]}; no mail could meet both")
        return value


class Rule(Section):
    """One rule: when it takes a mail, and what is done then."""

    name: str = Field(min_length=1)
    when: When = When()
    department: Number | None = None
    priority: Literal["Low", "Medium", "High"] | None = None
    custom_fields: Pairs = ()
    service: Number | None = None
    domain: Number | None = None
    flag: Number | None = None
    cc: Annotated[tuple[Address, ...], Several] = ()
    note: str = Field(default="", max_length=10_000)
    noemail: bool | None = None
    hold: str = Field(default="", max_length=200)
    discard: str = Field(default="", max_length=200)
    stop: bool = False

    @field_validator("name")
    @classmethod
    def _in_a_list(cls, value: str) -> str:
        if len(value) > LONGEST_NAME or "," in value or not value.isprintable():
            raise ValueError(f"{_shown(value)} is no name; write at most {LONGEST_NAME} characters, without a comma")
        return value

    @field_validator("domain", "discard")
    @classmethod
    def _either(cls, value: int | str | None, info: ValidationInfo) -> int | str | None:
        other = {"domain": "service", "discard": "hold"}[str(info.field_name)]
        if value and info.data.get(other):
            raise ValueError(f"stands beside {other}; keep one of the two")
        return value

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not self.model_dump(exclude={"name", "when"}, exclude_defaults=True):
            raise ValueError(f"{_shown(self.name)} does nothing; write what is done, or stop = true")
        return self
