"""application/x-www-form-urlencoded, quickly: texts are long, and few of their bytes are in need of a code."""

from typing import Final

_PLAIN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
_CODES: Final = tuple("+" if byte == 0x20 else chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in range(256))
# Beyond so many different bytes one walk through the text is cheaper than one for each of them.
_FEW: Final = 24
_FIRST: Final = b"%+"

Pairs = tuple[tuple[str, str], ...]


def form(fields: Pairs) -> bytes:
    """The fields as PHP reads them into $_POST; a lone surrogate becomes a question mark."""
    return b"&".join(_quoted(_bytes(name)) + b"=" + _quoted(_bytes(value)) for name, value in fields)


def form_size(fields: Pairs) -> int:
    """How many bytes `form` makes of these fields."""
    return sum(_size(_bytes(name)) + _size(_bytes(value)) + 2 for name, value in fields) - bool(fields)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _quoted(text: bytes) -> bytes:
    others = set(text.translate(None, _PLAIN))
    if len(others) > _FEW:
        return text.decode("latin-1").translate(_CODES).encode("ascii")
    # What stands in codes is replaced before any code is there that it stands in.
    for byte in (*filter(others.__contains__, _FIRST), *others.difference(_FIRST)):
        text = text.replace(bytes((byte,)), _CODES[byte].encode("ascii"))
    return text


def _size(text: bytes) -> int:
    return len(text) + 2 * len(text.translate(None, _PLAIN + b" "))
