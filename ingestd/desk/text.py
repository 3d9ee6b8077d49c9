"""Text on its way into the database, as WHMCS and MySQL change it."""

import re

_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
# PHP's htmlspecialchars with ENT_QUOTES; "&" goes first.
_ENTITIES = (("&", "&amp;"), ('"', "&quot;"), ("'", "&#039;"), ("<", "&lt;"), (">", "&gt;"))


def encode_entities(text: str) -> str:
    """The text as htmlspecialchars(ENT_QUOTES) writes it."""
    for plain, entity in _ENTITIES:
        text = text.replace(plain, entity)
    return text


def decode_entities(text: str) -> str:
    """The inverse of encode_entities, and no more: other entities were written by a person."""
    for plain, entity in reversed(_ENTITIES):
        text = text.replace(entity, plain)
    return text


def cut_beyond_bmp(text: str) -> str:
    """The text up to its first 4-byte character: where MySQL's utf8mb3 stops reading without strict mode."""
    found = _BEYOND_BMP.search(text)
    return text[: found.start()] if found else text


def cut_bytes(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, whole characters only: a TEXT column without strict mode."""
    encoded = text.encode()
    return text if len(encoded) <= limit else encoded[:limit].decode(errors="ignore")


def clean(text: str) -> str:
    """The text without lone surrogates, which no database takes."""
    return text.encode(errors="replace").decode()


def stored(text: str, *, entities: bool, utf8mb3: bool, limit: int) -> str:
    """The text as the column will hold it."""
    text = encode_entities(clean(text)) if entities else clean(text)
    text = cut_beyond_bmp(text) if utf8mb3 else text
    return cut_bytes(text, limit) if limit else text
