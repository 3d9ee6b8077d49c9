"""The fields of a request as PHP reads them: every value is text, and truth is not what it seems."""

import re
from collections.abc import Collection, Mapping

_LEADING_INTEGER = re.compile(r"\s*([+-]?\d{1,18})")
# What must not be shown again, and what is too big to be.
_UNLOGGED = frozenset(
    {"identifier", "secret", "username", "password", "accesskey", "attachments", "client_secret", "refresh_token"}
)
_LONGEST_SHOWN = 100_000


class Fields:
    """What PHP would have in $_REQUEST. Values stay bytes until they are asked for."""

    def __init__(self, values: Mapping[str, bytes]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def only(self, names: Collection[str]) -> "Fields":
        """The fields of these names."""
        return Fields({name: value for name, value in self._values.items() if name in names})

    def raw(self, name: str) -> bytes:
        """The bytes of a field, b"" where it is missing."""
        return self._values.get(name, b"")

    def text(self, name: str) -> str:
        """A field as text, "" where it is missing."""
        return self.raw(name).decode(errors="replace")

    def number(self, name: str) -> int:
        """PHP's (int): the digits in front, else 0."""
        found = _LEADING_INTEGER.match(self.text(name)[:32])
        return int(found[1]) if found else 0

    def flag(self, name: str) -> bool:
        """PHP's (bool) of a string: only "" and "0" are false, so "False" is true."""
        return self.raw(name) not in (b"", b"0")

    def shown(self) -> dict[str, str]:
        """The fields without credentials and file data, long ones cut."""
        return {name: self.text(name)[:_LONGEST_SHOWN] for name in self._values if name not in _UNLOGGED}
