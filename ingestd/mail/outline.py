"""What the door must know of a mail before it is kept: its fingerprint, and the conversation that it belongs to."""

import hashlib
import re
from dataclasses import dataclass

from ingestd.mail.headers import decode_words

LONGEST_HEAD = 256 * 1024
LONGEST_FIELD = 16 * 1024
FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]{0,20}:[ \t]*(.*)", re.DOTALL)
MESSAGE_ID = re.compile(r"<([^<>\s]{1,400})>")
SAME = (b"message-id", b"from", b"date", b"subject")
TRACE = b"received"


@dataclass(frozen=True, slots=True)
class Outline:
    """What the header block says, and a digest of what makes two mails the same.

    `digest` is over Message-ID, From, Date, Subject and the body, and without a Message-ID also over every Received
    field: two equal alarms of a robot are two mails. `root` is the Message-ID that the conversation began with, as far
    as this mail tells: the first of References, else In-Reply-To, else its own; "" for none.
    """

    digest: str
    message_id: str
    root: str
    subject: str
    hops: int


class Outliner:
    """Reads a mail in blocks, however they are cut; keeps no more of it than the header block."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._body = hashlib.sha256()
        self._in_head = True

    def feed(self, block: bytes) -> None:
        """The next bytes of the mail."""
        if not self._in_head:
            self._body.update(block)
            return
        looked_at = max(0, len(self._head) - 3)
        self._head += block
        end = _end_of_head(self._head, looked_at)
        if end is None and len(self._head) <= LONGEST_HEAD:
            return
        end = min(LONGEST_HEAD, end if end is not None else LONGEST_HEAD)
        self._body.update(bytes(self._head[end:]))
        del self._head[end:]
        self._in_head = False

    def finish(self) -> Outline:
        """The outline of everything that was fed."""
        fields = _fields(bytes(self._head))
        known = dict(reversed(fields))
        own = _first_id(known.get(b"message-id", b""))
        root = _first_id(known.get(b"references", b"")) or _first_id(known.get(b"in-reply-to", b"")) or own
        hops = sum(name == TRACE for name, _ in fields)
        subject = decode_words(known.get(b"subject", b"")[:LONGEST_FIELD])
        return Outline(self._digest(fields, with_trace=not own), own, root, subject, hops)

    def _digest(self, fields: list[tuple[bytes, bytes]], *, with_trace: bool) -> str:
        counted = (*SAME, TRACE) if with_trace else SAME
        digest = hashlib.sha256()
        for name, value in sorted(fields, key=lambda field: field[0]):
            if name in counted:
                digest.update(b"%s:%d:%s\n" % (name, len(value), value))
        digest.update(self._body.digest())
        return digest.hexdigest()


def _end_of_head(head: bytearray, begin: int) -> int | None:
    """Where the body begins: behind the first empty line (RFC 5322 section 2.1), whatever its line ends."""
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := head.find(mark, begin)) >= 0]
    return min(ends) if ends else None


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names in lower case and unfolded values, in their order; lines that are no field are passed over."""
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", head)
    found = (FIELD.fullmatch(line.rstrip(b"\r")) for line in unfolded.split(b"\n"))
    return [(match[1].lower(), match[2].strip()) for match in found if match]


def _first_id(value: bytes) -> str:
    found = MESSAGE_ID.search(value[:LONGEST_FIELD].decode("ascii", "replace"))
    return found[1] if found else ""
