"""File names that a helpdesk stores as they are: short, safe, unique."""

import re
import unicodedata
from collections.abc import Set as AbstractSet

LONGEST = 100
FEW = 9
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def safe_name(name: str, taken: AbstractSet[str]) -> str:
    """A name in `[A-Za-z0-9._-]`, at most 100 characters, not among `taken` (compared without case).

    WHMCS stores `<digits>_<name>` and joins several with `|`, so nothing else may stand in one.
    """
    plain = _ascii(name)
    stem, _, extension = plain.rpartition(".")
    if not extension.isalnum() or len(extension) > 20 or extension == plain:
        stem, extension = plain, ""
    stem = stem.strip("._-") or "file"
    suffix = f".{extension}" if extension else ""
    candidate = stem[: LONGEST - len(suffix)] + suffix
    count = 2
    while candidate.casefold() in taken:
        tail = f"-{count}{suffix}"
        candidate = stem[: LONGEST - len(tail)] + tail
        # A thousand files of one name: after a few tries, go on where no number can have been given yet.
        count = count + 1 if count != FEW else max(FEW + 1, len(taken) + 1)
    return candidate


def changed(written: str, sent: str) -> bool:
    """Whether people would call this renamed: blanks that became underscores are not worth a word."""
    return re.sub(r"[\s_]+", "_", written.strip()) != sent


def extension_of(name: str) -> str:
    """The extension in lower case without its dot, "" for none."""
    stem, dot, extension = name.rpartition(".")
    return extension.casefold() if dot and stem else ""


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return UNSAFE.sub("_", plain.strip())
