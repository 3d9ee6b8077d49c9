"""Ticket numbers after WHMCS's mask, and the random parts of access codes and stored file names."""

import re
import secrets
import string
from datetime import datetime

SIX_DIGITS = "%n" * 6


def ticket_number(mask: str, ticket_id: int, now: datetime) -> str:
    """A number after the mask: %A %a letters, %n digit, %y year, %m month, %d day, %i ticket id."""
    return re.sub("%(.)", lambda code: _expand(code[1], ticket_id, now), mask or SIX_DIGITS)


def _expand(code: str, ticket_id: int, now: datetime) -> str:
    match code:
        case "A":
            return secrets.choice(string.ascii_uppercase)
        case "a":
            return secrets.choice(string.ascii_lowercase)
        case "n":
            return secrets.choice(string.digits)
        case "y" | "m" | "d":
            return now.strftime(f"%{code}")
        case "i":
            return str(ticket_id)
        case _:
            return code


def access_code() -> str:
    """Eight letters and digits: who has them may read the ticket."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(8))


def stored_name(name: str) -> str:
    """The name under which a file is kept: six random digits, "_", its own name."""
    return f"{secrets.randbelow(1_000_000):06}_{name}"
