"""What the relay's filters found, told by the header fields of our own hops. Pure.

Only what speaks against a mail is read. A sender can write such a field too, and hurts nobody but himself; his
`X-Spam-Flag: NO` proves nothing, and is not looked at.
"""

import re
from dataclasses import dataclass
from typing import Final

from ingestd.core.trusted import Headers, trusted_fields

_LOOKED_AT: Final = 500
_SHOWN: Final = 80
_YES: Final = r"yes\b|true\b"

# SpamAssassin, amavis, cPanel's and Plesk's Exim; rspamd's milter_headers; SpamExperts; Barracuda; MailScanner;
# Exchange Online (learn.microsoft.com, "Anti-spam message headers").
_SPAM: Final = {
    "x-spam-flag": _YES,
    "x-spam-status": _YES,
    "x-spam": _YES,
    "x-spamd-result": r"[\w-]{0,40}:?\s{0,5}true\b",
    "x-rspamd-action": r"(?:add header|rewrite subject|reject|quarantine|discard)\b",
    "x-spamexperts-class": r"spam\b",
    "x-spampanel-class": r"spam\b",
    "x-barracuda-spam-flag": _YES,
    "x-barracuda-spam-status": _YES,
    "x-mailscanner-spamcheck": r"spam\b",
    "x-ms-exchange-organization-scl": r"[5-9]\b",
    "x-forefront-antispam-report": r"(?:.*;)?\s*(?:SCL:[5-9]|SFV:(?:SPM|SKS|SKB)|CAT:(?:H?SPM|H?PHI?SH|SPOOF|[BDGU]IMP))\s*(?:;|$)",
}
# clamav-milter, rspamd, amavis, MailScanner, Exchange Online.
_VIRUS: Final = {
    "x-virus-status": r"(?:infected|yes)\b",
    "x-virus-scanned": r"infected\b",
    "x-virus-flag": _YES,
    "x-virus": r"(?!\s|clean\b|none\b|no\b|not\b|-)\S",
    "x-virus-infected": r"(?!\s|no\b)\S",
    "x-amavis-alert": r"infected\b",
    "x-mailscanner": r"(?:found to be )?infected\b",
    "x-forefront-antispam-report": r"(?:.*;)?\s*CAT:(?:MALW|AMP|SAP)\s*(?:;|$)",
}


def _signs(table: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in table.items()}


_SPAM_SIGNS: Final = _signs(_SPAM)
_VIRUS_SIGNS: Final = _signs(_VIRUS)


_NAMES: Final = frozenset({*_SPAM, *_VIRUS})


@dataclass(frozen=True, slots=True)
class Spotted:
    """What was found, and the field that says so, fit for one line."""

    virus: bool
    field: str


def spotted(headers: Headers, trusted_hosts: tuple[str, ...]) -> Spotted | None:
    """What the relay's filters found; a virus goes before spam. None where nothing that is believed speaks of either."""
    if _NAMES.isdisjoint([name.casefold() for name, _ in headers]):
        return None
    believed = trusted_fields(headers, trusted_hosts)
    for signs in (_VIRUS_SIGNS, _SPAM_SIGNS):
        for name, value in believed:
            sign = signs.get(name.casefold())
            if sign is not None and sign.match(value[:_LOOKED_AT].strip()):
                return Spotted(signs is _VIRUS_SIGNS, f"{name}: {' '.join(value.split())[:_SHOWN]}")
    return None
