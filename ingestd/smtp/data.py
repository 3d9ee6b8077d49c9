"""The content of a mail out of a stream: where DATA ends, and dots undone (RFC 5321 section 4.5.2). No I/O."""

from typing import Final

END: Final = b"\r\n.\r\n"
_FIRST: Final = END[:2]
_DOT: Final = END[:3]
_LONG: Final = 8 * 1024
_SOME: Final = 12
_USUAL_HEAD: Final = _LONG // 2


class Content:
    """Takes blocks as they come. Only CRLF.CRLF ends the content; a bare LF or CR ends nothing, and stays."""

    def __init__(self) -> None:
        # An empty line before the first makes a dot at the very beginning like any other.
        self._kept = _FIRST
        self._virtual = len(_FIRST)
        self.done = False
        self.rest = b""

    def feed(self, block: bytes) -> bytes:
        """The content that this block completes. After the end `done` is set, and `rest` is what came behind it."""
        buffer = self._kept + block
        end = buffer.find(END)
        if end >= 0:
            self.done, self.rest, self._kept = True, buffer[end + len(END) :], b""
            return self._plain(buffer[: end + 2])
        kept = _may_begin_end(buffer)
        self._kept = buffer[len(buffer) - kept :]
        return self._plain(buffer[: len(buffer) - kept])

    def _plain(self, content: bytes) -> bytes:
        if _DOT in content:
            content = content.replace(_DOT, _FIRST)
        skipped = min(self._virtual, len(content))
        self._virtual -= skipped
        return content[skipped:] if skipped else content


class Growing:
    """Content that is kept as it grows, and looked through for its end and for doubled dots."""

    def __init__(self) -> None:
        # As in `Content`.
        self._kept = bytearray(_FIRST)
        self._looked_at = 0
        self._dotted = False
        self._end = -1

    @property
    def size(self) -> int:
        """Bytes as they came."""
        return len(self._kept) - len(_FIRST)

    def grow(self, block: bytes) -> bool:
        """Whether it has ended."""
        self._kept += block
        first = self._first_dot()
        if first >= 0:
            self._dotted = self._dotted or not END.startswith(self._kept[first : first + len(END)])
            self._end = self._kept.find(END, first)
        self._looked_at = max(self._looked_at, len(self._kept) - len(END))
        return self._end >= 0

    def _first_dot(self) -> int:
        """Where the first line begins that begins with a dot: of nearly every mail the last, sought from behind."""
        start = self._looked_at
        if len(self._kept) - start > _LONG:
            start = self._past_some_dots(start)
        last = self._kept.rfind(_DOT, start)
        if last < 0 or self._kept.rfind(_DOT, start, last + 2) < 0:
            return last
        return self._kept.find(_DOT, start)

    def _past_some_dots(self, start: int) -> int:
        """From where on to look: behind a header block dots are often few, and one byte is sought much faster than three."""
        behind = start + _USUAL_HEAD
        if self._kept.find(_DOT, start, behind + 2) >= 0:
            return start
        start = behind
        for _ in range(_SOME):
            dot = self._kept.find(b".", start)
            if dot < 0:
                return len(self._kept)
            if self._kept.endswith(_DOT, start, dot + 1):
                return dot - 2
            start = dot + 1
        return start

    def plain(self) -> bytes:
        """The content up to its end."""
        with memoryview(self._kept) as whole:
            if not self._dotted:
                return bytes(whole[len(_FIRST) : self._end + 2])
            return bytes(whole[: self._end + 2]).replace(_DOT, _FIRST)[len(_FIRST) :]

    def rest(self) -> bytes:
        """What came behind its end."""
        return bytes(self._kept[self._end + len(END) :])

    def as_it_came(self) -> bytes:
        """Everything, dots and all."""
        return bytes(self._kept[len(_FIRST) :])


def _may_begin_end(buffer: bytes) -> int:
    """How many last bytes may be the beginning of CRLF.CRLF."""
    return next((n for n in range(len(END) - 1, 0, -1) if buffer.endswith(END[:n])), 0)
