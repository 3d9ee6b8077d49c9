"""What WHMCS's error texts mean. Pure.

There is no error code: only English sentences, whose case differs between documentation and installs. With status 401
or 403 a sentence is WHMCS's own and known parts of it suffice; with 200 it may as well be any hook's, whose text can
hold a mail's words, and so must be known as a whole.
"""

import re
from enum import StrEnum, auto

LONGEST = 300


class Meaning(StrEnum):
    """What a helpdesk's error is about."""

    IP = auto()
    CREDENTIALS = auto()
    NO_ACTION = auto()
    ROLE = auto()
    NO_SUCH_ACTION = auto()
    ROUTE = auto()
    GONE = auto()
    ADDRESS = auto()
    MESSAGE = auto()
    SUBJECT = auto()
    DATE = auto()
    SERVICE = auto()
    OTHER = auto()


TEXTS: tuple[tuple[Meaning, re.Pattern[str]], ...] = tuple(
    (meaning, re.compile(pattern))
    for meaning, pattern in (
        (Meaning.ROLE, r"invalid permissions: api action.{0,100}"),
        (Meaning.IP, r"invalid ip [0-9a-f.:]{2,45}"),
        (Meaning.CREDENTIALS, r"authentication failed|invalid or missing credentials|invalid password provided"),
        (Meaning.CREDENTIALS, r"administrator account disabled|access denied"),
        (Meaning.NO_ACTION, r"empty action request"),
        (Meaning.NO_SUCH_ACTION, r"command not found|invalid api action.{0,100}"),
        (Meaning.ROUTE, r"department (id )?not found"),
        (Meaning.ROUTE, r"(invalid |unknown )?custom ?fields?( id)?( not found| invalid| unknown)?"),
        (Meaning.GONE, r"(ticket|client|contact|user)( id)? not found"),
        (Meaning.GONE, r"the system cannot find the provided user id"),
        (Meaning.ADDRESS, r"(invalid email address|email address( is)? invalid)"),
        (Meaning.ADDRESS, r"name and email address are required if not a client"),
        (Meaning.MESSAGE, r"message is required"),
        (Meaning.SUBJECT, r"subject is required"),
        (Meaning.SERVICE, r"(service|domain)( id)? not found"),
        (Meaning.DATE, r"invalid date format|(ticket|reply) creation date cannot be in the future"),
    )
)
REMEDIES = {
    Meaning.IP: "the helpdesk refuses our IP address: allow it under General Settings > Security > API IP Access",
    Meaning.CREDENTIALS: "the helpdesk refuses our credentials: see helpdesk.identifier and helpdesk.secret",
    Meaning.NO_ACTION: "the helpdesk received an empty request: see helpdesk.url, and PHP's post_max_size",
    Meaning.ROLE: "the API role of our credentials lacks an action: add it under API Roles",
    Meaning.NO_SUCH_ACTION: "the helpdesk does not know an action: is it older than WHMCS 8?",
    Meaning.ROUTE: "the helpdesk does not know what this route names: see its department and custom_fields, and those of rules",
}


def meaning_of(message: str, status: int) -> Meaning:
    """What this error text, which came with this HTTP status, is about."""
    text = " ".join(message.casefold().split()).rstrip(".!")
    for meaning, pattern in TEXTS:
        if pattern.search(text) if status in {401, 403} else pattern.fullmatch(text):
            return meaning
    return Meaning.OTHER


def explain(meaning: Meaning, message: str) -> str:
    """A reason for people: the remedy where there is one, and the helpdesk's own words."""
    words = clean(message)
    return f"{REMEDIES[meaning]} ({words})" if meaning in REMEDIES else words


def clean(text: str) -> str:
    """Foreign words made fit for one line: no controls, no lone surrogates, bounded."""
    plain = text[: LONGEST * 4].encode("utf-8", "replace").decode()
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in plain).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
