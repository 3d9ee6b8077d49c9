"""When two addresses are the same: where a wrong yes would let one person speak for another.

Letters count as DNS and mail count them, not as databases and case folding do: neither ß for ss, nor a for ä.
"""

import unicodedata
from functools import lru_cache
from typing import Final

_LONGEST_DOMAIN: Final = 255
_PUNYCODE: Final = "xn--"
# What is asked several times for each mail is kept, of addresses that SMTP could carry (RFC 5321 section 4.5.3.1.3).
_USUAL: Final = 256
_KEPT: Final = 1024


def folded(address: str) -> str:
    """One spelling for an address: the case of ASCII letters, and how the domain is encoded, make no difference.

    A +tag does: `ann+shop@` is not `ann@`.
    """
    return _folded_usual(address) if len(address) <= _USUAL else _folded(address)


def _folded(address: str) -> str:
    local, at, _ = address.rpartition("@")
    return f"{_lower(local)}@{domain_of(address)}" if at else _lower(address)


_folded_usual = lru_cache(_KEPT)(_folded)


def domain_of(address: str) -> str:
    """The domain of an address, or of `@domain` or a bare domain, in one spelling: lower case and Unicode; "" for none.

    A-labels are decoded, not U-labels encoded: older encodings take one letter for another (ß for ss).
    """
    written = address.rpartition("@")[2].strip('"<>').rstrip(".")
    if not written or len(written) > _LONGEST_DOMAIN:
        return ""
    if written.isascii() and _PUNYCODE not in (lower := written.lower()):
        return lower  # what nearly all are, several times for each mail
    return unicodedata.normalize("NFC", ".".join(map(_decoded, written.split("."))).lower())


def other_spelling(address: str) -> str:
    """The address with its domain in A-labels where it stands in Unicode, and the other way round; "" for neither."""
    local, at, written = address.rpartition("@")
    if not at or (plain := domain_of(address)).isascii():
        return ""
    return with_a_labels(address) if not written.isascii() else f"{local}@{plain}"


def with_a_labels(address: str) -> str:
    """The address with its domain as every mail program takes it (RFC 5890); a domain in ASCII stands as written."""
    local, at, written = address.rpartition("@")
    if not at or written.isascii() or not (domain := domain_of(address)):
        return address
    return f"{local}@{'.'.join(map(_encoded, domain.split('.')))}"


def matches(address: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns takes this address: an address, or `*@domain` for all of a domain."""
    if not patterns:
        return False
    anyone = f"*@{domain_of(address)}"
    return any(folded(pattern) in {folded(address), anyone} for pattern in patterns)


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else "".join(sign.lower() if sign.isascii() else sign for sign in text)


def _decoded(label: str) -> str:
    try:
        decoded = label[4:].encode("ascii").decode("punycode") if label[:4].lower() == _PUNYCODE else label
    except ValueError:
        return label
    # `xn--example-` is no other way to write `example`.
    return label if decoded.isascii() else decoded


def _encoded(label: str) -> str:
    return label if label.isascii() else _PUNYCODE + label.encode("punycode").decode("ascii")
