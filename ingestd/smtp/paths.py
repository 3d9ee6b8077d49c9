"""What a command may hold: paths and parameters, without the cost of a grammar where none is needed. No I/O."""

import re
from collections.abc import Sequence
from typing import Final

from ingestd.smtp import replies

# An ordinary path, which needs no grammar; everything else, comments too, is for the library's (RFC 5321 section 4.1.2).
_ATOMS: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_PLAIN: Final = re.compile(
    rf"[ \t]*<((?:{_ATOMS}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)|postmaster)>[ \t]*([!-'*-~ ]*)", re.IGNORECASE | re.ASCII
)
# A whole command as nearly every client writes it, which is answered without the library.
_DOMAIN: Final = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
ORDINARY: Final = re.compile(
    rf"""MAIL\ FROM:(?P<path><(?:{_ATOMS}@{_DOMAIN})?>)
         (?P<parameters>(?:\ SIZE=[0-9]{{1,15}})?(?:\ BODY=(?:7BIT|8BITMIME))?)\r\n
       |RCPT\ TO:<(?P<recipient>{_ATOMS}@{_DOMAIN})>\r\n
       |(?P<hello>HELO|EHLO)\ (?P<name>[A-Za-z0-9.:\[\]-]{{1,255}})\r\n
       |(?P<quit>QUIT)\r\n
       |DATA\r\n""".encode(),
    re.VERBOSE | re.IGNORECASE,
)
# Those of a mail, which may come together; DATA is the last of them (RFC 2920 section 3.1).
TOGETHER: Final = re.compile(rb"(?:MAIL|RCPT) [^\r\n]*\r\n|(DATA)\r\n", re.IGNORECASE)
NULL: Final = "<>"
_SIZE: Final = "SIZE="
_NULL: Final = re.compile(r"[ \t]*<>[ \t]*([!-'*-~ ]*)")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Sent unasked by some relays; whom delivery reports go to is none of our business (RFC 3461), nor is AUTH= (RFC 4954).
_UNASKED: Final = re.compile(r"(?:^|\s)(?:RET|ENVID|NOTIFY|ORCPT|AUTH)=\S*", re.IGNORECASE)
_UNPRINTABLE: Final = re.compile(r"[^!-~]")
ENCODED: Final = "=?"
# Twice what a path may have (RFC 5321 section 4.5.3.1.3): beyond it nobody has an address.
LONGEST: Final = 512
_LONGEST_NAME: Final = 255


def fault(argument: str | None) -> str:
    """The reply to an argument that can be no path in UTF-8 (RFC 6531 section 3.7.4.1); "" where it may be one."""
    if argument and _SURROGATE.search(argument):
        return replies.NOT_UTF8
    return replies.BAD_ADDRESS if argument and _CONTROL.search(argument) else ""


def plain(argument: str) -> tuple[str, str] | None:
    """Path and parameters, as the library's grammar would find them; None where that must be asked."""
    if found := _PLAIN.fullmatch(argument):
        return found[1], found[2]
    return (NULL, found[1]) if (found := _NULL.fullmatch(argument)) else None


def asked_for(parameters: str) -> str:
    """The parameters without those that we did not offer and that do no harm."""
    return _UNASKED.sub("", parameters)


def size_of(options: Sequence[str]) -> int:
    """The size that MAIL declares (RFC 1870), in digits as was seen to; 0 where it declares none."""
    return next((int(option.removeprefix(_SIZE)) for option in options if option.startswith(_SIZE)), 0)


def helo_name(written: str) -> str:
    """The name a peer gives itself, printable and no longer than a name may be (RFC 5321 section 4.5.3.1.2)."""
    return _UNPRINTABLE.sub("?", written[:_LONGEST_NAME])
