"""How urgent the sender says his mail is: the fields that mail programs set by a click."""

import re
from typing import Final

from ingestd.core.model import Mail
from ingestd.core.ticket import Priority

_HIGH: Final = re.compile(r"\s{0,20}(?:[12]\b|high|highest|urgent)", re.IGNORECASE)
_LOW: Final = re.compile(r"\s{0,20}(?:[45]\b|low|lowest|non-urgent)", re.IGNORECASE)
# Importance and Priority are RFC 2156's (section 5.3), the others everybody's.
_FIELDS: Final = frozenset({"importance", "priority", "x-priority", "x-msmail-priority"})


def urgency_of(mail: Mail) -> Priority | None:
    """High or low as the first field says that says either; None for what is normal, or says nothing."""
    for name, value in mail.headers:
        if name.casefold() in _FIELDS:
            if _HIGH.match(value):
                return Priority.HIGH
            if _LOW.match(value):
                return Priority.LOW
    return None
