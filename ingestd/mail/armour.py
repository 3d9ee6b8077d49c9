"""Clear-signed text without its armour (RFC 9580 section 7)."""

from typing import Final

_BEGIN: Final = "-----BEGIN PGP SIGNED MESSAGE-----\n"
_SIGNATURE: Final = "\n-----BEGIN PGP SIGNATURE-----"
_END: Final = "\n-----END PGP SIGNATURE-----"
_MOST: Final = 20


def unsigned(text: str) -> str:
    """The text as its author wrote it, the signature left out; a text without one comes back as it is."""
    for _ in range(_MOST):
        begin = text.find(_BEGIN)
        signature = text.find(_SIGNATURE, begin) if begin >= 0 else -1
        head = text.find("\n\n", begin, signature) if signature >= 0 else -1
        if head < 0:
            return text
        end = text.find(_END, signature)
        rest = text[end + len(_END) :] if end >= 0 else ""
        text = text[:begin] + _unescaped(text[head + 2 : signature]) + rest
    return text


def _unescaped(text: str) -> str:
    return "\n".join(line.removeprefix("- ") for line in text.split("\n"))
