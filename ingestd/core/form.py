"""application/x-www-form-urlencoded, quickly: texts are long, and few of their bytes are in need of a code."""

from functools import lru_cache
from itertools import chain
from typing import Final

_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
_CODES: Final = tuple("+" if byte == 0x20 else chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in range(256))
# Beyond so many different bytes one walk through the text is cheaper than one for each of them.
_FEW: Final = 24
_COMMON: Final = b" %+"
_SINGLE: Final = tuple(bytes((byte,)) for byte in range(256))
_CODED: Final = tuple(code.encode("ascii") for code in _CODES)
_ONE: Final = _PLAIN + b" "
_DONE: Final = _PLAIN + _COMMON

Pairs = tuple[tuple[str, str], ...]


def form(fields: Pairs) -> bytes:
    """The fields as PHP reads them into $_POST; a lone surrogate becomes a question mark."""
    return b"&".join([_named(name) + _quoted(value) for name, value in fields])


def form_size(fields: Pairs) -> int:
    """How many bytes `form` makes of these fields."""
    text = "".join(chain.from_iterable(fields)).encode("utf-8", "replace")
    return len(text) + 2 * len(text.translate(None, _ONE)) + 2 * len(fields) - bool(fields)


# The names are the API's: few, and the same in each call.
@lru_cache(256)
def _named(name: str) -> bytes:
    return _quoted(name) + b"="


def _quoted(value: str) -> bytes:
    text = value.encode("utf-8", "replace")
    if text.isalnum():  # ASCII alone: what names and numbers are
        return text
    others = set(text.translate(None, _DONE))
    if len(others) > _FEW:
        return text.decode("latin-1").translate(_CODES).encode("ascii")
    # What stands in codes is replaced before any code is there that it stands in.
    text = text.replace(b"%", b"%25").replace(b"+", b"%2B").replace(b" ", b"+")
    for byte in others:
        text = text.replace(_SINGLE[byte], _CODED[byte])
    return text
