"""What the door must know of a mail before it is kept: its fingerprint, and the conversation that it belongs to."""

import hashlib
import re
from collections.abc import Mapping
from itertools import islice
from operator import itemgetter
from typing import Final, NamedTuple

from ingestd.mail.headers import BLOCK_LIMIT, decode_words, message_ids, split_head

_FIELD_LIMIT: Final = 16 * 1024
# Ticket numbers are looked for in the first 2,000 characters. What each odd word is written in takes 0.1 ms to tell.
_SUBJECT_LIMIT: Final = 4 * 1024
_MOST_FIELDS: Final = 5_000
_LINE: Final = re.compile(rb"^(?:([!-9;-~\x80-\xff]{1,200})[ \t]*:(.*(?:\n[ \t].*)*)|(.+))", re.MULTILINE)
_MBOX: Final = re.compile(rb"\A>?From .*")
_MBOX_BEGINS: Final = (b"From ", b">From ")
# What nearly every field of ids begins with, and means what stands there where nothing in the field is encoded.
_PLAIN_ID: Final = re.compile(rb"[ \t]*<([!-;=?-~]{1,998})>")
_STRAY: Final = b""
_LINE_END: Final = ord("\n")
_TRACE: Final = b"received"
_NAME: Final = itemgetter(0)
_SAME: Final = frozenset({_STRAY, b"message-id", b"from", b"date", b"subject"})


class Outline(NamedTuple):
    """What the header block says, and a digest of what makes two mails the same.

    `digest` is over Message-ID, From, Date, Subject and the body, and without a Message-ID also over every Received
    field: two equal alarms of a robot are two mails. Where neither stands, every field counts, lest text that looks
    like fields be passed over. A CR of the body makes no difference anywhere, so that a mail is the same from a file
    and by SMTP. `root` is the Message-ID that the conversation began with, as far as this mail tells: the first of
    References, else In-Reply-To, else its own; "" for none. `author` is the From field, as it stands.
    """

    digest: str
    message_id: str
    root: str
    subject: str
    hops: int
    author: bytes = b""


class Outliner:
    """Reads a mail in blocks, however they are cut; keeps no more of it than the header block."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._block = b""
        self._body = _Body()
        self._in_head = True

    def feed(self, block: bytes) -> None:
        """The next bytes of the mail."""
        if not self._in_head:
            self._body.feed(block)
        elif self._head:
            looked_at = max(0, len(self._head) - 2)
            self._head += block
            if len(self._head) >= BLOCK_LIMIT or _has_empty_line(self._head, looked_at):
                self._end_head(bytes(self._head))
        elif len(block) >= BLOCK_LIMIT or _has_empty_line(block, 0):
            self._end_head(block)
        else:
            self._head += block

    def head(self) -> bytes:
        """The header block of everything that was fed, or as much of it as is looked at."""
        if self._in_head:
            self._end_head(bytes(self._head))
        return self._block

    def finish(self) -> Outline:
        """The outline of everything that was fed."""
        fields = _fields(self.head())
        known = dict(reversed(fields))
        own = _first_id(known, b"message-id")
        return Outline(
            self._digest(fields, _counted(own, known)),
            own,
            _first_id(known, b"references") or _first_id(known, b"in-reply-to") or own,
            decode_words(_unfolded(known[b"subject"])[:_SUBJECT_LIMIT]).strip() if b"subject" in known else "",
            [name for name, _ in fields].count(_TRACE) if _TRACE in known else 0,
            _unfolded(known.get(b"from", b"")),
        )

    def _end_head(self, whole: bytes) -> None:
        # Only the first BLOCK_LIMIT bytes are looked at, so that the blocks' borders make no difference.
        end, _ = split_head(whole[:BLOCK_LIMIT], 0, min(len(whole), BLOCK_LIMIT))
        self._body.feed(whole, end)
        self._block = whole[:end]
        self._head.clear()
        self._in_head = False

    def _digest(self, fields: list[tuple[bytes, bytes]], counted: frozenset[bytes]) -> str:
        # Nearly none is folded, and to ask each time costs as much as to strip it.
        those = [
            (name, _unfolded(value) if b"\n" in value else value.strip()) for name, value in fields if name in counted
        ]
        those.sort(key=_NAME)
        said = b"".join([b"%s:%d:%s\n" % (name, len(value), value) for name, value in those])
        return hashlib.sha256(said + self._body.digest()).hexdigest()


class _Body:
    """A digest that passes over every CR, and takes the last line end, which SMTP always adds, for nothing."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._line_ended = False

    def feed(self, block: bytes, start: int = 0) -> None:
        """The next bytes of the body: this block from `start` on."""
        # To look whether each CR stands before an LF would cost several times this, and so would a copy from `start` on.
        content = memoryview(block.replace(b"\r", b""))[start - block.count(b"\r", 0, start) :]
        if not content:
            return
        if self._line_ended:
            self._sha256.update(b"\n")
        self._line_ended = content[-1] == _LINE_END
        self._sha256.update(content[:-1] if self._line_ended else content)

    def digest(self) -> bytes:
        return self._sha256.digest()


def _has_empty_line(head: bytes | bytearray, start: int) -> bool:
    """Whether one ends at or behind `start`."""
    return (
        head.find(b"\n\r\n", start) >= 0
        or head.find(b"\n\n", start) >= 0
        or (start == 0 and head.startswith((b"\n", b"\r\n")))
    )


def _counted(own: str, known: Mapping[bytes, bytes]) -> frozenset[bytes]:
    if own:
        return _SAME
    return _SAME | {_TRACE} if _TRACE in known else _SAME | known.keys()


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names in lower case and values, folded as they are, in their order; a line that is no field has the name of none.

    Such lines count, lest two mails without a header block be taken for one; so does what stands behind the last
    field that is looked at.
    """
    head = _MBOX.sub(b"", head) if head.startswith(_MBOX_BEGINS) else head
    if len(head) < _MOST_FIELDS:  # more fields than bytes there cannot be
        fields = [(name.lower(), value or stray) for name, value, stray in _LINE.findall(head)]
        return [*fields, (_STRAY, b"")]
    fields, end = [], 0
    for line in islice(_LINE.finditer(head), _MOST_FIELDS):
        name, value, stray = line.groups(b"")
        fields.append((name.lower(), value or stray))
        end = line.end()
    return [*fields, (_STRAY, head[end:])]


def _unfolded(value: bytes) -> bytes:
    return (value.replace(b"\r\n", b"\n").replace(b"\n", b"") if b"\n" in value else value).strip()


def _first_id(known: Mapping[bytes, bytes], name: bytes) -> str:
    if name not in known:
        return ""
    value = _unfolded(known[name])
    if b"=?" not in value and (plain := _PLAIN_ID.match(value)):
        return plain[1].decode()
    return next(iter(message_ids((value[:_FIELD_LIMIT],))), "")
